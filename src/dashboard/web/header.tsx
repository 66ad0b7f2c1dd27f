import { useState } from 'preact/hooks';
import type { CallRecord } from '../types.js';
import { ago, duration, percent } from './format.js';
import type { Store } from './store.js';

const MINUTE = 60_000;

/** The stretches of time that can be looked at, in milliseconds. */
export const RANGES = {
  '15 min': 15 * MINUTE,
  '1 h': 60 * MINUTE,
  '24 h': 24 * 60 * MINUTE,
  '7 days': 7 * 24 * 60 * MINUTE,
} as const;

interface HeaderProps {
  connection: Store['connection'];
  range: keyof typeof RANGES;
  onRange(range: keyof typeof RANGES): void;
}

/** Name, state of the connection, the stretch of time, and light or dark. */
export function Header({ connection, range, onRange }: HeaderProps) {
  return (
    <header>
      <h1>hugwire</h1>
      <span class={`state ${connection}`} role="status">
        {{ connecting: 'connecting', live: 'live', lost: 'stopped' }[connection]}
      </span>
      <span class="grow" />
      <ButtonGroup
        label="Stretch of time"
        options={Object.keys(RANGES) as (typeof range)[]}
        value={range}
        onChange={onRange}
      />
      <ThemeButton />
    </header>
  );
}

interface ButtonGroupProps<Value extends string> {
  label: string;
  options: readonly Value[];
  value: Value;
  onChange(value: Value): void;
}

/** A few options side by side, one of which is chosen. */
export function ButtonGroup<Value extends string>({ label, options, value, onChange }: ButtonGroupProps<Value>) {
  return (
    <fieldset class="choice">
      <legend class="hidden">{label}</legend>
      {options.map((option) => (
        <button key={option} type="button" aria-pressed={option === value} onClick={() => onChange(option)}>
          {option}
        </button>
      ))}
    </fieldset>
  );
}

const DARK = '(prefers-color-scheme: dark)';

/** What the page looks like is the system's choice until somebody presses this. */
function ThemeButton() {
  const [dark, setDark] = useState(document.documentElement.dataset.theme === 'dark' || matchMedia(DARK).matches);
  const toggle = () => {
    document.documentElement.dataset.theme = dark ? 'light' : 'dark';
    // The charts are drawn on canvas, in colours that they read once.
    dispatchEvent(new Event('themechange'));
    setDark(!dark);
  };
  return (
    <button type="button" class="quiet" onClick={toggle}>
      {dark ? 'Light' : 'Dark'}
    </button>
  );
}

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
