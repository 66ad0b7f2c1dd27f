import { HugwireError } from '../lib/errors.js';
import { cleanLine } from '../lib/text.js';

/** A form of URIs (RFC 6570). */
export interface ResourceTemplate {
  uriTemplate: string;
  name: string;
  title: string;
  description: string;
  mimeType?: string;
}

/** The URI of all sessions; that of each begins so. */
export const ROOT = 'hugwire://sessions';
export const JSON_TYPE = 'application/json';
const MAX_LIMIT = 500;
const DEFAULT_LIMIT = 100;

/** Every form that `readAddress` takes. */
export const TEMPLATES: ResourceTemplate[] = [
  {
    uriTemplate: `${ROOT}{?after,limit}`,
    name: 'sessions',
    title: 'Sessions',
    description: 'Recorded sessions, the newest first; after: the id of the last one of the page before.',
    mimeType: JSON_TYPE,
  },
  {
    uriTemplate: `${ROOT}/{id}{?after,limit}`,
    name: 'session',
    title: 'Session',
    description:
      'What happened in a session (an id, or current); after: the order of the last entry of the page before.',
    mimeType: JSON_TYPE,
  },
  {
    uriTemplate: 'hugwire://files/{session}/{name}',
    name: 'file',
    title: 'Saved file',
    description: 'A file that a Space made in a session and that was saved on this computer.',
  },
];

/** What a URI asks for. */
export interface Address {
  /** `sessions` or `files`; anything else is nothing of hugwire's. */
  kind: string;
  /** The rest, decoded. */
  path: string[];
  /** Where the page before ended. */
  after?: string;
  /** Entries or sessions at most. */
  limit: number;
}

/**
 * Takes a URI of hugwire apart.
 * @param uri as a client sent it
 * @throws HugwireError `not_found` for a URI of somebody else, `invalid_arguments` for a limit that is none
 */
export function readAddress(uri: string): Address {
  const url = URL.canParse(uri) ? new URL(uri) : undefined;
  if (url?.protocol !== 'hugwire:') throw notFound(uri);
  const limit = Number(url.searchParams.get('limit') ?? DEFAULT_LIMIT);
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT) throw invalid('limit');
  const parts = url.pathname.split('/').slice(1).filter(Boolean);
  try {
    const path = parts.map(decodeURIComponent);
    return { kind: url.host, path, after: url.searchParams.get('after') ?? undefined, limit };
  } catch (cause) {
    throw notFound(uri, undefined, cause);
  }
}

/**
 * The error of a URI behind which there is nothing.
 * @param uri as a client sent it
 * @param why in a sentence, where it is known
 */
export function notFound(uri: string, why = '', cause?: unknown): HugwireError {
  return new HugwireError('not_found', `There is no resource ${cleanLine(uri, 200)}. ${why}`.trim(), { cause });
}

/**
 * The error of a part of a URI.
 * @param name of the part
 */
export function invalid(name: string): HugwireError {
  return new HugwireError('invalid_arguments', `"${name}" of that URI makes no sense.`);
}
