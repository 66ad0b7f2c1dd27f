import { writeSync } from 'node:fs';
import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { formatBytes } from '../lib/format.js';
import { isObject, parseJsonObject } from '../lib/json.js';
import { appendBytes, lineBytes } from '../lib/jsonl.js';
import { HEARTBEAT_MS } from '../lib/processes.js';
import { cleanText, cutText, hide, redact } from '../lib/text.js';
import type { Entry, FunctionResponse, NewEntry } from './entries.js';
import { sessionFile } from './names.js';

/** Entries that wait at most; beyond that the journal is begun unasked. */
const MAX_QUEUE = 100;
/** A disk that does not keep up must not fill the memory. In characters. */
const MAX_WAITING = 8 * 2 ** 20;

interface JournalOptions {
  /** Of all journals; made if need be, for this user alone. */
  directory: string;
  /** Names the file. */
  id: string;
  /**
   * Called once, when the journal is opened.
   * @returns its first entry, and values that must not be written: read at every entry
   */
  begin(): Promise<{ first: Entry; secrets: Iterable<string> }>;
  /** Told once, when nothing more can be written. */
  onFailure(error: unknown): void;
}

/**
 * The file of one session. It is made when it is asked for; entries that come before wait. Nobody waits for the disk: what
 * comes within one turn of the event loop goes out in one write, in order, and what comes while that runs, in the next. The
 * first failure ends it: entries are then dropped.
 */
export class Journal {
  readonly #options: JournalOptions;
  #opening?: Promise<void>;
  /** Entries from before it is known what must not be written. */
  #queue: Entry[] = [];
  #secrets?: Iterable<string>;
  #lines: string[] = [];
  /** Characters of these lines. */
  #waiting = 0;
  #file?: FileHandle;
  #heartbeat?: NodeJS.Timeout;
  #writing?: Promise<void>;
  /** True between being asked to write and writing: nothing is on its way to the disk then. */
  #isIdle = false;
  /** Closed or failed. */
  #isOver = false;

  /** @param options where it is to be, and how it begins */
  constructor(options: JournalOptions) {
    this.#options = options;
  }

  /** Whether it is there, or being made. */
  get isOpen(): boolean {
    return this.#opening !== undefined;
  }

  /** Makes it, unless that was done. */
  open(): void {
    this.#opening ??= this.#begin().catch((error) => this.#fail(error));
  }

  /** Adds an entry; once the journal is open, it is on its way to the disk by the next turn of the event loop. */
  write(entry: Entry): void {
    if (this.#isOver) return;
    if (this.#secrets) this.#add(entry, this.#secrets);
    else if (this.#queue.push(entry) > MAX_QUEUE) this.open();
  }

  /** Resolves when all that was written since it was opened is on disk, or dropped. */
  async settled(): Promise<void> {
    await this.#opening;
    while (this.#writing) await this.#writing;
  }

  /** Writes everything and closes the file, if there is one; nothing can be added after. */
  async close(): Promise<void> {
    await this.settled();
    this.#isOver = true;
    clearInterval(this.#heartbeat);
    // What cannot be closed can be left: the process ends.
    await this.#file?.close().catch(() => {});
  }

  /**
   * Writes what is left at once, as the process ends. A write that is under way is not waited for: where the disk hangs, the
   * process would as well.
   */
  settleNow(): void {
    if (!this.#file || (this.#writing && !this.#isIdle)) return;
    try {
      for (let rest = this.#take(); rest.length > 0; ) rest = rest.subarray(writeSync(this.#file.fd, rest));
    } catch (error) {
      this.#fail(error);
    }
  }

  async #begin(): Promise<void> {
    const { first, secrets } = await this.#options.begin();
    this.#secrets = secrets;
    for (const entry of [first, ...this.#queue]) this.#add(entry, secrets);
    this.#queue = [];
  }

  #add(entry: Entry, secrets: Iterable<string>): void {
    const line = JSON.stringify(tidy(entry, secrets));
    this.#lines.push(line);
    this.#waiting += line.length;
    if (this.#waiting > MAX_WAITING) this.#fail(new Error('the disk cannot keep up'));
    else this.#writing ??= this.#write();
  }

  async #write(): Promise<void> {
    try {
      const { directory, id } = this.#options;
      this.#file ??= await openFile(directory, sessionFile(directory, id));
      this.#heartbeat ??= setInterval(() => this.#beat(), HEARTBEAT_MS).unref();
      this.#isIdle = true;
      await new Promise((resolve) => setImmediate(resolve));
      this.#isIdle = false;
      while (this.#lines.length > 0) await appendBytes(this.#file, this.#take());
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#writing = undefined;
    }
  }

  /** Others see by its date that the session goes on. */
  #beat(): void {
    const now = new Date();
    void this.#file?.utimes(now, now).catch(() => {});
  }

  #take(): Buffer {
    const bytes = lineBytes(this.#lines);
    this.#lines = [];
    this.#waiting = 0;
    return bytes;
  }

  #fail(error: unknown): void {
    this.#queue = [];
    this.#lines = [];
    this.#waiting = 0;
    if (this.#isOver) return;
    this.#isOver = true;
    clearInterval(this.#heartbeat);
    this.#options.onFailure(error);
  }
}

/** A new file that only this user can read. It must not be there: whoever put it there would read along. */
async function openFile(directory: string, path: string): Promise<FileHandle> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  return open(path, 'ax', 0o600);
}

const SUMMARY = 500;
const MESSAGE = 500;
/** What people and assistants say of their own accord is kept whole, within reason. */
const SPEECH = 8000;
const MAX_FILES = 100;
const MAX_TYPE = 200;
const MAX_CONVERSATION = 256;

type SavedFile = NonNullable<FunctionResponse['files']>[number];

/** The entry as it is kept: the type first, so that a reader can tell it from how the line begins. */
function tidy({ type, ...entry }: Entry, secrets: Iterable<string>): object {
  const fields = TIDIERS[type] as ((entry: NewEntry, secrets: Iterable<string>) => object) | undefined;
  const { conversation } = entry;
  // Whoever calls may have invented it.
  const named = conversation === undefined ? {} : { conversation: line(conversation, MAX_CONVERSATION, secrets) };
  return { type, ...entry, ...named, ...fields?.({ type, ...entry } as NewEntry, secrets) };
}

type Tidier<Type extends Entry['type']> = (
  entry: Extract<NewEntry, { type: Type }>,
  secrets: Iterable<string>,
) => object;

const line = (text: string, length: number, secrets: Iterable<string>) =>
  cleanText(cutSecretly(text, length, secrets), length);

/** Its path stays whole, or it would lead nowhere. */
const tidyFile = ({ path, bytes, mimeType }: SavedFile, secrets: Iterable<string>): SavedFile => ({
  path: redact([...secrets].reduce(hide, path)),
  bytes,
  mimeType: line(mimeType, MAX_TYPE, secrets),
});

/** What is cut, and how, by the type of the entry. */
const TIDIERS: { [Type in Entry['type']]?: Tidier<Type> } = {
  SessionStart: ({ client, capabilities }, secrets) => ({
    client: cutValue(client, secrets),
    capabilities: cutValue(capabilities, secrets),
  }),
  SessionEnd: ({ reason }, secrets) => ({ reason: line(reason, MESSAGE, secrets) }),
  FunctionCall: ({ arguments: given }, secrets) => ({ arguments: cutValue(given, secrets) }),
  FunctionResponse: ({ summary, files }, secrets) => ({
    summary: line(summary, SUMMARY, secrets),
    files: files?.slice(0, MAX_FILES).map((file) => tidyFile(file, secrets)),
  }),
  ToolMessage: ({ text, data }, secrets) => ({
    text: line(text, MESSAGE, secrets),
    data: cutValue(data, secrets),
  }),
  HumanMessage: ({ text }, secrets) => ({ text: line(text, SPEECH, secrets) }),
  AssistantMessage: ({ text }, secrets) => ({ text: line(text, SPEECH, secrets) }),
};

/** How much of a value is kept. */
interface CutLimits {
  /** Characters of one text. */
  text: number;
  /** Items of one list, members of one object. */
  items: number;
  /** Levels of lists and objects. */
  depth: number;
  /** Characters of all texts together. */
  total: number;
}

const ARGUMENT_LIMITS: CutLimits = { text: 2000, items: 50, depth: 6, total: 16_000 };

/** The value of such a member is a secret, whatever it looks like. */
const SECRET_NAME = /(?:token|secret|password|passwd|api[_-]?key|authorization)$/i;
const DATA_URL = /data:([\w.+-]+\/[\w.+-]+)?(?:;[\w.=+-]+)*,[A-Za-z0-9+/=%_-]{64,}/g;
/** No word and no path of a person is that long. */
const BASE64 = /[A-Za-z0-9+/_-]{256,}={0,2}/g;
const isSecret = (name: string, value: unknown): boolean =>
  SECRET_NAME.test(name) && typeof value !== 'boolean' && (value ?? '') !== '';

/** Read beyond the cut, so that no secret is cut in two and the half of it kept. */
const SLACK = 256;

/**
 * Text as a journal keeps it: secrets and encoded files taken out, then cut.
 * @param text any text
 * @param maxLength UTF-16 units at most
 * @param secrets values that must not be kept, whatever their form
 */
export function cutSecretly(text: string, maxLength: number, secrets: Iterable<string> = []): string {
  const longest = Math.max(SLACK, ...[...secrets].map(({ length }) => length));
  const isLonger = text.length > maxLength + longest;
  let head = isLonger ? text.slice(0, maxLength + longest) : text;
  for (const secret of secrets) head = hide(head, secret);
  const clean = redact(head)
    .replace(DATA_URL, (_, type: string | undefined) => `[data URL${type ? ` of ${type}` : ''}]`)
    .replace(BASE64, (run) => `[${run.length} encoded characters]`);
  // What was taken out may have made it short, though there was more.
  return isLonger ? `${cutText(clean, maxLength - 1)}…` : cutText(clean, maxLength);
}

/**
 * A value as a journal keeps it: the same shape, with secrets taken out and all that is long, wide or deep cut.
 * @param value as JSON has it; anything else is left out
 * @param secrets values that must not be kept
 * @param limits how much is kept
 */
export function cutValue(value: unknown, secrets: Iterable<string> = [], limits = ARGUMENT_LIMITS): unknown {
  let room = limits.total;
  const cut = (one: unknown, depth: number): unknown => {
    if (typeof one === 'string') {
      // An encoded file says only how large it was.
      if (one.length > limits.text && /^data:[^\s]{0,100},/.test(one)) return `[data URL, ${formatBytes(one.length)}]`;
      const text = cutSecretly(one, Math.max(1, Math.min(limits.text, room)), secrets);
      room -= text.length;
      return text;
    }
    if (one === null || typeof one !== 'object') return typeof one === 'bigint' ? String(one) : one;
    if (depth >= limits.depth || room <= 0) return '…';
    if (Array.isArray(one)) {
      const kept = one.slice(0, limits.items).map((item) => cut(item, depth + 1));
      return one.length > limits.items ? [...kept, `… ${one.length - limits.items} more`] : kept;
    }
    const names = Object.keys(one);
    const kept = names.slice(0, limits.items).map((name) => {
      const member = (one as Record<string, unknown>)[name];
      room -= name.length;
      return [cutSecretly(name, 100, secrets), isSecret(name, member) ? '[secret]' : cut(member, depth + 1)];
    });
    if (names.length > limits.items) kept.push(['…', `${names.length - limits.items} more`]);
    return Object.fromEntries(kept);
  };
  return cut(value, 0);
}

/**
 * A value of which nothing is cut: only secrets are taken out, also of the JSON in `arguments`.
 * @param value as JSON has it
 * @param secrets values that must not be kept
 */
export function takeSecretsOut<Value>(value: Value, secrets: Iterable<string>): Value {
  const hideIn = (text: string): string => redact([...secrets].reduce(hide, text), { keepNames: true });
  const walk = (one: unknown): unknown => {
    if (typeof one === 'string') return hideIn(one);
    if (Array.isArray(one)) return one.map(walk);
    if (!isObject(one)) return one;
    return Object.fromEntries(
      Object.entries(one).map(([name, member]) => {
        const given = name === 'arguments' && typeof member === 'string' ? parseJsonObject(member) : undefined;
        const safe = given ? restate(member as string, given) : walk(member);
        // What is called so and holds more, such as the schema of an argument, is looked through.
        return [hideIn(name), isSecret(name, member) && typeof member !== 'object' ? '[secret]' : safe];
      }),
    );
  };
  /** As it was written where nothing is taken out. */
  const restate = (text: string, given: object): string => {
    const safe = JSON.stringify(walk(given));
    return safe === JSON.stringify(given) ? text : safe;
  };
  return walk(value) as Value;
}
