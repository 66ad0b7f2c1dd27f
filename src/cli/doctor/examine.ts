import { toHugwireError } from '../../errors.js';
import { redact } from '../../text/redact.js';
import { cleanLine } from '../../text/sanitize.js';
import { checkClients } from './clients.js';
import { checkDirectories } from './directories.js';
import { type Finding, type FindingGroup, findingsOf } from './finding.js';
import { checkCertificates, checkClock, checkHub, checkLimits } from './network.js';
import type { Patient } from './patient.js';
import { checkConfig, checkEnvironment, checkNode, checkVersion } from './program.js';
import { checkSelf } from './self-test.js';
import { checkLock, checkSpaces } from './spaces.js';
import { checkToken, checkTokenFile } from './token.js';

/** Looks at one thing. What it throws becomes a finding. */
export type Check = (patient: Patient) => Promise<Finding | Finding[]>;

/** Checks that belong together, by the id of what is said when one of them fails itself. */
export interface CheckGroup {
  title: string;
  checks: Record<string, Check>;
}

/** Every check, in the order in which its findings are shown. */
const CHECKS: readonly CheckGroup[] = [
  { title: 'Program', checks: { node: checkNode, version: checkVersion, 'self-test': checkSelf } },
  { title: 'Configuration', checks: { config: checkConfig, environment: checkEnvironment, lock: checkLock } },
  { title: 'Directories', checks: { directories: checkDirectories } },
  { title: 'Hub', checks: { hub: checkHub, certificates: checkCertificates, clock: checkClock, limits: checkLimits } },
  { title: 'Token', checks: { token: checkToken, 'token-file': checkTokenFile } },
  { title: 'Spaces', checks: { spaces: checkSpaces } },
  { title: 'Clients', checks: { clients: checkClients } },
];

/** No check may hold the others up for longer. */
const LIMIT_MS = 14_000;

/**
 * Runs all checks at once.
 * @param patient who is examined
 * @param groupsOfChecks what to look at
 * @param limitMs time limit of each check, milliseconds
 * @returns groups with at least one finding, in order
 */
export async function examine(patient: Patient, groupsOfChecks = CHECKS, limitMs = LIMIT_MS): Promise<FindingGroup[]> {
  const groups = await Promise.all(
    groupsOfChecks.map(async ({ title, checks }) => {
      const running = Object.entries(checks).map(([id, check]) => runCheck(id, check, patient, limitMs));
      return { title, findings: (await Promise.all(running)).flat().map(clean) };
    }),
  );
  return groups.filter(({ findings }) => findings.length > 0);
}

async function runCheck(id: string, check: Check, patient: Patient, limitMs: number): Promise<Finding | Finding[]> {
  const { problem } = findingsOf(id, id);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Finding>((resolve) => {
    timer = setTimeout(() => resolve(problem(`no result after ${Math.round(limitMs / 1000)} s`)), limitMs);
  });
  try {
    return await Promise.race([check(patient), late]);
  } catch (error) {
    return problem(`this check failed: ${toHugwireError(error).message}`);
  } finally {
    clearTimeout(timer);
  }
}

/** Names, paths and errors come from others: none of them is to draw on the terminal, or to give a secret away. */
function clean(finding: Finding): Finding {
  const { title, detail, advice } = finding;
  return {
    ...finding,
    title: cleanLine(redact(title), 60),
    detail: cleanLine(redact(detail), 600),
    ...(advice === undefined ? {} : { advice: cleanLine(redact(advice), 600) }),
  };
}
