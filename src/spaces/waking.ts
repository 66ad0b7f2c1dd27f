import { setTimeout as sleep } from 'node:timers/promises';
import { HugwireError } from '../errors.js';
import { apiPath } from '../hub/ids.js';
import type { HubClient } from '../hub/types.js';
import { isObject } from '../schema/json-schema.js';
import { cleanLine } from '../text/sanitize.js';
import { describeStage, readinessOf, refuseDown } from './stages.js';
import type { SpaceSite } from './types.js';

/** Seconds between two looks at the stage; the last one repeats. */
const PAUSES = [1, 2, 3, 5];
const WAKE_SECONDS = 20;

export interface WakeOptions {
  signal?: AbortSignal;
  /** Told before every pause, such as `owner/name is asleep; waking it (12 s)`. */
  onProgress?(message: string): void;
  /** How long to wait at most; 120 unless told. */
  maxSeconds?: number;
  /** For tests. */
  pause?(milliseconds: number, signal?: AbortSignal): Promise<unknown>;
  now?(): number;
}

/**
 * Waits until a Space can be called. One that sleeps is woken by a request to its app; one that cannot come up by itself
 * is refused at once.
 * @param hub asked for the stage
 * @param net a fetch that cannot leave the site, from `pinFetch`
 * @param site looked up
 * @returns the site in its new stage
 * @throws HugwireError `space_asleep` when the time is up, `space_broken`, `cancelled`
 */
export async function waitUntilRunning(
  hub: HubClient,
  net: typeof fetch,
  site: SpaceSite,
  options: WakeOptions = {},
): Promise<SpaceSite> {
  const { signal, onProgress, maxSeconds = 120, now = Date.now } = options;
  const pause = options.pause ?? ((ms, abort) => sleep(ms, undefined, { signal: abort }));
  const started = now();
  let current = site;
  let woken = false;
  for (let look = 0; ; look += 1) {
    if (signal?.aborted) throw new HugwireError('cancelled', 'The call was cancelled.');
    refuseDown(current);
    const readiness = readinessOf(current);
    if (site.kind === 'local' || readiness === 'up') return current;
    const seconds = Math.round((now() - started) / 1000);
    if (seconds >= maxSeconds) throw stillDown(current, seconds);
    if (readiness === 'asleep' && !woken) {
      woken = true;
      await wake(net, site, signal);
    }
    onProgress?.(`${site.id} ${describeStage(current)}; ${woken ? 'waking it' : 'waiting for it'} (${seconds} s)`);
    const wanted = (PAUSES[look] ?? PAUSES.at(-1) ?? 5) * 1000;
    const left = maxSeconds * 1000 - (now() - started);
    await pause(Math.max(0, Math.min(wanted, left)), signal).catch((cause: unknown) => {
      throw new HugwireError('cancelled', 'The call was cancelled.', { cause });
    });
    current = await lookAgain(hub, current);
  }
}

// Any visit wakes it. The answer does not matter: the proxy's own page, an error, or none within the time.
async function wake(net: typeof fetch, site: SpaceSite, signal?: AbortSignal): Promise<void> {
  const limit = AbortSignal.timeout(WAKE_SECONDS * 1000);
  try {
    const response = await net(`${site.base}/config`, { signal: signal ? AbortSignal.any([signal, limit]) : limit });
    await response.body?.cancel();
  } catch {
    // The stage, asked next, tells more than this failure.
  }
}

async function lookAgain(hub: HubClient, site: SpaceSite): Promise<SpaceSite> {
  const answer = await hub.request(`${apiPath('space', site.id)}/runtime`, { repo: { kind: 'space', id: site.id } });
  const runtime = answer.json<unknown>();
  const stage = isObject(runtime) ? cleanLine(runtime.stage, 40) : '';
  const reason = isObject(runtime) ? cleanLine(runtime.errorMessage, 300) : '';
  return { ...site, stage: stage || site.stage, stageReason: reason || undefined };
}

function stillDown(site: SpaceSite, seconds: number): HugwireError {
  return new HugwireError('space_asleep', `${site.id} ${describeStage(site)}, still after ${seconds} s of waiting.`, {
    hint: 'Large Spaces take some minutes to come up: call again in a minute.',
    retryAfterSeconds: 60,
  });
}
