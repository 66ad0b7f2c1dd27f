import { access } from 'node:fs/promises';
import { formatDuration } from '../../lib/format.js';
import { isLoopback } from '../../lib/hosts.js';
import { cleanLine } from '../../lib/text.js';
import { type CheckContext, canAskHub, type Finding, findingsOf } from './check.js';
import type { ConnectionStep, ConnectionTrace } from './connection.js';

const SLOW_MS = 3000;
/** The `Date` header counts whole seconds, and the answer took its time. */
const SKEW_MS = 30_000;
/** Signed links and certificates begin to fail. */
const GREAT_SKEW_MS = 5 * 60_000;
const SCARCE = 0.05;

/** What failed, in words that follow the Hub's address. */
const FAILURES: Record<ConnectionStep, string> = {
  name: 'its name cannot be looked up',
  connection: 'no connection',
  TLS: 'no secure connection',
  answer: 'no answer',
};

/** Whether the Hub answers, and if not, at which step it fails. */
export async function checkHub(context: CheckContext): Promise<Finding> {
  const { ok, warning, problem, skipped } = findingsOf('hub', 'Hub');
  const { endpoint } = context.hub;
  if (context.offline !== undefined) return skipped(`not asked: ${context.offline}`);
  const trace = await context.trace();
  if (!trace) return skipped('not asked: it has no valid address');
  const via = trace.proxy === undefined ? '' : ` through the proxy ${trace.proxy}`;
  if (trace.error) {
    const step = trace.failed ?? 'answer';
    const what = trace.proxy !== undefined && step !== 'answer' ? `proxy ${trace.proxy}: ` : '';
    return problem(`${endpoint}${via}: ${what}${FAILURES[step]}. ${trace.error.message}`, trace.error.hint);
  }
  if (trace.stranger) return problem(`${endpoint}${via}: ${trace.stranger.message}`, trace.stranger.hint);
  const took = Object.values(trace.steps).reduce((sum, one) => sum + one, 0);
  const detail = `${endpoint}${via} in ${Math.round(took)} ms (${describeSteps(trace)})`;
  const status = trace.status ?? 0;
  if (status >= 500)
    return problem(`${endpoint}${via} answers ${status}`, 'Try again later: https://status.huggingface.co');
  if (status === 429)
    return warning(
      `${endpoint}${via} accepts no more requests for now`,
      'Wait a few minutes, or log in: `hugwire auth login`.',
    );
  if (status >= 400)
    return problem(`${endpoint}${via} answers ${status}: is it a Hub?`, 'Check HF_ENDPOINT and hub.endpoint.');
  if (trace.redirect) {
    const { host, origin } = trace.redirect;
    return warning(
      `${endpoint}${via} redirects to ${host}, which does not get the token`,
      `Set HF_ENDPOINT=${origin}, or unset it. If ${host} is the login page of this network, log in there with a browser.`,
    );
  }
  if (new URL(endpoint).protocol === 'http:' && !isLoopback(new URL(endpoint))) {
    return warning(
      `${detail}, but not over https: the token is not sent`,
      `Set HF_ENDPOINT=https://${new URL(endpoint).host}.`,
    );
  }
  if (took > SLOW_MS) return warning(`${detail}: slow`, 'Allow more time: `hugwire config set hub.timeoutSeconds 30`.');
  return ok(detail);
}

/** Whether this machine's clock agrees with the Hub's. */
export async function checkClock(context: CheckContext): Promise<Finding[]> {
  const skewMs = (await canAskHub(context)) ? (await context.trace())?.skewMs : undefined;
  if (skewMs === undefined) return [];
  const { ok, warning, problem } = findingsOf('clock', 'Clock');
  const off = Math.abs(skewMs);
  if (off < SKEW_MS) return [ok("agrees with the Hub's")];
  const detail = `${formatDuration(off / 1000)} ${skewMs > 0 ? 'ahead of' : 'behind'} the Hub's`;
  const advice = 'Set the clock of this machine: certificates and signed links depend on it.';
  return [off < GREAT_SKEW_MS ? warning(detail, advice) : problem(detail, advice)];
}

/** How many requests are left. */
export async function checkLimits(context: CheckContext): Promise<Finding[]> {
  if (!(await canAskHub(context))) return [];
  const anonymous = (await context.survey()).found.value === undefined;
  // The Hub sends an account its limits with every answer, and the account is looked up anyway.
  if (!anonymous) await context.account();
  const window = anonymous ? (await context.trace())?.window : context.hub.limits()[0];
  if (!window) return [];
  const { ok, warning } = findingsOf('limits', 'Requests');
  const { bucket, remaining, quota, resetsAt } = window;
  const seconds = Math.max(0, (resetsAt - Date.now()) / 1000);
  const left = `${remaining}${quota ? ` of ${quota}` : ''} left (${cleanLine(bucket, 20)}) for ${formatDuration(seconds)}`;
  if (remaining > (quota ?? 0) * SCARCE) return [ok(left)];
  return [warning(left, anonymous ? 'A token allows twice as many: `hugwire auth login`.' : 'Wait a few minutes.')];
}

/** Whether the certificates that the environment names exist: Node says nothing if they do not. */
export async function checkCertificates({ env }: CheckContext): Promise<Finding[]> {
  const path = env.NODE_EXTRA_CA_CERTS;
  if (!path) return [];
  const { ok, problem } = findingsOf('certificates', 'Certificates');
  return access(path).then(
    () => [ok(`NODE_EXTRA_CA_CERTS: ${path}`)],
    () => [problem(`NODE_EXTRA_CA_CERTS names ${path}, which cannot be read`, 'Correct the path, or unset it.')],
  );
}

function describeSteps({ steps }: ConnectionTrace): string {
  return Object.entries(steps)
    .map(([name, milliseconds]) => `${name} ${Math.round(milliseconds)}`)
    .join(', ');
}
