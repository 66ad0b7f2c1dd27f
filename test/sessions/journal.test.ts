import { existsSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Entry } from '../../src/sessions/entries.js';
import { cutSecretly, cutValue, Journal } from '../../src/sessions/journal.js';
import { sessionFile } from '../../src/sessions/names.js';
import { interceptWrites } from '../lib/file-writes.js';
import { makeState, place } from './directory.js';

const ID = 's_20261120T120000_999999999_aaaaaa';
const [FIRST, ...REST] = place(
  ['first', 'one', 'two', 'three', 'four'].map((text) => ({ type: 'HumanMessage' as const, text })),
) as [Entry, Entry, Entry, Entry, Entry];

let home: ReturnType<typeof makeState>;
beforeEach(() => {
  home = makeState();
});
afterEach(async () => {
  vi.restoreAllMocks();
  await Promise.all(made.splice(0).map((journal) => journal.close()));
  home.remove();
});

const made: Journal[] = [];

function makeJournal() {
  const failures: Error[] = [];
  const journal = new Journal({
    directory: home.directory,
    id: ID,
    begin: async () => ({ first: FIRST, secrets: [] }),
    onFailure: (error) => failures.push(error as Error),
  });
  made.push(journal);
  return { journal, failures };
}

const path = () => sessionFile(home.directory, ID);
const texts = (written: string) =>
  written
    .trimEnd()
    .split('\n')
    .map((line) => (JSON.parse(line) as { text: string }).text);
const say = (text: string): Entry => ({ ...FIRST, text }) as Entry;

/** Keeps the pieces that are written, each of so many bytes at most. */
async function gatherPieces(most = Number.POSITIVE_INFINITY): Promise<Buffer[]> {
  const pieces: Buffer[] = [];
  await interceptWrites((bytes, take) => {
    const piece = Buffer.from(bytes.subarray(0, most));
    pieces.push(piece);
    return take(piece);
  });
  return pieces;
}

describe('a journal', () => {
  it('writes what comes in one turn of the event loop in one piece, in order', async () => {
    const pieces = await gatherPieces();
    const { journal } = makeJournal();
    const [one, two, three, four] = REST as [Entry, Entry, Entry, Entry];
    for (const entry of [one, two, three]) journal.write(entry);
    journal.open();
    await journal.settled();
    journal.write(four);
    await journal.settled();
    expect(pieces.map((piece) => texts(String(piece)))).toEqual([['first', 'one', 'two', 'three'], ['four']]);
    expect(texts(readFileSync(path(), 'utf8'))).toHaveLength(5);
  });

  it('makes its file when it is opened, and never before', async () => {
    const { journal } = makeJournal();
    journal.write(say('one'));
    await journal.settled();
    expect(journal.isOpen).toBe(false);
    expect(existsSync(home.directory)).toBe(false);
    journal.open();
    await journal.settled();
    // Once: a file that is there already is no place for a journal.
    journal.open();
    journal.write(say('two'));
    await journal.settled();
    expect(texts(readFileSync(path(), 'utf8'))).toEqual(['first', 'one', 'two']);
  });

  it('is opened unasked before too much waits', async () => {
    const { journal } = makeJournal();
    for (let count = 0; count < 100; count += 1) journal.write(say('waits'));
    expect(journal.isOpen).toBe(false);
    journal.write(say('waits'));
    await journal.settled();
    expect(texts(readFileSync(path(), 'utf8'))).toHaveLength(102);
  });

  it('goes on where the system took only a part, and keeps characters whole', async () => {
    const pieces = await gatherPieces(3);
    const { journal } = makeJournal();
    journal.open();
    journal.write(say('größer als drei'));
    journal.write(say('🦊'));
    await journal.settled();
    expect(pieces.length).toBeGreaterThan(4);
    expect(texts(Buffer.concat(pieces).toString('utf8'))).toEqual(['first', 'größer als drei', '🦊']);
    expect(readFileSync(path())).toEqual(Buffer.concat(pieces));
  });

  it.each([
    ['opening', () => writeFileSync(home.directory, 'in the way')],
    ['writing', () => interceptWrites(() => Promise.reject(Object.assign(new Error('no'), { code: 'ENOSPC' })))],
  ])('drops entries after %s has failed, and says so once', async (_, prepare) => {
    await prepare();
    const { journal, failures } = makeJournal();
    journal.open();
    for (let round = 0; round < 3; round += 1) {
      journal.write(say('a line'));
      await journal.settled();
    }
    journal.settleNow();
    expect(failures).toHaveLength(1);
  });

  it('gives up on a disk that takes nothing for long, rather than fill the memory', async () => {
    let release = () => {};
    const hung = new Promise<void>((resolve) => {
      release = resolve;
    });
    let asked = 0;
    await interceptWrites(async (bytes) => {
      asked += 1;
      await hung;
      return bytes.length;
    });
    const { journal, failures } = makeJournal();
    journal.open();
    await vi.waitUntil(() => asked === 1);
    for (let count = 0; count < 2000; count += 1) journal.write(say('many words '.repeat(700)));
    expect(failures.map(({ message }) => message)).toEqual(['the disk cannot keep up']);
    // Under way: not waited for, and not written twice.
    journal.settleNow();
    expect(readFileSync(path(), 'utf8')).toBe('');
    release();
    await journal.settled();
    expect(asked).toBe(1);
  });

  it('has a new date as long as it is open, though nothing is written', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const { journal } = makeJournal();
    journal.open();
    await journal.settled();
    const age = () => Date.now() - statSync(path()).mtimeMs;
    utimesSync(path(), 0, 0);
    await vi.advanceTimersByTimeAsync(30_000);
    await expect.poll(age).toBeLessThan(60_000);
    await journal.close();
    utimesSync(path(), 0, 0);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(age()).toBeGreaterThan(60_000);
    vi.useRealTimers();
  });

  it('takes nothing more once it is closed', async () => {
    const { journal } = makeJournal();
    journal.open();
    journal.write(say('one'));
    await journal.close();
    journal.write(say('two'));
    await journal.settled();
    expect(texts(readFileSync(path(), 'utf8'))).toEqual(['first', 'one']);
  });

  it('writes what is left as the process ends', async () => {
    const { journal } = makeJournal();
    journal.open();
    journal.write(say('one'));
    await journal.settled();
    journal.write(say('two'));
    await Promise.resolve();
    journal.settleNow();
    expect(texts(readFileSync(path(), 'utf8'))).toEqual(['first', 'one', 'two']);
    await journal.settled();
    expect(texts(readFileSync(path(), 'utf8'))).toEqual(['first', 'one', 'two']);
  });
});

const TOKEN = 'hf_AbCdEfGhIjKlMnOpQrStUvWxYz012345';

describe('text of a journal', () => {
  it.each([
    ['short', 'short'],
    [`my token is ${TOKEN}.`, 'my token is [token].'],
    ['https://name:password@example.com/x', 'https://[secret]@example.com/x'],
    [`see data:image/png;base64,${'A'.repeat(500)} there`, 'see [data URL of image/png] there'],
    [`raw ${'QUJD'.repeat(100)}== there`, 'raw [402 encoded characters] there'],
  ])('%j', (text, kept) => {
    expect(cutSecretly(text, 1000)).toBe(kept);
  });

  it('loses no more than what lies behind the cut', () => {
    expect(cutSecretly('abcdefghij', 5)).toBe('abcd…');
    expect(cutSecretly('abcde', 5)).toBe('abcde');
    expect(cutSecretly(`${'word '.repeat(10)}${'QUJD'.repeat(1000)}`, 100)).toMatch(
      /^(?:word ){10}\[\d+ encoded characters\]…$/,
    );
  });

  it('keeps no half of a secret, wherever the cut falls', () => {
    const odd = '(]s3cr3t-of-no-known-form[)';
    for (const secret of [TOKEN, odd]) {
      for (let at = 0; at < secret.length + 2; at += 1) {
        const kept = cutSecretly(`${'x '.repeat(20)}${secret} and more words after it`, 40 + at, [odd]);
        expect(kept, kept).not.toContain(secret.slice(0, 6));
      }
    }
  });
});

describe('a value of a journal', () => {
  it('keeps its shape', () => {
    const value = { text: 'a', number: 1.5, yes: true, none: null, list: ['b', { deep: 'c' }] };
    expect(cutValue(value)).toEqual(value);
  });

  it('holds no secret: neither by its form, nor by its name, nor one that is known', () => {
    const value = {
      headers: { Authorization: 'whatever' },
      api_key: 'k',
      apiKey: 'k',
      hf_token: 'short',
      token: ['a', 'b'],
      secret: { value: 'c' },
      PASSWORD: 1234,
      has_token: true,
      note: `say ${TOKEN}`,
      other: 'the-known-secret',
      [TOKEN]: 1,
      max_tokens: 5,
      tokenizer: 'bert',
      password: '',
    };
    expect(cutValue(value, ['the-known-secret'])).toEqual({
      headers: { Authorization: '[secret]' },
      api_key: '[secret]',
      apiKey: '[secret]',
      hf_token: '[secret]',
      token: '[secret]',
      secret: '[secret]',
      PASSWORD: '[secret]',
      has_token: true,
      note: 'say [token]',
      other: '[token]',
      '[token]': 1,
      max_tokens: 5,
      tokenizer: 'bert',
      password: '',
    });
  });

  it('is cut where it is long, wide or deep', () => {
    const limits = { text: 10, items: 2, depth: 2, total: 1000 };
    expect(cutValue('x'.repeat(50), [], limits)).toBe(`${'x'.repeat(9)}…`);
    expect(cutValue([1, 2, 3, 4], [], limits)).toEqual([1, 2, '… 2 more']);
    expect(cutValue({ a: 1, b: 2, c: 3 }, [], limits)).toEqual({ a: 1, b: 2, '…': '1 more' });
    expect(cutValue({ a: { b: { c: 1 } } }, [], limits)).toEqual({ a: { b: '…' } });
    expect(cutValue(`data:audio/wav;base64,${'QUJD'.repeat(100)}`)).toBe('[data URL of audio/wav]');
    expect(cutValue(`data:audio/wav;base64,${'QUJD'.repeat(5000)}`)).toBe('[data URL, 20 kB]');
  });

  it('stays small whatever is given', () => {
    const wide = (depth: number): unknown =>
      depth === 0 ? 'y '.repeat(5000) : Array.from({ length: 60 }, () => wide(depth - 1));
    const kept = JSON.stringify(cutValue(wide(2)));
    expect(kept.length).toBeLessThan(40_000);
    const circle: Record<string, unknown> = {};
    circle.self = circle;
    expect(JSON.stringify(cutValue(circle))).toContain('…');
  });
});
