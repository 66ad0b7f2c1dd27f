import * as z from 'zod';
import { type Account, fetchAccount, fetchGpuQuota, type GpuQuota } from '../hub/account/account.js';
import type { RateWindow } from '../hub/types.js';
import { explainError, type HugwireError, toHugwireError } from '../lib/errors.js';
import { formatDay, formatDuration } from '../lib/format.js';
import { cleanLine, showName, showWords } from '../lib/text.js';
import { describeRecord } from './hub_download.js';
import { failureResult } from './run.js';
import { defineTool, type ToolContext } from './tool.js';

const ANONYMOUS_HINT =
  'No token: public things work, with smaller limits. To use one, run `hf auth login` or set HF_TOKEN in the env block of the MCP client.';

/** @param unusable why a token that is there was not sent */
const explainAnonymity = (unusable: string | undefined) =>
  unusable === undefined
    ? ANONYMOUS_HINT
    : `No token is sent: ${cleanLine(unusable, 200)}. Correct or remove it there; until then public things work, with smaller limits.`;

export const hubWhoami = defineTool({
  name: 'hub_whoami',
  title: 'Account and limits',
  toolset: 'account',
  effect: 'read',
  description: 'Show which Hugging Face account and token are used, and the rate limits and ZeroGPU quota left.',
  input: z.object({}),
  async run(_input, ctx) {
    const { hub } = ctx;
    const { value, source, unusable, advice } = await hub.token();
    const anonymous = value === undefined;
    const [account, quota] = anonymous
      ? [undefined, undefined]
      : await Promise.all([
          fetchAccount(hub).catch((error: unknown) => toHugwireError(error)),
          fetchGpuQuota(hub).catch((error: unknown) => toHugwireError(error)),
        ]);
    const limits = hub.limits();
    const failure = account instanceof Error ? account : undefined;
    return {
      text: [
        ...(anonymous ? ['Not logged in.', advice ?? explainAnonymity(unusable)] : describeAccount(account)),
        `Token: ${cleanLine(source, 200)}`,
        `Hub: ${hub.endpoint}${hub.offline ? ' (offline)' : ''}`,
        ...(limits.length > 0 ? limits.map(describeLimit) : ['Rate limits: none seen yet']),
        ...(failure ? [] : describeQuota(quota)),
        ...(await describeDownloads(ctx)),
      ].join('\n'),
      data: {
        loggedIn: !anonymous && !failure,
        account: failure ? undefined : account,
        error: failure && failureResult(failure).data.error,
        tokenSource: source,
        endpoint: hub.endpoint,
        limits,
        zeroGpu: quota instanceof Error ? undefined : quota,
        zeroGpuError: quota instanceof Error ? failureResult(quota).data.error : undefined,
      },
      isError: failure !== undefined,
    };
  },
});

/** What is under way, and what waits to be gone on with. */
async function describeDownloads({ downloads }: ToolContext): Promise<string[]> {
  const records = (await (await downloads?.())?.records()) ?? [];
  return records.map((record) => {
    const next = record.state === 'running' ? 'under way' : `hub_download job="${record.id}" goes on with it`;
    return `Download ${record.id}: ${describeRecord(record)}; ${next}`;
  });
}

function describeAccount(account: Account | HugwireError | undefined): string[] {
  if (account === undefined) return [];
  if (account instanceof Error) return [explainError(account)];
  const { name, fullname, plan, orgs, token } = account;
  const full = showWords(fullname, 80);
  const expiry = formatDay(token.expiresAt);
  return [
    `Account: ${showName(name, 80)}${full && fullname !== name ? ` (${full})` : ''}, ${showName(plan, 30)} plan`,
    ...(orgs.length > 0
      ? [
          `Organisations: ${orgs.slice(0, 20).map(describeOrg).join(', ')}${orgs.length > 20 ? `, and ${orgs.length - 20} more` : ''}`,
        ]
      : []),
    `Token role: ${showName(token.role ?? 'unknown', 40)}${token.name ? ` (${showWords(token.name, 60)})` : ''}${expiry ? `, expires ${expiry}` : ''}`,
    ...(token.permissions
      ? [
          `Rights: ${
            token.permissions
              .slice(0, 30)
              .map((one) => showWords(one, 100))
              .join('; ') || 'none'
          }`,
        ]
      : []),
  ];
}

function describeOrg({ name, role, plan }: Account['orgs'][number]): string {
  const more = [role, plan].filter(Boolean).map((word) => showName(word, 30));
  return `${showName(name, 60)}${more.length > 0 ? ` (${more.join(', ')})` : ''}`;
}

function describeLimit({ bucket, remaining, quota, resetsAt }: RateWindow): string {
  const seconds = Math.max(0, (resetsAt - Date.now()) / 1000);
  return `Rate limit ${showWords(bucket, 20)}: ${remaining}${quota ? ` of ${quota}` : ''} requests left for ${formatDuration(seconds)}`;
}

function describeQuota(quota: GpuQuota | HugwireError | undefined): string[] {
  if (quota === undefined) return [];
  // Other failures pass, and nothing depends on it.
  if (quota instanceof Error)
    return quota.code === 'unauthorized' ? [`ZeroGPU: not known. ${quota.hint ?? ''}`.trim()] : [];
  const { base, remaining, resetsAt, paid = 0, runsRemaining, runsLimit, runsResetAt } = quota;
  const parts = [
    `${formatDuration(Math.max(0, remaining))} of ${formatDuration(base)} left today${describeReset(resetsAt)}`,
    paid > 0 && `${formatDuration(paid)} of paid time used beyond it`,
    runsLimit !== undefined && `${runsRemaining ?? '?'} of ${runsLimit} runs left${describeReset(runsResetAt)}`,
  ];
  return [`ZeroGPU: ${parts.filter(Boolean).join('; ')}`];
}

/** Missing before the first use. */
function describeReset(resetsAt: string | undefined): string {
  const time = Date.parse(resetsAt ?? '');
  return Number.isNaN(time) ? '' : `, resets ${new Date(time).toISOString().slice(0, 16)}Z`;
}
