import type { FunctionResponse, ToolMessage } from './types.js';

const PROGRESS_GAP_MS = 1000;
/** Steps and log lines kept of one call. */
const MAX_STEPS = 200;

/** What came of a call. */
export type Outcome = Pick<FunctionResponse, 'summary' | 'bytes' | 'images' | 'failed' | 'error' | 'files'>;

/** A call that is being recorded. */
export interface CallRecord {
  /** The id of its entry; unset while nothing is recorded. */
  readonly id?: string;
  progress(step: { progress: number; total?: number; message?: string }): void;
  /** @param text a line that a Space logged for its user */
  log(text: string): void;
  /** @param text something that happened in the call */
  notice(text: string): void;
  /** @param milliseconds that it took */
  end(outcome: Outcome, milliseconds: number): void;
}

/** The record of a call while nothing is recorded. */
export const UNRECORDED: CallRecord = { progress() {}, log() {}, notice() {}, end() {} };

/**
 * Records what a call tells on its way: one step a second, and no more than a call can have of use.
 * @param id of its entry
 * @param note records a message that belongs to it
 * @param end records its answer
 */
export function recordSteps(
  id: string,
  note: (kind: ToolMessage['kind'], text: string, data?: Record<string, unknown>) => void,
  end: CallRecord['end'],
): CallRecord {
  let steps = 0;
  let last = { at: Number.NEGATIVE_INFINITY, message: '' };
  let logged: string | undefined;
  return {
    id,
    progress: ({ message = '', ...numbers }) => {
      const at = performance.now();
      // What a Space logs is told as progress as well, in quotes.
      const isKnown = message === last.message || message === `“${logged}”`;
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
    end,
  };
}
