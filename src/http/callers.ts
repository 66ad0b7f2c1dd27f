import { timingSafeEqual } from 'node:crypto';
import type { CallHost } from '../engine/call.js';
import type { Service } from '../engine/service.js';
import { digest } from './keys.js';

/** What a caller may use; what the service says of itself may be said otherwise to this caller. */
export type CallerHost = CallHost & Partial<Omit<Service, 'serverInfo'>>;

/** Who sent a request. */
export interface Caller {
  /** `key:<hash>`, `u:<id>` or `anon`: whose jobs and sessions these are. */
  owner: string;
  /** For the log. */
  name?: string;
  /** Of the config, laid over it for this caller. */
  profile?: string;
  /** The tools and what they run with, narrowed to what this caller may. */
  host: CallerHost;
}

/** Tells who sent a request, or gives the answer that turns it away. */
export type Authenticate = (request: Request) => Promise<Caller | Response>;

/**
 * Lets in who knows a key.
 * @param host what they may use
 * @param digests of the keys that open, as hex of SHA-256
 */
export function createKeyCheck(host: CallerHost, digests: readonly string[]): Authenticate {
  const known = digests.map((hex) => Buffer.from(hex, 'hex'));
  return async (request) => {
    const [, given] = /^Bearer +(\S+)$/i.exec(request.headers.get('authorization') ?? '') ?? [];
    const one = Buffer.from(digest(given ?? ''), 'hex');
    const found = known.filter((other) => other.length === one.length && timingSafeEqual(one, other));
    if (given === undefined || found.length === 0) return refuse(given !== undefined);
    return { owner: `key:${one.toString('base64url').slice(0, 22)}`, host };
  };
}

function refuse(isWrong: boolean): Response {
  const description = isWrong
    ? 'The key is not one of this server. It was printed when the server first started.'
    : 'Send the key that the server printed when it first started, as "Authorization: Bearer KEY".';
  const challenge = `Bearer${isWrong ? ' error="invalid_token",' : ''} error_description="${description.replaceAll('"', "'")}"`;
  return Response.json(
    { error: isWrong ? 'invalid_token' : 'unauthorized', error_description: description },
    { status: 401, headers: { 'WWW-Authenticate': challenge } },
  );
}
