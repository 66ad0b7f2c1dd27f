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
  return {
    view,
    id: id === undefined ? undefined : decode(id),
    filters: Object.fromEntries(new URLSearchParams(query)),
  };
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

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

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

/**
 * The stretches of time that can be looked at; the last one is everything.
 * @param days how far back there is something to see
 */
export function listRanges(days = 1): Range[] {
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
