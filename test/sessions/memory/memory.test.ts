import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FileMemory, type MemoryOptions } from '../../../src/sessions/memory/memory.js';
import type { NoteDraft } from '../../../src/sessions/memory/notes.js';
import { hasModes } from '../../platform.js';

const NOW = Date.parse('2026-11-20T12:00:00Z');
let directory: string;
let path: string;
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: NOW });
  directory = mkdtempSync(join(tmpdir(), 'hugwire-memory-'));
  path = join(directory, 'state', 'memory.jsonl');
});
afterEach(() => {
  vi.useRealTimers();
  rmSync(directory, { recursive: true, force: true });
});

const open = (options: Partial<MemoryOptions> = {}, limits?: { notes: number; bytes: number }) =>
  new FileMemory({ path, ...options }, limits);
const texts = async (memory: FileMemory, query = {}) => (await memory.search(query)).notes.map(({ text }) => text);
const lines = () => readFileSync(path, 'utf8').trimEnd().split('\n');

describe('keeping notes', () => {
  it('gives them to every process that shares the file, at once', async () => {
    const [one, other] = [open(), open()];
    expect(await texts(other)).toEqual([]);
    await one.save([{ text: 'first' }]);
    expect(await texts(other, { words: 'first' })).toEqual(['first']);
    await one.save([{ text: 'second first' }]);
    expect((await other.search({ words: 'first' })).matching).toBe(2);
    expect(statSync(path).mode & 0o777).toBe(hasModes ? 0o600 : 0o666);
  });

  it('refreshes the same text: tags of both, newest time, one note', async () => {
    vi.setSystemTime(NOW - 1000);
    await open().save([{ text: 'same', tags: ['a'] }]);
    vi.setSystemTime(NOW);
    const [again] = await open().save([{ text: '  same\n', tags: ['#B', 'a'], kind: 'preference' }]);
    expect(again?.outcome).toBe('refreshed');
    const { notes, total } = await open().search({});
    expect(total).toBe(1);
    expect(notes[0]).toMatchObject({ tags: ['a', 'b'], kind: 'preference', time: '2026-11-20T12:00:00.000Z' });
  });

  it('keeps the same text once, also within one batch', async () => {
    const saved = await open().save([{ text: 'x', tags: ['a'] }, { text: 'x', tags: ['b'] }, { text: 'y' }]);
    expect(saved.map(({ outcome }) => outcome)).toEqual(['new', 'refreshed', 'new']);
    expect((await open().search({ tags: ['a', 'b'] })).notes).toHaveLength(1);
    expect((await open().search({})).total).toBe(2);
  });

  it('takes secrets out, known by their form or told', async () => {
    const memory = open({ secrets: async () => ['correct-horse-battery'] });
    const token = `hf_${'a1B2'.repeat(8)}`;
    const [saved] = await memory.save([{ text: `use ${token} or correct-horse-battery`, tags: [token.toLowerCase()] }]);
    expect(saved).toMatchObject({ redacted: true, note: { text: 'use [token] or [token]', tags: ['[token]'] } });
    expect(readFileSync(path, 'utf8')).not.toMatch(/a1b2|horse/i);
  });

  it.each<[string, NoteDraft, RegExp]>([
    ['nothing', { text: ' \u200b ' }, /no text/],
    ['a text that is too long', { text: 'x'.repeat(10_001) }, /too long: 10K|too long/],
    ['too many tags', { text: 'x', tags: Array.from({ length: 21 }, (_, at) => `t${at}`) }, /21 tags; 20/],
    ['a tag that is too long', { text: 'x', tags: ['t'.repeat(61)] }, /longer than 60/],
    ['a role of what is no message', { text: 'x', role: 'user' }, /A note has no role/],
  ])('refuses %s, and then keeps nothing of the batch', async (_title, draft, message) => {
    await expect(open().save([{ text: 'good' }, draft])).rejects.toMatchObject({
      code: 'invalid_arguments',
      message: expect.stringMatching(message),
    });
    expect(existsSync(path)).toBe(false);
  });

  it('says when it is full, and has room again once something is removed', async () => {
    const memory = open({}, { notes: 2, bytes: 1000 });
    const [first] = await memory.save([{ text: 'a' }, { text: 'b' }]);
    await expect(memory.save([{ text: 'c' }])).rejects.toMatchObject({
      code: 'too_large',
      message: expect.stringContaining('2 notes'),
    });
    await memory.save([{ text: 'a' }]);
    await memory.remove([first?.note.id ?? '']);
    await memory.save([{ text: 'c' }]);
    expect((await memory.search({})).total).toBe(2);
  });

  it('writes the file anew before it calls it too large', async () => {
    const memory = open({}, { notes: 2, bytes: 1000 });
    for (let round = 0; round < 30; round += 1) await memory.save([{ text: 'again', tags: [`t${round % 2}`] }]);
    expect(statSync(path).size).toBeLessThanOrEqual(1000);
    await expect(memory.save([{ text: 'x'.repeat(1000) }])).rejects.toMatchObject({ code: 'too_large' });
    expect(await texts(memory)).toEqual(['again']);
  });
});

describe('changing notes', () => {
  it('edits what is given, and leaves the rest', async () => {
    const memory = open();
    const [saved] = await memory.save([{ text: 'old words', tags: ['a'], kind: 'message', role: 'user' }]);
    const id = saved?.note.id ?? '';
    await memory.search({ words: 'old' });
    await memory.edit(id.slice(0, 5), { text: 'new words' });
    expect((await memory.find(id)).role).toBe('user');
    expect(await texts(memory, { words: 'old' })).toEqual([]);
    expect((await memory.search({ words: 'new' })).notes).toMatchObject([{ id, tags: ['a'], kind: 'message' }]);
    await memory.edit(id, { kind: 'note', tags: [] });
    expect(await memory.find(id)).toEqual({ id, time: expect.any(String), kind: 'note', tags: [], text: 'new words' });
  });

  it('makes one of two notes that come to say the same', async () => {
    const memory = open();
    const [, second] = await memory.save([{ text: 'one' }, { text: 'two' }]);
    await memory.edit(second?.note.id ?? '', { text: 'one' });
    expect((await open().search({})).notes.map(({ id }) => id)).toEqual([second?.note.id]);
  });

  it('removes them for all', async () => {
    const [memory, other] = [open(), open()];
    const saved = await memory.save([{ text: 'one' }, { text: 'two' }]);
    await other.search({ words: 'one' });
    expect(await memory.remove([saved[0]?.note.id ?? '', 'm_nothere'])).toBe(1);
    expect(await texts(other, { words: 'one' })).toEqual([]);
    expect(await texts(other)).toEqual(['two']);
  });

  it('tells which id is missing, or begins several', async () => {
    const memory = open();
    await memory.save([{ text: 'one' }, { text: 'two' }]);
    await expect(memory.find('m_')).rejects.toMatchObject({ code: 'invalid_arguments' });
    await expect(memory.find('zzz')).rejects.toMatchObject({ code: 'not_found' });
    await expect(memory.find('')).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('a file that people and crashes have touched', () => {
  it('is read as far as it can be, and keeps the rest where it is', async () => {
    await open().save([{ text: 'kept' }]);
    appendFileSync(path, '{"text":"by hand","tags":["#Mine"]}\n\nnot json\n[1]\n{"id":"m_half","te');
    const memory = open();
    const { notes } = await memory.search({});
    expect(notes.map(({ text }) => text)).toEqual(['kept', 'by hand']);
    expect(notes[1]).toMatchObject({ id: expect.stringMatching(/^m_\w{6}$/), time: '', tags: ['mine'] });
    expect(await memory.unreadable()).toBe(2);
    await memory.save([{ text: 'after' }]);
    expect(await texts(open(), { words: 'after' })).toEqual(['after']);
    expect(lines()).toContain('{"id":"m_half","te');
    expect(await memory.unreadable()).toBe(3);
  });

  it('is read again when a note was changed in place, or the file replaced', async () => {
    const memory = open();
    await memory.save([{ text: 'black cat' }, { text: 'white dog' }]);
    await memory.search({ words: 'cat' });
    writeFileSync(path, readFileSync(path, 'utf8').replace('black cat', 'green parrot, quite large'));
    expect(await texts(memory, { words: 'parrot' })).toEqual(['green parrot, quite large']);
    expect(await texts(memory, { words: 'cat' })).toEqual([]);
    writeFileSync(path, '{"text":"all new"}');
    expect(await texts(memory)).toEqual(['all new']);
    rmSync(path);
    expect(await texts(memory)).toEqual([]);
    await memory.save([{ text: 'begun anew' }]);
    expect(await texts(memory)).toEqual(['begun anew']);
  });

  it('gets rid of what no longer holds, not of what it cannot read', async () => {
    const memory = open();
    await memory.save([{ text: 'stays' }]);
    appendFileSync(path, 'mend me\n');
    const worn = Array.from({ length: 1200 }, (_, at) => `{"id":"m_gone","text":"version ${at}"}`);
    appendFileSync(path, `${worn.join('\n')}\n{"id":"m_gone","removed":true}\n`);
    await memory.save([{ text: 'last' }]);
    expect(lines()).toHaveLength(3);
    expect(lines()).toContain('mend me');
    expect(await texts(open())).toEqual(['last', 'stays']);
    expect(await texts(memory)).toEqual(['last', 'stays']);
  });

  it('says in words why it cannot be written', async () => {
    writeFileSync(join(directory, 'state'), 'a file');
    await expect(open().save([{ text: 'x' }])).rejects.toMatchObject({ code: 'unavailable' });
  });
});

describe('the newest notes', () => {
  it('come first, page by page, filtered by kind, tag and time', async () => {
    const day = (number: number) => `2026-11-${String(number).padStart(2, '0')}T00:00:00.000Z`;
    await open().save([
      { text: 'b', time: day(2), tags: ['x'] },
      { text: 'a', time: day(1), kind: 'summary' },
      { text: 'c', time: day(3), tags: ['x', 'y'] },
    ]);
    const memory = open();
    expect(await texts(memory)).toEqual(['c', 'b', 'a']);
    expect(await memory.search({ offset: 1, limit: 1 })).toMatchObject({
      notes: [{ text: 'b' }],
      matching: 3,
      total: 3,
    });
    expect(await texts(memory, { kind: 'summary' })).toEqual(['a']);
    expect(await texts(memory, { tags: ['X'] })).toEqual(['c', 'b']);
    expect(await texts(memory, { tags: ['x', 'Y'] })).toEqual(['c']);
    expect(await texts(memory, { since: Date.parse(day(2)), until: Date.parse(day(2)) })).toEqual(['b']);
  });
});
