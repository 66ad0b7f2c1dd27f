import { useState } from 'preact/hooks';
import type { ViewProps } from './app.js';
import { listRanges, type Route, readRange, toHash, VIEWS } from './route.js';
import { listRequests } from './waiting.js';

/** Where one can go, the stretch of time, whether the page is live, and light or dark. */
export function Header({ store, route }: Pick<ViewProps, 'store' | 'route'>) {
  const { days, demo, servers = [] } = store.now;
  const range = readRange(route.filters.range, days);
  const keep = { range: route.filters.range ?? '' };
  const counts: Partial<Record<Route['view'], number>> = {
    '': listRequests(store.now).total,
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
