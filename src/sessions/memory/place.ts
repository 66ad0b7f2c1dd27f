import { randomInt } from 'node:crypto';
import type { CheckedDraft } from './drafts.js';
import { noteLine } from './lines.js';
import type { Notes } from './notes.js';
import type { Note, Saved } from './types.js';

/**
 * Decides which note each draft becomes. The same text is the same note, and so is the same id.
 * @param drafts in order; a later one may bring an earlier one up to date
 * @param notes what is known
 * @returns what becomes of each, and the notes to write
 */
export function placeDrafts(drafts: readonly CheckedDraft[], notes: Notes): { saved: Saved[]; changed: Note[] } {
  const byId = new Map<string, Note>();
  const byText = new Map<string, string>();
  const find = ({ id, text }: CheckedDraft) => {
    const found = byText.get(text) ?? notes.withText(text)?.id ?? id;
    return found === undefined ? undefined : (byId.get(found) ?? notes.get(found));
  };
  const saved = drafts.map((draft): Saved => {
    const known = find(draft);
    const { redacted, id, ...rest } = draft;
    const note = known ? merge(known, rest) : { id: id ?? newId((one) => byId.has(one) || notes.has(one)), ...rest };
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
