import { randomBytes } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { ANSWER } from '../engine/answers.js';
import type { CallLink } from '../engine/call.js';
import { ANSWER_MS, readAnswer, unanswered } from '../engine/elicitation.js';
import { invalidParams } from '../engine/messages.js';
import { cancelled } from '../lib/errors.js';
import { isObject } from '../lib/json.js';
import type { Answer, Question, ToolResult } from '../tools/tool.js';
import type { Retry } from './era.js';

/** Questions of one connection that wait at the same time. */
const MAX_WAITING = 16;

export interface RoundLimits {
  /** How long a question waits for its answer. */
  answerMs: number;
  /** The oldest gives way to one more. */
  maxWaiting: number;
}

/** What was called: a request that goes on must say the same. */
export interface Called {
  name: string;
  arguments?: object;
}

/** One request of a client, as far as a call needs it. */
export type Round = Pick<CallLink, 'signal' | 'progress'>;
/** What a call may use, whichever request it is attached to at the time. */
export type AskingLink = Required<CallLink>;

/** What a call has come to: its end, or a question that the next request answers. */
export type Turn = { result: ToolResult } | { question: Question; state: string };

interface Waiting {
  call: RoundCall;
  called: Called;
  question: Question;
  /** Lets the call go on. */
  resolve(answer: Answer): void;
  reject(error: unknown): void;
}

/**
 * Calls that take several requests, as revision 2026-07-28 has it: there the server cannot ask by itself, so a question is
 * the answer to one request, and its answer comes with the next (SEP-2322). Between the two the call is kept here, under a
 * random `requestState`: the tool goes on where it was, and nothing of it passes through the client.
 */
export class Rounds {
  readonly #limits: RoundLimits;
  readonly #waiting = new Map<string, Waiting>();

  /** @param limits of the questions that wait */
  constructor(limits: Partial<RoundLimits> = {}) {
    this.#limits = { answerMs: ANSWER_MS, maxWaiting: MAX_WAITING, ...limits };
  }

  /**
   * Starts a call.
   * @param called what the request asks for
   * @param round the request
   * @param work the call; never rejects
   */
  begin(called: Called, round: Round, work: (link: AskingLink) => Promise<ToolResult>): Promise<Turn> {
    const call: RoundCall = new RoundCall(work, (question, signal) => this.#ask({ call, called, question }, signal));
    return call.next(round);
  }

  /**
   * Goes on with a call that asked. A request that holds no answer is asked the same once more.
   * @param called what the request asks for
   * @param retry what it adds, as the client gave it back: nothing in it is trusted
   * @param round the request
   * @throws Error with code -32602 when no such call waits
   */
  async resume(called: Called, { requestState: state, inputResponses }: Retry, round: Round): Promise<Turn> {
    const waiting = typeof state === 'string' ? this.#waiting.get(state) : undefined;
    if (!waiting || !isSame(waiting.called, called)) {
      throw invalidParams(
        'No call waits under this requestState: it was answered before, or waited too long. Call the tool again without it.',
      );
    }
    const { call, question } = waiting;
    const answer = isObject(inputResponses) ? inputResponses[ANSWER] : undefined;
    if (answer === undefined) return { question, state: String(state) };
    // At once: the same answer, sent twice, must not meet the call's next question.
    this.#waiting.delete(String(state));
    const turn = call.next(round);
    try {
      waiting.resolve(readAnswer(question, answer));
    } catch (error) {
      waiting.reject(error);
    }
    return turn;
  }

  async #ask(asked: Pick<Waiting, 'call' | 'called' | 'question'>, signal: AbortSignal): Promise<Answer> {
    const { answerMs, maxWaiting } = this.#limits;
    if (signal.aborted) throw cancelled();
    const [oldest] = this.#waiting;
    if (oldest && this.#waiting.size >= maxWaiting) {
      // Clients forget calls without a word.
      this.#waiting.delete(oldest[0]);
      oldest[1].reject(cancelled());
    }
    const state = randomBytes(16).toString('base64url');
    asked.call.hand({ question: asked.question, state });
    let timer: NodeJS.Timeout | undefined;
    let abort = () => {};
    try {
      return await new Promise<Answer>((resolve, reject) => {
        abort = () => reject(cancelled());
        signal.addEventListener('abort', abort);
        timer = setTimeout(() => reject(unanswered(answerMs)), answerMs).unref();
        this.#waiting.set(state, { ...asked, resolve, reject });
      });
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
      this.#waiting.delete(state);
    }
  }
}

function isSame(one: Called, other: Called): boolean {
  return one.name === other.name && isDeepStrictEqual(one.arguments ?? {}, other.arguments ?? {});
}

/** A call, and the request that it is attached to at the time; between two requests there is none. */
class RoundCall {
  readonly #controller = new AbortController();
  readonly #end: Promise<Turn>;
  #round?: Round;
  #hand?: (turn: Turn) => void;

  constructor(work: (link: AskingLink) => Promise<ToolResult>, ask: AskingLink['ask']) {
    const link: AskingLink = {
      signal: this.#controller.signal,
      progress: (step) => this.#round?.progress(step),
      ask,
    };
    // Not before the first request is attached.
    this.#end = Promise.resolve().then(async () => ({ result: await work(link) }));
  }

  /** Attaches the next request, and waits for what the call has to say to it. */
  async next(round: Round): Promise<Turn> {
    const abort = () => this.#controller.abort(round.signal.reason);
    const asked = new Promise<Turn>((resolve) => {
      this.#hand = resolve;
    });
    this.#round = round;
    if (round.signal.aborted) abort();
    round.signal.addEventListener('abort', abort, { once: true });
    try {
      return await Promise.race([this.#end, asked]);
    } finally {
      round.signal.removeEventListener('abort', abort);
      if (this.#round === round) this.#round = undefined;
    }
  }

  /** Answers the request that is attached with a question. */
  hand(turn: Turn): void {
    if (!this.#hand) throw new Error('A tool asks one question at a time.');
    this.#hand(turn);
    this.#hand = undefined;
  }
}
