import type { EventRecord, SessionRecord } from '../types.js';
import { ago, duration } from './format.js';

const SHOWN = 10;
/** What follows the client's name; the last two, by what the journal says. */
const WORDS: Record<EventRecord['kind'], string> = {
  list_changed: 'was told of a changed tool list',
  list_read: 'read the tool list again',
  config: 'config:',
  notice: 'notes:',
};

interface EventsProps {
  events: readonly EventRecord[];
  sessions: ReadonlyMap<string, SessionRecord>;
  now: number;
}

/** What happened beside the calls: changed tool lists and whether the clients fetched them, and what came of the config. */
export function Events({ events, sessions, now }: EventsProps) {
  const sorted = [...events].sort((one, other) => (one.at < other.at ? 1 : -1)).slice(0, SHOWN);
  return (
    <section class="card" aria-labelledby="events">
      <h2 id="events">Changes and reactions</h2>
      {sorted.length === 0 && <p class="empty">A changed config and what the clients make of it show here.</p>}
      <ul class="events">
        {sorted.map((event) => (
          <li key={`${event.session}/${event.id}`}>
            <strong>{sessions.get(event.session)?.client ?? event.session}</strong> {WORDS[event.kind]}
            {event.afterMilliseconds !== undefined && ` after ${duration(event.afterMilliseconds)}`}
            {!event.kind.startsWith('list_') && ` ${event.text}`}
            <small>{ago(event.at, now)}</small>
          </li>
        ))}
      </ul>
    </section>
  );
}
