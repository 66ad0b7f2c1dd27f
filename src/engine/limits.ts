import type { Config } from '../config/schema.js';
import { HugwireError } from '../lib/errors.js';
import { plural } from '../lib/format.js';
import type { AnyTool } from '../tools/tool.js';

const MINUTE_MS = 60_000;

type Limits = Config['limits'];
type Limited = Pick<AnyTool, 'name' | 'toolset'>;

/** The calls of one key of the limits: of a tool, of a toolset, or of all. */
class Calls {
  running = 0;
  /** When those of the last minute began, by the clock, behind some that are older. */
  readonly #begun: number[] = [];
  #older = 0;

  /** @param at now */
  begin(at: number): void {
    this.#begun.push(at);
    this.running += 1;
  }

  /** How many began within the minute before now. Each call is dropped once, however often this is asked. */
  countSince(minuteAgo: number): number {
    const begun = this.#begun;
    while ((begun[this.#older] ?? Number.POSITIVE_INFINITY) <= minuteAgo) this.#older += 1;
    if (this.#older > begun.length / 2) {
      begun.splice(0, this.#older);
      this.#older = 0;
    }
    return begun.length - this.#older;
  }

  /** When the last but so many began. */
  beginOf(fromLast: number): number {
    return this.#begun.at(-fromLast) as number;
  }
}

/**
 * Counts the calls of a server and turns down what goes beyond `limits` of the config. Every call is noted, limited or
 * not, so that a limit that is set while the server runs knows of the minute before: a time for its tool, its toolset and
 * all, which costs the same however many calls there were. A call beyond a limit is answered at once, since a queue would
 * look to the client like a tool that hangs. What is turned down does not count; a Space's job that goes on in the
 * background does not either.
 */
export class CallLimits {
  readonly #limits: () => Limits;
  readonly #now: () => number;
  readonly #calls = new Map<string, Calls>();

  /**
   * @param limits as they are now
   * @param now milliseconds of any clock that never goes back
   */
  constructor(limits: () => Limits, now: () => number = () => performance.now()) {
    this.#limits = limits;
    this.#now = now;
  }

  /**
   * Lets a call begin.
   * @param tool that is called
   * @returns what is to be called when it has ended
   * @throws HugwireError `rate_limited`, which names the limit and how to change it
   */
  begin({ name, toolset }: Limited): () => void {
    const at = this.#now();
    const counted = [...new Set(['all', toolset, name])].map((key) => this.#check(key, at));
    for (const calls of counted) calls.begin(at);
    let ended = false;
    return () => {
      if (!ended) for (const calls of counted) calls.running -= 1;
      ended = true;
    };
  }

  #check(key: string, at: number): Calls {
    const calls = this.#calls.get(key) ?? new Calls();
    this.#calls.set(key, calls);
    const count = calls.countSince(at - MINUTE_MS);
    const limits = this.#limits();
    const { perMinute, atOnce } = (Object.hasOwn(limits, key) && limits[key]) || {};
    if (atOnce !== undefined && calls.running >= atOnce) {
      throw refusal(key, 'atOnce', `${plural(atOnce, 'call')} at once`, 'Wait until a call has ended.');
    }
    if (perMinute === undefined || count < perMinute) return calls;
    const seconds = Math.ceil((calls.beginOf(perMinute) + MINUTE_MS - at) / 1000);
    throw refusal(key, 'perMinute', `${plural(perMinute, 'call')} per minute`, 'Wait, or make fewer calls.', seconds);
  }
}

function refusal(key: string, kind: string, limit: string, advice: string, retryAfterSeconds?: number): HugwireError {
  const whose = key === 'all' ? 'all tools together' : key;
  return new HugwireError('rate_limited', `hugwire's own limit is reached: ${limit} for ${whose}.`, {
    hint: `${advice} The user can change it: hugwire config set limits.${key}.${kind} NUMBER`,
    retryAfterSeconds,
  });
}
