import { HugwireError } from '../../errors.js';
import { VERSION } from '../../version.js';
import { createRuntime } from '../runtime.js';
import { type Finding, findingsOf } from './finding.js';
import type { Patient } from './patient.js';

/** util.styleText, which the prompts use, came with it. */
const OLDEST_NODE: readonly [major: number, minor: number] = [20, 12];
const NPX_CACHE = /[\\/]_npx[\\/]/;

/** Whether Node is new enough. */
export async function checkNode({ nodeVersion }: Patient): Promise<Finding> {
  const { ok, problem } = findingsOf('node', 'Node');
  const [major = 0, minor = 0] = nodeVersion.split('.').map(Number);
  if (major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1])) return ok(nodeVersion);
  return problem(`${nodeVersion} is too old`, `Install Node ${OLDEST_NODE.join('.')} or newer.`);
}

/** Which hugwire this is, and where it lies. */
export async function checkVersion({ server }: Patient): Promise<Finding> {
  const { ok } = findingsOf('version', 'hugwire');
  const script = server.args[0] ?? '';
  return ok(`${VERSION}, ${NPX_CACHE.test(script) ? 'from the cache of npx' : script}`);
}

/** Whether the config can be used as it is. */
export async function checkConfig(patient: Patient): Promise<Finding> {
  const { ok, warning, problem, skipped } = findingsOf('config', 'Config');
  const { loaded, configPath, profile, env, paths, said } = patient;
  if (loaded instanceof HugwireError) {
    return problem(loaded.message, loaded.hint ?? 'Correct the file, then run `hugwire config validate`.');
  }
  if (said instanceof HugwireError) return skipped(`${configPath}: not tried, since the environment is wrong`);
  const warnings: string[] = [];
  // What the lock file has to say is said by its own check.
  await createRuntime({ loaded, env, paths, log: (line) => warnings.push(line) }).close();
  const own = warnings.filter((line) => !line.includes('spaces.lock.json'));
  const named = profile === undefined ? '' : `, profile "${profile}"`;
  if (own.length > 0) return warning(`${configPath}${named}: ${own.join('; ')}`, 'See `hugwire config show`.');
  return ok(loaded.exists ? `${configPath}${named}` : `all defaults (${configPath} does not exist)`);
}

/** Whether the variables of the Hub hold what they should. Nothing to say when they do. */
export async function checkEnvironment({ said }: Patient): Promise<Finding[]> {
  if (!(said instanceof HugwireError)) return [];
  const { problem } = findingsOf('environment', 'Environment');
  return [problem(said.message, 'Correct the variable in your shell, or in the env block of the MCP client.')];
}
