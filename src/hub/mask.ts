import { hide } from '../text/redact.js';

// A gateway's debug page, a proxy or a file may repeat the token. What the core gives out goes to the assistant, to the
// log and to the disk, so it is taken out as the answer comes in, before anything cuts or re-encodes it.

/**
 * The headers of an answer without the token.
 * @param headers as received
 * @param token that was looked up for the request, if any
 */
export function maskHeaders(headers: Headers, token: string | undefined): Headers {
  return new Headers([...headers].map(([name, value]): [string, string] => [name, hide(value, token)]));
}

/**
 * The body of an answer without the token; the same bytes where it holds none.
 * @param bytes as received
 * @param token that was looked up for the request, if any
 */
export function maskBytes(bytes: Uint8Array, token: string | undefined): Uint8Array {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (token === undefined || !buffer.includes(token)) return bytes;
  // Latin 1 has a character for every byte, so that nothing else changes, whatever the bytes mean.
  return Buffer.from(hide(buffer.toString('latin1'), token), 'latin1');
}
