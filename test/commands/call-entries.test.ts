import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readCall } from '../../src/commands/dashboard/command.js';
import { CALL, makeEntries, RESPONSE, START } from '../dashboard/entries.js';

const SESSION = 's_20261120T100000_7_abcdef';
let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'hugwire-test-'));
  const told = { type: 'ToolMessage', kind: 'log', parent: 'e2', text: 'half\u202edone' } as const;
  const lines = makeEntries([START, CALL, told, RESPONSE, CALL]).map((entry) => JSON.stringify(entry));
  writeFileSync(join(directory, `${SESSION}.jsonl`), lines.join('\n'));
});
afterEach(() => rmSync(directory, { recursive: true }));

it('gives all that belongs to a call, clean', async () => {
  const entries = await readCall(directory, SESSION, 'e2');
  expect(entries.map(({ id }) => id)).toEqual(['e2', 'e3', 'e4']);
  expect(entries[1]).toMatchObject({ text: 'halfdone' });
});

it.each([
  [SESSION, 'e99'],
  ['s_20261120T100000_7_zzzzzz', 'e2'],
  [`../${SESSION}`, 'e2'],
  ['', ''],
])('finds nothing for %j, %j', async (session, call) => {
  await expect(readCall(directory, session, call)).rejects.toMatchObject({ code: 'not_found' });
});
