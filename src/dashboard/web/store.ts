import { useEffect, useState } from 'preact/hooks';
import type { CallRecord, Delta, EventRecord, LimitRecord, SessionRecord } from '../types.js';
import { type Route, readRoute, toHash } from './route.js';

/** Everything that the page knows; filled by the server's events. */
export interface Store {
  connection: 'connecting' | 'live' | 'lost';
  sessions: Map<string, SessionRecord>;
  calls: Map<string, CallRecord>;
  events: Map<string, EventRecord>;
  limits: Map<string, LimitRecord>;
  /** What is replaced as a whole. */
  now: Omit<Delta, 'sessions' | 'calls' | 'events' | 'limits'>;
}

const store: Store = {
  connection: 'connecting',
  sessions: new Map(),
  calls: new Map(),
  events: new Map(),
  limits: new Map(),
  now: {},
};
/** A page stays open for days: the oldest calls are dropped. */
const MAX_CALLS = 10_000;
const watchers = new Set<() => void>();
let drawing = false;

/** Opens the stream of events; the browser opens it again when it breaks. */
export function connect(): void {
  const source = new EventSource('events');
  source.addEventListener('snapshot', ({ data }) => {
    for (const records of [store.sessions, store.calls, store.events, store.limits]) records.clear();
    store.connection = 'live';
    apply(JSON.parse(data));
  });
  source.addEventListener('delta', ({ data }) => apply(JSON.parse(data)));
  source.addEventListener('error', () => {
    store.connection = 'lost';
    redraw();
  });
}

/**
 * Takes news in.
 * @param delta from the server
 */
export function apply({ sessions, calls, events, limits, ...now }: Delta): void {
  for (const session of sessions ?? []) store.sessions.set(session.id, session);
  for (const call of calls ?? []) store.calls.set(`${call.session}/${call.id}`, call);
  for (const event of events ?? []) store.events.set(`${event.session}/${event.id}`, event);
  for (const limit of limits ?? []) store.limits.set(limit.name, limit);
  store.now = { ...store.now, ...now };
  for (const key of store.calls.keys()) {
    if (store.calls.size <= MAX_CALLS) break;
    store.calls.delete(key);
  }
  redraw();
}

/** The store, for a component that is drawn again whenever it changes: at most once a frame. */
export function useStore(): Store {
  const [, setCount] = useState(0);
  useEffect(() => {
    const watcher = () => setCount((count) => count + 1);
    watchers.add(watcher);
    // News may have come since it was drawn first.
    watcher();
    return () => void watchers.delete(watcher);
  }, []);
  return store;
}

/** The route that the address names, and a way to change its filters without a new step in the history. */
export function useRoute(): Route & { change(filters: Route['filters']): void } {
  const [route, setRoute] = useState(() => readRoute(location.hash));
  useEffect(() => {
    const follow = () => {
      setRoute(readRoute(location.hash));
      scrollTo(0, 0);
    };
    addEventListener('hashchange', follow);
    return () => removeEventListener('hashchange', follow);
  }, []);
  const change = (filters: Route['filters']) => {
    const next = { ...route, filters: { ...route.filters, ...filters } };
    history.replaceState(undefined, '', toHash(next.view, next.filters, next.id));
    setRoute(readRoute(location.hash));
  };
  return { ...route, change };
}

/** The time, updated every so many milliseconds: for what is drawn as "3 min ago". */
export function useNow(everyMs: number): number {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}

/**
 * Sends a request for a change to the server.
 * @param path below the dashboard's address
 * @param body as JSON
 * @returns the answer
 * @throws Error with the server's words
 */
export async function post<Answer>(path: string, body: unknown): Promise<Answer> {
  const response = await fetch(path, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
  return read(response);
}

/**
 * Asks the server for something.
 * @param path below the dashboard's address
 * @param signal gives up
 * @throws Error with the server's words
 */
export async function get<Answer>(path: string, signal?: AbortSignal): Promise<Answer> {
  return read(await fetch(path, { signal }));
}

async function read<Answer>(response: Response): Promise<Answer> {
  const answer = await response.json().catch(() => undefined);
  if (response.ok) return answer;
  const { message, hint } = answer?.error ?? { message: `hugwire answered ${response.status}.` };
  throw new Error([message, hint].filter(Boolean).join(' '));
}

function redraw(): void {
  if (drawing) return;
  drawing = true;
  requestAnimationFrame(() => {
    drawing = false;
    for (const watcher of watchers) watcher();
  });
}
