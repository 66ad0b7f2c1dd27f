import pLimit from 'p-limit';
import { HugwireError, toHugwireError } from '../../errors.js';
import { compareWithLive } from '../../spaces/pin.js';
import { readinessOf } from '../../spaces/stages.js';
import type { App, SpaceSite } from '../../spaces/types.js';
import type { Place } from './place.js';
import type { PinView } from './view.js';

/** How a pinned Space is just now. */
export interface LiveState {
  site?: SpaceSite;
  /** How the endpoint differs from what was approved; missing where the app could not be asked. */
  differences?: string[];
  /** Why something is not known. */
  problem?: HugwireError;
}

const AT_ONCE = 6;

/**
 * Asks the Hub how the pinned Spaces are, and those that run what they take; never wakes one.
 * @param views of the pins
 * @param milliseconds that all of it may take
 * @param place the way there
 * @returns by tool; never throws
 */
export async function askLive(
  views: readonly PinView[],
  milliseconds: number,
  place: Place,
): Promise<Map<string, LiveState>> {
  const limit = AbortSignal.timeout(milliseconds);
  const signal = AbortSignal.any([place.signal, limit]);
  const inTurn = pLimit(AT_ONCE);
  const names = [...new Set(views.map(({ pin }) => pin.space))];
  const asked = names.map(async (space) => {
    const state = await inTurn(() => askSpace(space, signal, place));
    if (state.problem && limit.aborted) state.problem = tooSlow(space, milliseconds, state.problem);
    return [space, state] as const;
  });
  const states = new Map(await Promise.all(asked));
  return new Map(views.map((view) => [view.pin.tool, compare(view, states.get(view.pin.space) ?? {})]));
}

interface SpaceState {
  site?: SpaceSite;
  app?: App;
  problem?: HugwireError;
}

async function askSpace(space: string, signal: AbortSignal, { spaces }: Place): Promise<SpaceState> {
  const state: SpaceState = {};
  try {
    state.site = await spaces.find(space, { signal });
    // A static page has no app to ask, and one that sleeps is left alone.
    const isUp = readinessOf(state.site) === 'up' && state.site.sdk !== 'static';
    if (isUp) state.app = await spaces.open(space, { signal });
  } catch (error) {
    state.problem = toHugwireError(error);
  }
  return state;
}

function tooSlow(space: string, milliseconds: number, cause: HugwireError): HugwireError {
  return new HugwireError('timeout', `No answer about ${space} within ${milliseconds / 1000} s.`, { cause });
}

function compare({ pin, entry }: PinView, { site, app, problem }: SpaceState): LiveState {
  const differences =
    app && entry ? compareWithLive({ ...entry, endpoint: pin.endpoint ?? entry.endpoint }, app) : undefined;
  return { ...(site ? { site } : {}), ...(differences ? { differences } : {}), ...(problem ? { problem } : {}) };
}
