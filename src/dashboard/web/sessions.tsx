import type { SessionRecord } from '../types.js';
import { ago } from './format.js';

interface SessionsProps {
  sessions: readonly SessionRecord[];
  now: number;
  selected?: string;
  onSelect(session: string | undefined): void;
}

const SHOWN = 12;

/** Who is connected and who was: live ones first, then the latest. Pressing one shows its calls alone. */
export function Sessions({ sessions, now, selected, onSelect }: SessionsProps) {
  const sorted = [...sessions].sort(
    (one, other) => Number(other.live) - Number(one.live) || Date.parse(other.started) - Date.parse(one.started),
  );
  return (
    <section class="card" aria-labelledby="sessions">
      <h2 id="sessions">Sessions</h2>
      {sorted.length === 0 && <p class="empty">No assistant has called a tool yet.</p>}
      <ul class="sessions">
        {sorted.slice(0, SHOWN).map((session) => (
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
      {sorted.length > SHOWN && (
        <p class="empty">
          and {sorted.length - SHOWN} earlier ones: see <code>hugwire sessions list</code>
        </p>
      )}
    </section>
  );
}
