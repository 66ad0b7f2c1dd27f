import { readLine } from './lines.js';
import type { NewLines } from './log.js';
import { NoteIndex } from './note-index.js';
import { visitInTurns } from './turns.js';
import type { Note } from './types.js';

/** The notes as the lines of the file, in their order, make them. */
export class Notes {
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

  has(id: string): boolean {
    return this.#byId.has(id);
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
    if (!this.#index || this.#index.isWorn) this.#index = await NoteIndex.of(this.all());
    return this.#index;
  }

  #applyLine(line: string): boolean {
    const said = readLine(line);
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
