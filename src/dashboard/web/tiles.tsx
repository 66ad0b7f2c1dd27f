import type { CallRecord } from '../types.js';
import { ago, duration, percent } from './format.js';
import type { Store } from './store.js';

interface TilesProps {
  store: Store;
  /** Of the stretch of time that is looked at. */
  calls: readonly CallRecord[];
  range: string;
  now: number;
}

/** The few numbers to see first. */
export function Tiles({ store, calls, range, now }: TilesProps) {
  const live = [...store.sessions.values()].filter((session) => session.live);
  const running = live.reduce((sum, session) => sum + session.running, 0);
  const ended = calls.filter((call) => call.milliseconds !== undefined);
  const failed = ended.filter((call) => call.failed).length;
  const times = ended.map((call) => call.milliseconds ?? 0).sort((one, other) => one - other);
  const median = times[Math.ceil(times.length / 2) - 1];
  return (
    <dl class="tiles">
      <Tile label="Live sessions" value={live.length} note={running > 0 ? `${running} running now` : undefined} />
      <Tile label={`Calls in ${range}`} value={calls.length} />
      <Tile
        label="Failed"
        value={ended.length === 0 ? '–' : percent(failed / ended.length)}
        note={failed > 0 ? `${failed} of ${ended.length}` : undefined}
        bad={failed > 0}
      />
      <Tile label="Median time" value={median === undefined ? '–' : duration(median)} />
      {[...store.limits.values()].map((limit) => (
        <Tile
          key={limit.name}
          label={limit.name}
          value={limit.left.toLocaleString()}
          note={`left${limit.of === undefined ? '' : ` of ${limit.of.toLocaleString()}`}, ${ago(limit.at, now)}`}
          share={limit.of ? limit.left / limit.of : undefined}
        />
      ))}
    </dl>
  );
}

interface TileProps {
  label: string;
  value: string | number;
  note?: string;
  bad?: boolean;
  /** Drawn as a bar; 0 to 1. */
  share?: number;
}

function Tile({ label, value, note, bad, share }: TileProps) {
  return (
    <div class="card tile">
      <dt>{label}</dt>
      <dd class={bad ? 'bad' : undefined}>{value}</dd>
      {note && <dd class="note">{note}</dd>}
      {share !== undefined && <meter min={0} max={1} low={0.1} value={share} aria-label={`${label} left`} />}
    </div>
  );
}
