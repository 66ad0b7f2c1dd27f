import { createHash, randomUUID } from 'node:crypto';
import * as z from 'zod';
import type { ComponentChanges } from '../gradio/types.js';
import { cancelled } from '../lib/errors.js';
import { sleep } from '../lib/time.js';
import type { Route } from './origin.js';
import { type JobSharingOptions, REPLICA, SESSION_HASH, SHARING_LIMITS } from './shared-jobs.js';

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
/** How the store keeps a session. */
const KEPT = z.object({
  hash: SESSION_HASH,
  route: z.object({ replica: REPLICA.optional() }),
  changes: z
    .array(z.tuple([z.union([z.number(), z.string()]), z.record(z.string(), z.unknown())]))
    .transform((entries): ComponentChanges => new Map(entries)),
});
/** Characters of all changes that are kept. */
const MAX_CHANGES = 1_000_000;

/**
 * The sessions by the words that an assistant chose for them. Nothing is ever closed at the Space: an app keeps the state
 * of a session that is silent, and drops it in its own time.
 */
export class SessionTable {
  private readonly sessions = new Map<string, Session & { turn: Promise<unknown> }>();

  /** @param sharing where other instances of the server find the sessions of the same owner */
  constructor(private readonly sharing?: Pick<JobSharingOptions, 'store' | 'owner'>) {}

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
      return this.sharing ? this.takeTurn(this.sharing, [space, word], session, signal, work) : work(session);
    });
    session.turn = turn.catch(() => {});
    return Promise.race([turn, given.up]);
  }

  /** Works while no other instance does in this session, with what the store knows of it. */
  private async takeTurn<T>(
    { store, owner }: Pick<JobSharingOptions, 'store' | 'owner'>,
    names: string[],
    session: Session,
    signal: AbortSignal,
    work: (session: Session) => Promise<T>,
  ): Promise<T> {
    const { keepMs, leaseMs, lookMs, stepMs } = SHARING_LIMITS;
    // The word is the user's own.
    const key = createHash('sha256')
      .update(JSON.stringify([owner, ...names]))
      .digest('hex');
    const [lease, kept] = [`space-turn:${key}`, `space-session:${key}`];
    const turn = randomUUID();
    while (!(await store.set(lease, turn, leaseMs, { ifAbsent: true }))) await sleep(stepMs, signal);
    const beat = setInterval(() => void store.renew(lease, turn, leaseMs).catch(() => {}), lookMs);
    try {
      const { data } = KEPT.safeParse(await store.get(kept));
      Object.assign(session, data);
      return await work(session);
    } finally {
      clearInterval(beat);
      const { hash, route } = session;
      const changes = JSON.stringify([...session.changes]).length > MAX_CHANGES ? [] : [...session.changes];
      // What the run has led to matters more than a store that is away.
      await store.set(kept, { hash, route, changes }, keepMs).catch(() => {});
      await store.del(lease, turn).catch(() => {});
    }
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
