/** A day, week or month of the daily papers. */
export interface Day {
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
