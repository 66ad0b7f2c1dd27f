import type { Config } from '../config/schema.js';
import { loadApp } from '../gradio/app.js';
import type { HubClient } from '../hub/types.js';
import { HugwireError, toHugwireError } from '../lib/errors.js';
import { hostScope, isLoopback } from '../lib/hosts.js';
import { findSpace, parseSpaceReference, type TokenMode } from './directory.js';
import { type JobContext, JobTable, type JobWork } from './jobs.js';
import { LocalApps } from './local-apps.js';
import { isOn, isSpace } from './lock.js';
import { type AppLogins, logInTo } from './logins.js';
import { pinFetch } from './origin.js';
import { planCall, runSpaceCall } from './run.js';
import { SessionTable } from './sessions.js';
import { JobSharing, type JobSharingOptions, type LeftCall } from './shared-jobs.js';
import { readinessOf, refuseDown, waitUntilRunning } from './stages.js';
import type {
  FindOptions,
  LoginAttempt,
  SavedFileRecords,
  SpaceApp,
  SpaceCall,
  SpaceEvent,
  SpacePlan,
  SpaceSite,
  Spaces,
} from './types.js';

interface SpacesOptions {
  /** The Hub as it is now; not bound to any call, since jobs outlive the one that started them. */
  hub(): HubClient;
  /** A plain fetch, aware of proxies; every use is pinned to one Space. */
  net: typeof fetch;
  /** The configuration as it is now. */
  config(): Config;
  /** The index of the files that were saved; without one, none of them can be sent again. */
  savedFiles?(): Promise<SavedFileRecords>;
  /** The cache of downloads, whose files may be given to apps on this machine; missing where they may not. */
  downloads?: string;
  /** The logins of apps that ask for a name and a password; without, nobody logs in anywhere. */
  logins?: AppLogins;
  /** Whether a person types what is called, in a terminal: the files and local apps that they name need no other consent. */
  typed?: boolean;
  /** Whether a guest calls: this machine's files and network are not theirs, whatever they agree to. */
  shared?: boolean;
  /** Another one of the same person, whose jobs can be followed up here, and whose sessions go on. */
  sibling?: Pick<Spaces, 'jobs' | 'sessions'>;
  /** Whether people who have nothing to do with each other share this one: they are told of none but their own jobs. */
  everybody?: boolean;
  /** Makes jobs known to other instances of the server; without, they are of this process alone. */
  sharing?: JobSharingOptions;
}

/** Bytes, as sizes are shown. */
const MEGABYTE = 1_000_000;
/** After these the app may not be what it was when it was described. */
const STALE_AFTER = new Set(['space_broken', 'unavailable', 'space_asleep', 'not_found', 'internal']);

/**
 * Ties together finding, describing and calling Spaces, and the jobs that do it.
 * @param options the way to the Hub, to Spaces, and the user's configuration
 */
export function createSpaces(options: SpacesOptions): Spaces {
  const { hub, net, config, savedFiles, logins, typed, shared, sharing, sibling } = options;
  const { jobs, sessions } = sibling ?? {
    jobs: new JobTable({ everybody: options.everybody, sharing: sharing && new JobSharing(sharing) }),
    sessions: new SessionTable(sharing),
  };
  const pinnedAs = (id: string) => config().spaces.pinned.find((pin) => isOn(pin) && isSpace(pin.space, id));
  const localApps = new LocalApps({ config, typed, shared });
  const apps = new AppShelf({
    hub,
    net,
    tokenMode: (id) => pinnedAs(id)?.token ?? 'auto',
    listed: () => config().spaces.local,
    localApps,
    logins,
  });

  /** Looks the Space of a call up, provided that it may be called. */
  async function findAllowed({ space, pinned, only }: SpaceCall, signal: AbortSignal | undefined): Promise<SpaceSite> {
    const { others } = config().spaces;
    if (!pinned && others === 'off') checkAllowed('off', false, space);
    const site = await apps.find(space, { signal });
    only?.(site);
    if (!pinned) checkAllowed(others, pinnedAs(site.id) !== undefined, site.id);
    return site;
  }

  /** What a call may use, by the configuration in force. */
  function accessFor(signal: AbortSignal | undefined, site?: SpaceSite) {
    const { saveTo, maxMegabytes, inlineImageBytes: imageBytes, ...files } = config().files;
    // To an app of this machine nothing leaves it, and what was downloaded is meant to be used.
    const isHere = site?.kind === 'local' && isLoopback(new URL(site.origin));
    const readFrom = isHere && options.downloads ? [...files.readFrom, options.downloads] : files.readFrom;
    const bound = signal ? hub().withSignal(signal) : hub();
    const maxBytes = maxMegabytes * MEGABYTE;
    return { hub: bound, net, readFrom, saveTo, savedFiles, logins, typed, shared, maxBytes, imageBytes, signal };
  }

  async function plan(call: SpaceCall, options: FindOptions = {}): Promise<SpacePlan> {
    const site = await findAllowed(call, options.signal);
    refuseDown(site);
    if (readinessOf(site) !== 'up') return { site, files: [], sentToken: site.sendToken, notes: [] };
    return planCall(await apps.open(site, options), call, accessFor(options.signal, site));
  }

  /** @param left the call was left at its Space: it is only listened to */
  async function work(call: SpaceCall, { signal, ...context }: JobContext, left?: LeftCall) {
    const { maxSeconds } = config().spaces;
    const onEvent = (event: SpaceEvent) => {
      if (event.kind === 'log') call.onLog?.(event.message);
      context.onEvent(event);
    };
    // A call that is left is cancelled at its Space, which has to be found for it.
    const until = left ? undefined : signal;
    const site = await findAllowed(call, until);
    const access = { ...accessFor(signal, site), maxSeconds, sessions };
    try {
      const app = await apps.open(site, { signal: until, onEvent });
      return await runSpaceCall(app, call, { ...context, signal, onEvent }, access, left);
    } catch (error) {
      if (error instanceof HugwireError && STALE_AFTER.has(error.code)) apps.forget(site.id);
      throw error;
    }
  }

  const resume = (left: LeftCall, space: string): JobWork => {
    const call = { space, endpoint: left.endpoint, arguments: {}, pinned: left.pinned };
    return (context) => work(call, context, left);
  };

  return {
    find: (space, options) => apps.find(space, options),
    async askConsent(space, confirm) {
      // Of a Space of the Hub there is nothing to ask, so it is not looked up.
      const { kind } = parseSpaceReference(space, hub().endpoint, config().spaces.local);
      if (kind === 'local') await localApps.ask(await apps.find(space), confirm);
    },
    open: (space, options) => apps.open(space, options),
    beginLogin: (space, options) => apps.beginLogin(space, options),
    plan,
    jobs,
    sessions,
    start: (call) => jobs.start(call, (context) => work(call, context)),
    job: (id) => jobs.find(id, resume),
    async openLocal(source, most) {
      const { readFrom, saveTo, maxBytes } = accessFor(undefined);
      const { value: token } = await hub().token();
      const rules = { readFrom, saveTo, savedFiles, token, typed, shared, strict: true };
      const { LIMIT_HINT, openLocalFiles } = await import('./local-files.js');
      return openLocalFiles(source, rules, { bytes: maxBytes, hint: LIMIT_HINT }, most);
    },
    forget: (id) => apps.forget(id),
    hasJobs: () => jobs.hasAny(),
    settled: () => jobs.settled(),
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
  throw new HugwireError('disabled', `${what} turned off in hugwire's config (spaces.others).`, {
    hint:
      others === 'off'
        ? 'Use the tools of the pinned Spaces.'
        : `Use the tool of a pinned Space. The user can pin this one: \`hugwire spaces add ${space}\`.`,
  });
}

/** An app is asked again after an hour; one on this machine after seconds, since its developer restarts it. */
const KEEP_MS: Record<SpaceSite['kind'], number> = { hub: 3_600_000, local: 5_000 };
/** A running Space is believed to be running for so long. */
const SITE_MS = 60_000;
const MAX_KEPT = 50;

interface AppsOptions {
  hub(): HubClient;
  net: typeof fetch;
  /** What the user said of the token and this Space; `auto` when nothing. */
  tokenMode(id: string): TokenMode;
  /** `spaces.local` */
  listed(): readonly string[];
  localApps: LocalApps;
  logins?: AppLogins;
}

/** The Spaces that were looked at, and what their apps can do; in memory. */
class AppShelf {
  private readonly sites = new Map<string, { site: SpaceSite; mode: TokenMode; at: number }>();
  private readonly apps = new Map<string, { app: SpaceApp; at: number }>();

  constructor(private readonly options: AppsOptions) {}

  /** Looks a Space up at the Hub, without waking it. */
  async find(space: string, { signal, token }: FindOptions = {}): Promise<SpaceSite> {
    const tokenMode = (id: string) => token ?? this.options.tokenMode(id);
    const hub = this.hubFor(signal);
    const key = JSON.stringify([hub.endpoint, space]);
    const known = this.sites.get(key);
    const isFresh = known && Date.now() - known.at < SITE_MS && known.mode === tokenMode(known.site.id);
    if (isFresh && readinessOf(known.site) === 'up') return known.site;
    const listed = this.options.listed();
    let site = await findSpace(hub, space, { listed });
    // What was said holds for the Space under whatever name it was called.
    const mode = tokenMode(site.id);
    if (mode !== 'auto') site = await findSpace(hub, site.id, { token: mode, listed });
    keep(this.sites, key, { site, mode, at: Date.now() });
    return site;
  }

  /** Describes a Space's app; wakes it where needed. */
  async open(space: string | SpaceSite, options: FindOptions = {}): Promise<SpaceApp> {
    const { site, net } = await this.wake(space, options);
    const key = JSON.stringify([site.base, site.sha, site.sendToken]);
    const known = this.apps.get(key);
    if (known && Date.now() - known.at < KEEP_MS[site.kind]) return { ...known.app, site };
    const { logins } = this.options;
    const app = { ...(await loadApp(logins ? await logins.through(net, site) : net, site, options.signal)), site };
    keep(this.apps, key, { app, at: Date.now() });
    return app;
  }

  /** Looks whether an app wants a login, and gives the way to try one. */
  async beginLogin(space: string, options: FindOptions = {}): Promise<LoginAttempt> {
    const { site, net } = await this.wake(space, options);
    const refusal = await loadApp(net, site, options.signal).then(() => undefined, toHugwireError);
    if (!refusal) {
      throw new HugwireError('invalid_arguments', `${site.id} asks for no login: it can be used as it is.`, {
        hint: 'Nothing was stored.',
      });
    }
    if (refusal.code !== 'unauthorized') throw refusal;
    return { site, message: refusal.message, logIn: async (given) => void (await logInTo(net, site, given)) };
  }

  /** Finds a Space that may be asked, and waits until it runs. */
  private async wake(space: string | SpaceSite, options: FindOptions): Promise<{ site: SpaceSite; net: typeof fetch }> {
    const { signal, onEvent } = options;
    const found = typeof space === 'string' ? await this.find(space, options) : space;
    this.options.localApps.refuseUnallowed(found);
    const hub = this.hubFor(signal);
    if (hub.offline && (found.kind === 'hub' || hostScope(new URL(found.origin).hostname) === 'public')) {
      throw new HugwireError('offline', `${found.id} was not called: hugwire is set to work offline.`, {
        hint: 'Only apps on this machine can be called; HF_HUB_OFFLINE or hub.offline in the config decides it.',
      });
    }
    const net = await this.netFor(found);
    const onProgress = (message: string): void => onEvent?.({ kind: 'waiting', message });
    return { site: await waitUntilRunning(hub, net, found, { signal, onProgress }), net };
  }

  /** Forgets a Space that turned out to be other than remembered. */
  forget(id: string): void {
    for (const [key, { site }] of this.sites) if (site.id === id) this.sites.delete(key);
    for (const [key, { app }] of this.apps) if (app.site.id === id) this.apps.delete(key);
  }

  private hubFor(signal: AbortSignal | undefined): HubClient {
    const hub = this.options.hub();
    return signal ? hub.withSignal(signal) : hub;
  }

  private async netFor(site: SpaceSite): Promise<typeof fetch> {
    const token = site.sendToken ? (await this.options.hub().token()).value : undefined;
    return pinFetch(this.options.net, site, { token });
  }
}

/** Puts a value in, and the oldest one out when there are too many. */
function keep<Value>(map: Map<string, Value>, key: string, value: Value): void {
  map.delete(key);
  map.set(key, value);
  const [oldest] = map.keys();
  if (map.size > MAX_KEPT && oldest !== undefined) map.delete(oldest);
}
