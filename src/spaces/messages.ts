import { applyDiff } from './diff.js';

/** A message of Gradio's queue, as far as hugwire lets it through. */
export type QueueMessage = Record<string, unknown> & { msg: string };

/** What a function that failed left behind; `error` is null when the app hides it. */
export interface RaisedError {
  error: unknown;
  title?: unknown;
}

export type Admission =
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
 * Decides over every message of a queue stream before the client library sees it: the library fails on what is no
 * object, trusts the sender's keys, and opens streams when an app re-renders. Errors and partial values are taken out
 * here; of the rest only known messages of this call go on.
 * @param protocol the app's, such as `sse_v3`
 * @param eventId tells the call's id; undefined while it is unknown, then every id is this call's
 * @returns a function from the text of a message to what it is, or undefined when it is to be ignored
 */
export function createGate(
  protocol: string,
  eventId: () => string | undefined,
): (text: string) => Admission | undefined {
  let outputs: unknown[] | undefined;
  let partials = true;

  /** The outputs as they stand after a generator's step; undefined when its changes make no sense. */
  function follow(data: unknown[]): unknown[] | undefined {
    if (!outputs || !DIFF_PROTOCOLS.has(protocol)) outputs = data;
    else outputs = data.map((change, position) => applyDiff(outputs?.[position] ?? null, change));
    return outputs;
  }

  return (text) => {
    const message = parseObject(text);
    if (typeof message?.msg !== 'string') return undefined;
    const id = eventId();
    if (message.event_id != null && id !== undefined && message.event_id !== id) return undefined;
    if (message.msg === 'unexpected_error') {
      return { kind: 'lost', message: message.message, sessionGone: message.session_not_found === true };
    }
    if (message.msg === 'queue_full') return { kind: 'full' };
    if (PASSED.has(message.msg)) {
      // Only the first event protocol names the call on its stream, and before it takes the arguments.
      const announcedId = message.msg === 'send_data' ? message.event_id : undefined;
      return { kind: 'pass', text, completed: false, announcedId };
    }
    const output = message.output;
    if (!message.msg.startsWith('process_') || !isObject(output)) return undefined;
    if (message.success === false || 'error' in output) {
      return { kind: 'raised', raised: { error: output.error ?? null, title: output.title ?? message.title } };
    }
    if (message.msg === 'process_completed') {
      // The answer to a cancel is a success without data.
      if (!Array.isArray(output.data)) return { kind: 'stopped' };
      return { kind: 'pass', text: withoutRender(text, message, output), completed: true };
    }
    if (message.msg !== 'process_generating' || !Array.isArray(output.data) || !partials) return undefined;
    try {
      const data = follow(output.data);
      return data && { kind: 'partial', data };
    } catch {
      // The last message carries the whole value, so only the steps on the way to it are lost.
      partials = false;
      return undefined;
    }
  };
}

/** Takes the instructions to re-render the app's page away: the client library would act on them. */
function withoutRender(text: string, message: object, output: Record<string, unknown>): string {
  if (output.render_config == null) return text;
  return JSON.stringify({ ...message, output: { ...output, render_config: null } });
}

/**
 * The JSON object that a text is, or undefined.
 * @param text any text
 */
export function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Whether a queue id can be a key of the library's plain objects, and is none that they all have.
 * @param id from the Space
 */
export function isEventId(id: unknown): id is string {
  return typeof id === 'string' && /^[\w-]{1,128}$/.test(id) && !(id in {});
}

function isObject(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}
