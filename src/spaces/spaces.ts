import type { Config } from '../config/schema.js';
import { HugwireError } from '../errors.js';
import type { HubClient } from '../hub/types.js';
import { isOn } from './approvals.js';
import { AppShelf } from './apps.js';
import { type Clock, systemClock } from './clock.js';
import { type JobContext, type JobLimits, JobTable } from './jobs.js';
import type { CallLimits } from './limits.js';
import { planCall } from './plan.js';
import { checkAllowed, runCall } from './run.js';
import { SessionTable } from './sessions.js';
import { readinessOf, refuseDown } from './stages.js';
import type { CallEvent, FindOptions, SpaceCall, SpaceOutcome, SpacePlan, SpaceSite, Spaces } from './types.js';

export interface SpacesOptions {
  /** The Hub as it is now; not bound to any call, since jobs outlive the one that started them. */
  hub(): HubClient;
  /** A plain fetch, aware of proxies; every use is pinned to one Space. */
  net: typeof fetch;
  /** The configuration as it is now. */
  config(): Config;
  clock?: Clock;
  limits?: Partial<JobLimits & CallLimits>;
}

/** Bytes, as sizes are shown. */
const MEGABYTE = 1_000_000;
/** After these the app may not be what it was when it was described. */
const STALE_AFTER = new Set(['space_broken', 'unavailable', 'space_asleep', 'not_found', 'internal']);

/**
 * Ties together finding, describing and calling Spaces, and the jobs that do it.
 * @param options the way to the Hub, to Spaces, and the user's configuration
 */
export function createSpaces({ hub, net, config, clock = systemClock, limits }: SpacesOptions): Spaces {
  const jobs = new JobTable(clock, limits);
  const sessions = new SessionTable();
  const pinnedAs = (id: string) =>
    config().spaces.pinned.find((pin) => isOn(pin) && pin.space.toLowerCase() === id.toLowerCase());
  const apps = new AppShelf({ hub, net, clock, tokenMode: (id) => pinnedAs(id)?.token ?? 'auto' });

  /** Looks the Space of a call up, provided that it may be called. */
  async function findAllowed({ space, pinned }: SpaceCall, signal: AbortSignal | undefined): Promise<SpaceSite> {
    const { others } = config().spaces;
    if (!pinned && others === 'off') checkAllowed('off', false, space);
    const site = await apps.find(space, { signal });
    if (!pinned) checkAllowed(others, pinnedAs(site.id) !== undefined, site.id);
    return site;
  }

  async function plan(call: SpaceCall, options: FindOptions = {}): Promise<SpacePlan> {
    const { signal } = options;
    const site = await findAllowed(call, signal);
    refuseDown(site);
    if (readinessOf(site) !== 'up') return { site, files: [], sentToken: site.sendToken, notes: [] };
    const { readFrom, saveTo, maxMegabytes } = config().files;
    const bound = signal ? hub().withSignal(signal) : hub();
    const app = await apps.open(call.space, options);
    return planCall(app, call, {
      hub: bound,
      net,
      roots: [...readFrom, saveTo],
      maxBytes: maxMegabytes * MEGABYTE,
      signal,
    });
  }

  async function work(call: SpaceCall, context: JobContext): Promise<SpaceOutcome> {
    const { spaces, files } = config();
    const { signal } = context;
    const onEvent = (event: CallEvent) => {
      if (event.kind === 'log') call.onLog?.(event.message);
      context.onEvent(event);
    };
    const site = await findAllowed(call, signal);
    const options = {
      hub: hub(),
      net,
      clock,
      sessions,
      maxSeconds: spaces.maxSeconds,
      readFrom: files.readFrom,
      saveTo: files.saveTo,
      maxBytes: files.maxMegabytes * MEGABYTE,
      limits,
    };
    try {
      return await runCall(await apps.open(call.space, { signal, onEvent }), call, { signal, onEvent }, options);
    } catch (error) {
      if (error instanceof HugwireError && STALE_AFTER.has(error.code)) apps.forget(site);
      throw error;
    }
  }

  return {
    find: (space, options) => apps.find(space, options),
    open: (space, options) => apps.open(space, options),
    plan,
    start: (call) => jobs.start(call, (context) => work(call, context)),
    job: (id) => jobs.get(id),
    hasJobs: () => jobs.hasAny(),
    close: () => jobs.close(),
  };
}
