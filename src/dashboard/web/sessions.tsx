import { useEffect, useState } from 'preact/hooks';
import type { SessionRecord } from '../types.js';
import type { ViewProps } from './app.js';
import { ago, count, duration, moment } from './format.js';
import { Card, Pages } from './parts.js';
import { toHash } from './route.js';
import { get } from './store.js';

const PAGE_SIZE = 25;
/** Letters come faster than journals are searched. */
const PATIENCE_MS = 250;

/** Whether something happened in a session since then. */
export function isWithin(session: SessionRecord, from: number): boolean {
  return session.live || Date.parse(session.last) >= from;
}

/** Live ones first, then those that began last. */
export function sortSessions(sessions: readonly SessionRecord[]): SessionRecord[] {
  return [...sessions].sort(
    (one, other) =>
      Number(other.live) - Number(one.live) || (one.started < other.started ? 1 : one.started > other.started ? -1 : 0),
  );
}

const STATES: Record<string, (session: SessionRecord) => boolean> = {
  live: ({ live }) => live,
  failed: ({ failed }) => failed > 0,
  killed: ({ live, ended }) => !live && ended === undefined,
};

/** All sessions of the time window; the address says which of them, and which page. */
export function SessionList({ store, route, from, now }: ViewProps) {
  const { range = '', q = '', client = '', state = '' } = route.filters;
  const found = useSearch(q);
  const within = [...store.sessions.values()].filter((session) => isWithin(session, from));
  const clients = [...new Set(within.map((session) => session.client))].sort();
  const wanted = sortSessions(
    within.filter(
      (session) =>
        (client === '' || session.client === client) &&
        (STATES[state]?.(session) ?? true) &&
        (q.trim() === '' || matches(session, q) || found?.has(session.id)),
    ),
  );
  const page = Math.max(1, Math.min(Number(route.filters.page) || 1, Math.ceil(wanted.length / PAGE_SIZE)));
  const change = (name: string) => (event: { currentTarget: { value: string } }) =>
    route.change({ [name]: event.currentTarget.value, page: '' });
  const { earlier = 0 } = store.now;
  return (
    <Card
      id="sessions"
      title="Sessions"
      tools={
        <>
          <select aria-label="Client" value={client} onChange={change('client')}>
            <option value="">All clients</option>
            {clients.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
          <select aria-label="State" value={state} onChange={change('state')}>
            <option value="">All states</option>
            <option value="live">Live</option>
            <option value="failed">With failed calls</option>
            <option value="killed">Killed</option>
          </select>
          <input
            type="search"
            placeholder="Find anything said, asked or answered"
            aria-label="Find sessions by anything said, asked or answered"
            value={q}
            onInput={change('q')}
          />
        </>
      }
    >
      <p class="muted" role="status">
        {q.trim() !== '' && !found ? 'Searching the journals …' : `${count(wanted.length, 'session')}`}
      </p>
      {wanted.length === 0 && (
        <p class="empty">
          {within.length === 0
            ? 'No session in this time window. Choose a longer one above.'
            : 'No session in this time window fits the filters.'}
        </p>
      )}
      <ol class="sessions">
        {wanted.slice((page - 1) * PAGE_SIZE, page * PAGE_SIZE).map((session) => (
          <li key={session.id}>
            <SessionLink session={session} range={range} now={now} long />
          </li>
        ))}
      </ol>
      <Pages
        page={page}
        size={PAGE_SIZE}
        total={wanted.length}
        onPage={(chosen) => route.change({ page: String(chosen) })}
      />
      {earlier > 0 && (
        <p class="muted">
          {count(earlier, 'older session')} not listed here: <code>hugwire sessions list</code>
        </p>
      )}
    </Card>
  );
}

/** The ids of the sessions whose journals hold these words; undefined while they are searched. */
function useSearch(words: string): ReadonlySet<string> | undefined {
  const [found, setFound] = useState<{ words: string; ids: ReadonlySet<string> }>();
  useEffect(() => {
    if (words.trim() === '') return;
    const changed = new AbortController();
    const keep = (ids: string[]) => setFound({ words, ids: new Set(ids) });
    const timer = setTimeout(() => {
      const path = `search?text=${encodeURIComponent(words)}`;
      get<string[]>(path, changed.signal).then(keep, () => changed.signal.aborted || keep([]));
    }, PATIENCE_MS);
    return () => {
      clearTimeout(timer);
      changed.abort();
    };
  }, [words]);
  return found?.words === words ? found.ids : undefined;
}

function matches({ id, client, version, profile, about }: SessionRecord, words: string): boolean {
  const text = `${id} ${client} ${version ?? ''} ${profile ?? ''} ${about ?? ''}`.toLowerCase();
  return words
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

interface SessionLinkProps {
  session: SessionRecord;
  range: string;
  now: number;
  /** With more of what is known. */
  long?: boolean;
}

/** One line about a session, which leads to its page. */
export function SessionLink({ session, range, now, long }: SessionLinkProps) {
  const { id, client, version, live, started, last, about, calls, failed, running, protocol, profile } = session;
  return (
    <a class="session" href={toHash('sessions', { range }, id)}>
      <span class={live ? 'dot on' : 'dot'}>
        <span class="hidden">{live ? 'live' : 'ended'}</span>
      </span>
      <span>
        <strong>{client}</strong> {long && <span class="muted">{version}</span>}
      </span>
      <span class="about">{about}</span>
      {long && <span class="when more">{profile}</span>}
      {long && <span class="when more">{protocol && `MCP ${protocol}`}</span>}
      {long && (
        <span class="when more">{duration(Math.max(0, (live ? now : Date.parse(last)) - Date.parse(started)))}</span>
      )}
      <time class="when" dateTime={started} title={moment(started)}>
        {ago(started, now)}
      </time>
      <span class="counts">
        {count(calls, 'call')}
        {running > 0 && <span class="busy"> · {running} running</span>}
        {failed > 0 && <span class="bad"> · {failed} failed</span>}
      </span>
    </a>
  );
}

/** How a session ended, in words. */
export function describeEnd({ live, reason, ended }: SessionRecord): string {
  if (live) return 'live';
  return reason ? `ended: ${reason}` : ended ? 'ended' : 'its process was killed';
}
