import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { JSON_BUDGET, measure, readJson, readShortJson } from '../../src/lib/large-json.js';
import { createRandom } from '../doubles/random.js';

const OPTIONS = { what: 'The answer', deep: 'unavailable' } as const;
/** Makes a text long enough to be read in pieces, and means the same. */
const long = (text: string) => text.padEnd(JSON_BUDGET.block + 1, ' ');

/** What JSON.parse makes of it, or that it makes nothing. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return SyntaxError;
  }
}

const readLong = (text: string) =>
  readJson(long(text), OPTIONS).catch((error) => (error instanceof SyntaxError ? SyntaxError : error));

describe('a long text', () => {
  it.each([
    ...['1', '-0.5e+3', '"a"', 'true', 'null', '[]', '{}', '[1,[2,{"a":[]}],"x"]', ' { "a" : 1 , "b" : [ ] } '],
    ...['"\\u00e9\\ud83d\\ude00\\n\\"\\\\"', '{"__proto__":{"a":1},"constructor":2}', '{"a":1,"a":2}', '{"2":1,"1":2}'],
    ...['', '[', '[1', '[1,]', '[,1]', '{', '{"a"}', '{"a":}', '{"a":1,}', '{a:1}', '[1 2]', '1 2', '01', '+1', 'NaN'],
    ...['"', '"\\', '"\\x"', '"\n"', 'tru', 'truee', "'a'", '[1]]', '{"a":1]', '[1}', '"a"b', '\u00a01', '[1e]', '.5'],
  ])('%j is read as JSON.parse reads it', async (text) => {
    expect(await readLong(text)).toEqual(parsed(text));
  });

  it('is read as JSON.parse reads it, whatever was changed in it', async () => {
    const random = createRandom(11);
    const pieces = ['{', '}', '[', ']', ',', ':', '"', '\\', '\\"', 'null', '1', ' ', '"a"', '{"b":', '[1,', '\\u0041'];
    const good = JSON.stringify({ a: [1, -2.5e-7, 'x\n"\\', null, true, { b: {} }], 'é😀': [[[]]], c: '\u2028' });
    for (let round = 0; round < 200; round += 1) {
      let text = good;
      for (let change = 0; change < 1 + (round % 3); change += 1) {
        const at = random.below(text.length);
        text = text.slice(0, at) + random.pick(pieces) + text.slice(at + random.below(3));
      }
      expect(await readLong(text), text).toEqual(parsed(text));
    }
  });

  it.each([
    ['escapes', '\\u00e9'],
    ['backslashes', '\\\\'],
    ['quotation marks', '\\"'],
    ['halves of characters', '😀'],
    ['escapes of different length', 'a\\n\\u0041😀\\\\'],
  ])('has texts of many %s', async (_, motif) => {
    for (let shift = 0; shift < 7; shift += 1) {
      const text = `["${'x'.repeat(shift)}${motif.repeat(Math.ceil(1_200_000 / motif.length))}"]`;
      const [read] = (await readJson(text, OPTIONS)) as string[];
      expect(read === (JSON.parse(text) as string[])[0]).toBe(true);
    }
  });

  it('lets everything else have its turn', async () => {
    let turns = 0;
    let over = false;
    const reading = readJson(`[${'"a",'.repeat(450_000)}1]`, OPTIONS).finally(() => {
      over = true;
    });
    for (; !over; turns += 1) await setImmediate();
    await reading;
    expect(turns).toBeGreaterThan(2);
  });
});

describe('the budget', () => {
  it.each([
    ['values', `[${'0,'.repeat(JSON_BUDGET.nodes)}0]`],
    ['keys of one object', `{${Array.from({ length: JSON_BUDGET.keys + 1 }, (_, at) => `"k${at}":0`).join()}}`],
  ])('of %s', async (_, text) => {
    await expect(readJson(text, OPTIONS)).rejects.toMatchObject({ code: 'too_large', message: /^The answer holds / });
  });

  it.each([
    ['short', (text: string) => text],
    ['long', long],
  ])('of levels, in a %s text', async (_, make) => {
    const nested = (levels: number) => make(`${'{"a":'.repeat(levels)}{}${'}'.repeat(levels)}`);
    await expect(readJson(nested(JSON_BUDGET.levels - 1), OPTIONS)).resolves.toBeTruthy();
    await expect(readJson(nested(JSON_BUDGET.levels), OPTIONS)).rejects.toMatchObject({ code: 'unavailable' });
    await expect(readJson(nested(100_000), OPTIONS)).rejects.toMatchObject({ code: 'unavailable' });
    const cut = await readJson(nested(100_000), { ...OPTIONS, deep: 'cut' });
    expect(measure(cut).levels).toBe(JSON_BUDGET.levels);
  });

  it('is not gone around by asking for a text to be read at once', () => {
    expect(() => readShortJson(long('1'), OPTIONS)).toThrow(expect.objectContaining({ code: 'too_large' }));
  });
});

it('measures without recursion', () => {
  let deep: unknown = 'abc';
  for (let level = 0; level < 100_000; level += 1) deep = { k: deep };
  expect(measure(deep)).toEqual({ nodes: 100_001, characters: 100_003, levels: 100_000 });
});
