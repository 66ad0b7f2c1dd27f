import { HugwireError } from '../../lib/errors.js';
import { formatBytes, formatCount } from '../../lib/format.js';
import { visitInTurns } from '../../lib/turns.js';
import { LineLog, type NewLines } from './log.js';
import {
  type CheckedDraft,
  checkDraft,
  cleanTags,
  type FoundNotes,
  type KnownNotes,
  type Note,
  type NoteChange,
  type NoteDraft,
  type NoteQuery,
  noteLine,
  placeDrafts,
  readNoteLine,
  removalLine,
  type Saved,
} from './notes.js';
import { NoteIndex } from './search.js';

const LIMITS = { notes: 10_000, bytes: 50_000_000 };
/** The file is written anew once it has this many lines that say nothing any more, and they are the most of it. */
const WORN_LINES = 1000;
const DEFAULT_LIMIT = 10;

export interface MemoryOptions {
  /** Of `memory.jsonl`. */
  path: string;
  /** Tokens of no known format, which must not be kept either. */
  secrets?(): Promise<Iterable<string>>;
}

/**
 * What is remembered across sessions, in a file that all servers of a user share: each looks at it before it answers, and
 * adds under a lock.
 */
export class FileMemory {
  /** Where it is kept. */
  readonly path: string;
  readonly #secrets: MemoryOptions['secrets'];
  readonly #limits: typeof LIMITS;
  readonly #log: LineLog;
  readonly #notes = new Notes();
  #last: Promise<unknown> = Promise.resolve();

  /**
   * @param options where it is kept
   * @param limits how many notes there may be, and how many bytes the file may have
   */
  constructor({ path, secrets }: MemoryOptions, limits = LIMITS) {
    this.path = path;
    this.#secrets = secrets;
    this.#limits = limits;
    this.#log = new LineLog(path);
  }

  /**
   * Keeps notes: all or none of them.
   * @throws HugwireError `invalid_arguments` for a draft that breaks a limit, `too_large` when the memory is full,
   *   `unavailable` when it cannot be written
   */
  async save(drafts: readonly NoteDraft[]): Promise<Saved[]> {
    const checked = await this.#check(drafts);
    return this.#change(() => this.#place(checked));
  }

  /** What `save` would do, or throw short of a file that cannot be written. Nothing is kept, and a new id is not final. */
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

  /**
   * The note with an id, or with an id that begins so.
   * @throws HugwireError `not_found`; `invalid_arguments` when several ids begin so
   */
  find(id: string): Promise<Note> {
    return this.#inTurn(async () => {
      await this.#refresh();
      return this.#find(id);
    });
  }

  /** Changes a note; what is not given stays. */
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

  /**
   * Removes the notes with these whole ids.
   * @returns how many there were
   */
  remove(ids: readonly string[]): Promise<number> {
    return this.#change(() => {
      const known = [...new Set(ids)].filter((id) => this.#notes.get(id));
      const time = new Date().toISOString();
      return { lines: known.map((id) => removalLine(id, time)), result: known.length };
    });
  }

  /** How many lines of the file hold no note: half-written, or broken by hand. They are left where they are. */
  unreadable(): Promise<number> {
    return this.#inTurn(async () => {
      await this.#refresh();
      return this.#notes.unreadable.length;
    });
  }

  async #check(drafts: readonly NoteDraft[]): Promise<CheckedDraft[]> {
    const secrets = [...((await this.#secrets?.().catch(() => undefined)) ?? [])];
    return drafts.map((draft) => checkDraft(draft, secrets));
  }

  #place(drafts: readonly CheckedDraft[]): Change<Saved[]> {
    const { saved, changed } = placeDrafts(drafts, this.#notes);
    const added = saved.filter(({ outcome }) => outcome === 'new').length;
    if (this.#notes.size + added > this.#limits.notes) {
      throw full(`${formatCount(this.#limits.notes)} notes`);
    }
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
    const most = this.#limits.bytes;
    if (this.#log.size + bytes <= most || removes) return;
    if (this.#notes.lines > this.#notes.size) await this.#compact();
    if (this.#log.size + bytes > most) throw full(formatBytes(most));
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
    if (!exact && words) {
      const ids = (await this.#notes.index()).search(words);
      const found = ids.map((id) => this.#notes.get(id)).filter((note) => note !== undefined && accept(note));
      return { best: found.slice(0, count) as Note[], found: found.length };
    }
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
  return new HugwireError('too_large', `The memory is full: the limit is ${limit}.`, {
    hint: 'The user can make room: `hugwire memory list` and `hugwire memory remove`.',
  });
}

/** The notes as the lines of the file, in their order, make them. */
class Notes implements KnownNotes {
  #byId = new Map<string, Note>();
  #byText = new Map<string, string>();
  #unreadable: string[] = [];
  #index: NoteIndex | undefined;
  #lines = 0;

  /** Lines that were read, whatever they said. */
  get lines(): number {
    return this.#lines;
  }

  get size(): number {
    return this.#byId.size;
  }

  /** Lines that say nothing, as they are. */
  get unreadable(): readonly string[] {
    return this.#unreadable;
  }

  /** From the oldest line to the newest. */
  all(): IterableIterator<Note> {
    return this.#byId.values();
  }

  get(id: string): Note | undefined {
    return this.#byId.get(id);
  }

  /** The note with this very text. */
  withText(text: string): Note | undefined {
    const id = this.#byText.get(text);
    return id === undefined ? undefined : this.#byId.get(id);
  }

  /** Takes over what is new in the file, without holding up the process. */
  async apply({ anew, lines, rest }: NewLines): Promise<void> {
    if (anew) this.#forget();
    await visitInTurns(lines, (line) => {
      if (!this.#applyLine(line)) this.#unreadable.push(line);
    });
    this.#lines += lines.length;
    if (rest) this.#applyLine(rest);
  }

  /** The full-text index; made at the first call. */
  async index(): Promise<NoteIndex> {
    this.#index ??= await NoteIndex.of(this.all());
    return this.#index;
  }

  #applyLine(line: string): boolean {
    const said = readNoteLine(line);
    if (!said) return false;
    const id = 'note' in said ? said.note.id : said.removed;
    const before = this.#byId.get(id);
    if (before && this.#byText.get(before.text) === id) this.#byText.delete(before.text);
    // Deleted first, so that a note stands where its newest line does.
    this.#byId.delete(id);
    if ('note' in said) {
      this.#byId.set(id, said.note);
      this.#byText.set(said.note.text, id);
      this.#index?.put(said.note);
    } else {
      this.#index?.drop(id);
    }
    return true;
  }

  #forget(): void {
    this.#byId = new Map();
    this.#byText = new Map();
    this.#unreadable = [];
    this.#index = undefined;
    this.#lines = 0;
  }
}
