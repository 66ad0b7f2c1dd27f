import { HugwireError } from '../../lib/errors.js';
import { formatBytes, formatCount } from '../../lib/format.js';
import { type CheckedDraft, checkDraft, cleanTags } from './drafts.js';
import { noteLine, removalLine } from './lines.js';
import { LineLog } from './log.js';
import { Notes } from './notes.js';
import { placeDrafts } from './place.js';
import type { FoundNotes, Memory, Note, NoteChange, NoteDraft, NoteQuery, Saved } from './types.js';

const MAX_NOTES = 100_000;
const MAX_BYTES = 50_000_000;
/** The file is written anew once it has this many lines that say nothing any more, and they are the most of it. */
const WORN_LINES = 1000;
const DEFAULT_LIMIT = 10;

export interface MemoryOptions {
  /** Of `memory.jsonl`. */
  path: string;
  /** Tokens of no known format, which must not be kept either. */
  secrets?(): Promise<Iterable<string>>;
  now?(): number;
  /** Limits, for tests. */
  maxNotes?: number;
  maxBytes?: number;
}

/** The memory in a file that several processes share: each looks at it before it answers, and adds under a lock. */
export class FileMemory implements Memory {
  readonly #options: MemoryOptions;
  readonly #log: LineLog;
  readonly #notes = new Notes();
  #last: Promise<unknown> = Promise.resolve();

  /** @param options where it is kept */
  constructor(options: MemoryOptions) {
    this.#options = options;
    this.#log = new LineLog(options.path);
  }

  get path(): string {
    return this.#options.path;
  }

  async save(drafts: readonly NoteDraft[]): Promise<Saved[]> {
    const checked = await this.#check(drafts);
    return this.#change(() => this.#place(checked));
  }

  async preview(drafts: readonly NoteDraft[]): Promise<Saved[]> {
    const checked = await this.#check(drafts);
    return this.#inTurn(async () => {
      await this.#refresh();
      return this.#place(checked).result;
    });
  }

  search({ words = '', ...query }: NoteQuery): Promise<FoundNotes> {
    return this.#inTurn(async () => {
      await this.#refresh();
      const { offset = 0, limit = DEFAULT_LIMIT } = query;
      const { best, found } = await this.#best(words.trim(), filterFor(query), offset + limit);
      return { notes: best.slice(offset, offset + limit), matching: found, total: this.#notes.size };
    });
  }

  find(id: string): Promise<Note> {
    return this.#inTurn(async () => {
      await this.#refresh();
      return this.#find(id);
    });
  }

  async edit(id: string, change: NoteChange): Promise<Saved> {
    const before = await this.find(id);
    const kind = change.kind ?? before.kind;
    const role = change.role ?? (kind === 'message' ? before.role : undefined);
    const draft = { kind, role, text: change.text ?? before.text, tags: change.tags ?? before.tags };
    const [checked] = await this.#check([draft]);
    return this.#change(() => {
      const { redacted, ...rest } = checked as CheckedDraft;
      const note = { ...rest, id: this.#find(before.id).id };
      const twin = this.#notes.withText(note.text);
      const removed = twin && twin.id !== note.id ? [removalLine(twin.id, note.time)] : [];
      return { lines: [...removed, noteLine(note)], result: { note, outcome: 'refreshed', redacted } };
    });
  }

  remove(ids: readonly string[]): Promise<number> {
    return this.#change(() => {
      const known = [...new Set(ids)].filter((id) => this.#notes.get(id));
      const time = new Date(this.#now()).toISOString();
      return { lines: known.map((id) => removalLine(id, time)), result: known.length };
    });
  }

  unreadable(): Promise<number> {
    return this.#inTurn(async () => {
      await this.#refresh();
      return this.#notes.unreadable.length;
    });
  }

  async #check(drafts: readonly NoteDraft[]): Promise<CheckedDraft[]> {
    const secrets = [...((await this.#options.secrets?.().catch(() => undefined)) ?? [])];
    return drafts.map((draft) => checkDraft(draft, this.#now(), secrets));
  }

  #place(drafts: readonly CheckedDraft[]): Change<Saved[]> {
    const { saved, changed } = placeDrafts(drafts, this.#notes);
    const added = saved.filter(({ outcome }) => outcome === 'new').length;
    const { maxNotes = MAX_NOTES } = this.#options;
    if (this.#notes.size + added > maxNotes) throw full(`${formatCount(maxNotes)} notes are the most`);
    return { lines: changed.map(noteLine), result: saved };
  }

  /** Reads, decides and writes while no other process writes. */
  #change<Result>(decide: () => Change<Result>): Promise<Result> {
    return this.#inTurn(() =>
      this.#log.locked(async () => {
        await this.#refresh();
        const { lines, result } = decide();
        if (lines.length === 0) return result;
        const bytes = lines.reduce((sum, line) => sum + Buffer.byteLength(line) + 1, 0);
        await this.#makeRoom(bytes, lines.every(isRemoval));
        await this.#log.append(lines);
        await this.#refresh();
        if (this.#isWorn()) await this.#compact();
        return result;
      }),
    );
  }

  async #makeRoom(bytes: number, removes: boolean): Promise<void> {
    const { maxBytes = MAX_BYTES } = this.#options;
    if (this.#log.size + bytes <= maxBytes || removes) return;
    if (this.#notes.lines > this.#notes.size) await this.#compact();
    if (this.#log.size + bytes > maxBytes) throw full(`${formatBytes(maxBytes)} are the most`);
  }

  #isWorn(): boolean {
    const live = this.#notes.size + this.#notes.unreadable.length;
    return this.#notes.lines > 2 * live + WORN_LINES;
  }

  /** Writes only what holds, and what could not be read: a person may still want to mend it. */
  async #compact(): Promise<void> {
    await this.#log.replace([...this.#notes.unreadable, ...[...this.#notes.all()].map(noteLine)]);
    await this.#refresh();
  }

  async #refresh(): Promise<void> {
    await this.#notes.apply(await this.#log.read());
  }

  async #best(words: string, accept: (note: Note) => boolean, count: number): Promise<{ best: Note[]; found: number }> {
    const exact = this.#notes.get(words);
    if (!exact && words) return (await this.#notes.index()).search(words, accept, count, this.#now());
    const matching = (exact ? [exact] : [...this.#notes.all()]).filter(accept);
    // Of notes with the same time the newest line comes first: sorting keeps their order.
    const best = matching.reverse().sort((a, b) => (a.time < b.time ? 1 : a.time > b.time ? -1 : 0));
    return { best: best.slice(0, count), found: best.length };
  }

  #find(id: string): Note {
    const exact = this.#notes.get(id) ?? this.#notes.get(`m_${id}`);
    if (exact) return exact;
    const alike = [...this.#notes.all()].filter(
      (note) => id && (note.id.startsWith(id) || note.id.startsWith(`m_${id}`)),
    );
    if (alike.length === 1 && alike[0]) return alike[0];
    if (alike.length === 0) {
      throw new HugwireError('not_found', `There is no note ${id}.`, {
        hint: '`hugwire memory list` shows their ids.',
      });
    }
    const some = alike.slice(0, 5).map((note) => note.id);
    throw new HugwireError('invalid_arguments', `${alike.length} notes begin with ${id}: ${some.join(', ')}.`, {
      hint: 'Give more of the id.',
    });
  }

  #now(): number {
    return this.#options.now?.() ?? Date.now();
  }

  /** One thing at a time: two would read the same lines twice, and wait for each other's lock. */
  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const turn = this.#last.then(work, work);
    this.#last = turn.catch(() => {});
    return turn;
  }
}

/** Lines to add, and what is told of it. */
interface Change<Result> {
  lines: string[];
  result: Result;
}

function isRemoval(line: string): boolean {
  return line.endsWith('"removed":true}');
}

function filterFor({ tags = [], kind, since, until }: NoteQuery): (note: Note) => boolean {
  const wanted = cleanTags(tags);
  const [from, to] = [since, until].map((time) => (time === undefined ? undefined : new Date(time).toISOString()));
  return (note) =>
    (kind === undefined || note.kind === kind) &&
    (from === undefined || note.time >= from) &&
    (to === undefined || note.time <= to) &&
    wanted.every((tag) => note.tags.includes(tag));
}

function full(limit: string): HugwireError {
  return new HugwireError('too_large', `The memory is full: ${limit}.`, {
    hint: 'The user can make room: `hugwire memory list` and `hugwire memory remove`.',
  });
}
