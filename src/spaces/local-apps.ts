import type { Config } from '../config/schema.js';
import { HugwireError } from '../lib/errors.js';
import { hostScope } from '../lib/hosts.js';
import { quoteWords } from '../lib/platform.js';
import { cleanLine } from '../lib/text.js';
import { isOn } from './lock.js';
import type { Consent, SpaceSite } from './types.js';

interface LocalAppsOptions {
  /** The configuration as it is now. */
  config(): Config;
  /** Whether a person types the addresses, in a terminal. */
  typed?: boolean;
  /** Whether others than the user of this machine call: they are not asked, since it is not theirs to allow. */
  shared?: boolean;
}

/**
 * Which apps at an address of their own may be asked for anything: those that are pinned or listed in `spaces.local`, those
 * that the user has agreed to in this session, and all that a person types. An assistant that could ask any other would find
 * out what runs here, or send what it knows anywhere.
 */
export class LocalApps {
  readonly #options: LocalAppsOptions;
  /** What the user has answered, by app. */
  readonly #answers = new Map<string, boolean>();

  constructor(options: LocalAppsOptions) {
    this.#options = options;
  }

  /**
   * Asks the user about an app that nothing allows yet, unless they have answered already. Nothing is sent to the app.
   * @param confirm asks; an answer holds as long as the process
   */
  async ask(site: SpaceSite, confirm: (message: string) => Promise<Consent>): Promise<void> {
    const key = appKey(site.base);
    if (this.#options.shared || this.#isAllowed(site) || this.#answers.has(key)) return;
    // Nobody is asked about what the config rules out, or about an address that no app should have or that may be anything.
    if (this.#options.config().spaces.others !== 'allow' || !mayBeAsked(hostOf(site))) return;
    const answer = await confirm(
      `Your assistant wants to use an app ${describePlace(site)}: ${cleanLine(site.base, 200)}\nAllow it until this session ends?`,
    );
    if (answer === 'accept' || answer === 'decline') this.#answers.set(key, answer === 'accept');
  }

  /** @throws HugwireError `blocked` for an app that nothing allows, whatever may be there */
  refuseUnallowed(site: SpaceSite): void {
    if (this.#isAllowed(site)) return;
    if (this.#options.shared) {
      throw new HugwireError('blocked', 'This server only runs Spaces on the Hub: nothing was sent.', {
        hint: 'Name a Space as owner/name; hub_search with kinds=["space"] finds one.',
      });
    }
    const { local } = this.#options.config().spaces;
    const why = this.#answers.has(appKey(site.base)) ? 'the user has declined it' : 'the user has not allowed it';
    const other = isAnywhere(hostOf(site)) ? 'Give a Space of the Hub as owner/name. ' : '';
    throw new HugwireError('blocked', `${site.origin} is ${describePlace(site)}, and ${why}: nothing was sent to it.`, {
      hint: `${other}Only the user can allow it: \`${allowCommand(site.origin, local)}\`.`,
    });
  }

  #isAllowed(site: SpaceSite): boolean {
    if (site.kind !== 'local' || this.#options.typed) return true;
    const { local, pinned } = this.#options.config().spaces;
    const key = appKey(site.base);
    if (this.#options.shared) return false;
    const isPinned = pinned.some((pin) => isOn(pin) && appKey(pin.space) === key);
    return isPinned || isListed(site.origin, local) || this.#answers.get(key) === true;
  }
}

/**
 * Whether an origin is among those of `spaces.local`.
 * @param origin of an app
 * @param listed by the user; `https://*.gradio.live` stands for every host below that one
 */
export function isListed(origin: string, listed: readonly string[]): boolean {
  return listed.some((one) => {
    const [scheme, above] = one.split('//*.');
    if (!above?.includes('.')) return appKey(one) === appKey(origin);
    return origin.startsWith(`${scheme}//`) && origin.endsWith(`.${above.replace(/\/$/, '')}`);
  });
}

/**
 * The command with which the user allows an app to assistants.
 * @param origin of the app
 * @param listed what is allowed already, which the command keeps
 */
export function allowCommand(origin: string, listed: readonly string[]): string {
  return quoteWords(['hugwire', 'config', 'set', 'spaces.local', ...listed, origin]);
}

/**
 * What tells apps apart by their addresses: the names of this machine are one to its user.
 * @param address of an app; what is none is given back
 */
export function appKey(address: string): string {
  if (!URL.canParse(address)) return address;
  const { protocol, hostname, port, pathname } = new URL(address);
  const host = /^(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1?\])$/.test(hostname) ? 'localhost' : hostname;
  return `${protocol}//${host}:${port}${pathname.replace(/(?<!\/)\/+$/, '')}`;
}

const hostOf = ({ origin }: SpaceSite) => new URL(origin).hostname;

/** Gradio's share links lead to the machine of whoever started the app. */
const isShared = (host: string) => host.endsWith('.gradio.live');
const isAnywhere = (host: string) => hostScope(host) === 'public' && !isShared(host);
const mayBeAsked = (host: string) => hostScope(host) !== 'reserved' && !isAnywhere(host);

function describePlace(site: SpaceSite): string {
  const host = hostOf(site);
  if (isShared(host)) return "behind a share link of Gradio, which leads to somebody's machine";
  const scope = hostScope(host);
  if (scope === 'public') return 'on the internet';
  return scope === 'loopback' ? 'on this machine' : 'on a network of this machine';
}

/** What an app at an address of its own is, for a line about it. */
export function describeApp(site: SpaceSite): string {
  const scope = hostScope(hostOf(site));
  if (scope === 'loopback') return 'a local app';
  return scope === 'public' ? 'an app on the internet' : "an app on this machine's network";
}
