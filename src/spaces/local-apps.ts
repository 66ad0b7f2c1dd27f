import type { Config } from '../config/schema.js';
import { HugwireError } from '../lib/errors.js';
import { hostScope } from '../lib/hosts.js';
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
 * Which apps on this machine and its network may be asked for anything: those that are pinned or listed in `spaces.local`,
 * those that the user has agreed to in this session, and all that a person types. An assistant that could ask any other
 * would find out what runs here.
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
    // Nobody is asked about what the config rules out, or about an address that no app should have.
    if (this.#options.config().spaces.others !== 'allow' || hostScope(hostOf(site)) === 'reserved') return;
    const answer = await confirm(
      `Your assistant wants to use an app on ${describeHost(site)}: ${cleanLine(site.base, 200)}\nMay it, until this session ends?`,
    );
    if (answer === 'accept' || answer === 'decline') this.#answers.set(key, answer === 'accept');
  }

  /** @throws HugwireError `blocked` for an app that nothing allows, whatever may be there */
  refuseUnallowed(site: SpaceSite): void {
    if (this.#isAllowed(site)) return;
    if (this.#options.shared) {
      throw new HugwireError('blocked', 'This server runs Spaces of the Hub alone: nothing was sent.', {
        hint: 'Name a Space as owner/name; hub_search with kinds=["space"] finds one.',
      });
    }
    const declined = this.#answers.has(appKey(site.base));
    const listed = [...this.#options.config().spaces.local, site.origin].join(' ');
    const why = declined ? 'the user has declined it' : 'the user has not allowed it';
    throw new HugwireError(
      'blocked',
      `${site.origin} is on ${describeHost(site)}, and ${why}: nothing was sent to it.`,
      {
        hint: `Only the user can allow it: \`hugwire config set spaces.local ${listed}\`.`,
      },
    );
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
 * @param listed by the user
 */
export function isListed(origin: string, listed: readonly string[]): boolean {
  return listed.some((one) => appKey(one) === appKey(origin));
}

/** The names of this machine are one to its user. */
function appKey(address: string): string {
  if (!URL.canParse(address)) return address;
  const { protocol, hostname, port, pathname } = new URL(address);
  const host = /^(?:localhost|127\.0\.0\.1|\[::1\])$/.test(hostname) ? 'localhost' : hostname;
  return `${protocol}//${host}:${port}${pathname.replace(/(?<!\/)\/+$/, '')}`;
}

const hostOf = ({ origin }: SpaceSite) => new URL(origin).hostname;

function describeHost(site: SpaceSite): string {
  return hostScope(hostOf(site)) === 'loopback' ? 'this machine' : 'a network of this machine';
}
