import { constants } from 'node:fs';
import { access, chmod, readdir, stat, statfs } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { downloadRecords, loginsFile, ownTokenFile, sharedCache } from '../../config/paths.js';
import { createRuntime } from '../../engine/runtime.js';
import { Downloads } from '../../hub/download/downloads.js';
import { listCache } from '../../hub/download/inventory.js';
import { HugwireError } from '../../lib/errors.js';
import { expandHome, isDeadLock, removeDeadLock } from '../../lib/files.js';
import { formatBytes, plural } from '../../lib/format.js';
import { explainSystemError, systemCode } from '../../lib/system-errors.js';
import { cleanLine } from '../../lib/text.js';
import { VERSION } from '../../lib/version.js';
import { adviseOnToken, describeExpiry, describeRights, WHY_A_TOKEN, WHY_UNUSABLE } from '../auth/token.js';
import { type CheckContext, canAskHub, type Finding, findingsOf } from './check.js';

/** util.styleText, which the prompts use, came with it. */
const OLDEST_NODE: readonly [major: number, minor: number] = [20, 12];
const NPX_CACHE = /[\\/]_npx[\\/]/;

/** Whether Node is new enough. */
export async function checkNode({ nodeVersion }: CheckContext): Promise<Finding> {
  const { ok, problem } = findingsOf('node', 'Node');
  const [major = 0, minor = 0] = nodeVersion.split('.').map(Number);
  if (major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1])) return ok(nodeVersion);
  return problem(`${nodeVersion} is too old`, `Install Node ${OLDEST_NODE.join('.')} or newer.`);
}

/** Which hugwire this is, and where. */
export async function checkVersion({ server }: CheckContext): Promise<Finding> {
  const { ok } = findingsOf('version', 'hugwire');
  const script = server.args[0] ?? '';
  return ok(`${VERSION}, ${NPX_CACHE.test(script) ? 'from the cache of npx' : script}`);
}

/** Whether the config can be used as it is. */
export async function checkConfigFile(context: CheckContext): Promise<Finding> {
  const { ok, warning, problem, skipped } = findingsOf('config', 'Config');
  const { loaded, configPath, profile, env, paths, said } = context;
  if (loaded instanceof HugwireError) {
    return problem(loaded.message, loaded.hint ?? 'Correct the file, then run `hugwire config validate`.');
  }
  if (said instanceof HugwireError) return skipped(`${configPath}: not checked, since a variable is invalid`);
  const warnings: string[] = [];
  // The lock file has its own check.
  await createRuntime({ loaded, env, paths, log: (line) => warnings.push(line) }).close();
  const own = warnings.filter((line) => !line.includes('spaces.lock.json'));
  const named = profile === undefined ? '' : `, profile "${profile}"`;
  if (own.length > 0) return warning(`${configPath}${named}: ${own.join('; ')}`, 'See `hugwire config show`.');
  return ok(loaded.exists ? `${configPath}${named}` : `all defaults (${configPath} does not exist)`);
}

/** Whether the Hub's variables are valid. Reports nothing if they are. */
export async function checkEnvironment({ said }: CheckContext): Promise<Finding[]> {
  if (!(said instanceof HugwireError)) return [];
  const { problem } = findingsOf('environment', 'Environment');
  return [problem(said.message, 'Correct the variable in your shell, or in the env block of the MCP client.')];
}

/** A few pictures, and a full cache. */
const LITTLE_BYTES = 250_000_000;
/** Not enough to write even the config. */
const FULL_BYTES = 1_000_000;

/** Whether hugwire's directories exist or can be created, are writable, and have room. Writes nothing. */
export async function checkDirectories({ paths, config, configPath }: CheckContext): Promise<Finding[]> {
  const directories: [id: string, title: string, path: string, advice: string][] = [
    ['config', 'Config', dirname(configPath), 'Set HUGWIRE_HOME, or use --config.'],
    ['cache', 'Cache', paths.cache, 'Set HUGWIRE_HOME; until then nothing is cached.'],
    ['state', 'State', paths.state, 'Set HUGWIRE_HOME; until then no session is recorded and no token stored.'],
    [
      'files',
      'Files of Spaces',
      resolve(expandHome(config.files.saveTo)),
      'Name another directory: `hugwire config set files.saveTo PATH`.',
    ],
  ];
  return Promise.all(
    directories.map(([id, title, path, advice]) => checkDirectory(`directory:${id}`, title, path, advice)),
  );
}

async function checkDirectory(id: string, title: string, path: string, advice: string): Promise<Finding> {
  const { ok, warning, problem } = findingsOf(id, title);
  const base = await nearestExisting(path);
  const there = base === path;
  try {
    if (!(await stat(base)).isDirectory()) return problem(`${path} cannot be created: ${base} is a file`, advice);
    await access(base, constants.W_OK | constants.X_OK);
  } catch (error) {
    const reason = explainSystemError(error)?.directory ?? systemCode(error);
    return problem(`${path} ${there ? 'cannot be written' : 'cannot be created'}: ${reason}`, advice);
  }
  const free = await freeBytes(base);
  const detail = there ? path : `${path} (will be created)`;
  if (free === undefined) return ok(detail);
  if (free < FULL_BYTES) return problem(`${path}: the disk is full`, 'Free some space.');
  if (free < LITTLE_BYTES) return warning(`${path}: ${formatBytes(free)} left on the disk`, 'Free some space.');
  return ok(`${detail}, ${formatBytes(free)} free`);
}

/** Locks in hugwire's own directories whose process has died. They stop nobody, but should not lie there. */
export async function checkLeftLocks({ paths, configPath }: CheckContext): Promise<Finding[]> {
  const directories = new Set([dirname(configPath), paths.state, paths.cache]);
  const listed = [...directories].map(async (directory) => {
    const names = await readdir(directory).catch(() => []);
    return names.filter((name) => /\.lock(?:\.[\w.-]{1,99})?$/.test(name)).map((name) => join(directory, name));
  });
  const found = (await Promise.all(listed)).flat().map(async (file) => {
    if (!(await isDeadLock(file).catch(() => false))) return [];
    const { warning } = findingsOf('left-lock', 'Lock');
    const fix = () => removeDeadLock(file);
    return [warning(`${file} was left by a process that died`, 'Remove it: `hugwire doctor --fix`.', fix)];
  });
  return (await Promise.all(found)).flat();
}

async function nearestExisting(path: string): Promise<string> {
  for (let at = path; ; at = dirname(at)) {
    const code = await stat(at).then(() => '', systemCode);
    // ENOTDIR means that a directory further up is a file: the search goes on to it.
    if ((code !== 'ENOENT' && code !== 'ENOTDIR') || at === dirname(at)) return at;
  }
}

async function freeBytes(path: string): Promise<number | undefined> {
  try {
    const { bavail, bsize } = await statfs(path);
    return bavail * bsize;
  } catch {
    return undefined;
  }
}

/** What lies in the cache of downloads, and what was not finished. Nothing to say where nothing was downloaded. */
export async function checkDownloads({ paths, env }: CheckContext): Promise<Finding[]> {
  const { ok, warning } = findingsOf('downloads', 'Downloads');
  const downloads = new Downloads(downloadRecords(paths), sharedCache(env));
  const { cache } = downloads.settings;
  const [repos, records] = await Promise.all([listCache(cache), downloads.records()]);
  if (repos.length === 0 && records.length === 0) return [];
  const bytes = repos.reduce((sum, repo) => sum + repo.bytes + repo.unfinished, 0);
  const told = `${plural(repos.length, 'repository', 'repositories')}, ${formatBytes(bytes)} in ${cache}`;
  const left = records.filter(({ state }) => state !== 'running');
  const runs = records.length > left.length ? `; ${records.length - left.length} under way` : '';
  if (left.length === 0) return [ok(`${told}${runs}`)];
  return [
    warning(`${told}${runs}; ${left.length} not finished`, 'See `hugwire downloads list`; the same download goes on.'),
  ];
}

/** Which token is used, whether the Hub accepts it, and what it can do. */
export async function checkToken(context: CheckContext): Promise<Finding> {
  const { ok, warning, problem, skipped } = findingsOf('token', 'Token');
  if (context.loaded instanceof HugwireError) return skipped('not checked: the config is invalid');
  const survey = await context.survey();
  const source = cleanLine(survey.found.source, 200);
  if (survey.found.value === undefined) {
    const barring = survey.places.find(({ state }) => state in WHY_UNUSABLE);
    const [advice = ''] = adviseOnToken(survey, undefined, context.hub.endpoint, Date.now());
    return barring || survey.setting === 'env' || survey.setting === 'file'
      ? problem(`${source}`, barring ? advice : 'See `hugwire auth status`.')
      : ok(`${source}: public repositories and Spaces work`, WHY_A_TOKEN.join(' '));
  }
  if (!(await canAskHub(context))) return ok(`from ${source}; not checked, since the Hub was not reached`);
  const account = await context.account();
  if (account instanceof HugwireError) {
    if (account.code === 'unauthorized') {
      return problem(`the Hub rejects the token from ${source}`, account.hint ?? 'Log in again: `hugwire auth login`.');
    }
    return warning(`from ${source}; not checked: ${account.message}`, account.hint);
  }
  const rights = describeRights(account.token).join('; ');
  const expiry = describeExpiry(account.token.expiresAt, Date.now());
  const detail = `${account.name} (${account.plan}) from ${source}: ${rights}${expiry ? `; expires ${expiry}` : ''}`;
  const advice = adviseOnToken(survey, account, context.hub.endpoint, Date.now());
  return advice.length > 0 ? warning(detail, advice.join(' ')) : ok(detail);
}

/** Whether only this user can read hugwire's files of secrets. Reports nothing of missing ones. */
export async function checkSecretFiles({ paths, machine }: CheckContext): Promise<Finding[]> {
  if (machine.platform === 'win32') return [];
  const files = [
    { ...findingsOf('token-file', 'Token file'), path: ownTokenFile(paths) },
    { ...findingsOf('logins-file', 'Logins of apps'), path: loginsFile(paths) },
  ];
  const checked = files.map(async ({ ok, warning, path }) => {
    const found = await stat(path).catch(() => undefined);
    if (!found) return [];
    if ((found.mode & 0o077) === 0) return [ok(`${path}, readable by this user only`)];
    return [warning(`${path} can be read by other users`, `Run: chmod 600 ${path}`, () => chmod(path, 0o600))];
  });
  return (await Promise.all(checked)).flat();
}
