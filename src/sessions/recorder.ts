import { explainSystemError } from '../lib/system-errors.js';
import { quote } from '../lib/text.js';
import type { Entry, FunctionResponse, NewEntry, SessionStart, ToolMessage, TurnMark } from './entries.js';
import { Journal } from './journal.js';
import { nameSession, sessionsDirectory } from './names.js';

/** A client that only asks whether the server answers has gone by then, and leaves no journal. */
const SETTLE_MS = 2000;
/** How long the end of the process waits for the last lines: it has to be over within a second. */
const END_MS = 300;
const LIMITS_GAP_MS = 2000;
const DAY_MS = 86_400_000;
/** Until old journals are removed for the first time: well after the start, which has better things to do. */
const FIRST_TIDY_MS = 30_000;

/** Writes into the journal of the session what an assistant wants kept there. */
export interface SessionWriter {
  /**
   * Records what was said.
   * @returns whether it was recorded
   */
  record(entry: { type: 'HumanMessage' | 'AssistantMessage'; text: string }): boolean;
}

/** Who is on the line, as the protocol tells it. */
export type SessionClient = Pick<SessionStart, 'client' | 'protocol' | 'capabilities'>;

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
  /** Days that journals are kept; asked each time that old ones are removed. */
  keepDays(): number;
}

/**
 * Records one session: numbers what happens and hands it to the journal, which is made with the first call, or when a client
 * has stayed for two seconds. Nothing here waits, and nothing throws.
 */
export class Recorder implements SessionWriter {
  readonly id: string;
  readonly directory: string;
  readonly #options: RecorderOptions;
  readonly #startedAt: Date;
  #enabled: boolean;
  #client: SessionClient = {};
  #order = 1;
  #calls = 0;
  #failed = 0;
  #messages = 0;
  #tokens = 0;
  readonly #journal: Journal;
  #settling?: NodeJS.Timeout;
  #stopTidying?: () => void;
  #listChangedAt?: number;
  #limits = { said: '', at: Number.NEGATIVE_INFINITY };
  #ended = false;
  #broken = false;

  /** @param options of the session, which begins now */
  constructor(options: RecorderOptions) {
    this.#options = options;
    this.#startedAt = new Date();
    this.#enabled = options.enabled;
    this.id = nameSession(this.#startedAt);
    this.directory = sessionsDirectory(options.state);
    this.#journal = new Journal({
      directory: this.directory,
      id: this.id,
      begin: () => this.#begin(),
      onFailure: (error) => this.#fail(error),
    });
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
  client(client: SessionClient): void {
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
   * @param turn of an assistant's that it belongs to
   */
  call(tool: string, given: unknown, dryRun = false, turn?: TurnMark): CallRecorder {
    const id = this.#add({ type: 'FunctionCall', ...turn, tool, arguments: given, dryRun: dryRun || undefined });
    if (id === undefined) return UNRECORDED;
    this.#calls += 1;
    this.#open();
    return recordSteps(
      id,
      (kind, text, data) => this.note(kind, text, data, id),
      (outcome, milliseconds) => {
        if (outcome.failed) this.#failed += 1;
        const took = round(milliseconds);
        this.#add({ type: 'FunctionResponse', parent: id, ...turn, tool, ...outcome, milliseconds: took });
      },
    );
  }

  /**
   * Records something that hugwire told its client, or that happened to it.
   * @param parent id of the call that it belongs to
   */
  note(kind: ToolMessage['kind'], text: string, data?: Record<string, unknown>, parent?: string): void {
    this.#add({ type: 'ToolMessage', kind, text, data, parent });
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
    this.note('list_read', since ? 'The client read the changed tool list.' : 'The client read the tool list.', {
      tools: this.#options.tools().length,
      afterMs: since && round(performance.now() - since),
    });
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
   * Records what was said, or came of a turn.
   * @returns whether it was recorded
   */
  record(entry: Extract<NewEntry, { type: 'HumanMessage' | 'AssistantMessage' | 'ToolMessage' }>): boolean {
    const id = this.#add(entry);
    if (id !== undefined && entry.type !== 'ToolMessage') this.#messages += 1;
    if (id !== undefined && entry.type === 'ToolMessage') this.#tokens += Number(entry.data?.tokens) || 0;
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
    if (this.isOpen) {
      const said = { messages: this.#messages || undefined, tokens: this.#tokens || undefined };
      this.#add({ type: 'SessionEnd', reason, calls: this.#calls, failed: this.#failed, ...said });
    }
    this.#ended = true;
    this.#stopTidying?.();
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

  #add(entry: NewEntry): string | undefined {
    if (!this.#enabled || this.#ended) return undefined;
    this.#order += 1;
    const placed = { id: `e${this.#order}`, time: new Date().toISOString(), order: this.#order, ...entry } as Entry;
    this.#journal.write(placed);
    return placed.id;
  }

  #open(): void {
    clearTimeout(this.#settling);
    this.#journal.open();
  }

  /** What the journal begins with; from now on old ones are removed, too. */
  async #begin(): Promise<{ first: Entry; secrets: Iterable<string> }> {
    const { secrets, version, profile, tools, keepDays } = this.#options;
    // A token that cannot be looked up cannot be used either.
    const hidden = await secrets().catch(() => new Set<string>());
    const first: Entry = {
      type: 'SessionStart',
      id: 'e1',
      time: this.#startedAt.toISOString(),
      order: 1,
      session: this.id,
      version,
      pid: process.pid,
      node: process.versions.node,
      profile,
      ...this.#client,
      tools: tools(),
    };
    this.#stopTidying = keepTidy(this.directory, this.id, keepDays);
    return { first, secrets: hidden };
  }

  #fail(error: unknown): void {
    this.#broken = true;
    this.#enabled = false;
    this.#options.log(describeFailure(this.directory, error));
  }
}

/**
 * Removes journals that are too old, now and then, for as long as the process lives. Never keeps it alive.
 * @param current the session that stays
 * @returns a function that ends it
 */
function keepTidy(directory: string, current: string, keepDays: () => number): () => void {
  let timer: NodeJS.Timeout;
  const later = (milliseconds: number) => {
    timer = setTimeout(() => void tidy().finally(() => later(DAY_MS)), milliseconds).unref();
  };
  const tidy = async () => {
    const { pruneSessions } = await import('./directory.js');
    const olderThan = new Date(Date.now() - keepDays() * DAY_MS);
    // What cannot be removed today is tried again tomorrow.
    await pruneSessions(directory, { olderThan, keep: current }).catch(() => undefined);
  };
  later(FIRST_TIDY_MS);
  return () => clearTimeout(timer);
}

const round = (milliseconds: number): number => Math.round(milliseconds * 10) / 10;

const isSame = (one: SessionClient, other: SessionClient): boolean => JSON.stringify(one) === JSON.stringify(other);

const PROGRESS_GAP_MS = 1000;
/** Steps and log lines kept of one call. */
const MAX_STEPS = 200;

/** What came of a call. */
export type CallOutcome = Pick<FunctionResponse, 'summary' | 'bytes' | 'images' | 'failed' | 'error' | 'files' | 'job'>;

/** A call that is being recorded. */
export interface CallRecorder {
  /** The id of its entry; unset while nothing is recorded. */
  readonly id?: string;
  progress(step: { progress: number; total?: number; message?: string }): void;
  /** @param text a line that a Space logged for its user */
  log(text: string): void;
  /** @param text something that happened in the call */
  notice(text: string): void;
  /** The job that it had started has ended, after its own answer. */
  jobEnded(job: { id: string; state: string; error?: string }): void;
  /** @param milliseconds that it took */
  end(outcome: CallOutcome, milliseconds: number): void;
}

/** The record of a call while nothing is recorded. */
const UNRECORDED: CallRecorder = { progress() {}, log() {}, notice() {}, jobEnded() {}, end() {} };

/**
 * Records what a call tells on its way: one step a second, and no more than a call can have of use.
 * @param id of its entry
 * @param note records a message that belongs to it
 * @param end records its answer
 */
function recordSteps(
  id: string,
  note: (kind: ToolMessage['kind'], text: string, data?: Record<string, unknown>) => void,
  end: CallRecorder['end'],
): CallRecorder {
  let steps = 0;
  let last = { at: Number.NEGATIVE_INFINITY, message: '' };
  let logged: string | undefined;
  return {
    id,
    progress: ({ message = '', ...numbers }) => {
      const at = performance.now();
      // What a Space logs is told as progress as well, in quotes.
      const isKnown = message === last.message || (logged !== undefined && message === quote(logged));
      if (isKnown || at - last.at < PROGRESS_GAP_MS || steps >= MAX_STEPS) return;
      last = { at, message };
      steps += 1;
      note('progress', message, numbers);
    },
    log: (text) => {
      logged = text;
      steps += 1;
      if (steps <= MAX_STEPS) note('log', text);
    },
    notice: (text) => note('notice', text),
    jobEnded: ({ id: job, state, error }) => note('job', `Job ${job} ended: ${error ?? state}.`, { job, state, error }),
    end,
  };
}

/** Who is on the line, in words. */
function describeClient({ client, protocol }: SessionClient): string {
  return `The client is ${client?.name ?? 'unnamed'} ${client?.version ?? ''}, protocol ${protocol ?? 'unknown'}.`;
}

function describeLimit([name, left]: [string, unknown]): string {
  const { remaining, quota, base } = left as { remaining?: number; quota?: number; base?: number };
  const whole = quota ?? base;
  return `${name} ${remaining ?? '?'}${whole === undefined ? '' : ` of ${whole}`}`;
}

/**
 * What is left of limits, in words.
 * @param left by the name of the limit
 */
function describeLimits(left: Record<string, unknown>): string {
  return `Left: ${Object.entries(left).map(describeLimit).join(', ')}`;
}

/**
 * Why a session is not recorded any further.
 * @param directory of the journals
 * @param error of the system
 */
function describeFailure(directory: string, error: unknown): string {
  const reason = explainSystemError(error)?.directory ?? (error as Error).message;
  return `this session is not recorded any further: nothing can be written in ${directory}: ${reason}`;
}
