import type { Config } from '../config/schema.js';
import { HugwireError } from '../lib/errors.js';
import { plural } from '../lib/format.js';
import type { AnyTool } from '../tools/tool.js';

const MINUTE_MS = 60_000;

type Limits = Config['limits'];
type Limited = Pick<AnyTool, 'name' | 'toolset'>;

/** A call that was let in. */
interface Admitted extends Limited {
  /** Milliseconds, by the clock. */
  at: number;
}

/**
 * Counts the calls of a server and turns down what goes beyond `limits` of the config. Every call is counted, limited or
 * not, so that a limit that is set while the server runs knows of the minute before. A call beyond a limit is answered at
 * once, since a queue would look to the client like a tool that hangs. What is turned down does not count; a Space's job
 * that goes on in the background does not either.
 */
export class CallLimits {
  readonly #limits: () => Limits;
  readonly #now: () => number;
  /** In the order in which they began. */
  #begun: Admitted[] = [];
  readonly #running = new Set<Admitted>();

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
    this.#begun = this.#begun.filter((call) => call.at > at - MINUTE_MS);
    for (const key of ['all', toolset, name]) this.#check(key, at);
    const call = { name, toolset, at };
    this.#begun.push(call);
    this.#running.add(call);
    return () => void this.#running.delete(call);
  }

  #check(key: string, at: number): void {
    const limits = this.#limits();
    const { perMinute, atOnce } = (Object.hasOwn(limits, key) && limits[key]) || {};
    const counts = ({ name, toolset }: Limited) => key === 'all' || key === toolset || key === name;
    if (atOnce !== undefined && [...this.#running].filter(counts).length >= atOnce) {
      throw refusal(key, 'atOnce', `${plural(atOnce, 'call')} at once`, 'Wait until a call has ended.');
    }
    const begun = this.#begun.filter(counts);
    if (perMinute === undefined || begun.length < perMinute) return;
    const oldest = begun[begun.length - perMinute] as Admitted;
    const seconds = Math.ceil((oldest.at + MINUTE_MS - at) / 1000);
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
