import { apiPath } from '../hub/reference.js';
import { readSpaceRuntime } from '../hub/space.js';
import type { HubClient } from '../hub/types.js';
import { cancelled, type ErrorCode, HugwireError } from '../lib/errors.js';
import { quote, showName } from '../lib/text.js';
import { sleep } from '../lib/time.js';
import type { SpaceSite } from './types.js';

/** `up` can be called, `asleep` comes up when it is asked for, `coming` comes up by itself, `down` does not. */
type Readiness = 'up' | 'asleep' | 'coming' | 'down';

interface Stage {
  readiness: Readiness;
  /** Continues "owner/name …". */
  words: string;
  /** The same in an overview, with what it means for somebody who wants to call the Space. */
  short: string;
  code?: ErrorCode;
  hint?: string;
}

const OTHER = 'hub_search with kinds=["space"] finds others that do the same.';
const OWNER = `Only its owner can fix it; ${OTHER}`;

/** The Hub's stages in words. */
const STAGES: Record<string, Stage> = {
  RUNNING: { readiness: 'up', words: 'is running', short: 'running' },
  RUNNING_BUILDING: {
    readiness: 'up',
    words: 'is running, and a new version is being built',
    short: 'running (a new version is being built)',
  },
  RUNNING_APP_STARTING: {
    readiness: 'up',
    words: 'is running, and a new version is starting',
    short: 'running (a new version starts)',
  },
  SLEEPING: { readiness: 'asleep', words: 'is asleep', short: 'asleep (a call wakes it)' },
  STOPPED: { readiness: 'asleep', words: 'is stopped', short: 'stopped' },
  BUILDING: { readiness: 'coming', words: 'is being built', short: 'being built' },
  APP_STARTING: { readiness: 'coming', words: 'is starting', short: 'starting' },
  PAUSED: {
    readiness: 'down',
    words: 'is paused',
    short: 'paused (only its owner can restart it)',
    code: 'space_asleep',
    hint: `Only its owner can start it again; ${OTHER}`,
  },
  BUILD_ERROR: {
    readiness: 'down',
    words: 'could not be built',
    short: 'broken: it could not be built',
    code: 'space_broken',
    hint: OWNER,
  },
  RUNTIME_ERROR: {
    readiness: 'down',
    words: 'has crashed',
    short: 'broken: it crashed',
    code: 'space_broken',
    hint: OWNER,
  },
  CONFIG_ERROR: {
    readiness: 'down',
    words: 'is misconfigured',
    short: 'broken: its configuration is wrong',
    code: 'space_broken',
    hint: OWNER,
  },
  NO_APP_FILE: {
    readiness: 'down',
    words: 'has no app in it',
    short: 'broken: it has no app file',
    code: 'space_broken',
    hint: OTHER,
  },
  DELETING: { readiness: 'down', words: 'is being deleted', short: 'being deleted', code: 'space_broken', hint: OTHER },
};

// A stage that the Hub may invent tomorrow is no reason not to try.
const UNKNOWN: Stage = { readiness: 'up', words: 'is in a stage that hugwire does not know', short: '' };

/** What each SDK means for calls, where it is not Gradio. */
const SDKS: Record<string, string> = {
  static: 'is a static web page: no code runs there that could be called',
};

function stageOf({ stage = 'RUNNING' }: Pick<SpaceSite, 'stage'>): Stage {
  return Object.hasOwn(STAGES, stage) ? (STAGES[stage] ?? UNKNOWN) : UNKNOWN;
}

/** Whether the Space can be called now. */
export function readinessOf(site: Pick<SpaceSite, 'stage'>): Readiness {
  return stageOf(site).readiness;
}

/** The stage in words, such as `is asleep`; to follow the Space's id. */
export function describeStage(site: SpaceSite): string {
  const { words } = stageOf(site);
  const reason = site.stageReason ? ` (${quote(site.stageReason)})` : '';
  return `${words}${reason}`;
}

/**
 * A stage in an overview, such as `asleep (a call wakes it)`.
 * @param stage as the Hub names it; one that is not known is told as it is
 */
export function shortStage(stage: string): string {
  return stageOf({ stage }).short || showName(stage, 40);
}

/** Whether an app runs there that may be called, as far as its SDK tells. */
export function mayBeCalled({ sdk }: Pick<SpaceSite, 'sdk'>): boolean {
  return sdk === undefined || !Object.hasOwn(SDKS, sdk);
}

/**
 * Refuses a Space that no waiting will help.
 * @param site looked up
 * @throws HugwireError `space_asleep` when its owner could start it, `space_broken` otherwise
 */
export function refuseDown(site: SpaceSite): void {
  const other = site.sdk !== undefined && Object.hasOwn(SDKS, site.sdk) ? SDKS[site.sdk] : undefined;
  if (other) throw new HugwireError('space_broken', `${site.id} ${other}.`, { hint: OTHER });
  const stage = stageOf(site);
  if (stage.readiness !== 'down') return;
  throw new HugwireError(stage.code ?? 'space_broken', `${site.id} ${describeStage(site)}.`, { hint: stage.hint });
}

/** Seconds between two looks at the stage; the last one repeats. */
const PAUSES = [1, 2, 3, 5];
const WAKE_SECONDS = 20;

interface WakeOptions {
  signal?: AbortSignal;
  /** Told before every pause, such as `owner/name is asleep; waking it (12 s)`. */
  onProgress?(message: string): void;
  /** How long to wait at most; 120 unless told. */
  maxSeconds?: number;
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
  const { signal, onProgress, maxSeconds = 120 } = options;
  const started = Date.now();
  let current = site;
  let woken = false;
  for (let look = 0; ; look += 1) {
    if (signal?.aborted) throw cancelled();
    refuseDown(current);
    const readiness = readinessOf(current);
    if (site.kind === 'local' || readiness === 'up') return current;
    const seconds = Math.round((Date.now() - started) / 1000);
    if (seconds >= maxSeconds) throw stillDown(current, seconds);
    if (readiness === 'asleep' && !woken) {
      woken = true;
      await wake(net, site, signal);
    }
    onProgress?.(`${site.id} ${describeStage(current)}; ${woken ? 'waking it' : 'waiting for it'} (${seconds} s)`);
    const wanted = (PAUSES[look] ?? PAUSES.at(-1) ?? 5) * 1000;
    const left = maxSeconds * 1000 - (Date.now() - started);
    await sleep(Math.max(0, Math.min(wanted, left)), signal).catch((cause: unknown) => {
      throw cancelled(cause);
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
  const { stage = site.stage, failure } = readSpaceRuntime(answer.json());
  return { ...site, stage, stageReason: failure };
}

function stillDown(site: SpaceSite, seconds: number): HugwireError {
  return new HugwireError('space_asleep', `${site.id} ${describeStage(site)}, still after ${seconds} s of waiting.`, {
    hint: 'Large Spaces take some minutes to come up: call again in a minute.',
    retryAfterSeconds: 60,
  });
}
