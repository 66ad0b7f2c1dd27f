import { HugwireError } from '../lib/errors.js';
import { cleanText } from '../lib/text.js';
import { listSavedFiles, readSavedFile } from './files.js';
import { readSessionName, type SessionName, sessionFile } from './names.js';
import { listNames } from './reader.js';
import { JSON_TYPE, notFound, type ResourceTemplate, ROOT, readAddress, TEMPLATES } from './resource-uris.js';
import { namesAfter, readSessionList, readSessionPage } from './session-pages.js';

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

const LISTED = 50;

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
      const { kind, path, after, limit } = readAddress(uri);
      const [first = '', second] = path;
      if (kind === 'files' && second !== undefined && path.length === 2) {
        const name = first === 'current' ? readSessionName(current) : readSessionName(first);
        const found = name && (await readSavedFile(sessionFile(directory, name.id), second, saveTo()));
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

/** A journal that is not there, or that the system does not give. */
function noFile(error: unknown): undefined {
  if (error instanceof HugwireError) throw error;
}

/** As text that is safe to show: in a journal stands what others wrote, some of it as it came. */
function toJson(uri: string, value: object): ResourceContents {
  return { uri, mimeType: JSON_TYPE, text: JSON.stringify(value, clean) };
}

const clean = (_: string, value: unknown): unknown => (typeof value === 'string' ? cleanText(value) : value);
