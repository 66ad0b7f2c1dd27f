import { loadApp } from '../gradio/app.js';
import type { HubClient } from '../hub/types.js';
import { HugwireError } from '../lib/errors.js';
import { findSpace, type TokenMode } from './directory.js';
import { pinFetch } from './origin.js';
import { readinessOf, waitUntilRunning } from './stages.js';
import type { FindOptions, SpaceApp, SpaceSite } from './types.js';

/** An app is asked again after an hour; one on this machine after seconds, since its developer restarts it. */
const KEEP_MS: Record<SpaceSite['kind'], number> = { hub: 3_600_000, local: 5_000 };
/** A running Space is believed to be running for so long. */
const SITE_MS = 60_000;
const MAX_KEPT = 50;

export interface AppsOptions {
  hub(): HubClient;
  net: typeof fetch;
  /** What the user said of the token and this Space; `auto` when nothing. */
  tokenMode(id: string): TokenMode;
}

/** The Spaces that were looked at, and what their apps can do; in memory. */
export class AppShelf {
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
    let site = await findSpace(hub, space);
    // What was said holds for the Space under whatever name it was called.
    const mode = tokenMode(site.id);
    if (mode !== 'auto') site = await findSpace(hub, site.id, { token: mode });
    keep(this.sites, key, { site, mode, at: Date.now() });
    return site;
  }

  /** Describes a Space's app; wakes it where needed. */
  async open(space: string, options: FindOptions = {}): Promise<SpaceApp> {
    const { signal, onEvent } = options;
    const found = await this.find(space, options);
    const hub = this.hubFor(signal);
    if (hub.offline && found.kind === 'hub') {
      throw new HugwireError('offline', `${found.id} was not called: hugwire is set to work offline.`, {
        hint: 'Only apps on this machine can be called; HF_HUB_OFFLINE or hub.offline in the config decides it.',
      });
    }
    const net = await this.netFor(found);
    const onProgress = (message: string): void => onEvent?.({ kind: 'waiting', message });
    const site = await waitUntilRunning(hub, net, found, { signal, onProgress });
    const key = JSON.stringify([site.base, site.sha, site.sendToken]);
    const known = this.apps.get(key);
    if (known && Date.now() - known.at < KEEP_MS[site.kind]) return { ...known.app, site };
    const app = { ...(await loadApp(net, site, signal)), site };
    keep(this.apps, key, { app, at: Date.now() });
    return app;
  }

  /** Forgets a Space that turned out to be other than remembered. */
  forget({ id, base }: SpaceSite): void {
    for (const [key, { site }] of this.sites) if (site.id === id) this.sites.delete(key);
    for (const [key, { app }] of this.apps) if (app.site.base === base) this.apps.delete(key);
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
