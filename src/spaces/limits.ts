/** What one call may take of time and memory. */
export interface CallLimits {
  /** Milliseconds for an upload, besides those that its size takes at 64 kB/s. */
  uploadMs: number;
  /** Milliseconds until the queue has taken the call. */
  joinMs: number;
  /** Milliseconds without a byte; Gradio sends a heartbeat every 15 s. */
  idleMs: number;
  /** Milliseconds for telling the Space that a call is given up. */
  cancelMs: number;
  /** Milliseconds that the stream of a finished call may take to end. */
  endMs: number;
  /** Bytes of the answer to a join. */
  maxJoin: number;
  /** Bytes of one message or of an unqueued answer. */
  maxMessage: number;
  /** Bytes of all messages of one call. */
  maxStream: number;
}

export const CALL_LIMITS: CallLimits = {
  uploadMs: 60_000,
  joinMs: 30_000,
  idleMs: 60_000,
  cancelMs: 1_000,
  endMs: 250,
  maxJoin: 2 ** 20,
  maxMessage: 32 * 2 ** 20,
  maxStream: 256 * 2 ** 20,
};
