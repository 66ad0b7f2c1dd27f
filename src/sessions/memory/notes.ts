import { createHash, randomInt } from 'node:crypto';
import { HugwireError } from '../../lib/errors.js';
import { formatCount, plural } from '../../lib/format.js';
import { cleanLine, cleanText, hide, redact } from '../../lib/text.js';

/** What a note is; a message is something that was said, by whom its `role` tells. */
export const NOTE_KINDS = ['note', 'summary', 'preference', 'message'] as const;
const NOTE_ROLES = ['user', 'assistant'] as const;

type NoteKind = (typeof NOTE_KINDS)[number];
type NoteRole = (typeof NOTE_ROLES)[number];

/** What somebody wants kept. */
export interface NoteDraft {
  text: string;
  /** Short words; case, spaces and a leading `#` do not matter. */
  tags?: readonly string[];
  /** `note` unless told. */
  kind?: NoteKind;
  /** Of a message. */
  role?: NoteRole;
  /** ISO 8601; now unless told. For notes that come from somewhere else. */
  time?: string;
  /** Of the note that it is to become, if it is another's text that it replaces. For the same. */
  id?: string;
}

/** What of a note is to change. */
export type NoteChange = Partial<Omit<NoteDraft, 'time' | 'id'>>;

/** A note as it is kept: clean, without secrets. */
export interface Note {
  /** `m_` and a few letters and digits. */
  id: string;
  /** When it was kept, or last refreshed: ISO 8601, UTC. Empty when a hand-written line does not say. */
  time: string;
  kind: NoteKind;
  role?: NoteRole;
  tags: readonly string[];
  text: string;
}

/** What became of a draft. */
export interface Saved {
  note: Note;
  /** `refreshed`: the note was there already; its time, kind and tags were brought up to date. */
  outcome: 'new' | 'refreshed' | 'unchanged';
  /** Something that looked like a secret was taken out of the text. */
  redacted: boolean;
}

export interface NoteQuery {
  /** Words; the best matches come first. An id finds its note. Without words the newest come first. */
  words?: string;
  /** All of these. */
  tags?: readonly string[];
  kind?: NoteKind;
  /** Milliseconds since 1970; notes that are older, or younger, are left out. */
  since?: number;
  until?: number;
  /** Results to skip, and to give. */
  offset?: number;
  limit?: number;
}

export interface FoundNotes {
  notes: Note[];
  /** Notes that match, and notes that there are. */
  matching: number;
  total: number;
}

const MAX_TEXT = 10_000;
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
 * @param secrets tokens of no known format, to be taken out too
 * @throws HugwireError `invalid_arguments` that says which limit it breaks
 */
export function checkDraft(draft: NoteDraft, secrets: readonly string[] = []): CheckedDraft {
  // Before anything looks into it: of what is much longer, cleaning would not leave little enough.
  checkLength(draft.text, 4 * MAX_TEXT);
  const asked = cleanText(draft.text).trim();
  const takeOut = (part: string) => redact(secrets.reduce(hide, part));
  const text = takeOut(asked);
  if (text === '') throw refuse('There is no text to keep.', 'Give it as text.');
  checkLength(text, MAX_TEXT);
  const { id, kind = 'note', role, time } = draft;
  if (role && kind !== 'message') throw refuse(`A ${kind} has no role.`, 'Only a note of kind "message" has one.');
  const given = cleanTags((draft.tags ?? []).slice(0, 50 * MAX_TAGS));
  if (given.length > MAX_TAGS) throw refuse(`There are ${plural(given.length, 'tag')}; ${MAX_TAGS} are allowed.`);
  const long = given.find((tag) => tag.length > MAX_TAG);
  if (long) throw refuse(`The tag "${redact(long).slice(0, 20)}…" is longer than ${MAX_TAG} characters.`);
  const tags = given.map(takeOut);
  return {
    id,
    time: toTime(time) || new Date().toISOString(),
    kind,
    role,
    tags,
    text,
    redacted: text !== asked || tags.some((tag, at) => tag !== given[at]),
  };
}

function checkLength({ length }: string, most: number): void {
  if (length <= most) return;
  throw refuse(
    `The text is too long: ${formatCount(length)} characters of ${formatCount(MAX_TEXT)} at most.`,
    'Keep its summary, or keep it in parts.',
  );
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
function toTime(value: unknown): string {
  const time = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isNaN(time) ? '' : new Date(time).toISOString();
}

function refuse(message: string, hint?: string): HugwireError {
  return new HugwireError('invalid_arguments', message, { hint });
}

/** What a line of the file says: a note is as it says from now on, or is gone. */
type NoteLine = { note: Note } | { removed: string };

/**
 * Reads a line of `memory.jsonl`. People may write lines by hand, so little is asked of them: an id, a time, a kind and tags
 * may be missing.
 * @param line without its line end
 * @returns undefined when it is none
 */
export function readNoteLine(line: string): NoteLine | undefined {
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
      role: oneOf(NOTE_ROLES, role),
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

/** What has to be known of the notes that there are. */
export interface KnownNotes {
  get(id: string): Note | undefined;
  /** The note with this very text. */
  withText(text: string): Note | undefined;
}

/**
 * Decides which note each draft becomes. The same text is the same note, and so is the same id.
 * @param drafts in order; a later one may bring an earlier one up to date
 * @param notes what is known
 * @returns what becomes of each, and the notes to write
 */
export function placeDrafts(drafts: readonly CheckedDraft[], notes: KnownNotes): { saved: Saved[]; changed: Note[] } {
  const byId = new Map<string, Note>();
  const byText = new Map<string, string>();
  const find = ({ id, text }: CheckedDraft) => {
    const found = byText.get(text) ?? notes.withText(text)?.id ?? id;
    return found === undefined ? undefined : (byId.get(found) ?? notes.get(found));
  };
  const saved = drafts.map((draft): Saved => {
    const known = find(draft);
    const { redacted, id, ...rest } = draft;
    const note = known
      ? merge(known, rest)
      : { id: id ?? newId((one) => byId.has(one) || notes.get(one) !== undefined), ...rest };
    const outcome = !known ? 'new' : noteLine(known) === noteLine(note) ? 'unchanged' : 'refreshed';
    if (outcome !== 'unchanged') byId.set(note.id, note);
    byText.set(note.text, note.id);
    return { note, outcome, redacted };
  });
  return { saved, changed: [...byId.values()] };
}

/** Keeps the tags of both, and the later time: what is brought in again may be old. */
function merge(known: Note, draft: Omit<Note, 'id'>): Note {
  const [, time = draft.time] = [known.time, draft.time].sort();
  return { id: known.id, ...draft, time, tags: [...new Set([...known.tags, ...draft.tags])] };
}

function newId(isTaken: (id: string) => boolean): string {
  for (;;) {
    const id = `m_${randomInt(36 ** 6)
      .toString(36)
      .padStart(6, '0')}`;
    if (!isTaken(id)) return id;
  }
}
