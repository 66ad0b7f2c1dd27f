import { useState } from 'preact/hooks';
import type { ViewProps } from './app.js';
import { type Route, toHash, VIEWS } from './route.js';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

interface Range {
  /** In the address. */
  name: string;
  label: string;
  milliseconds: number;
}

const RANGES: readonly Range[] = [
  { name: '15m', label: '15 min', milliseconds: 15 * MINUTE },
  { name: '1h', label: '1 hour', milliseconds: 60 * MINUTE },
  { name: '24h', label: '24 hours', milliseconds: DAY },
  { name: '7d', label: '7 days', milliseconds: 7 * DAY },
];
const USUAL = '24h';

/** The stretches of time that can be looked at: the last one is everything. */
function listRanges(days = 1): Range[] {
  const shorter = RANGES.filter(({ milliseconds }) => milliseconds < days * DAY);
  const known = RANGES.find(({ milliseconds }) => milliseconds === days * DAY);
  return [...shorter, known ?? { name: 'all', label: `${days} days`, milliseconds: days * DAY }];
}

/**
 * The stretch of time that an address asks for.
 * @param name as in the address
 * @param days how far back there is something to see
 */
export function readRange(name: string | undefined, days?: number): Range {
  const ranges = listRanges(days);
  const find = (wanted: string | undefined) => ranges.find((range) => range.name === wanted);
  return find(name) ?? find(USUAL) ?? (ranges.at(-1) as Range);
}

/** Where one can go, the stretch of time, whether the page is live, and light or dark. */
export function Header({ store, route }: Pick<ViewProps, 'store' | 'route'>) {
  const { days, demo, servers = [], proposals = [], controls } = store.now;
  const range = readRange(route.filters.range, days);
  const keep = { range: route.filters.range ?? '' };
  const waiting = proposals.length + (controls?.spaces.filter(({ proposed }) => proposed).length ?? 0);
  const counts: Partial<Record<Route['view'], number>> = {
    '': waiting,
    connections: servers.reduce((sum, { connections }) => sum + connections.length, 0),
  };
  return (
    <header>
      <div class="bar">
        <h1>
          <img src="icon.svg" alt="" width={22} height={22} />
          hugwire
        </h1>
        {demo && <span class="tag">demo</span>}
        <nav aria-label="Parts of the page">
          {(Object.keys(VIEWS) as Route['view'][]).map((view) => (
            <a
              key={view}
              href={toHash(view, keep)}
              aria-current={route.view === view ? (route.id ? 'true' : 'page') : undefined}
            >
              {VIEWS[view]}
              {(counts[view] ?? 0) > 0 && <span class={view === '' ? 'count due' : 'count'}>{counts[view]}</span>}
            </a>
          ))}
        </nav>
        <span class={`state ${store.connection}`} role="status">
          {{ connecting: 'connecting', live: 'live', lost: 'stopped' }[store.connection]}
        </span>
        <ThemeButton />
        <fieldset class="choice">
          <legend class="hidden">Time window</legend>
          {listRanges(days).map(({ name, label }) => (
            <button
              key={name}
              type="button"
              aria-pressed={name === range.name}
              onClick={() => route.change({ range: name, page: '' })}
            >
              {label}
            </button>
          ))}
        </fieldset>
      </div>
    </header>
  );
}

const DARK = '(prefers-color-scheme: dark)';

/** The page looks as the system does until somebody presses this. */
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
