import { HugwireError } from './errors.js';
import { formatBytes } from './format.js';
import { isLoopback } from './hosts.js';

interface ReadOptions {
  /** Bytes to keep at most. */
  maxBytes: number;
  /** Cut a longer body there, instead of failing. */
  truncate?: boolean;
  /** Ends the body after such a silence, milliseconds; where it breaks off, what came counts. */
  quietMs?: number;
  /** Called for every piece that arrives. */
  onProgress?(): void;
  /** Who answers, for the error: a host. */
  from?: string;
  /** What is read, for the error, where that tells more than `from`: `The description of owner/name`. */
  what?: string;
}

interface Body {
  bytes: Uint8Array;
  /** True when there was more than `maxBytes`. */
  truncated: boolean;
}

/**
 * Reads the body of an answer up to a cap, so that no server can fill the memory. What is not read is not fetched.
 * @param response an answer whose body is unread
 * @throws HugwireError `too_large` when the body is longer and may not be cut
 */
export async function readBody(
  response: Response,
  { maxBytes, truncate, quietMs, onProgress, from, what }: ReadOptions,
): Promise<Body> {
  // The answer to HEAD declares a length and has no body.
  if (!response.body) return { bytes: new Uint8Array(), truncated: false };
  const declared = Number(response.headers.get('content-length') ?? 0);
  if (declared > maxBytes && !truncate) {
    await response.body.cancel().catch(() => {});
    throw tooLarge({ from, what }, maxBytes, declared);
  }
  const pieces: Uint8Array[] = [];
  let length = 0;
  const reader = response.body.getReader();
  for (;;) {
    const step = await (quietMs === undefined ? reader.read() : readWithin(quietMs, reader, length > 0));
    if (step.done) return { bytes: Buffer.concat(pieces), truncated: 'broken' in step };
    const { value } = step;
    onProgress?.();
    pieces.push(value);
    length += value.byteLength;
    if (length > maxBytes) {
      await reader.cancel().catch(() => {});
      if (!truncate) throw tooLarge({ from, what }, maxBytes);
      return { bytes: Buffer.concat(pieces).subarray(0, maxBytes), truncated: true };
    }
  }
}

type Step<Value> = { done: false; value: Value } | { done: true; value?: Value; broken?: true };

/** The next piece; the end where none comes in time, or where it breaks off and something has come before. */
async function readWithin<Value>(
  milliseconds: number,
  reader: { read(): Promise<Step<Value>>; cancel(): Promise<void> },
  hasBegun: boolean,
): Promise<Step<Value>> {
  let timer: NodeJS.Timeout | undefined;
  const quiet = new Promise<'quiet'>((resolve) => {
    timer = setTimeout(() => resolve('quiet'), milliseconds);
  });
  try {
    const next = await Promise.race([reader.read(), quiet]);
    if (next !== 'quiet') return next;
    await reader.cancel().catch(() => {});
    return { done: true };
  } catch (error) {
    if (!hasBegun) throw error;
    return { done: true, broken: true };
  } finally {
    clearTimeout(timer);
  }
}

function tooLarge({ from, what }: Pick<ReadOptions, 'from' | 'what'>, maxBytes: number, bytes?: number): HugwireError {
  if (what !== undefined) return new HugwireError('too_large', `${what} is larger than ${formatBytes(maxBytes)}.`);
  const size = bytes === undefined ? `more than ${formatBytes(maxBytes)}` : formatBytes(bytes);
  return new HugwireError(
    'too_large',
    `The answer of ${from} is ${size}; hugwire reads at most ${formatBytes(maxBytes)} here.`,
  );
}

/** A time limit that every sign of life pushes on, joined with the caller's signal. */
export class Watch {
  readonly #controller = new AbortController();
  readonly #milliseconds: number;
  readonly #outer?: AbortSignal;
  readonly #onAbort = () => this.#controller.abort();
  #timer: NodeJS.Timeout;
  /** True when it was the time limit that aborted. */
  expired = false;

  /**
   * @param milliseconds silence at most
   * @param outer the caller's signal
   */
  constructor(milliseconds: number, outer?: AbortSignal) {
    this.#milliseconds = milliseconds;
    this.#outer = outer;
    if (outer?.aborted) this.#controller.abort();
    outer?.addEventListener('abort', this.#onAbort);
    this.#timer = this.#start();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Starts the time limit anew. */
  reset(): void {
    clearTimeout(this.#timer);
    this.#timer = this.#start();
  }

  /** Lets go of the timer and the outer signal; to be called whatever happened. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#outer?.removeEventListener('abort', this.#onAbort);
  }

  #start(): NodeJS.Timeout {
    return setTimeout(() => {
      this.expired = true;
      this.#controller.abort();
    }, this.#milliseconds);
  }
}

/**
 * Whether the token may be sent to a URL: to the Hub's own origin and to services below its domain (the dataset viewer
 * is one), and never in clear text, save on this machine.
 * @param url where a request goes
 * @param endpoint the Hub
 */
export function mayHaveToken(url: URL, endpoint: string): boolean {
  const hub = new URL(endpoint);
  if (url.protocol !== 'https:' && !isLoopback(url)) return false;
  if (url.origin === hub.origin) return true;
  return (
    hub.hostname === 'huggingface.co' && url.protocol === 'https:' && url.host === 'datasets-server.huggingface.co'
  );
}

const DATA_URL = /^data:([^,;]{0,100})((?:;[^,;]{0,100}){0,9}),/i;

interface DataUrl {
  type: string;
  base64: boolean;
  /** What stands after the comma. */
  body: string;
  /** The bytes that the body stands for. */
  decode(): Buffer<ArrayBuffer>;
}

/**
 * Takes a `data:` URL apart, as browsers do: percent signs that encode nothing are text.
 * @param url of any kind
 * @returns undefined for any other URL
 */
export function readDataUrl(url: string): DataUrl | undefined {
  const [head, type = '', parameters = ''] = DATA_URL.exec(url.slice(0, 2000)) ?? [];
  if (head === undefined) return undefined;
  const body = url.slice(head.length);
  const base64 = /;\s*base64\s*(?:;|$)/i.test(parameters);
  const decode = () => {
    const bytes = body.includes('%') ? decodeBytes(body) : Buffer.from(body);
    return base64 ? Buffer.from(bytes.toString('latin1'), 'base64') : bytes;
  };
  return { type, base64, body, decode };
}

/** What percent signs encode are bytes, which need not be text. */
function decodeBytes(text: string): Buffer<ArrayBuffer> {
  const plain = Buffer.from(text)
    .toString('latin1')
    .replace(/%([0-9a-f]{2})/gi, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(plain, 'latin1');
}
