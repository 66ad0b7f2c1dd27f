import { stat } from 'node:fs/promises';
import { ownTokenFile } from '../../config/paths.js';
import { HugwireError } from '../../errors.js';
import { cleanLine } from '../../text/sanitize.js';
import { adviseOnToken, describeExpiry, WHY_A_TOKEN } from '../auth/advice.js';
import { describeRights } from '../auth/rights.js';
import { type Finding, findingsOf } from './finding.js';
import { canAsk, type Patient } from './patient.js';

/** Which token is used, whether the Hub takes it, and what it may do. */
export async function checkToken(patient: Patient): Promise<Finding> {
  const { ok, warning, problem, skipped } = findingsOf('token', 'Token');
  if (patient.loaded instanceof HugwireError) return skipped('not looked for: the config says where');
  const survey = await patient.survey();
  const source = cleanLine(survey.found.source, 200);
  if (survey.found.value === undefined) {
    const barring = survey.places.find(({ state }) => BARRING.has(state));
    const [advice = ''] = adviseOnToken(survey, undefined, patient.hub.endpoint, Date.now());
    return barring || survey.setting === 'env' || survey.setting === 'file'
      ? problem(`${source}`, barring ? advice : 'Look at `hugwire auth status`.')
      : ok(`${source}: public things work`, WHY_A_TOKEN.join(' '));
  }
  if (!(await canAsk(patient))) return ok(`from ${source}; not checked, since the Hub was not reached`);
  const account = await patient.account();
  if (account instanceof HugwireError) {
    if (account.code === 'unauthorized') {
      return problem(
        `the Hub turns down the token from ${source}`,
        account.hint ?? 'Log in again: `hugwire auth login`.',
      );
    }
    return warning(`from ${source}; not checked: ${account.message}`, account.hint);
  }
  const rights = describeRights(account.token).join('; ');
  const expiry = describeExpiry(account.token.expiresAt, Date.now());
  const detail = `${account.name} (${account.plan}) from ${source}: ${rights}${expiry ? `; expires ${expiry}` : ''}`;
  const advice = adviseOnToken(survey, account, patient.hub.endpoint, Date.now());
  return advice.length > 0 ? warning(detail, advice.join(' ')) : ok(detail);
}

const BARRING = new Set<string>(['invalid', 'unreadable', 'failed']);

/** Whether hugwire's own token file is for this user alone. Nothing to say when there is none. */
export async function checkTokenFile({ paths, machine }: Patient): Promise<Finding[]> {
  const path = ownTokenFile(paths);
  const found = await stat(path).catch(() => undefined);
  if (!found || machine.platform === 'win32') return [];
  const { ok, warning } = findingsOf('token-file', 'Token file');
  if ((found.mode & 0o077) === 0) return [ok(`${path}, for this user alone`)];
  return [warning(`${path} can be read by other users`, `Run: chmod 600 ${path}`)];
}
