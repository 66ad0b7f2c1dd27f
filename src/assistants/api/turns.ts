import { randomBytes } from 'node:crypto';
import type { Caller } from '../../http/callers.js';
import type { State } from '../../http/state/types.js';
import { toHugwireError } from '../../lib/errors.js';
import type { Conversation, ConversationHead, ConversationLine, ConversationStore, Item, NewLine, StoredResponse } from '../../sessions/items.js';
import type { Assistant, RunTurn, TurnOutcome, TurnRequest } from '../types.js';
import { ApiError, codeOf, failureOf } from './errors.js';
import { newId, type ResponseEvent, ResponseEvents, SSE_END, showResponse, sseEvent } from './wire.js';

/** What the API is made of. */
export interface ApiOptions {
  assistants: {
    list(): Promise<readonly Assistant[]>;
    /** @returns undefined when there is none of that name */
    find(name: string): Promise<Assistant | undefined>;
  };
  conversations: ConversationStore;
  runTurn: RunTurn;
  /** What the instances of a server share. */
  state: Pick<State, 'bus' | 'get' | 'set' | 'del'>;
  log(line: string): void;
}

/** How long a turn waits for another one in its conversation. */
const WAIT_MS = 30_000;
/** How long the events of a turn that has ended can be read again as they were. */
const KEPT_MS = 60_000;
/** How long a turn at another instance may take to stop. */
const STOP_MS = 10_000;
const KEEP_ALIVE_MS = 15_000;

// --- Ids.

/**
 * Makes the id of a response: it says in which conversation the response is.
 * @param conversation left out for one that is not kept
 */
export function responseId(conversation = ''): string {
  const own = /^conv_([0-9a-zA-Z]{8,64})$/.exec(conversation)?.[1];
  const where = own ?? (conversation && `.${Buffer.from(conversation).toString('base64url')}`);
  return `resp_${where && `${where}_`}${randomBytes(12).toString('hex')}`;
}

/** The conversation that a response is in; undefined for what is not the id of one that is kept. */
export function conversationOf(response: string): string | undefined {
  const [, where] = /^resp_([\w.-]{1,600})_[0-9a-f]{24}$/.exec(response) ?? [];
  if (where === undefined) return undefined;
  return where.startsWith('.') ? Buffer.from(where.slice(1), 'base64url').toString() : `conv_${where}`;
}

// --- What is kept.

export interface LoggedItem {
  item: Item;
  response?: string;
  isInput: boolean;
}

/** A conversation as it stands. */
export interface Log {
  items: LoggedItem[];
  /** Those that are there, in the order they began in. */
  responses: Map<string, { response: StoredResponse; endedAt?: number }>;
  metadata: Record<string, string>;
}

/** Reads a conversation: the latest of everything, without what was removed. */
export async function readLog(conversation: Conversation): Promise<Log> {
  const lines = await conversation.read();
  const log: Log = { items: [], responses: new Map(), metadata: conversation.head.metadata };
  const removed = new Set<string>();
  for (const line of lines) {
    if (line.type === 'item') log.items.push({ item: line.item, response: line.response, isInput: line.isInput === true });
    if (line.type === 'metadata') log.metadata = line.metadata;
    if (line.type === 'response') {
      const { response, time } = line;
      const endedAt = response.status === 'in_progress' ? undefined : time;
      log.responses.set(response.id, { response, endedAt });
    }
    if (line.type === 'removed') {
      const gone = line.item ?? line.response;
      if (gone !== undefined) removed.add(gone);
    }
  }
  log.items = log.items.filter(({ item, response = '' }) => !removed.has(item.id) && !removed.has(response));
  for (const id of removed) log.responses.delete(id);
  return log;
}

/** A conversation that ends with the request: nothing of it is kept. */
export function passingConversation(owner: string, assistant: string, items: readonly Item[]): Conversation {
  const head: ConversationHead = {
    type: 'conversation',
    version: 1,
    id: newId('conv'),
    owner,
    assistant,
    createdAt: Date.now(),
    metadata: {},
  };
  const lines: ConversationLine[] = [];
  const append = async (more: readonly NewLine[]) => {
    for (const line of more) lines.push({ ...line, seq: lines.length + 1, time: Date.now() } as ConversationLine);
  };
  void append(items.map((item) => ({ type: 'item', item, isInput: true })));
  return { head, read: async () => [...lines], append, exclusively: (work) => work() };
}

// --- What runs.

/** What a turn is asked for, beside what it runs with. */
export interface Asked extends Omit<TurnRequest, 'host' | 'token'> {
  caller: Caller;
  /** Goes on when nobody listens any more. */
  background?: boolean;
  include?: readonly string[];
  /** Of the caller that waits for it. */
  signal: AbortSignal;
  /** Looks at the conversation once it is this turn's, before anything is written. */
  prepare?(log: Log): void;
}

/** A turn that runs, or has ended of late. */
export class Run {
  readonly id: string;
  readonly owner: string;
  readonly abort = new AbortController();
  /** Told of each event as it comes; whoever comes later reads the ones before. */
  readonly #events: { type: string; text: string }[] = [];
  readonly #readers = new Set<() => void>();
  #standing: StoredResponse;
  #output: Item[] = [];
  endedAt?: number;
  outcome?: TurnOutcome;
  /** Resolves when it has ended, whichever way. */
  ended: Promise<void> = Promise.resolve();

  constructor(standing: StoredResponse, owner: string) {
    this.id = standing.id;
    this.owner = owner;
    this.#standing = standing;
  }

  get response(): Record<string, unknown> {
    return showResponse(this.#standing, this.#output, this.endedAt);
  }

  get output(): readonly Item[] {
    return this.#output;
  }

  /** Follows what happens, event by event. */
  tell(events: readonly ResponseEvent[], output: Item[]): void {
    this.#output = output;
    for (const { type, ...event } of events) {
      const sequence_number = this.#events.length;
      this.#events.push({ type, text: sseEvent({ type, sequence_number, ...event }, type) });
    }
    for (const wake of this.#readers) wake();
  }

  begin(): void {
    for (const type of ['response.created', 'response.in_progress']) this.tell([{ type, response: this.response }], []);
  }

  end(outcome: TurnOutcome, output: readonly Item[]): void {
    const { status, error, usage, reason } = outcome;
    this.outcome = outcome;
    this.endedAt = Date.now();
    this.#standing = {
      ...this.#standing,
      status,
      usage,
      reason,
      error: error && { code: codeOf(error.code), message: failureOf(error).message },
    };
    // What had begun and did not come to its end.
    this.#output = output.map((item) =>
      'status' in item && item.status === 'in_progress' ? { ...item, status: 'incomplete' } : item,
    ) as Item[];
    this.tell([{ type: END_EVENT[status], response: this.response }], this.#output);
  }

  /**
   * The events as a stream.
   * @param after the number of the last one that is known
   * @param onGone called when nobody reads it any more
   */
  stream(after = -1, onGone: () => void = () => {}): ReadableStream<Uint8Array> {
    let next = after + 1;
    const encoder = new TextEncoder();
    let wake = () => {};
    const onEvent = () => wake();
    let beat: NodeJS.Timeout | undefined;
    const close = () => {
      this.#readers.delete(onEvent);
      clearInterval(beat);
    };
    return new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.#readers.add(onEvent);
        // Proxies end what is silent for long.
        beat = setInterval(() => controller.enqueue(encoder.encode(': \n\n')), KEEP_ALIVE_MS).unref();
      },
      pull: async (controller) => {
        while (next >= this.#events.length && this.endedAt === undefined) {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
        const fresh = this.#events.slice(next).map(({ text }) => text);
        next = Math.max(next, this.#events.length);
        const isOver = this.endedAt !== undefined;
        controller.enqueue(encoder.encode(fresh.join('') + (isOver ? SSE_END : '')));
        if (!isOver) return;
        close();
        controller.close();
      },
      cancel: () => {
        close();
        wake();
        onGone();
      },
    });
  }
}

/** There is none for a response that was cancelled: its status says it. */
const END_EVENT: Record<TurnOutcome['status'], string> = {
  completed: 'response.completed',
  incomplete: 'response.incomplete',
  cancelled: 'response.incomplete',
  failed: 'response.failed',
};

/** The turns of this instance. */
export class Turns {
  readonly #options: ApiOptions;
  readonly #runs = new Map<string, Run>();
  readonly #close: () => void;

  constructor(options: ApiOptions) {
    this.#options = options;
    this.#close = options.state.bus.subscribe(({ kind, id, owner }) => {
      if (kind === 'response_cancel') this.find(String(id), String(owner))?.abort.abort();
    });
  }

  /** A turn that runs here, or has ended here of late. */
  find(id: string, owner: string): Run | undefined {
    const run = this.#runs.get(id);
    return run?.owner === owner ? run : undefined;
  }

  /**
   * Begins a turn.
   * @returns once the conversation is its own
   * @throws ApiError when another one in the conversation takes too long, or whatever `prepare` throws
   */
  async start({ caller, background = false, include, signal, prepare, ...asked }: Asked): Promise<Run> {
    const { conversation, response } = asked;
    const run = new Run(response, caller.owner);
    let begin = () => {};
    const begun = new Promise<void>((resolve) => {
      begin = resolve;
    });
    const leave = () => run.abort.abort();
    const work = async () => {
      if (!background && signal.aborted) throw new ApiError(400, 'The caller has gone.', { code: 'cancelled' });
      prepare?.(await readLog(conversation));
      if (!background) signal.addEventListener('abort', leave);
      this.#runs.set(run.id, run);
      run.begin();
      begin();
      await this.#play(run, { ...asked, host: caller.host, token: caller.token }, include);
    };
    const ended = conversation.exclusively(work, WAIT_MS).catch((error) => {
      throw toHugwireError(error).code === 'unavailable' && run.endedAt === undefined
        ? new ApiError(409, `Another turn of the conversation ${conversation.head.id} is not over: wait for it, or cancel it.`, {
            code: 'conversation_locked',
          })
        : error;
    });
    run.ended = ended
      .catch((error) => this.#options.log(`a turn failed: ${toHugwireError(error).message}`))
      .finally(() => {
        signal.removeEventListener('abort', leave);
        this.#options.state.bus.publish({ kind: 'response_ended', id: run.id });
        setTimeout(() => this.#runs.delete(run.id), background ? KEPT_MS : 0).unref();
      });
    await Promise.race([begun, ended]);
    return run;
  }

  async #play(run: Run, request: TurnRequest, include: readonly string[] | undefined): Promise<void> {
    const events = new ResponseEvents(include);
    const turn = this.#options.runTurn(request, run.abort.signal);
    try {
      for (;;) {
        const { done, value } = await turn.next();
        if (done) {
          run.end(value, events.output);
          return;
        }
        run.tell([...events.next(value)], events.output);
      }
    } catch (caught) {
      const { code, message, hint } = toHugwireError(caught);
      const outcome: TurnOutcome = {
        status: run.abort.signal.aborted ? 'cancelled' : 'failed',
        error: run.abort.signal.aborted ? undefined : { code, message, hint },
        usage: { input: 0, cached: 0, output: 0, reasoning: 0 },
        context: { used: 0 },
        model: request.response.model,
      };
      run.end(outcome, events.output);
      const { status, error } = outcome;
      await request.conversation.append([{ type: 'response', response: { ...request.response, status, error } }]);
    }
  }

  /**
   * Says that a turn is to stop, wherever it runs, and waits until it has.
   * @param isOver looks whether it has
   */
  async stop(id: string, owner: string, isOver: () => Promise<boolean>): Promise<void> {
    const here = this.find(id, owner);
    if (here) {
      here.abort.abort();
      return here.ended;
    }
    await this.#untilEnded(id, isOver, STOP_MS, () =>
      this.#options.state.bus.publish({ kind: 'response_cancel', id, owner }),
    );
  }

  /** Waits until a turn at another instance has ended. */
  async #untilEnded(id: string, isOver: () => Promise<boolean>, ms: number, then: () => void): Promise<void> {
    let end = () => {};
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    const stop = this.#options.state.bus.subscribe((event) => {
      if (event.kind === 'response_ended' && event.id === id) end();
    });
    const timer = setTimeout(end, ms);
    try {
      if (await isOver()) return;
      then();
      await ended;
    } finally {
      clearTimeout(timer);
      stop();
    }
  }

  /** Resolves when no turn runs any more. */
  async settled(): Promise<void> {
    await Promise.all([...this.#runs.values()].map(({ ended }) => ended));
  }

  /** Stops what runs. */
  async close(): Promise<void> {
    for (const { abort } of this.#runs.values()) abort.abort();
    await this.settled();
    this.#close();
  }
}
