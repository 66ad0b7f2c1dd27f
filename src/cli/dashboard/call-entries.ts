import { HugwireError } from '../../errors.js';
import { readSessionName, sessionFile } from '../../sessions/names.js';
import { readEntries } from '../../sessions/reader.js';
import type { Entry } from '../../sessions/types.js';
import { cleanText } from '../../text/sanitize.js';

/** Of one call; a Space may log without end. */
const MAX_ENTRIES = 500;

/**
 * Everything that a journal has of one call.
 * @param directory of the journals
 * @param session id
 * @param call id of its entry
 * @throws HugwireError `not_found`
 */
export async function readCall(directory: string, session: string, call: string): Promise<Entry[]> {
  const missing = new HugwireError('not_found', 'This call is in no journal any more.');
  // Only what has the form of an id may become a part of a path.
  if (!readSessionName(session)) throw missing;
  const entries: Entry[] = [];
  try {
    for await (const entry of readEntries(sessionFile(directory, session))) {
      if (entry.id !== call && entry.parent !== call) continue;
      if (entries.length < MAX_ENTRIES || entry.type === 'FunctionResponse') entries.push(entry);
      if (entry.type === 'FunctionResponse') break;
    }
  } catch {
    throw missing;
  }
  if (entries.length === 0) throw missing;
  return cleanDeep(entries) as Entry[];
}

/** Whoever can write a journal may have put anything into it. */
function cleanDeep(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value), (_, inner) => (typeof inner === 'string' ? cleanText(inner) : inner));
}
