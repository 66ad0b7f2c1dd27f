import { HugwireError } from '../lib/errors.js';
import { isObject, parseJsonObject } from '../lib/json.js';

/** What a function that failed left behind; `error` is null when the app hides it. */
export interface RaisedError {
  error: unknown;
  title?: unknown;
}

/** What a message of a call's queue stream is; those that say nothing of the call are none of these. */
export type Message =
  /** For the client library, as it is. */
  | { kind: 'pass'; text: string; completed: boolean; announcedId?: unknown }
  | { kind: 'partial'; data: unknown[] }
  | { kind: 'raised'; raised: RaisedError }
  | { kind: 'lost'; message: unknown; sessionGone: boolean }
  | { kind: 'full' }
  | { kind: 'stopped' };

/** Messages that the client library may see as they are. */
const PASSED = new Set(['estimation', 'process_starts', 'progress', 'log', 'send_data']);

/** Protocols in which a generator's later messages are changes of the earlier ones. */
const DIFF_PROTOCOLS = new Set(['sse_v2', 'sse_v2.1', 'sse_v3']);

/**
 * Looks at every message of a queue stream before the client library sees it: the library fails on what is no object,
 * trusts the sender's keys, and opens streams when an app re-renders. Errors and partial values are taken out here; of the
 * rest only known messages of this call go on.
 */
export class MessageFilter {
  private outputs?: unknown[];
  private partials = true;

  /** @param protocol the app's, such as `sse_v3` */
  constructor(private readonly protocol: string) {}

  /**
   * @param text of a message
   * @param eventId the call's; undefined while it is unknown, then every id is this call's
   * @returns what it is, or undefined when it is to be ignored
   */
  read(text: string, eventId: string | undefined): Message | undefined {
    const message = parseJsonObject(text);
    if (typeof message?.msg !== 'string') return undefined;
    if (message.event_id != null && eventId !== undefined && message.event_id !== eventId) return undefined;
    if (message.msg === 'unexpected_error') {
      return { kind: 'lost', message: message.message, sessionGone: message.session_not_found === true };
    }
    if (message.msg === 'queue_full') return { kind: 'full' };
    if (PASSED.has(message.msg)) {
      // Only the first event protocol names the call on its stream, and before it takes the arguments.
      const announcedId = message.msg === 'send_data' ? message.event_id : undefined;
      return { kind: 'pass', text, completed: false, announcedId };
    }
    const { output } = message;
    if (!message.msg.startsWith('process_') || !isObject(output)) return undefined;
    if (message.success === false || 'error' in output) {
      return { kind: 'raised', raised: { error: output.error ?? null, title: output.title ?? message.title } };
    }
    if (message.msg === 'process_completed') {
      // The answer to a cancel is a success without data.
      if (!Array.isArray(output.data)) return { kind: 'stopped' };
      return { kind: 'pass', text: withoutRender(text, message, output), completed: true };
    }
    if (message.msg !== 'process_generating' || !Array.isArray(output.data)) return undefined;
    return this.follow(output.data);
  }

  /** The outputs as they stand after a generator's step. */
  private follow(data: unknown[]): Message | undefined {
    if (!this.partials) return undefined;
    try {
      const before = this.outputs;
      this.outputs =
        before && DIFF_PROTOCOLS.has(this.protocol)
          ? data.map((change, position) => applyDiff(before[position] ?? null, change))
          : data;
      return { kind: 'partial', data: this.outputs };
    } catch {
      // The last message carries the whole value, so only the steps on the way to it are lost.
      this.partials = false;
      return undefined;
    }
  }
}

/** Takes the instructions to re-render the app's page away: the client library would act on them. */
function withoutRender(text: string, message: object, output: Record<string, unknown>): string {
  if (output.render_config == null) return text;
  return JSON.stringify({ ...message, output: { ...output, render_config: null } });
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

/**
 * Applies the changes that a generator's later messages carry (Gradio's `[action, path, value]` lists). Only keys that a
 * value has of its own can be reached, so that a hostile Space gets at no prototype and makes no sparse arrays.
 * @param value what the output was; it is changed in place
 * @param changes `replace`, `append`, `add` and `delete`
 * @returns what the output is now
 * @throws HugwireError `space_broken` when a change does not fit the value
 */
export function applyDiff(value: unknown, changes: unknown): unknown {
  if (!Array.isArray(changes)) throw misfit();
  let root = value;
  for (const change of changes) {
    if (!Array.isArray(change)) throw misfit();
    const [action, path, next] = change;
    if (!Array.isArray(path) || path.length > MAX_DEPTH || !path.every(isKey)) throw misfit();
    root = applyChange(root, action, path, next);
  }
  return root;
}

function applyChange(root: unknown, action: unknown, path: Key[], next: unknown): unknown {
  if (path.length === 0) {
    if (action === 'replace') return next;
    if (action === 'append') return joined(root, next);
    throw misfit();
  }
  const last = path[path.length - 1] as Key;
  const parent = container(path.slice(0, -1).reduce<unknown>(step, root));
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
  if (typeof before === 'string' && typeof after === 'string') return before + after;
  if (typeof before === 'number' && typeof after === 'number') return before + after;
  throw misfit();
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
