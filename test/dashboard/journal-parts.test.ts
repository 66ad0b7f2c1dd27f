import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readCall, readSession, searchSessions } from '../../src/dashboard/journals.js';
import { CALL, makeEntries, RESPONSE, START } from './entries.js';

const SESSION = 's_20261120T100000_7_abcdef';
const OTHER = 's_20261120T110000_7_bbbbbb';
const url = (path: string) => (path.startsWith('/saved/') ? 'files/x' : undefined);
let directory: string;

const write = (session: string, fields: Parameters<typeof makeEntries>[0]) =>
  writeFileSync(
    join(directory, `${session}.jsonl`),
    makeEntries(fields)
      .map((entry) => `${JSON.stringify(entry)}\n`)
      .join(''),
  );
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'hugwire-test-'));
  const told = { type: 'ToolMessage', kind: 'log', parent: 'e2', text: 'half\u202edone' } as const;
  const files = ['/saved/fox.png', '/etc/passwd'].map((path) => ({ path, bytes: 3, mimeType: 'image/png' }));
  const ended = { type: 'ToolMessage', kind: 'job', parent: 'e2', text: 'Job j_1 ended: done.' } as const;
  write(SESSION, [START, CALL, told, { ...RESPONSE, files }, CALL, ended]);
});
afterEach(() => rmSync(directory, { recursive: true }));

it('gives everything that belongs to a call, clean, and how its job ended', async () => {
  const entries = await readCall(directory, SESSION, 'e2', url);
  expect(entries.map(({ id }) => id)).toEqual(['e2', 'e3', 'e4', 'e6']);
  expect(entries[0]).toMatchObject({ line: 'query=llama kinds=["model"]', arguments: { query: 'llama' } });
  expect(entries[1]).toMatchObject({ text: 'halfdone' });
  expect(JSON.stringify(entries)).not.toContain('/etc');
  expect(entries[2]?.files).toEqual([
    { url: 'files/x', name: 'fox.png', bytes: 3, mimeType: 'image/png' },
    { name: 'passwd', bytes: 3, mimeType: 'image/png' },
  ]);
});

const MISSING = [
  [SESSION, 'e99'],
  ['s_20261120T100000_7_zzzzzz', 'e2'],
  [`../${SESSION}`, 'e2'],
  ['', ''],
] as const;
it.each(MISSING)('finds no call for %j, %j', async (session, call) => {
  await expect(readCall(directory, session, call, url)).rejects.toMatchObject({ code: 'not_found' });
});

describe('a session', () => {
  it('comes in parts', async () => {
    write(OTHER, [START, ...Array.from({ length: 700 }, () => CALL)]);
    const first = await readSession(directory, OTHER, 0, url);
    expect([first.entries.length, first.entries.at(-1)?.order, first.more]).toEqual([500, 500, true]);
    const second = await readSession(directory, OTHER, 500, url);
    expect([second.entries.length, second.entries[0]?.order, second.more]).toEqual([201, 501, false]);
    expect(await readSession(directory, OTHER, 701, url)).toEqual({ entries: [], more: false });
  });

  it.each(['s_20261120T100000_7_zzzzzz', `../${SESSION}`, '', 'x\n'])('is not found: %j', async (session) => {
    await expect(readSession(directory, session, 0, url)).rejects.toMatchObject({ code: 'not_found' });
  });

  it('is found by words that were asked or answered, all of them in one entry', async () => {
    write(OTHER, [START, { ...CALL, arguments: { query: 'a Red fox' } }]);
    const search = (text: string) => searchSessions(directory, text, new AbortController().signal);
    expect(await search('fox red')).toEqual([OTHER]);
    expect(await search('llama')).toEqual([SESSION]);
    expect(await search('claude')).toEqual([OTHER, SESSION]);
    expect(await search('fox llama')).toEqual([]);
    expect(await searchSessions(directory, 'fox', AbortSignal.abort())).toEqual([]);
  });
});
