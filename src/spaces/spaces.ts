import type { Config } from '../config/schema.js';
import type { HubClient } from '../hub/types.js';
import { HugwireError } from '../lib/errors.js';
import { AppShelf } from './apps.js';
import { type JobContext, JobTable } from './jobs.js';
import { isOn } from './lock.js';
import { planCall, runCall } from './run.js';
import { SessionTable } from './sessions.js';
import { readinessOf, refuseDown } from './stages.js';
import type { FindOptions, SpaceCall, SpaceEvent, SpaceOutcome, SpacePlan, SpaceSite, Spaces } from './types.js';

interface SpacesOptions {
  /** The Hub as it is now; not bound to any call, since jobs outlive the one that started them. */
  hub(): HubClient;
  /** A plain fetch, aware of proxies; every use is pinned to one Space. */
  net: typeof fetch;
  /** The configuration as it is now. */
  config(): Config;
}

/** Bytes, as sizes are shown. */
const MEGABYTE = 1_000_000;
/** After these the app may not be what it was when it was described. */
const STALE_AFTER = new Set(['space_broken', 'unavailable', 'space_asleep', 'not_found', 'internal']);

/**
 * Ties together finding, describing and calling Spaces, and the jobs that do it.
 * @param options the way to the Hub, to Spaces, and the user's configuration
 */
export function createSpaces({ hub, net, config }: SpacesOptions): Spaces {
  const jobs = new JobTable();
  const sessions = new SessionTable();
  const pinnedAs = (id: string) =>
    config().spaces.pinned.find((pin) => isOn(pin) && pin.space.toLowerCase() === id.toLowerCase());
  const apps = new AppShelf({ hub, net, tokenMode: (id) => pinnedAs(id)?.token ?? 'auto' });

  /** Looks the Space of a call up, provided that it may be called. */
  async function findAllowed({ space, pinned }: SpaceCall, signal: AbortSignal | undefined): Promise<SpaceSite> {
    const { others } = config().spaces;
    if (!pinned && others === 'off') checkAllowed('off', false, space);
    const site = await apps.find(space, { signal });
    if (!pinned) checkAllowed(others, pinnedAs(site.id) !== undefined, site.id);
    return site;
  }

  /** What a call may use, by the configuration in force. */
  function accessFor(signal: AbortSignal | undefined) {
    const { readFrom, saveTo, maxMegabytes } = config().files;
    const bound = signal ? hub().withSignal(signal) : hub();
    return { hub: bound, net, roots: [...readFrom, saveTo], saveTo, maxBytes: maxMegabytes * MEGABYTE, signal };
  }

  async function plan(call: SpaceCall, options: FindOptions = {}): Promise<SpacePlan> {
    const site = await findAllowed(call, options.signal);
    refuseDown(site);
    if (readinessOf(site) !== 'up') return { site, files: [], sentToken: site.sendToken, notes: [] };
    return planCall(await apps.open(call.space, options), call, accessFor(options.signal));
  }

  async function work(call: SpaceCall, { signal, ...context }: JobContext): Promise<SpaceOutcome> {
    const { maxSeconds } = config().spaces;
    const onEvent = (event: SpaceEvent) => {
      if (event.kind === 'log') call.onLog?.(event.message);
      context.onEvent(event);
    };
    const site = await findAllowed(call, signal);
    const access = { ...accessFor(signal), maxSeconds, sessions };
    try {
      return await runCall(await apps.open(call.space, { signal, onEvent }), call, { signal, onEvent }, access);
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

/**
 * Refuses a Space that the configuration does not let be called.
 * @param others `spaces.others`
 * @param pinned whether the Space is pinned
 * @throws HugwireError `disabled`
 */
function checkAllowed(others: 'allow' | 'pinned-only' | 'off', pinned: boolean, space: string): void {
  if (others === 'allow' || (others === 'pinned-only' && pinned)) return;
  const what = others === 'off' ? 'Calling Spaces by name is' : `${space} is not pinned, and calling other Spaces is`;
  throw new HugwireError('disabled', `${what} turned off in hugwire’s config (spaces.others).`, {
    hint:
      others === 'off'
        ? 'Use the tools of the pinned Spaces.'
        : `Use the tool of a pinned Space. The user can pin this one: \`hugwire spaces add ${space}\`.`,
  });
}
