import { useEffect, useState } from 'preact/hooks';

/** The parts of the page, by their names in the address. */
export const VIEWS = {
  '': 'Overview',
  sessions: 'Sessions',
  conversations: 'Conversations',
  connections: 'Connections',
  tools: 'Tools',
  files: 'Files',
} as const;

export interface Route {
  view: keyof typeof VIEWS;
  /** What follows the name, such as the id of a session. */
  id?: string;
  /** Filters; every one that is empty is left out of the address. */
  filters: Record<string, string>;
}

/** Reads the address: `#/sessions?range=7d&q=fox`, `#/sessions/s_…`. */
export function readRoute(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#?\/?/, '').split('?');
  const [name = '', id] = path.split('/');
  const view = Object.hasOwn(VIEWS, name) ? (name as Route['view']) : '';
  return { view, id: id === undefined ? undefined : decode(id), filters: Object.fromEntries(new URLSearchParams(query)) };
}

/**
 * Makes an address.
 * @param view a part of the page
 * @param filters those that are kept
 * @param id of what is shown in it
 */
export function toHash(view: Route['view'], filters: Route['filters'] = {}, id?: string): string {
  const query = new URLSearchParams(Object.entries(filters).filter(([, value]) => value !== '')).toString();
  return `#/${view}${id === undefined ? '' : `/${encodeURIComponent(id)}`}${query === '' ? '' : `?${query}`}`;
}

/** The route that the address names, and a way to change its filters without a new step in the history. */
export function useRoute(): Route & { change(filters: Route['filters']): void } {
  const [route, setRoute] = useState(() => readRoute(location.hash));
  useEffect(() => {
    const follow = () => setRoute(readRoute(location.hash));
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

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
