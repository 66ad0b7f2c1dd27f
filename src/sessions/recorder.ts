import { type CallRecord, recordSteps, UNRECORDED } from './call-record.js';
import type { Journal } from './journal.js';
import { LateJournal } from './late-journal.js';
import { nameSession, sessionsDirectory } from './names.js';
import { describeClient, describeFailure, describeLimits } from './notes.js';
import type { Entry, NewEntry, SessionStart, ToolMessage } from './types.js';

/** A client that only asks whether the server answers has gone by then, and leaves no journal. */
const SETTLE_MS = 2000;
/** How long the end of the process waits for the last lines: it has to be over within a second. */
const END_MS = 300;
const LIMITS_GAP_MS = 2000;

/** Who is on the line, as the protocol tells it. */
export type Client = Pick<SessionStart, 'client' | 'protocol' | 'capabilities'>;

export interface RecorderOptions {
  /** hugwire's state directory. */
  state: string;
  /** `sessions.record` of the config. */
  enabled: boolean;
  version: string;
  profile?: string;
  /** Names of the tools that are on. */
  tools(): string[];
  /** Values that must not be written: asked for once, when writing begins; what comes into the set later counts too. */
  secrets(): Promise<ReadonlySet<string>>;
  /** Takes a line for people. */
  log(line: string): void;
  /** Told when there is a journal; for what is done in the background from then on. */
  onOpen?(directory: string): void;
  now?(): Date;
  /** Tests open one of their own. */
  open?: typeof import('./journal.js').openJournal;
}

/**
 * Records one session: numbers what happens and hands it to the journal, which is loaded and made with the first call, or
 * when a client has stayed for two seconds. Nothing here waits, and nothing throws.
 */
export class Recorder {
  readonly id: string;
  readonly directory: string;
  readonly #options: RecorderOptions;
  readonly #startedAt: Date;
  #enabled: boolean;
  #client: Client = {};
  #order = 1;
  #calls = 0;
  #failed = 0;
  readonly #journal = new LateJournal({ make: () => this.#begin(), onFailure: (error) => this.#fail(error) });
  #settling?: NodeJS.Timeout;
  #listChangedAt?: number;
  #limits = { said: '', at: Number.NEGATIVE_INFINITY };
  #ended = false;
  #broken = false;

  /** @param options of the session, which begins now */
  constructor(options: RecorderOptions) {
    this.#options = options;
    this.#startedAt = this.#now();
    this.#enabled = options.enabled;
    this.id = nameSession(this.#startedAt);
    this.directory = sessionsDirectory(options.state);
  }

  /** Whether there is a journal, or one is being made. */
  get isOpen(): boolean {
    return this.#journal.isOpen;
  }

  /** Begins or stops to record, as the config has it now. */
  enable(enabled: boolean): void {
    if (enabled === this.#enabled || this.#broken) return;
    if (!enabled) {
      this.note('config', 'Recording was turned off.');
      clearTimeout(this.#settling);
      this.#settling = undefined;
    }
    this.#enabled = enabled;
    if (enabled) this.note('config', 'Recording was turned on.');
  }

  /** @param client who is on the line; known again with every request of revision 2026-07-28 */
  client(client: Client): void {
    const before = this.#client;
    if (isSame(before, client)) return;
    this.#client = client;
    if (!this.#enabled) return;
    if (this.isOpen) this.note('notice', describeClient(client), { ...client });
    else this.#settling ??= setTimeout(() => this.#open(), SETTLE_MS).unref();
  }

  /**
   * Records that a call begins.
   * @param tool its name
   * @param given its arguments as they came
   * @param dryRun whether nothing will be done
   */
  call(tool: string, given: unknown, dryRun = false): CallRecord {
    const id = this.#add({ type: 'FunctionCall', tool, arguments: given, ...(dryRun ? { dryRun } : {}) });
    if (id === undefined) return UNRECORDED;
    this.#calls += 1;
    this.#open();
    return recordSteps(
      id,
      (kind, text, data) => this.note(kind, text, data, id),
      (outcome, milliseconds) => {
        if (outcome.failed) this.#failed += 1;
        this.#add({ type: 'FunctionResponse', parent: id, tool, ...outcome, milliseconds: round(milliseconds) });
      },
    );
  }

  /**
   * Records something that hugwire told its client, or that happened to it.
   * @param parent id of the call that it belongs to
   */
  note(kind: ToolMessage['kind'], text: string, data?: Record<string, unknown>, parent?: string): void {
    this.#add({ type: 'ToolMessage', kind, text, ...(data ? { data } : {}), ...(parent ? { parent } : {}) });
  }

  /** The clients were told that the tool list has changed. */
  listChanged(): void {
    this.#listChangedAt = performance.now();
    this.note('list_changed', 'Told the client that the tool list has changed.', {
      tools: this.#options.tools().length,
    });
  }

  /** A client asked for the tool list. */
  listRead(): void {
    const since = this.#listChangedAt;
    this.#listChangedAt = undefined;
    const data = {
      tools: this.#options.tools().length,
      ...(since ? { afterMs: round(performance.now() - since) } : {}),
    };
    this.note('list_read', since ? 'The client read the changed tool list.' : 'The client read the tool list.', data);
  }

  /**
   * What is left of the Hub's limits; recorded when it has changed, and not more often than every two seconds.
   * @param left by the name of the limit
   */
  limits(left: Record<string, unknown>): void {
    const said = JSON.stringify(left);
    const at = performance.now();
    if (said === '{}' || said === this.#limits.said || at - this.#limits.at < LIMITS_GAP_MS) return;
    this.#limits = { said, at };
    this.note('limits', describeLimits(left), left);
  }

  /**
   * Records what was said, where the assistant wants it kept.
   * @returns whether it was recorded
   */
  record(entry: { type: 'HumanMessage' | 'AssistantMessage'; text: string }): boolean {
    const id = this.#add(entry);
    if (id !== undefined) this.#open();
    return id !== undefined;
  }

  /** Resolves when all that was recorded is on disk. */
  settled(): Promise<void> {
    return this.#journal.settled();
  }

  /**
   * Ends the session; resolves when its last line is on disk, or when it takes too long.
   * @param reason such as `end of input`
   */
  async end(reason: string): Promise<void> {
    clearTimeout(this.#settling);
    if (this.#ended) return;
    if (this.isOpen) this.#add({ type: 'SessionEnd', reason, calls: this.#calls, failed: this.#failed });
    this.#ended = true;
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, END_MS);
    });
    await Promise.race([this.#journal.close(), patience]);
    clearTimeout(timer);
  }

  /** Writes what is left as the process ends: for its `exit` event. */
  settleNow(): void {
    this.#journal.settleNow();
  }

  #now(): Date {
    return this.#options.now?.() ?? new Date();
  }

  #add(entry: NewEntry): string | undefined {
    if (!this.#enabled || this.#ended) return undefined;
    this.#order += 1;
    const placed = { id: `e${this.#order}`, time: this.#now().toISOString(), order: this.#order, ...entry } as Entry;
    this.#journal.write(placed);
    return placed.id;
  }

  #open(): void {
    clearTimeout(this.#settling);
    this.#journal.open();
  }

  /** Makes the journal, with its first entry. */
  async #begin(): Promise<Journal> {
    const { open, secrets, onOpen, version, profile, tools } = this.#options;
    const [openJournal, hidden] = await Promise.all([
      open ?? import('./journal.js').then((module) => module.openJournal),
      // A token that cannot be looked up cannot be used either.
      secrets().catch(() => new Set<string>()),
    ]);
    const { directory, id } = this;
    const journal = openJournal({ directory, id, secrets: hidden, onFailure: (error) => this.#fail(error) });
    journal.write({
      type: 'SessionStart',
      id: 'e1',
      time: this.#startedAt.toISOString(),
      order: 1,
      session: id,
      version,
      pid: process.pid,
      node: process.versions.node,
      ...(profile ? { profile } : {}),
      ...this.#client,
      tools: tools(),
    });
    onOpen?.(directory);
    return journal;
  }

  #fail(error: unknown): void {
    this.#broken = true;
    this.#enabled = false;
    this.#journal.forget();
    this.#options.log(describeFailure(this.directory, error));
  }
}

const round = (milliseconds: number): number => Math.round(milliseconds * 10) / 10;

const isSame = (one: Client, other: Client): boolean => JSON.stringify(one) === JSON.stringify(other);
