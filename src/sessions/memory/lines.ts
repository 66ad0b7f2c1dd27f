import { createHash } from 'node:crypto';
import { cleanTags, toTime } from './drafts.js';
import { NOTE_KINDS, NOTE_ROLES, type Note } from './types.js';

/** What a line of the file says: a note is as it says from now on, or is gone. */
export type Line = { note: Note } | { removed: string };

/**
 * Reads a line of `memory.jsonl`. People may write lines by hand, so little is asked of them: an id, a time, a kind and tags
 * may be missing.
 * @param line without its line end
 * @returns undefined when it is none
 */
export function readLine(line: string): Line | undefined {
  let found: unknown;
  try {
    found = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof found !== 'object' || found === null) return undefined;
  const { id, removed, text, time, kind, role, tags } = found as Record<string, unknown>;
  if (removed === true && typeof id === 'string') return { removed: id };
  if (typeof text !== 'string' || text.trim() === '') return undefined;
  return {
    note: {
      id: isId(id) ? id : idOf(text),
      time: toTime(time),
      kind: oneOf(NOTE_KINDS, kind) ?? 'note',
      ...(oneOf(NOTE_ROLES, role) ? { role: oneOf(NOTE_ROLES, role) } : {}),
      tags: Array.isArray(tags) ? cleanTags(tags.filter((tag) => typeof tag === 'string')) : [],
      text,
    },
  };
}

/**
 * Whether something can be the id of a note.
 * @param value of any kind
 */
export function isId(value: unknown): value is string {
  return typeof value === 'string' && /^\w{3,40}$/.test(value);
}

/**
 * The line of a note.
 * @param note as it is to be
 */
export function noteLine({ id, time, kind, role, tags, text }: Note): string {
  return JSON.stringify({ id, time, kind, role, tags, text });
}

/**
 * The line that removes a note.
 * @param id of the note
 * @param time of the removal, ISO 8601
 */
export function removalLine(id: string, time: string): string {
  return JSON.stringify({ id, time, removed: true });
}

/** The same text has the same id in every process. */
function idOf(text: string): string {
  const number = createHash('sha256').update(text).digest().readUIntBE(0, 6);
  return `m_${number.toString(36).slice(0, 6).padStart(6, '0')}`;
}

function oneOf<Value extends string>(values: readonly Value[], value: unknown): Value | undefined {
  return values.find((one) => one === value);
}
