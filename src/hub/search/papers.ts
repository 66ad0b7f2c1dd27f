import { formatDay } from '../../lib/format.js';
import { compact, count, line, nextPage, record, records } from '../fields.js';
import { staleNotes } from '../staleness.js';
import type { HubClient, QueryValue } from '../types.js';
import { cutQuery } from './query.js';
import type { PaperRow, SearchPage, SearchQuery } from './types.js';

/** The Hub gives no more hits of one search. */
const MOST_HITS = 120;
/** Of the daily papers the Hub gives no longer pages. */
const MOST_DAILY = 100;
const SUMMARY_LENGTH = 400;

/**
 * Searches papers: by words and meaning with a query or an author's name; those of a day, week or month when the query names one; else what
 * is trending, or with `sort` newest, among the daily papers.
 * @param hub the Hub
 * @param query what is looked for
 */
export async function searchPapers(hub: HubClient, query: SearchQuery): Promise<SearchPage<PaperRow>> {
  const { day, words } = findDay(query.query ?? '');
  const page = day
    ? await searchDay(hub, day, words, query)
    : words === '' && !query.author
      ? await listDaily(hub, {}, query)
      : await searchByWords(hub, words, query);
  return { ...page, notes: [...page.notes, ...explainIgnored(query, { day: day !== undefined, order: page.order })] };
}

async function searchByWords(hub: HubClient, words: string, query: SearchQuery): Promise<SearchPage<PaperRow>> {
  const wanted = query.offset + query.limit;
  // An author's name is as good a word as any: there is no parameter for it.
  const asked = cutQuery([query.author, words].filter(Boolean).join(' '));
  const answer = await hub.request('/api/papers/search', {
    query: { q: asked.words, limit: Math.min(wanted + 1, MOST_HITS) },
    cache: 'list',
  });
  const found = records(answer.json()).flatMap(readPaper);
  const rows = query.sort && query.sort !== 'trending' ? sortPapers(found, query.sort) : found;
  return {
    rows: rows.slice(query.offset, wanted),
    more: rows.length > wanted,
    order: query.sort === undefined || query.sort === 'trending' ? 'best match first' : orderName(query.sort),
    notes: [...asked.notes, ...staleNotes(answer)],
  };
}

/** The papers of one day, narrowed down by the other words of the query. */
async function searchDay(hub: HubClient, day: Day, words: string, query: SearchQuery): Promise<SearchPage<PaperRow>> {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  if (wanted.length === 0) {
    const page = await listDaily(hub, day.query, query);
    if (page.rows.length > 0 || !day.today || query.offset > 0)
      return { ...page, order: `of ${day.name}, ${page.order}` };
    // Weekends and mornings have none yet.
    const latest = await listDaily(hub, {}, { ...query, sort: 'created' });
    return { ...latest, notes: [...latest.notes, `No daily papers of ${day.name} yet; these are the latest.`] };
  }
  const all = await listDaily(hub, day.query, { ...query, offset: 0, limit: MOST_DAILY });
  const matching = all.rows.filter(({ title, summary }) => {
    const text = `${title} ${summary}`.toLowerCase();
    return wanted.every((word) => text.includes(word));
  });
  return {
    ...all,
    rows: matching.slice(query.offset, query.offset + query.limit),
    more: matching.length > query.offset + query.limit,
    order: `of ${day.name} with "${words}", ${all.order}`,
  };
}

async function listDaily(
  hub: HubClient,
  period: Record<string, QueryValue>,
  { sort, limit, offset }: SearchQuery,
): Promise<SearchPage<PaperRow>> {
  const newest = sort === 'created' || sort === 'updated';
  const size = pageAround(offset, limit);
  const answer = await hub.request('/api/daily_papers', {
    query: {
      ...period,
      p: Math.floor(offset / size),
      limit: size,
      sort: newest ? 'publishedAt' : 'trending',
    },
    cache: 'list',
  });
  const rows = records(answer.json()).flatMap(readPaper);
  const end = (offset % size) + limit;
  return {
    rows: rows.slice(offset % size, end),
    more: rows.length >= Math.min(size, end + 1) || nextPage(answer.headers) !== undefined,
    order: newest ? 'newest first' : 'trending first',
    notes: staleNotes(answer),
  };
}

/**
 * The Hub pages by number: this is the smallest size of page of which one holds all rows that are wanted, and the next row,
 * which tells whether there are more.
 */
function pageAround(offset: number, limit: number): number {
  let size = limit + 1;
  while (size < MOST_DAILY && Math.floor(offset / size) !== Math.floor((offset + limit) / size)) size += 1;
  return Math.min(size, MOST_DAILY);
}

/** A row of a search or of a daily list: the paper is inside, some of it also outside. */
function readPaper(row: Record<string, unknown>): PaperRow[] {
  const inner = record(row.paper);
  const id = line(inner.id ?? row.id, 40);
  if (!id) return [];
  const authors = records(inner.authors ?? row.authors).flatMap(({ name }) => line(name, 60) ?? []);
  return [
    compact({
      kind: 'paper' as const,
      id: `papers/${id}`,
      title: line(inner.title ?? row.title, 300) ?? id,
      authors,
      summary: line(inner.ai_summary ?? inner.summary ?? row.summary, SUMMARY_LENGTH),
      published: formatDay(line(inner.publishedAt ?? row.publishedAt, 40)) || undefined,
      upvotes: count(inner.upvotes),
      comments: count(row.numComments),
      organization: line(record(inner.organization ?? row.organization).fullname, 80),
      project: line(inner.projectPage, 200),
      code: line(inner.githubRepo, 200),
      stars: count(inner.githubStars),
      withdrawn: formatDay(line(inner.withdrawnAt, 40)) || undefined,
    }),
  ];
}

function sortPapers(rows: readonly PaperRow[], sort: NonNullable<SearchQuery['sort']>): PaperRow[] {
  const byDate = sort === 'created' || sort === 'updated';
  const key = (row: PaperRow) => (byDate ? Date.parse(row.published ?? '') || 0 : (row.upvotes ?? 0));
  return rows.toSorted((a, b) => key(b) - key(a));
}

const orderName = (sort: string) => (sort === 'created' || sort === 'updated' ? 'newest first' : 'by upvotes');

/** One note on what of the query papers cannot be asked for; none when all of it counted. */
function explainIgnored(
  { author, task, library, tags, sort }: SearchQuery,
  { day, order }: { day: boolean; order: string },
): string[] {
  const ignored = [
    day && author && 'author',
    task && 'task',
    library && 'library',
    tags && tags.length > 0 && 'tags',
  ].filter(Boolean);
  const sentences = [
    ignored.length > 0 && `Papers cannot be filtered by ${ignored.join(' or ')}: left out.`,
    !day && author && 'The author was searched for as a word.',
    !orderFits(order, sort) && `Papers cannot be sorted by ${sort} here: ${order} instead.`,
  ].filter(Boolean);
  return sentences.length > 0 ? [sentences.join(' ')] : [];
}

/** Papers have upvotes for likes, but only a search by words can be put into their order; downloads they have none. */
function orderFits(order: string, sort: SearchQuery['sort']): boolean {
  return sort === 'likes' ? order === 'by upvotes' : sort !== 'downloads';
}

/** A day, week or month of the daily papers. */
interface Day {
  /** As a person says it. */
  name: string;
  /** Parameters of `/api/daily_papers`. */
  query: { date: string } | { week: string } | { month: string };
  today: boolean;
}

/** The Hub's day begins and ends in New York. */
const ZONE = 'America/New_York';
const DAY_MS = 86_400_000;
/** Words that ask for a day's papers and look for nothing in them. */
const FILLERS = /\b(?:daily|papers?|of|from|on|in|the|for|hugging ?face|hf)\b/gi;

const DAYS: [pattern: RegExp, read: (match: string, now: number) => Day][] = [
  [/\b\d{4}-\d{2}-\d{2}\b/, (date) => ({ name: date, query: { date }, today: false })],
  [/\b\d{4}-W\d{2}\b/i, (week) => ({ name: week.toUpperCase(), query: { week: week.toUpperCase() }, today: false })],
  [/\b\d{4}-\d{2}\b/, (month) => ({ name: month, query: { month }, today: false })],
  [/\btoday(?:'s|’s|s)?\b/i, (_, now) => ({ name: 'today', query: { date: dayInNewYork(now) }, today: true })],
  [
    /\byesterday(?:'s|’s|s)?\b/i,
    (_, now) => ({ name: 'yesterday', query: { date: dayInNewYork(now - DAY_MS) }, today: false }),
  ],
];

/**
 * The day that a query names, and what else it asks for: `agents 2026-11-18` is that day and "agents".
 * @param query as it was written
 * @param now the clock, milliseconds since the epoch
 */
export function findDay(query: string, now: number = Date.now()): { day?: Day; words: string } {
  for (const [pattern, read] of DAYS) {
    const match = pattern.exec(query);
    if (match) return { day: read(match[0], now), words: tidy(query.replace(match[0], ' ').replace(FILLERS, ' ')) };
  }
  return { words: tidy(query) };
}

function dayInNewYork(time: number): string {
  // The Swedish locale writes dates as ISO 8601 does.
  return new Intl.DateTimeFormat('sv-SE', { timeZone: ZONE }).format(time);
}

function tidy(text: string): string {
  return text.trim().replace(/\s+/g, ' ');
}
