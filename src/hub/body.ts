import { HugwireError } from '../errors.js';
import { formatBytes } from '../text/format.js';

export interface ReadOptions {
  /** Bytes to keep at most. */
  maxBytes: number;
  /** Cut a longer body there, instead of failing. */
  truncate?: boolean;
  /** Called for every piece that arrives. */
  onProgress?(): void;
  /** What is read, for the error. */
  from: string;
}

export interface Body {
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
  { maxBytes, truncate, onProgress, from }: ReadOptions,
): Promise<Body> {
  // The answer to HEAD declares a length and has no body.
  if (!response.body) return { bytes: new Uint8Array(), truncated: false };
  const declared = Number(response.headers.get('content-length') ?? 0);
  if (declared > maxBytes && !truncate) {
    await response.body.cancel().catch(() => {});
    throw tooLarge(from, declared, maxBytes);
  }
  const pieces: Uint8Array[] = [];
  let length = 0;
  const reader = response.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    onProgress?.();
    pieces.push(value);
    length += value.byteLength;
    if (length > maxBytes) {
      await reader.cancel().catch(() => {});
      if (!truncate) throw tooLarge(from, undefined, maxBytes);
      return { bytes: Buffer.concat(pieces).subarray(0, maxBytes), truncated: true };
    }
  }
  return { bytes: Buffer.concat(pieces), truncated: false };
}

function tooLarge(from: string, bytes: number | undefined, maxBytes: number): HugwireError {
  const size = bytes === undefined ? `more than ${formatBytes(maxBytes)}` : formatBytes(bytes);
  return new HugwireError(
    'too_large',
    `The answer of ${from} is ${size}; hugwire reads ${formatBytes(maxBytes)} at most here.`,
  );
}
