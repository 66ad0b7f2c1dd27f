import { setTimeout as sleep } from 'node:timers/promises';
import { fileFailure } from '../../files/change.js';
import { findSession } from '../../sessions/find.js';
import { followEntries } from '../../sessions/follow.js';
import { describeSession, listNames, readEntries, type SessionInfo, selectEntries } from '../../sessions/reader.js';
import type { Entry } from '../../sessions/types.js';
import type { SessionsPlace } from './place.js';
import { readFilter, type ShowOptions } from './show.js';
import { Timeline } from './timeline.js';

export interface TailOptions extends Pick<ShowOptions, 'tool' | 'text' | 'json'> {
  /** Entries of the past that are shown first. */
  lines?: number;
}

export interface TailTarget extends SessionsPlace {
  /** Ends it. */
  signal: AbortSignal;
  print(line: string): void;
  /** Takes a remark for people. */
  note(line: string): void;
  /** Milliseconds between two looks for new sessions. */
  pollMs?: number;
}

const LINES = 10;
const POLL_MS = 1000;

/**
 * `hugwire sessions tail`: follows one session to its end, or all that live, also those that begin meanwhile, until the
 * signal fires.
 * @param id which session; all that live unless told
 * @param options which entries
 * @param target where the journals are, and where the lines go
 * @throws HugwireError `not_found`, `invalid_arguments`
 */
export async function tailCommand(id: string | undefined, options: TailOptions, target: TailTarget): Promise<void> {
  const { directory, signal, note, pollMs = POLL_MS } = target;
  if (id !== undefined) {
    return follow(await describeSession(directory, await findSession(directory, id)), options, target);
  }
  const known = new Set<string>();
  const running: Promise<void>[] = [];
  // Named only where there are several.
  const labelOf = (session: SessionInfo) => () => (running.length > 1 ? session.short : '');
  let waiting = false;
  while (!signal.aborted) {
    // What has ended stays so: only what is new is looked at.
    const names = (await listNames(directory)).filter(({ id: one }) => !known.has(one));
    for (const name of names.reverse()) {
      known.add(name.id);
      const session = await describeSession(directory, name).catch(() => undefined);
      if (!session?.live) continue;
      const told = follow(session, options, target, labelOf(session));
      running.push(told.catch((error) => note(fileFailure(session.path, 'read', error).message)));
    }
    if (running.length === 0 && !waiting) {
      note('No session is running. Waiting for one; Ctrl-C ends it.');
      waiting = true;
    }
    await sleep(pollMs, undefined, { signal }).catch(() => {});
  }
  await Promise.all(running);
}

async function follow(
  session: SessionInfo,
  options: TailOptions,
  target: TailTarget,
  label?: () => string,
): Promise<void> {
  const { print, signal, now } = target;
  const { lines = LINES, json } = options;
  const timeline = new Timeline({ ...target, label });
  const show = (entry: Entry) => {
    if (json) print(JSON.stringify({ session: session.id, ...entry }));
    else for (const line of timeline.render(entry)) print(line);
  };
  const filter = readFilter(options, now);
  const past: Entry[] = [];
  let from = 0;
  for await (const entry of readEntries(session.path, filter)) {
    past.push(entry);
    if (past.length > lines) past.shift();
    from = entry.order;
  }
  for (const entry of past) show(entry);
  // The end of one that was killed is in no journal.
  if (!session.live) return;
  const wanted = selectEntries({ ...filter, after: from });
  for await (const entry of followEntries(session.path, { signal })) if (wanted(entry)) show(entry);
}
