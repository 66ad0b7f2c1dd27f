import { useState } from 'preact/hooks';
import type { CallRecord, EventRecord, SavedFileRecord, SessionRecord } from '../types.js';
import { ago, duration, size } from './format.js';

interface SessionsProps {
  sessions: readonly SessionRecord[];
  /** How many older ones there are beside those. */
  earlier: number;
  now: number;
  selected?: string;
  onSelect(session: string | undefined): void;
}

const SHOWN_SESSIONS = 12;

/** Who is connected and who was: live ones first, then the latest. Pressing one shows its calls alone. */
export function Sessions({ sessions, earlier, now, selected, onSelect }: SessionsProps) {
  const sorted = [...sessions].sort(
    (one, other) => Number(other.live) - Number(one.live) || Date.parse(other.started) - Date.parse(one.started),
  );
  const hidden = Math.max(0, sorted.length - SHOWN_SESSIONS) + earlier;
  return (
    <section class="card" aria-labelledby="sessions">
      <h2 id="sessions">Sessions</h2>
      {sorted.length === 0 && <p class="empty">No assistant has called a tool yet.</p>}
      <ul class="sessions">
        {sorted.slice(0, SHOWN_SESSIONS).map((session) => (
          <li key={session.id}>
            <button
              type="button"
              aria-pressed={session.id === selected}
              onClick={() => onSelect(session.id === selected ? undefined : session.id)}
            >
              <span class={session.live ? 'dot on' : 'dot'} aria-hidden="true" />
              <span class="grow">
                <strong>{session.client}</strong> {session.version}
                <small>
                  {session.live ? 'live' : (session.reason ?? 'ended')}, began {ago(session.started, now)}
                  {session.protocol && ' · '}
                  {session.protocol && <span class="whole">MCP {session.protocol}</span>}
                  {session.profile && ` · profile ${session.profile}`}
                </small>
                {session.capabilities.length > 0 && <small>can: {session.capabilities.join(', ')}</small>}
              </span>
              <span class="counts">
                {session.calls} {session.calls === 1 ? 'call' : 'calls'}
                {session.failed > 0 && <small class="bad">{session.failed} failed</small>}
                {session.running > 0 && <small class="busy">{session.running} running</small>}
              </span>
            </button>
          </li>
        ))}
      </ul>
      {hidden > 0 && (
        <p class="empty">
          and {hidden} earlier ones: see <code>hugwire sessions list</code>
        </p>
      )}
    </section>
  );
}

const SHOWN_EVENTS = 10;
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
  const sorted = [...events].sort((one, other) => (one.at < other.at ? 1 : -1)).slice(0, SHOWN_EVENTS);
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

const STEP = 24;

interface GalleryProps {
  calls: readonly CallRecord[];
  now: number;
}

/** What Spaces have made, the latest first. */
export function Gallery({ calls, now }: GalleryProps) {
  const [shown, setShown] = useState(STEP);
  const made = calls
    .flatMap((call) => (call.files ?? []).map((file) => ({ call, file })))
    .sort((one, other) => (one.call.at < other.call.at ? 1 : -1));
  return (
    <section class="card" aria-labelledby="gallery">
      <h2 id="gallery">Made by Spaces</h2>
      {made.length === 0 && (
        <p class="empty">Pictures, sounds and files that Spaces return are kept here to look at.</p>
      )}
      <ul class="gallery">
        {made.slice(0, shown).map(({ call, file }) => (
          <li key={`${call.session}/${call.id}/${file.name}`}>
            <figure>
              <Preview file={file} />
              <figcaption>
                <span title={call.arguments}>{file.name}</span>
                <small>
                  {call.tool} · {size(file.bytes)} · {ago(call.at, now)}
                </small>
              </figcaption>
            </figure>
          </li>
        ))}
      </ul>
      {made.length > shown && (
        <button type="button" class="quiet" onClick={() => setShown(shown + STEP)}>
          Show more
        </button>
      )}
    </section>
  );
}

function Preview({ file: { url, name, mimeType } }: { file: SavedFileRecord }) {
  const [gone, setGone] = useState(url === undefined);
  if (gone) return <span class="file">no longer there</span>;
  const lost = () => setGone(true);
  if (mimeType.startsWith('image/')) {
    return (
      <a href={url} target="_blank" rel="noreferrer">
        <img src={url} alt={name} loading="lazy" onError={lost} />
      </a>
    );
  }
  // biome-ignore lint/a11y/useMediaCaption: what a Space returns has none
  if (mimeType.startsWith('video/')) return <video src={url} controls preload="metadata" onError={lost} />;
  // biome-ignore lint/a11y/useMediaCaption: what a Space returns has none
  if (mimeType.startsWith('audio/')) return <audio src={url} controls preload="metadata" onError={lost} />;
  return (
    <a class="file" href={url} download={name}>
      {name.split('.').at(-1)?.toUpperCase()}
    </a>
  );
}
