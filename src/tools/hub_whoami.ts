import * as z from 'zod';
import { type Account, fetchAccount, fetchGpuQuota, type GpuQuota } from '../hub/account/account.js';
import type { RateWindow } from '../hub/types.js';
import { explainError, type HugwireError, toHugwireError } from '../lib/errors.js';
import { formatDay, formatDuration } from '../lib/format.js';
import { cleanLine, showName, showWords } from '../lib/text.js';
import { failureResult } from './run.js';
import { defineTool } from './tool.js';

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
  async run(_input, { hub }) {
    const { value, source, unusable } = await hub.token();
    const anonymous = value === undefined;
    const [account, quota] = anonymous
      ? [undefined, undefined]
      : await Promise.all([
          fetchAccount(hub).catch((error: unknown) => toHugwireError(error)),
          fetchGpuQuota(hub).catch(() => undefined),
        ]);
    const limits = hub.limits();
    const failure = account instanceof Error ? account : undefined;
    return {
      text: [
        ...(anonymous ? ['Not logged in.', explainAnonymity(unusable)] : describeAccount(account)),
        `Token: ${cleanLine(source, 200)}`,
        `Hub: ${hub.endpoint}${hub.offline ? ' (offline)' : ''}`,
        ...(limits.length > 0 ? limits.map(describeLimit) : ['Rate limits: none seen yet']),
        ...(quota ? [describeQuota(quota)] : []),
      ].join('\n'),
      data: {
        loggedIn: !anonymous && !failure,
        account: failure ? undefined : account,
        error: failure && failureResult(failure).data.error,
        tokenSource: source,
        endpoint: hub.endpoint,
        limits,
        zeroGpu: quota,
      },
      isError: failure !== undefined,
    };
  },
});

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

function describeQuota({ base, remaining, resetsAt, runsRemaining, runsLimit }: GpuQuota): string {
  const reset =
    resetsAt && !Number.isNaN(Date.parse(resetsAt)) ? `, resets ${new Date(resetsAt).toISOString().slice(0, 16)}Z` : '';
  const runs = runsLimit === undefined ? '' : `, ${runsRemaining ?? '?'} of ${runsLimit} runs`;
  return `ZeroGPU: ${formatDuration(remaining)} of ${formatDuration(base)} left today${runs}${reset}`;
}
