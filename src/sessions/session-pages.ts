import { HugwireError } from '../lib/errors.js';
import { readSessionName, type SessionName } from './names.js';
import { describeSession, listNames, readEntries, type SessionInfo } from './reader.js';
import { invalid, ROOT } from './resource-uris.js';
import type { Entry } from './types.js';

/** Characters of the entries of one page. */
const MAX_TEXT = 200_000;

/**
 * The names behind the one with an id.
 * @param names in the order of their list
 * @param id where the page before ended
 * @throws HugwireError `invalid_arguments` when it is none of them
 */
export function namesAfter(names: readonly SessionName[], id: string): SessionName[] {
  const at = readSessionName(id) ? names.findIndex((name) => name.id === id) : -1;
  if (at !== -1) return names.slice(at + 1);
  throw new HugwireError('invalid_arguments', 'That cursor is none of this list.', { hint: 'Begin without one.' });
}

/**
 * A page of the list of sessions.
 * @param directory of the journals
 * @param after id of the last session of the page before
 * @param limit sessions at most
 * @throws HugwireError `invalid_arguments` for an `after` that is none of them
 */
export async function readSessionList(directory: string, after: string | undefined, limit: number): Promise<object> {
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

/**
 * A page of the entries of a session.
 * @param directory of the journals
 * @param name of the session
 * @param after order of the last entry of the page before
 * @param limit entries at most
 * @throws HugwireError `invalid_arguments` for an `after` that is no order; the system's error when there is no such file
 */
export async function readSessionPage(
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

/** All but where the file is, which is nobody's business there. */
function publicFacts({ path: _, ...facts }: SessionInfo): object {
  return facts;
}
