import { toHugwireError } from '../../errors.js';
import { redact } from '../../text/redact.js';
import { cleanLine } from '../../text/sanitize.js';
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

/** Every check, in the order in which its findings are shown. */
export const CHECKS: readonly [group: string, checks: readonly Check[]][] = [
  ['Program', [checkNode, checkVersion, checkSelf]],
  ['Configuration', [checkConfig, checkEnvironment, checkLock]],
  ['Directories', [checkDirectories]],
  ['Hub', [checkHub, checkCertificates, checkClock, checkLimits]],
  ['Token', [checkToken, checkTokenFile]],
  ['Spaces', [checkSpaces]],
];

/** No check may hold the others up for longer. */
const LIMIT_MS = 14_000;

/**
 * Runs all checks at once.
 * @param patient who is examined
 * @param checks what to look at
 * @param limitMs time limit of each check, milliseconds
 * @returns groups with at least one finding, in order
 */
export async function examine(patient: Patient, checks = CHECKS, limitMs = LIMIT_MS): Promise<FindingGroup[]> {
  const groups = await Promise.all(
    checks.map(async ([title, list]) => {
      const findings = await Promise.all(list.map((check) => runCheck(check, patient, limitMs)));
      return { title, findings: findings.flat().map(clean) };
    }),
  );
  return groups.filter(({ findings }) => findings.length > 0);
}

async function runCheck(check: Check, patient: Patient, limitMs: number): Promise<Finding | Finding[]> {
  const id = check.name.replace(/^check/, '').toLowerCase();
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
