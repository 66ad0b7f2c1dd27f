import { describe, expect, it } from 'vitest';
import { parseEntry } from '../../src/sessions/entries.js';
import { END, place, shortSession } from './directory.js';

const ENTRIES = place([...shortSession('s_1'), END, { type: 'HumanMessage', text: 'hello' }]);
const [START, CALL, RESPONSE] = ENTRIES as [object, object, object];

describe('a line of a journal', () => {
  it.each(ENTRIES)('is read: $type', (entry) => expect(parseEntry(JSON.stringify(entry))).toEqual(entry));

  it('may tell more than is known', () => {
    expect(parseEntry(JSON.stringify({ ...CALL, later: [1] }))).toMatchObject({ later: [1] });
  });

  it.each([
    '',
    'null',
    '[]',
    '"FunctionCall"',
    '{"type":"FunctionCall"',
    { ...CALL, type: 'constructor' },
    { ...CALL, id: 2 },
    { ...CALL, order: '2' },
    { ...CALL, time: 'today' },
    { ...CALL, tool: null },
    { ...CALL, parent: {} },
    { ...START, tools: 'all' },
    { ...START, pid: '1' },
    { ...START, client: 'editor' },
    { ...START, client: { name: 'editor', title: [] } },
    { ...START, capabilities: { roots: {} } },
    { ...RESPONSE, files: '/x/a.png' },
    { ...RESPONSE, files: [null] },
    { ...RESPONSE, files: [{ path: 1, bytes: 2, mimeType: 'image/png' }] },
    { ...RESPONSE, milliseconds: 'long' },
    { ...RESPONSE, failed: 0 },
    { ...ENTRIES[4], data: [1] },
    { ...END, id: 'e9', order: 9, time: '2026-11-20T12:00:00Z', reason: 5 },
  ])('is left out when it is no entry: %j', (line) => {
    expect(parseEntry(typeof line === 'string' ? line : JSON.stringify(line))).toBeUndefined();
  });
});
