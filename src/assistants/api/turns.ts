import { randomBytes } from 'node:crypto';
import type { Caller } from '../../http/callers.js';
import type { State } from '../../http/state/types.js';
import { toHugwireError } from '../../lib/errors.js';
import type { ApprovalStore } from '../../sessions/approvals.js';
import {
  type Conversation,
  type ConversationHead,
  type ConversationLine,
  type ConversationStore,
  type Item,
  type NewLine,
  newId,
  type StoredResponse,
} from '../../sessions/items.js';
import { readThread, type Thread } from '../../sessions/thread.js';
import type { TurnWish, takeTurn } from '../turn.js';
import type { Assistant, TurnEvent, TurnOutcome } from '../types.js';
import { ApiError } from './errors.js';
import { KEEP_ALIVE_MS, type ResponseEvent, ResponseEvents, SSE_END, showResponse, sseEvent } from './wire.js';

/** What the API is made of. */
export interface ApiOptions {
  assistants: {
    list(): Promise<readonly Pick<Assistant, 'name' | 'title' | 'description'>[]>;
    /** @returns undefined when there is none of that name */
    find(name: string): Promise<Assistant | undefined>;
  };
  conversations(caller: Caller): ConversationStore;
  approvals: Pick<ApprovalStore, 'list' | 'get' | 'decide'>;
  /** Takes a turn with the model and the tools that an assistant has for this caller. */
  take(caller: Caller, wish: TurnWish): ReturnType<typeof takeTurn>;
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
/** How long somebody listens to a turn at another instance. */
const LONGEST_MS = 600_000;
const MAX_PLACES = 10_000;
/** Conversations that are looked through for an item. */
const MAX_SEARCHED = 20;

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
  const [, where] = /^resp_([\w.-]{1,1100})_[0-9a-f]{24}$/.exec(response) ?? [];
  if (where === undefined) return undefined;
  return where.startsWith('.') ? Buffer.from(where.slice(1), 'base64url').toString() : `conv_${where}`;
}

// --- What is kept.

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

/** What is asked of a turn. */
export interface Asked extends Omit<TurnWish, 'input' | 'onEvent' | 'ask'> {
  caller: Caller;
  /**
   * Makes what is said now out of what was said before, once the conversation is this turn's and before anything is written.
   * @throws ApiError when they do not fit
   */
  prepare(thread: Thread): Item[];
  /** Goes on when nobody listens any more. */
  background?: boolean;
  include?: readonly string[];
  /** Gives up at once, in place of waiting, while another turn runs. */
  impatient?: boolean;
  /** Told of what happens as it does. */
  watch?(event: TurnEvent): void;
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
  outcome?: TurnOutcome;
  /** Resolves when it has ended, whichever way. */
  ended: Promise<void> = Promise.resolve();

  constructor(standing: StoredResponse, owner: string) {
    this.id = standing.id;
    this.owner = owner;
    this.#standing = standing;
  }

  get response(): Record<string, unknown> {
    return showResponse(this.#standing, this.#output);
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

  get hasBegun(): boolean {
    return this.#events.length > 0;
  }

  begin(): void {
    for (const type of ['response.created', 'response.in_progress']) this.tell([{ type, response: this.response }], []);
  }

  /** Takes over how it has ended. */
  end({ outcome, response }: Awaited<ReturnType<typeof takeTurn>>, output: readonly Item[]): void {
    this.outcome = outcome;
    this.#standing = response;
    // What had begun and did not come to its end.
    this.#output = output.map((item) =>
      'status' in item && item.status === 'in_progress' ? { ...item, status: 'incomplete' } : item,
    ) as Item[];
    this.tell([{ type: END_EVENT[outcome.status], response: this.response }], this.#output);
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
        while (next >= this.#events.length && this.outcome === undefined) {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
        const fresh = this.#events.slice(next).map(({ text }) => text);
        next = Math.max(next, this.#events.length);
        const isOver = this.outcome !== undefined;
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

/** A turn that could not even be kept. */
function failed(response: StoredResponse, caught: unknown): Awaited<ReturnType<typeof takeTurn>> {
  const { code, message, hint } = toHugwireError(caught);
  const error = { code, message, hint };
  const usage = { input: 0, cached: 0, output: 0, reasoning: 0 };
  return {
    outcome: { status: 'failed', error, usage, context: { used: 0 }, model: response.model },
    response: { ...response, status: 'failed', error, endedAt: Date.now() },
  };
}

/** The turns of this instance. */
export class Turns {
  readonly #options: ApiOptions;
  readonly #runs = new Map<string, Run>();
  /** By the ids of items that turns gave: the conversations that they are in. */
  readonly #places = new Map<string, string>();
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
   * Finds the conversation that an item is in.
   * @param id of the item
   * @param caller whose conversations are looked at: those of late, when this instance does not remember
   */
  async findItem(id: string, caller: Caller): Promise<{ conversation: Conversation; thread: Thread } | undefined> {
    const { owner } = caller;
    const conversations = this.#options.conversations(caller);
    const place = this.#places.get(id);
    const places = place ? [place] : (await conversations.list({ owner, limit: MAX_SEARCHED })).map((one) => one.id);
    for (const place of places) {
      const conversation = await conversations.open(place, owner);
      const thread = conversation && readThread(await conversation.read());
      if (conversation && thread?.items.some(({ item }) => item.id === id)) return { conversation, thread };
    }
    return undefined;
  }

  /**
   * Begins a turn.
   * @returns once the conversation is its own
   * @throws ApiError when another one in the conversation takes too long, or whatever `prepare` throws
   */
  async start(asked: Asked): Promise<Run> {
    const { conversation, response, caller, background, signal, impatient } = asked;
    const run = new Run(response, caller.owner);
    let begin = () => {};
    const begun = new Promise<void>((resolve) => {
      begin = resolve;
    });
    const leave = () => run.abort.abort();
    const work = async () => {
      if (!background && signal.aborted) throw new ApiError(400, 'The caller has gone.', { code: 'cancelled' });
      const input = asked.prepare(readThread(await conversation.read(), asked.until));
      if (!background) signal.addEventListener('abort', leave);
      this.#runs.set(run.id, run);
      await this.#play(run, asked, input, begin);
    };
    const ended = conversation.exclusively(work, impatient ? 0 : WAIT_MS).catch((error) => {
      if (toHugwireError(error).code !== 'unavailable' || this.#runs.has(run.id)) throw error;
      throw new ApiError(409, `Another turn of ${conversation.head.id} is not over: wait for it, or cancel it.`, {
        code: 'conversation_locked',
      });
    });
    run.ended = ended
      .catch((error) => {
        if (run.hasBegun) this.#options.log(`a turn failed: ${toHugwireError(error).message}`);
      })
      .finally(() => {
        signal.removeEventListener('abort', leave);
        this.#options.state.bus.publish({ kind: 'response_ended', id: run.id });
        if (background) setTimeout(() => this.#runs.delete(run.id), KEPT_MS).unref();
        else this.#runs.delete(run.id);
      });
    await Promise.race([begun, ended]);
    return run;
  }

  /** @param begin called when the response is kept: from then on it can be asked for */
  async #play(run: Run, asked: Asked, input: Item[], begin: () => void): Promise<void> {
    const { caller, conversation, response, include, watch, ...wish } = asked;
    const events = new ResponseEvents(include);
    const append: Conversation['append'] = async (lines) => {
      await conversation.append(lines);
      if (!run.hasBegun) run.begin();
      begin();
    };
    const ended = await this.#options
      .take(caller, {
        ...wish,
        conversation: {
          head: conversation.head,
          read: () => conversation.read(),
          exclusively: (work, ms) => conversation.exclusively(work, ms),
          append,
        },
        response,
        input,
        signal: run.abort.signal,
        onEvent(event) {
          watch?.(event);
          run.tell([...events.next(event)], events.output);
        },
      })
      .catch((caught) => failed(response, caught));
    if (!run.hasBegun) run.begin();
    run.end(ended, events.output);
    begin();
    for (const { id } of events.output) this.#places.set(id, conversation.head.id);
    for (const [id] of this.#places) if (this.#places.size > MAX_PLACES) this.#places.delete(id);
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
    const cancel = () => this.#options.state.bus.publish({ kind: 'response_cancel', id, owner });
    await this.untilEnded(id, isOver, cancel, STOP_MS);
  }

  /**
   * Waits until a turn at another instance has ended.
   * @param isOver looks whether it has
   * @param then done once it is known that it has not
   */
  async untilEnded(id: string, isOver: () => Promise<boolean>, then = () => {}, ms = LONGEST_MS): Promise<void> {
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
