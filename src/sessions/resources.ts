import { basename } from 'node:path';
import { HugwireError } from '../lib/errors.js';
import { cleanLine, cleanText } from '../lib/text.js';
import { describeSession, listNames, type SessionInfo } from './directory.js';
import type { Entry } from './entries.js';
import { readSessionName, type SessionName } from './names.js';
import { readEntries } from './reader.js';
import { listSavedFiles, readSavedFile, type SavedFileIndex } from './saved-files.js';

/** A thing that can be read, as a client lists it. */
interface Resource {
  uri: string;
  name: string;
  title: string;
  description?: string;
  mimeType: string;
  /** Bytes. */
  size?: number;
}

/** What is in it: text, or base64. */
export type ResourceContents = { uri: string; mimeType: string } & ({ text: string } | { blob: string });

/** The sessions and their files, for clients and other programs. */
export interface Resources {
  /**
   * What there is, a page at a time: first the fixed ones and the files of this session, then the sessions.
   * @param cursor of the page before
   * @throws HugwireError `invalid_arguments` for a cursor that is none
   */
  list(cursor?: string): Promise<{ resources: Resource[]; nextCursor?: string }>;
  templates(): ResourceTemplate[];
  /**
   * Reads one.
   * @throws HugwireError `not_found`, `invalid_arguments`, `too_large`
   */
  read(uri: string): Promise<ResourceContents>;
}

export interface ResourcesOptions {
  /** Of the journals. */
  directory: string;
  /** The id of this session. */
  current: string;
  /** Resolves when what was recorded of this session is on disk. */
  settled(): Promise<void>;
  /** Whether sessions are recorded now: else there is nothing to read. */
  enabled(): boolean;
  /** The only files that are given. */
  files: SavedFileIndex;
}

const LISTED = 50;

/**
 * Opens the sessions as resources of the protocol.
 * @param options where they are
 */
export function openResources(options: ResourcesOptions): Resources {
  const { directory, current, settled, enabled, files: index } = options;
  return {
    templates: () => TEMPLATES,
    async list(cursor) {
      if (!enabled()) return { resources: [] };
      await settled();
      const names = await listNames(directory);
      const rest = cursor === undefined ? names : namesAfter(names, cursor);
      const page = rest.slice(0, LISTED);
      const files = cursor === undefined ? await listFiles(options) : [];
      return {
        resources: [...(cursor === undefined ? fixed() : []), ...files, ...page.map(describe)],
        nextCursor: rest.length > LISTED ? page.at(-1)?.id : undefined,
      };
    },
    async read(uri) {
      if (!enabled()) throw notFound(uri, 'Sessions are not recorded now (sessions.record).');
      await settled();
      const { kind, path, after, limit } = readAddress(uri);
      const [first = '', second] = path;
      if (kind === 'files' && second !== undefined && path.length === 2) {
        const name = first === 'current' ? readSessionName(current) : readSessionName(first);
        const found = name && (await readSavedFile(index, name.id, second));
        if (!found) throw notFound(uri);
        return { uri, ...found };
      }
      if (kind !== 'sessions' || path.length > 1) throw notFound(uri);
      if (path.length === 0) return toJson(uri, await readSessionList(directory, after, limit));
      const name = readSessionName(first === 'current' ? current : first);
      const page = name && (await readSessionPage(directory, name, after, limit).catch(noFile));
      // Nothing may have been called yet, which is no mistake of the reader's.
      if (!page && first === 'current') return toJson(uri, { session: { id: current }, entries: [] });
      if (!page) throw notFound(uri);
      return toJson(uri, page);
    },
  };
}

function fixed(): Resource[] {
  return [
    {
      uri: ROOT,
      name: 'sessions',
      title: 'Sessions',
      description: 'Recorded sessions, the newest first',
      mimeType: JSON_TYPE,
    },
    {
      uri: `${ROOT}/current`,
      name: 'current',
      title: 'This session',
      description: 'What happened so far',
      mimeType: JSON_TYPE,
    },
  ];
}

function describe({ id, short, startedAt }: SessionName): Resource {
  const title = `Session ${short} of ${startedAt.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  return { uri: `${ROOT}/${id}`, name: id, title, mimeType: JSON_TYPE };
}

async function listFiles({ files: index, current }: ResourcesOptions): Promise<Resource[]> {
  const files = await listSavedFiles(index, current);
  return files.map(({ path, bytes, mimeType }) => {
    const name = basename(path);
    const uri = `hugwire://files/${current}/${encodeURIComponent(name)}`;
    return { uri, name, title: name, mimeType, size: bytes };
  });
}

/** A journal that is not there, or that the system does not give. */
function noFile(error: unknown): undefined {
  if (error instanceof HugwireError) throw error;
}

/** As text that is safe to show: in a journal stands what others wrote, some of it as it came. */
function toJson(uri: string, value: object): ResourceContents {
  return { uri, mimeType: JSON_TYPE, text: JSON.stringify(value, clean) };
}

const clean = (_: string, value: unknown): unknown => (typeof value === 'string' ? cleanText(value) : value);

/** Characters of the entries of one page. */
const MAX_TEXT = 200_000;

/**
 * The names behind the one with an id.
 * @param names in the order of their list
 * @param id where the page before ended
 * @throws HugwireError `invalid_arguments` when it is none of them
 */
function namesAfter(names: readonly SessionName[], id: string): SessionName[] {
  const at = readSessionName(id) ? names.findIndex((name) => name.id === id) : -1;
  if (at !== -1) return names.slice(at + 1);
  throw new HugwireError('invalid_arguments', 'Invalid cursor: it was not issued for this list.', {
    hint: 'Start without one.',
  });
}

/**
 * A page of the list of sessions.
 * @param directory of the journals
 * @param after id of the last session of the page before
 * @param limit sessions at most
 * @throws HugwireError `invalid_arguments` for an `after` that is none of them
 */
async function readSessionList(directory: string, after: string | undefined, limit: number): Promise<object> {
  const names = await listNames(directory);
  const rest = after === undefined ? names : namesAfter(names, after);
  const before = rest.slice(0, limit);
  const infos = await Promise.all(before.map((name) => describeSession(directory, name).catch(() => undefined)));
  const last = before.at(-1);
  return {
    sessions: infos.flatMap((info) => (info ? [{ uri: `${ROOT}/${info.id}`, ...publicFacts(info) }] : [])),
    next: last && rest.length > limit ? `${ROOT}?after=${last.id}&limit=${limit}` : undefined,
  };
}

/**
 * A page of the entries of a session.
 * @param directory of the journals
 * @param name of the session
 * @param after order of the last entry of the page before
 * @param limit entries at most
 * @throws HugwireError `invalid_arguments` for an `after` that is no order; the system's error when there is no such file
 */
async function readSessionPage(
  directory: string,
  name: SessionName,
  after: string | undefined,
  limit: number,
): Promise<object> {
  const info = await describeSession(directory, name);
  const order = after === undefined ? 0 : Number(after);
  if (!Number.isInteger(order) || order < 0) throw invalid('after');
  const entries: Entry[] = [];
  let length = 0;
  let isMore = false;
  for await (const entry of readEntries(info.path, { after: order })) {
    length += JSON.stringify(entry).length;
    isMore = entries.length >= limit || (entries.length > 0 && length > MAX_TEXT);
    if (isMore) break;
    entries.push(entry);
  }
  const next = `${ROOT}/${name.id}?after=${entries.at(-1)?.order}&limit=${limit}`;
  return { session: publicFacts(info), entries, next: isMore ? next : undefined };
}

/** All but where the file is, which is nobody's business there. */
function publicFacts({ path: _, ...facts }: SessionInfo): object {
  return facts;
}

/** A form of URIs (RFC 6570). */
interface ResourceTemplate {
  uriTemplate: string;
  name: string;
  title: string;
  description: string;
  mimeType?: string;
}

/** The URI of all sessions; that of each begins so. */
const ROOT = 'hugwire://sessions';
const JSON_TYPE = 'application/json';
const MAX_LIMIT = 500;
const DEFAULT_LIMIT = 100;

/** Every form that `readAddress` takes. */
const TEMPLATES: ResourceTemplate[] = [
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
interface Address {
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
function readAddress(uri: string): Address {
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
function notFound(uri: string, why = '', cause?: unknown): HugwireError {
  return new HugwireError('not_found', `There is no resource ${cleanLine(uri, 200)}. ${why}`.trim(), { cause });
}

/**
 * The error of a part of a URI.
 * @param name of the part
 */
function invalid(name: string): HugwireError {
  return new HugwireError('invalid_arguments', `"${name}" of that URI is not valid.`);
}
