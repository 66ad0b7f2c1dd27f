import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Asked, startHub } from './ask.js';

// What the Hub and the dataset viewer have been seen to answer, with invented values: the small Hub's answers have the same
// status, headers, codes, keys and types.

interface Recorded {
  title: string;
  /** What to ask the small Hub for an answer of the kind. */
  ask: string;
  token?: string;
  status: number;
  /** Patterns. */
  headers: Record<string, string>;
  /** The field of the answer that `json` is about. */
  part?: string;
  /** "*" stands for anything. */
  json?: unknown;
  text?: string | null;
  /** Pattern of the last line of `runtime.errorMessage`. */
  ends?: string;
}

const FOLDER = join(import.meta.dirname, '../../fixtures/recorded');
const files = readdirSync(FOLDER).filter((name) => name !== 'zerogpu-errors.json');

let hub: Asked;
beforeAll(async () => {
  hub = await startHub();
});
afterAll(() => hub.close());

describe.each(files)('%s', (file) => {
  const recorded: Recorded[] = JSON.parse(readFileSync(join(FOLDER, file), 'utf8'));

  it.each(recorded.map((one) => [one.title, one] as const))('%s', async (_, one) => {
    const { status, headers, json, text } = await hub.get(one.ask, one.token);
    expect(status).toBe(one.status);
    for (const [name, pattern] of Object.entries(one.headers)) {
      expect(headers.get(name), name).toMatch(new RegExp(pattern));
    }
    if (one.text) expect(text).toBe(one.text);
    if (one.json !== undefined) expect(compare(one.json, one.part ? json[one.part] : json)).toEqual([]);
    if (one.ends) {
      const lines = json.runtime.errorMessage.split('\n');
      expect(lines.at(-1)).toMatch(new RegExp(one.ends));
    }
  });
});

it('of a crash the log is as long as the Hub keeps it', async () => {
  const { json } = await hub.get('/api/spaces/open-atlas/heron-tracker');
  expect(json.runtime.errorMessage.length).toBeGreaterThan(1900);
});

/**
 * Where an answer has another shape than what was recorded. Of a list each row is held against the recorded ones of its
 * type; what none of its rows has is missing.
 */
function compare(recorded: unknown, answer: unknown, at = ''): string[] {
  if (recorded === '*') return [];
  if (typeOf(recorded) !== typeOf(answer)) return [`${at}: ${typeOf(answer)}, not ${typeOf(recorded)}`];
  if (Array.isArray(recorded) && Array.isArray(answer)) return compareRows(recorded, answer, at);
  if (typeOf(recorded) !== 'object') return [];
  const [want, have] = [recorded as object, answer as object];
  return [
    ...Object.keys(have).flatMap((key) => (key in want || isOptional(key) ? [] : [`${at}/${key}: unknown`])),
    ...Object.entries(want).flatMap(([key, value]) => {
      const found = (have as Record<string, unknown>)[key];
      if (found === undefined) return isOptional(key) ? [] : [`${at}/${key}: missing`];
      // Some fields are null in one answer and something in the next.
      return value === null || found === null ? [] : compare(value, found, `${at}/${key}`);
    }),
  ];
}

function compareRows(recorded: unknown[], answer: unknown[], at: string): string[] {
  if (recorded.length === 0) return [];
  const kindOf = (row: unknown) => (row as { type?: unknown } | null)?.type;
  const rows = recorded.flatMap((want) => {
    const own = answer.filter((row) => typeof kindOf(want) !== 'string' || kindOf(row) === kindOf(want));
    return own.slice(0, 20).flatMap((row) => compare(want, row, `${at}/${String(kindOf(want) ?? '')}`));
  });
  return [...new Set(rows)];
}

/** Fields that the Hub leaves out where there is nothing to say. */
const isOptional = (key: string) =>
  /^(?:note|description|plan|isPro|pipeline_tag|numParameters|numRows|originSpace|shortDescription|authorData|trendingScore|errorMessage|ai_\w+|storage|gcTimeout|estimated_num_rows|isCustom|splits|features|ignored_splits)$/.test(
    key,
  );

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}
