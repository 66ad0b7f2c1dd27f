import { cancelled, HugwireError } from '../lib/errors.js';
import { formatDuration } from '../lib/format.js';
import { isObject } from '../lib/json.js';
import { cleanLine } from '../lib/text.js';
import type { Answer, Field, Question } from '../tools/tool.js';

/** How long a question waits for its answer: hosts give their calls less, so this ends what they forgot. */
export const ANSWER_MS = 300_000;
/** Characters of one answer. */
const MAX_TEXT = 10_000;

/**
 * Whether a client can show a form to its user.
 * @param capabilities as the client declared them; an empty `elicitation` stands for forms
 */
export function canAsk(capabilities: unknown): boolean {
  const elicitation = isObject(capabilities) ? capabilities.elicitation : undefined;
  return isObject(elicitation) && (isObject(elicitation.form) || Object.keys(elicitation).length === 0);
}

/**
 * The parameters of `elicitation/create` for a question: a message and a flat form, as revision 2025-06-18 and later have
 * it. The mode is left out, which stands for a form: the first of these revisions does not know it.
 */
export function elicitationParams({ message, fields }: Question) {
  const required = Object.keys(fields).filter((name) => isRequired(fields[name]));
  const properties = Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, fieldSchema(field)]));
  return {
    message,
    requestedSchema: { type: 'object' as const, properties, ...(required.length ? { required } : {}) },
  };
}

function fieldSchema(field: Field) {
  const { title, description, initial } = field;
  const about = { title, ...(description ? { description } : {}) };
  const start = initial === undefined ? {} : { default: initial };
  if (field.type === 'yes-no') return { type: 'boolean' as const, ...about, ...start };
  if (field.type === 'text') return { type: 'string' as const, ...about, ...start };
  // `enumNames` is what clients of every revision show; those that do not know it show the values.
  const values = field.choices.map(({ value }) => value);
  const labels = field.choices.map(({ label }) => label);
  return { type: 'string' as const, ...about, enum: values, enumNames: labels, ...start };
}

/**
 * Reads what a client answered. Nothing is taken on trust: a yes that does not fit the question is no yes.
 * @param question that was asked
 * @param answer anything a client sent
 * @throws HugwireError `unavailable` when it makes no sense
 */
export function readAnswer({ fields }: Question, answer: unknown): Answer {
  const { action, content } = isObject(answer) ? answer : {};
  if (action === 'decline' || action === 'cancel') return { action };
  if (action !== 'accept') throw nonsense('no action');
  const given = isObject(content) ? content : {};
  const values: Record<string, string | boolean | undefined> = {};
  for (const [name, field] of Object.entries(fields)) {
    const value = Object.hasOwn(given, name) ? given[name] : undefined;
    if (!fits(field, value)) throw nonsense(`no valid "${name}"`);
    values[name] = value;
  }
  return { action, values };
}

function isRequired(field: Field | undefined): boolean {
  return field !== undefined && !(field.type !== 'choice' && field.optional);
}

function fits(field: Field, value: unknown): value is string | boolean | undefined {
  if (value === undefined) return !isRequired(field);
  if (field.type === 'yes-no') return typeof value === 'boolean';
  if (typeof value !== 'string' || value.length > MAX_TEXT) return false;
  return field.type === 'text' || field.choices.some((choice) => choice.value === value);
}

function nonsense(what: string): HugwireError {
  return new HugwireError('unavailable', `The client's answer to a question for the user holds ${what}.`, {
    hint: 'Nothing was done. Ask the user in the conversation.',
  });
}

/**
 * The error of a question that nobody answered.
 * @param milliseconds that it waited
 */
export function unanswered(milliseconds: number): HugwireError {
  return new HugwireError('timeout', `The user did not answer within ${formatDuration(milliseconds / 1000)}.`, {
    hint: 'Nothing was done. Call again when the user is there.',
  });
}

/** A request of the server to its client, of the form `elicitation/create`. */
interface PushedQuestion {
  method: 'elicitation/create';
  params: ReturnType<typeof elicitationParams>;
}

/** Sends it; what the SDK does with the time and the signal. */
type Send = (request: PushedQuestion, options: { timeout: number; signal: AbortSignal }) => Promise<unknown>;

/**
 * Asks the user with a request of the server to its client, as revisions 2025-06-18 and 2025-11-25 have it.
 * @param send to a client that can show forms
 * @param question what to ask
 * @param signal gives the question up; the client is told
 * @param answerMs how long it may take
 * @throws HugwireError `timeout`, `cancelled`, or `unavailable` when the client cannot ask or answers nonsense
 */
export async function pushQuestion(
  send: Send,
  question: Question,
  signal: AbortSignal,
  answerMs = ANSWER_MS,
): Promise<Answer> {
  if (signal.aborted) throw cancelled();
  // Of its own: the SDK goes on listening to the signal, and would cancel a question that was answered long ago.
  const controller = new AbortController();
  const abort = () => controller.abort('The call was cancelled');
  signal.addEventListener('abort', abort);
  try {
    const request = { method: 'elicitation/create' as const, params: elicitationParams(question) };
    const answer = await send(request, { timeout: answerMs, signal: controller.signal });
    return readAnswer(question, answer);
  } catch (error) {
    if (error instanceof HugwireError) throw error;
    throw signal.aborted ? cancelled(error) : explain(error as SdkFailure, answerMs);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

/** What the SDK throws: its first major version has numbers as codes, its second words. */
type SdkFailure = Error & { code: number | string };
const TIMED_OUT: readonly SdkFailure['code'][] = [-32001, 'REQUEST_TIMEOUT'];
const CONNECTION_CLOSED: readonly SdkFailure['code'][] = [-32000, 'CONNECTION_CLOSED'];

function explain(error: SdkFailure, answerMs: number): HugwireError {
  if (TIMED_OUT.includes(error.code)) return unanswered(answerMs);
  if (CONNECTION_CLOSED.includes(error.code)) return cancelled(error);
  return new HugwireError('unavailable', `The client could not ask the user: ${cleanLine(error.message, 200)}`, {
    hint: 'Ask the user in the conversation.',
    cause: error,
  });
}
