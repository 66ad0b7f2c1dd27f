import { HugwireError } from '../../lib/errors.js';
import { formatCount, plural } from '../../lib/format.js';
import { cleanLine, cleanText, hide, redact } from '../../lib/text.js';
import type { Note, NoteDraft } from './types.js';

export const MAX_TEXT = 10_000;
const MAX_TAGS = 20;
const MAX_TAG = 60;
const PLAIN_TAG = /^[a-z0-9-]+$/;

/** A draft as it will be kept; only the id is missing. */
export interface CheckedDraft extends Omit<Note, 'id'> {
  id?: string;
  redacted: boolean;
}

/**
 * Cleans a draft, takes secrets out of it and checks its limits.
 * @param draft what somebody wants kept
 * @param now milliseconds since 1970
 * @param secrets tokens of no known format, to be taken out too
 * @throws HugwireError `invalid_arguments` that says which limit it breaks
 */
export function checkDraft(draft: NoteDraft, now: number, secrets: readonly string[] = []): CheckedDraft {
  const asked = cleanText(draft.text).trim();
  const takeOut = (part: string) => redact(secrets.reduce(hide, part));
  const text = takeOut(asked);
  if (text === '') throw refuse('There is no text to keep.', 'Give it as text.');
  if (text.length > MAX_TEXT) {
    throw refuse(
      `The text is too long: ${formatCount(text.length)} characters of ${formatCount(MAX_TEXT)} at most.`,
      'Keep its summary, or keep it in parts.',
    );
  }
  const { id, kind = 'note', role, time } = draft;
  if (role && kind !== 'message') throw refuse(`A ${kind} has no role.`, 'Only a note of kind "message" has one.');
  const given = cleanTags(draft.tags ?? []);
  if (given.length > MAX_TAGS) throw refuse(`There are ${plural(given.length, 'tag')}; ${MAX_TAGS} are allowed.`);
  const long = given.find((tag) => tag.length > MAX_TAG);
  if (long) throw refuse(`The tag "${redact(long).slice(0, 20)}…" is longer than ${MAX_TAG} characters.`);
  const tags = given.map(takeOut);
  return {
    ...(id ? { id } : {}),
    time: toTime(time) || new Date(now).toISOString(),
    kind,
    ...(role ? { role } : {}),
    tags,
    text,
    redacted: text !== asked || tags.some((tag, at) => tag !== given[at]),
  };
}

/**
 * Tags as they are kept and compared: lower case, without `#`, spaces as `-`, each once.
 * @param tags as somebody wrote them
 */
export function cleanTags(tags: readonly string[]): string[] {
  const clean = tags.map((tag) =>
    PLAIN_TAG.test(tag) ? tag : cleanLine(tag, 500).replace(/^#+/, '').trim().toLowerCase().replaceAll(' ', '-'),
  );
  return [...new Set(clean)].filter(Boolean);
}

/**
 * A moment in ISO 8601, UTC.
 * @param value of any kind
 * @returns "" when it is no time
 */
export function toTime(value: unknown): string {
  const time = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isNaN(time) ? '' : new Date(time).toISOString();
}

function refuse(message: string, hint?: string): HugwireError {
  return new HugwireError('invalid_arguments', message, { hint });
}
