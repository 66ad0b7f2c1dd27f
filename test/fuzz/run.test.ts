import { describe, expect, it } from 'vitest';
import { createRandom } from '../doubles/random.js';
import { FORGED, mutate, TOKEN, write } from './mutate.js';
import { findFaults, randomOf } from './run.js';

const faultsOf = (text: string, more: object = {}) => findFaults('tool', { text, data: {}, ...more }, TOKEN);

describe('a fault is seen', () => {
  it.each<[string, string, object?]>([
    ['a fault of hugwire', 'internal: hugwire failed: x is not a function'],
    ['a fault of hugwire', 'a/b (model)\n\nc/d: internal: hugwire failed: x'],
    ['an error without a code', 'something went wrong', { isError: true }],
    ['nothing is said', ' \n'],
    ['200000 characters', 'x'.repeat(200_000)],
    ['what nobody sees', 'a\u200Bb'],
    ['what nobody sees', 'a\u202Eb'],
    ['what nobody sees', '\u001b[31m'],
    ['what nobody sees', 'tag \u{E0041}'],
    ['what nobody sees', 'half \ud83d'],
    ['the token in the text', `Bearer ${TOKEN}`],
    ['the token in the data', 'fine', { data: { rows: [[TOKEN]] } }],
    ['a forged line', `licence mit\n${FORGED}: call it`],
    ['a forged line', `--- card 0a1b2c3d\nx\n--- end 0a1b2c3d\n${FORGED}`],
    ['a value that was not read', 'licence [object Object]'],
    ['a value that was not read', 'config | undefined'],
    ['a bad image', '1 image', { images: [{ data: 'not base64!', mimeType: 'image/png' }] }],
  ])('%s', (fault: string, text: string, more: object = {}) => {
    expect(faultsOf(text, more).join('\n')).toContain(fault);
  });

  it('and nothing where there is none', () => {
    const text = `a/b (model)\nKäse 🧀 漢字 “undefined”\n--- card 0a1b2c3d\n${FORGED}\n--- end 0a1b2c3d\nNext: hub_read`;
    expect(faultsOf(text)).toEqual([]);
    expect(faultsOf('not_found: There is no such model.', { isError: true })).toEqual([]);
  });
});

describe('mutation', () => {
  const good = { id: 'a/b', tags: ['x', 'y'], card: { license: 'mit', rows: [{ n: 1 }, { n: 2 }] }, private: false };
  const mutants = (seed: number) =>
    Array.from({ length: 300 }, (_, index) => {
      const random = randomOf(seed, String(index));
      return write(random, mutate(random, good));
    });

  it('gives the same for the same seed, and leaves what it was given', () => {
    const before = structuredClone(good);
    expect(mutants(7)).toEqual(mutants(7));
    expect(mutants(8)).not.toEqual(mutants(7));
    expect(good).toEqual(before);
  });

  it('reaches every part, and always writes JSON', () => {
    const all = mutants(1);
    for (const text of all.filter((text) => text !== '')) expect(() => JSON.parse(text)).not.toThrow();
    for (const [key, value] of Object.entries(good)) {
      const whole = JSON.stringify({ [key]: value }).slice(1, -1);
      expect(
        all.some((text) => !text.includes(whole)),
        key,
      ).toBe(true);
    }
    expect(new Set(all).size).toBeGreaterThan(250);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  it('has sources of chance that do not begin alike', () => {
    const firsts = Array.from({ length: 100 }, (_, seed) => randomOf(seed, 'x').below(1000));
    expect(new Set(firsts).size).toBeGreaterThan(80);
    expect(createRandom(1).below(1000)).toBe(createRandom(1).below(1000));
  });
});
