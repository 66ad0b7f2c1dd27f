import { HugwireError } from '../lib/errors.js';
import { isObject } from '../lib/json.js';
import { JSON_BUDGET, measure, readJson } from '../lib/large-json.js';
import { splitAt } from '../lib/text.js';

/** What a function that failed left behind; `error` is null when the app hides it. */
export interface RaisedError {
  error: unknown;
  title?: unknown;
}

/** What a message of a call's queue stream is; those that say nothing of the call are none of these. */
export type Message =
  /** For the client library, as it is. */
  | { kind: 'pass'; text: string; announcedId?: unknown }
  | { kind: 'completed'; outputs: Outputs; eventId: unknown }
  | { kind: 'partial'; data: unknown[] }
  /** The answer to the first piece of a live stream, which then waits for the next one. */
  | { kind: 'streamed'; outputs: Outputs; eventId: unknown }
  | { kind: 'raised'; raised: RaisedError }
  | { kind: 'lost'; message: unknown; sessionGone: boolean }
  | { kind: 'full' }
  | { kind: 'stopped' };

/** The values that a function returned, hidden state included; or their JSON, where there are too many to take apart. */
export type Outputs = { data: unknown[] } | { raw: string };

/** Messages that the client library may see as they are. */
const PASSED = new Set(['estimation', 'process_starts', 'progress', 'log', 'send_data']);

/** Protocols in which a generator's later messages are changes of the earlier ones. */
const DIFF_PROTOCOLS = new Set(['sse_v2', 'sse_v2.1', 'sse_v3']);

/** Characters that all outputs of a generator may have while it runs. */
const MAX_PARTIAL = 4 * 2 ** 20;
/** A text that grows beyond the first keeps as much as the second, half of it from its beginning and half from its end. */
const MAX_GROWN = 32_768;
const KEPT_GROWN = 16_384;

/**
 * Looks at every message of a queue stream before the client library sees it: the library fails on what is no object,
 * trusts the sender's keys, and opens streams when an app re-renders. Errors and partial values are taken out here; of the
 * rest only known messages of this call go on.
 */
export class MessageFilter {
  private outputs?: unknown[];
  private partials = true;
  /** Characters that came for the outputs since they were measured. */
  private grown = 0;
  private readonly moves = { left: MAX_MOVES };

  /** @param protocol the app's, such as `sse_v3` */
  constructor(private readonly protocol: string) {}

  /**
   * @param text of a message
   * @param eventId the call's; undefined while it is unknown, then every id is this call's
   * @returns what it is, or undefined when it is to be ignored
   * @throws HugwireError `too_large` for what is not a result and has too many values, `space_broken` for what is too deep
   */
  async read(text: string, eventId: string | undefined): Promise<Message | undefined> {
    // Gradio names the kind first.
    const begins = text.slice(0, 300);
    const isKind = (kind: string) => begins.includes(`"${kind}"`);
    const isLong = text.length > JSON_BUDGET.block;
    if (isLong && !this.partials && isKind('process_generating')) return undefined;
    const message = await readJson(text, { what: 'A message of the Space', deep: 'space_broken' }).catch((error) => {
      if (!(error instanceof HugwireError)) return undefined;
      if (error.code !== 'too_large') throw error;
      if (isKind('process_generating')) this.partials = false;
      else if (eventId === undefined || !isKind('process_completed')) throw error;
      else if (begins.includes(eventId)) return { msg: 'process_completed', event_id: eventId, output: { raw: text } };
    });
    if (!isObject(message)) return undefined;
    if (typeof message.msg !== 'string') return undefined;
    if (message.event_id != null && eventId !== undefined && message.event_id !== eventId) return undefined;
    if (message.msg === 'unexpected_error') {
      return { kind: 'lost', message: message.message, sessionGone: message.session_not_found === true };
    }
    if (message.msg === 'queue_full') return { kind: 'full' };
    if (PASSED.has(message.msg)) {
      // Only the first event protocol names the call on its stream, and before it takes the arguments.
      const announcedId = message.msg === 'send_data' ? message.event_id : undefined;
      return { kind: 'pass', text, announcedId };
    }
    const { output } = message;
    if (!message.msg.startsWith('process_') || !isObject(output)) return undefined;
    if (message.success === false || 'error' in output) {
      return { kind: 'raised', raised: { error: output.error ?? null, title: output.title ?? message.title } };
    }
    if (message.msg === 'process_completed') {
      // The answer to a cancel is a success without data.
      const { data, raw } = output;
      if (Array.isArray(data)) return { kind: 'completed', outputs: { data }, eventId: message.event_id };
      if (raw === text) return { kind: 'completed', outputs: { raw: text }, eventId };
      return { kind: 'stopped' };
    }
    if (!Array.isArray(output.data)) return undefined;
    if (message.msg === 'process_streaming') {
      return { kind: 'streamed', outputs: { data: output.data }, eventId: message.event_id };
    }
    if (message.msg !== 'process_generating') return undefined;
    return this.follow(output.data, text.length);
  }

  /** The outputs as they stand after a generator's step. */
  private follow(data: unknown[], size: number): Message | undefined {
    if (!this.partials) return undefined;
    try {
      this.grown += size;
      const before = this.outputs;
      this.outputs =
        before && DIFF_PROTOCOLS.has(this.protocol)
          ? data.map((change, position) => applyDiff(before[position] ?? null, change, this.moves))
          : data;
      if (this.grown > MAX_PARTIAL) {
        const { nodes, characters } = measure(this.outputs);
        if (nodes > JSON_BUDGET.nodes || characters > MAX_PARTIAL) throw misfit();
        this.grown = characters;
      }
      return { kind: 'partial', data: this.outputs };
    } catch {
      // The last message carries the whole value, so only the steps on the way to it are lost.
      this.partials = false;
      this.outputs = undefined;
      return undefined;
    }
  }
}

/**
 * Whether a queue id can be a key of the library's plain objects, and is none that they all have.
 * @param id from the Space
 */
export function isEventId(id: unknown): id is string {
  return typeof id === 'string' && /^[\w-]{1,128}$/.test(id) && !(id in {});
}

type Key = string | number;
type Container = Record<string, unknown> | unknown[];

/** How often one change may step down; Gradio's own values are far flatter. */
const MAX_DEPTH = 100;
/** Items of lists that may be moved to make or to take room: what is added at the end of a list moves none. */
const MAX_MOVES = 20_000_000;

/**
 * Applies the changes that a generator's later messages carry (Gradio's `[action, path, value]` lists). Only keys that a
 * value has of its own can be reached, so that a hostile Space gets at no prototype and makes no sparse arrays.
 * @param value what the output was; it is changed in place
 * @param changes `replace`, `append`, `add` and `delete`
 * @param moves how many items of lists may still be moved, for all changes together
 * @returns what the output is now
 * @throws HugwireError `space_broken` when a change does not fit the value
 */
export function applyDiff(value: unknown, changes: unknown, moves = { left: MAX_MOVES }): unknown {
  if (!Array.isArray(changes)) throw misfit();
  let root = value;
  for (const change of changes) {
    if (!Array.isArray(change)) throw misfit();
    const [action, path, next] = change;
    if (!Array.isArray(path) || path.length > MAX_DEPTH || !path.every(isKey)) throw misfit();
    root = applyChange(root, action, path, next, moves);
    if (moves.left < 0) throw misfit();
  }
  return root;
}

function applyChange(root: unknown, action: unknown, path: Key[], next: unknown, moves: { left: number }): unknown {
  if (path.length === 0) {
    if (action === 'replace') return next;
    if (action === 'append') return joined(root, next);
    throw misfit();
  }
  const last = path[path.length - 1] as Key;
  const parent = container(path.slice(0, -1).reduce<unknown>(step, root));
  if (Array.isArray(parent) && (action === 'add' || action === 'delete')) moves.left -= parent.length - Number(last);
  if (action === 'add') insert(parent, last, next);
  else if (action === 'replace') replace(parent, last, next);
  else if (action === 'append') replace(parent, last, joined(step(parent, last), next));
  else if (action === 'delete') remove(parent, last);
  else throw misfit();
  return root;
}

function step(parent: unknown, key: Key): unknown {
  const within = container(parent);
  if (Array.isArray(within)) return within[index(key, within.length - 1)];
  if (!Object.hasOwn(within, key)) throw misfit();
  return within[key];
}

function insert(parent: Container, key: Key, value: unknown): void {
  if (Array.isArray(parent)) parent.splice(index(key, parent.length), 0, value);
  else define(parent, key, value);
}

function replace(parent: Container, key: Key, value: unknown): void {
  step(parent, key);
  if (Array.isArray(parent)) parent[index(key, parent.length - 1)] = value;
  else define(parent, key, value);
}

function remove(parent: Container, key: Key): void {
  step(parent, key);
  if (Array.isArray(parent)) parent.splice(Number(key), 1);
  else delete parent[key];
}

/** Sets an own property even when the key is `__proto__`. */
function define(parent: Record<string, unknown>, key: Key, value: unknown): void {
  Object.defineProperty(parent, key, { value, writable: true, enumerable: true, configurable: true });
}

function joined(before: unknown, after: unknown): unknown {
  if (typeof before === 'string' && typeof after === 'string') return headAndTail(before + after);
  if (typeof before === 'number' && typeof after === 'number') return before + after;
  throw misfit();
}

/** What a text that grows and grows is kept as: every step on the way is read, which would cost more with each. */
function headAndTail(text: string): string {
  if (text.length <= MAX_GROWN) return text;
  const head = text.slice(0, splitAt(text, KEPT_GROWN / 2));
  return `${head}\n…\n${text.slice(splitAt(text, text.length - KEPT_GROWN / 2))}`;
}

function index(key: Key, max: number): number {
  const position = Number(key);
  if (!Number.isInteger(position) || position < 0 || position > max) throw misfit();
  return position;
}

function container(value: unknown): Container {
  if (value === null || typeof value !== 'object') throw misfit();
  return value as Container;
}

function isKey(key: unknown): key is Key {
  return typeof key === 'string' || typeof key === 'number';
}

function misfit(): HugwireError {
  return new HugwireError('space_broken', 'The Space sent a change that does not fit its own output.');
}
