import type { ComponentChanges } from '../gradio/types.js';
import { cancelled } from '../lib/errors.js';
import type { Route } from './origin.js';

/** A state that an app keeps for its caller, over several calls. */
export interface Session {
  /** Gradio's `session_hash`. */
  hash: string;
  /** Where the app keeps it, when it runs on several machines. */
  route: Route;
  /** What its answers have changed on the page. */
  changes: ComponentChanges;
}

const MAX_SESSIONS = 100;
const MAX_WORD = 200;

/**
 * The sessions by the words that an assistant chose for them. Nothing is ever closed at the Space: an app keeps the state
 * of a session that is silent, and drops it in its own time.
 */
export class SessionTable {
  private readonly sessions = new Map<string, Session & { turn: Promise<unknown> }>();

  /**
   * Runs work in a session, after the work that was there before: an app has one stream per session.
   * @param space which app; the same word means another session there
   * @param word chosen by the assistant; without one, the session is for this work only
   * @throws HugwireError `cancelled` as soon as the signal fires before its turn; whatever the work throws
   */
  async run<T>(
    space: string,
    word: string | undefined,
    signal: AbortSignal,
    work: (session: Session) => Promise<T>,
  ): Promise<T> {
    if (!word) return work(newSession());
    const session = this.enter(space, word);
    const given = whenAborted(signal);
    const turn = session.turn.then(() => {
      given.leave();
      if (signal.aborted) throw cancelled();
      return work(session);
    });
    session.turn = turn.catch(() => {});
    return Promise.race([turn, given.up]);
  }

  private enter(space: string, word: string): Session & { turn: Promise<unknown> } {
    const key = JSON.stringify([space, word.slice(0, MAX_WORD)]);
    const known = this.sessions.get(key) ?? { ...newSession(), turn: Promise.resolve() };
    // Map keeps the order of insertion: the one used longest ago is the first.
    this.sessions.delete(key);
    this.sessions.set(key, known);
    const [oldest] = this.sessions.keys();
    if (this.sessions.size > MAX_SESSIONS && oldest !== undefined) this.sessions.delete(oldest);
    return known;
  }
}

function newSession(): Session {
  return { hash: crypto.randomUUID(), route: {}, changes: new Map() };
}

/** `up` rejects when the signal fires, unless `leave` was called before. */
function whenAborted(signal: AbortSignal): { up: Promise<never>; leave(): void } {
  let stop = (): void => {};
  const up = new Promise<never>((_, reject) => {
    stop = () => reject(cancelled());
  });
  // The turn itself may have told it already.
  up.catch(() => {});
  signal.addEventListener('abort', stop, { once: true });
  return { up, leave: () => signal.removeEventListener('abort', stop) };
}
