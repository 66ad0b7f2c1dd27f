import { fetchGpuQuota, type GpuQuota } from '../hub/account/account.js';
import type { HubClient } from '../hub/types.js';
import { HugwireError } from '../lib/errors.js';
import { formatDuration } from '../lib/format.js';

/**
 * Says whose ZeroGPU quota a refusal is about. A Space may itself call another one with its author's token, so the words of
 * the refusal alone do not tell; the account's own figures do.
 * @param error what the call failed with; anything but `quota_exceeded` is handed back as it is
 * @param hub asked for the account's quota
 * @param sentToken whether the call carried the account's token
 */
export async function explainQuota(error: unknown, hub: HubClient, sentToken: boolean): Promise<unknown> {
  if (!(error instanceof HugwireError) || error.code !== 'quota_exceeded' || !sentToken) return error;
  const quota = await fetchGpuQuota(hub).catch(() => undefined);
  if (!quota) return error;
  const { retryAfterSeconds } = error;
  const hint = describeQuota(quota, /\((\d+)s requested/.exec(error.message)?.[1]);
  const wait = retryAfterSeconds ?? secondsUntil(quota.resetsAt);
  return new HugwireError(error.code, error.message, {
    hint,
    cause: error.cause,
    ...(wait === undefined ? {} : { retryAfterSeconds: wait }),
  });
}

function describeQuota({ base, remaining, runsRemaining, runsLimit }: GpuQuota, requested?: string): string {
  if (runsRemaining !== undefined && runsRemaining <= 0) {
    return `Your account has used its ${runsLimit ?? ''} ZeroGPU runs; wait, or use a Space on other hardware.`;
  }
  const left = `Your account has ${formatDuration(Math.max(0, remaining))} of ${formatDuration(base)} ZeroGPU time left`;
  if (remaining > Number(requested ?? 0)) {
    return `${left}, so this refusal is likely about another account, such as one that the Space itself uses. Try another Space.`;
  }
  return `${left}. Wait until it resets, or use a Space on other hardware.`;
}

function secondsUntil(date: string | undefined): number | undefined {
  const milliseconds = date === undefined ? Number.NaN : Date.parse(date) - Date.now();
  return milliseconds > 0 ? Math.ceil(milliseconds / 1000) : undefined;
}
