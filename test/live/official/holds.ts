import type { Fact } from './facts.js';

/** An answer of hugwire: what an assistant reads, and the typed result behind it. */
export interface Answer {
  text: string;
  data: unknown;
}

/**
 * Where an answer holds a fact: in the text, only in the typed result, or nowhere. Numbers are equal when both could be
 * the same number written less exactly; dates and lists likewise.
 * @param fact of another answer to the same question
 * @param answer of ours
 */
export function findFact(fact: Fact, answer: Answer): 'text' | 'data' | undefined {
  if (says(fact.value, sectionAbout(fact.about, answer.text))) return 'text';
  return says(fact.value, describeData(fact.about, answer.data)) ? 'data' : undefined;
}

/** The rows of a table that are about something; the whole text where there is no such row. */
function sectionAbout(about: string[], text: string): string {
  const rows = text.split('\n').filter((line) => {
    const cells = line.split(' | ').map((cell) => cell.replace(/ \[[^\]]+\]$/, ''));
    return cells.length > 1 && about.length > 0 && about.every((word) => cells.includes(word));
  });
  return rows.length > 0 ? rows.join('\n') : text;
}

/** The objects that are about something, a line for each of their values; all there is where there is no such object. */
function describeData(about: string[], data: unknown): string {
  const objects: object[] = [];
  visit(data, (object) => {
    const values = Object.values(object).filter((value) => typeof value === 'string');
    if (about.length > 0 && about.every((word) => values.includes(word))) objects.push(object);
  });
  return (objects.length > 0 ? objects : [data]).map((object) => flatten(object).join('\n')).join('\n');
}

function visit(value: unknown, see: (object: object) => void): void {
  if (typeof value !== 'object' || value === null) return;
  see(value);
  for (const part of Object.values(value)) visit(part, see);
}

/** `likes 3`, a line for every value; what is false is not said. */
function flatten(value: unknown, name = ''): string[] {
  if (value === null || value === undefined || value === false) return [];
  if (typeof value !== 'object') return [`${name} ${value}`];
  return Object.entries(value).flatMap(([key, part]) => flatten(part, Array.isArray(value) ? name : key));
}

function says(value: string, text: string): boolean {
  const number = readNumbers(value);
  if (number.length === 1 && number[0]?.text === value) return readNumbers(text).some((one) => same(one, number[0]));
  const day = readDay(value);
  if (day) return [...text.matchAll(/\d{4}-\d{2}(?:-\d{2})?/g)].some(([written]) => day.startsWith(written));
  if (/^[^\s,]+(?:, [^\s,]+)+$/.test(value)) return value.split(', ').every((item) => says(item, text));
  return plain(text).includes(plain(value));
}

interface Written {
  text: string;
  value: number;
  /** What the last digit stands for. */
  step: number;
}

const UNITS: Record<string, number> = { K: 1e3, KB: 1e3, M: 1e6, MB: 1e6, B: 1e9, GB: 1e9, T: 1e12, TB: 1e12 };

/** Every number in a text, `25,000`, `5.1K` and `3.1 GB` among them. Bytes stand apart from their number, billions do not. */
function readNumbers(text: string): Written[] {
  const matches = text.matchAll(
    /(?<![\w.])(\d+(?:,\d{3})*)(?:\.(\d+))?(?:([KMBT])\b| ?([kKMGT]B)\b| (?:B|bytes)\b|(?![\w.]*\w))/g,
  );
  return [...matches].map(([written, whole = '', decimals = '', count, bytes]) => {
    const unit = UNITS[(count ?? bytes ?? '').toUpperCase()] ?? 1;
    return {
      text: written,
      value: Number(`${whole.replaceAll(',', '')}.${decimals || 0}`) * unit,
      step: decimals || unit > 1 ? unit / 10 ** decimals.length : 0,
    };
  });
}

/** Each may be off by half of what its last digit stands for. */
function same(a: Written, b: Written | undefined): boolean {
  return b !== undefined && Math.abs(a.value - b.value) <= ((a.step + b.step) / 2) * (1 + 1e-9);
}

/** `4 Jan, 2024` or an ISO time, as `2024-01-04`. */
function readDay(text: string): string | undefined {
  const iso = /^(\d{4}-\d{2}-\d{2})(?:T[\d:.]+Z)?$/.exec(text)?.[1];
  if (iso) return iso;
  return /^\d{1,2} \w{3}, \d{4}$/.test(text) ? new Date(`${text} UTC`).toISOString().slice(0, 10) : undefined;
}

/** Words without Markdown, signs of decoration and line breaks. */
function plain(text: string): string {
  return text
    .toLowerCase()
    .replace(/\\n/g, ' ')
    .replace(/[^\p{L}\p{N}\s.,:;/@<>=%+-]/gu, '')
    .replace(/\s+/g, ' ')
    .trim();
}
