import { type ErrorCode, HugwireError } from '../errors.js';
import type { SpaceSite } from './types.js';

/** `up` can be called, `asleep` comes up when it is asked for, `coming` comes up by itself, `down` does not. */
export type Readiness = 'up' | 'asleep' | 'coming' | 'down';

interface Stage {
  readiness: Readiness;
  /** Continues "owner/name …". */
  words: string;
  code?: ErrorCode;
  hint?: string;
}

const OTHER = 'hub_search with kinds=["space"] finds others that do the same.';
const OWNER = `Only its owner can repair it; ${OTHER}`;

/** The Hub's stages in words. */
const STAGES: Record<string, Stage> = {
  RUNNING: { readiness: 'up', words: 'is running' },
  RUNNING_BUILDING: { readiness: 'up', words: 'is running, and a new version is being built' },
  RUNNING_APP_STARTING: { readiness: 'up', words: 'is running, and a new version is starting' },
  SLEEPING: { readiness: 'asleep', words: 'is asleep' },
  STOPPED: { readiness: 'asleep', words: 'is stopped' },
  BUILDING: { readiness: 'coming', words: 'is being built' },
  APP_STARTING: { readiness: 'coming', words: 'is starting' },
  PAUSED: {
    readiness: 'down',
    words: 'is paused',
    code: 'space_asleep',
    hint: `Only its owner can start it again; ${OTHER}`,
  },
  BUILD_ERROR: { readiness: 'down', words: 'could not be built', code: 'space_broken', hint: OWNER },
  RUNTIME_ERROR: { readiness: 'down', words: 'has crashed', code: 'space_broken', hint: OWNER },
  CONFIG_ERROR: { readiness: 'down', words: 'is wrongly configured', code: 'space_broken', hint: OWNER },
  NO_APP_FILE: { readiness: 'down', words: 'has no app in it', code: 'space_broken', hint: OTHER },
  DELETING: { readiness: 'down', words: 'is being deleted', code: 'space_broken', hint: OTHER },
};

// A stage that the Hub may invent tomorrow is no reason not to try.
const UNKNOWN: Stage = { readiness: 'up', words: 'is in a stage that hugwire does not know' };

/** What each SDK means for calls, where it is not Gradio. */
const SDKS: Record<string, string> = {
  static: 'is a static web page: no code runs there that could be called',
};

function stageOf(site: SpaceSite): Stage {
  const stage = site.stage ?? 'RUNNING';
  return Object.hasOwn(STAGES, stage) ? (STAGES[stage] ?? UNKNOWN) : UNKNOWN;
}

/** Whether the Space can be called now. */
export function readinessOf(site: SpaceSite): Readiness {
  return stageOf(site).readiness;
}

/** The stage in words, such as `is asleep`; to follow the Space's id. */
export function describeStage(site: SpaceSite): string {
  const { words } = stageOf(site);
  const reason = site.stageReason ? ` (${site.stageReason})` : '';
  return `${words}${reason}`;
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
