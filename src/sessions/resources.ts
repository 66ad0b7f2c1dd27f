import { HugwireError } from '../errors.js';
import { cleanLine } from '../text/sanitize.js';
import { listSavedFiles, readSavedFile } from './files.js';
import { readSessionName, type SessionName, sessionFile } from './names.js';
import { describeSession, listNames, readEntries, type SessionInfo } from './reader.js';
import type { Entry } from './types.js';

/** A thing that can be read, as a client lists it. */
export interface Resource {
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

/** A form of URIs (RFC 6570). */
export interface ResourceTemplate {
  uriTemplate: string;
  name: string;
  title: string;
  description: string;
  mimeType?: string;
}

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
  /** The only directory whose files are given, absolute. */
  saveTo(): string;
}

const ROOT = 'hugwire://sessions';
const JSON_TYPE = 'application/json';
const LISTED = 50;
const MAX_LIMIT = 500;
const DEFAULT_LIMIT = 100;
/** Characters of the entries of one page. */
const MAX_TEXT = 200_000;

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

/**
 * Opens the sessions as resources of the protocol.
 * @param options where they are
 */
export function openResources(options: ResourcesOptions): Resources {
  const { directory, current, settled, enabled, saveTo } = options;
  return {
    templates: () => TEMPLATES,
    async list(cursor) {
      if (!enabled()) return { resources: [] };
      await settled();
      const names = await listNames(directory);
      const rest = cursor === undefined ? names : namesAfter(names, cursor);
      const page = rest.slice(0, LISTED);
      const files = cursor === undefined ? await listFiles(options) : [];
      const last = page.at(-1);
      return {
        resources: [...(cursor === undefined ? fixed() : []), ...files, ...page.map(describe)],
        ...(last && rest.length > LISTED ? { nextCursor: last.id } : {}),
      };
    },
    async read(uri) {
      if (!enabled()) throw notFound(uri, 'Sessions are not recorded now (sessions.record).');
      await settled();
      const { kind, path, after, limit } = parse(uri);
      const [first = '', second] = path;
      if (kind === 'files' && second !== undefined && path.length === 2) {
        const name = first === 'current' ? readSessionName(current) : readSessionName(first);
        const found = name && (await readSavedFile(sessionFile(directory, name.id), second, saveTo()));
        if (!found) throw notFound(uri);
        return { uri, ...found };
      }
      if (kind !== 'sessions' || path.length > 1) throw notFound(uri);
      if (path.length === 0) return toJson(uri, await readList(directory, after, limit));
      const name = readSessionName(first === 'current' ? current : first);
      const page = name && (await readSession(directory, name, after, limit).catch(noFile));
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

async function listFiles({ directory, current, saveTo }: ResourcesOptions): Promise<Resource[]> {
  const files = await listSavedFiles(sessionFile(directory, current), saveTo());
  return files.map(({ name, bytes, mimeType }) => ({
    uri: `hugwire://files/${current}/${encodeURIComponent(name)}`,
    name,
    title: name,
    mimeType,
    size: bytes,
  }));
}

function namesAfter(names: readonly SessionName[], id: string): SessionName[] {
  const at = readSessionName(id) ? names.findIndex((name) => name.id === id) : -1;
  if (at !== -1) return names.slice(at + 1);
  throw new HugwireError('invalid_arguments', 'That cursor is none of this list.', { hint: 'Begin without one.' });
}

async function readList(directory: string, after: string | undefined, limit: number): Promise<object> {
  const names = await listNames(directory);
  const rest = after === undefined ? names : namesAfter(names, after);
  const before = rest.slice(0, limit);
  const infos = await Promise.all(before.map((name) => describeSession(directory, name).catch(() => undefined)));
  const last = before.at(-1);
  return {
    sessions: infos.flatMap((info) => (info ? [{ uri: `${ROOT}/${info.id}`, ...publicFacts(info) }] : [])),
    ...(last && rest.length > limit ? { next: `${ROOT}?after=${last.id}&limit=${limit}` } : {}),
  };
}

async function readSession(
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
  return { session: publicFacts(info), entries, ...(isMore ? { next } : {}) };
}

/** A journal that is not there, or that the system does not give. */
function noFile(error: unknown): undefined {
  if (error instanceof HugwireError) throw error;
}

/** All but where the file is, which is nobody's business there. */
function publicFacts({ path: _, ...facts }: SessionInfo): object {
  return facts;
}

interface Address {
  kind: string;
  path: string[];
  after?: string;
  limit: number;
}

function parse(uri: string): Address {
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

function toJson(uri: string, value: object): ResourceContents {
  return { uri, mimeType: JSON_TYPE, text: JSON.stringify(value) };
}

function notFound(uri: string, why = '', cause?: unknown): HugwireError {
  return new HugwireError('not_found', `There is no resource ${cleanLine(uri, 200)}. ${why}`.trim(), { cause });
}

function invalid(name: string): HugwireError {
  return new HugwireError('invalid_arguments', `"${name}" of that URI makes no sense.`);
}
