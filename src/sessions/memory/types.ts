/** What a note is; a message is something that was said, by whom its `role` tells. */
export const NOTE_KINDS = ['note', 'summary', 'preference', 'message'] as const;
export const NOTE_ROLES = ['user', 'assistant'] as const;

export type NoteKind = (typeof NOTE_KINDS)[number];
export type NoteRole = (typeof NOTE_ROLES)[number];

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

/** What is remembered across sessions. All servers of a user share it. */
export interface Memory {
  /** Where it is kept. */
  readonly path: string;
  /**
   * Keeps notes: all or none of them.
   * @throws HugwireError `invalid_arguments` for a draft that breaks a limit, `too_large` when the memory is full,
   *   `unavailable` when it cannot be written
   */
  save(drafts: readonly NoteDraft[]): Promise<Saved[]>;
  /** What `save` would do, or throw short of a file that cannot be written. Nothing is kept, and a new id is not final. */
  preview(drafts: readonly NoteDraft[]): Promise<Saved[]>;
  search(query: NoteQuery): Promise<FoundNotes>;
  /**
   * The note with an id, or with an id that begins so.
   * @throws HugwireError `not_found`; `invalid_arguments` when several ids begin so
   */
  find(id: string): Promise<Note>;
  /** Changes a note; what is not given stays. */
  edit(id: string, change: NoteChange): Promise<Saved>;
  /** Removes the notes with these whole ids. */
  remove(ids: readonly string[]): Promise<number>;
  /** Lines of the file that hold no note: half-written, or broken by hand. They are left where they are. */
  unreadable(): Promise<number>;
}
