import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Entry, NewEntry } from '../../src/sessions/entries.js';
import { sessionFile } from '../../src/sessions/names.js';
import { type EntryFilter, readEntries } from '../../src/sessions/reader.js';
import { Recorder, type RecorderOptions } from '../../src/sessions/recorder.js';

/** A state directory that is removed after the test. */
export function makeState() {
  const state = mkdtempSync(join(tmpdir(), 'hugwire-sessions-'));
  const directory = join(state, 'sessions');
  return { state, directory, remove: () => rmSync(state, { recursive: true, force: true }) };
}

/** A recorder in a state directory; what it logs for people is kept. */
export function makeRecorder(state: string, options: Partial<RecorderOptions> = {}) {
  const warnings: string[] = [];
  const recorder = new Recorder({
    state,
    enabled: true,
    version: '1.2.3',
    tools: () => ['hub_search'],
    secrets: async () => new Set(),
    log: (line) => warnings.push(line),
    keepDays: () => 30,
    ...options,
  });
  return { recorder, warnings };
}

/** Numbers entries from 1 on, a second apart. */
export function place(entries: readonly NewEntry[], begin = Date.UTC(2026, 10, 20, 12)): Entry[] {
  return entries.map((entry, index) => {
    const time = new Date(begin + index * 1000).toISOString();
    return { ...entry, id: `e${index + 1}`, order: index + 1, time } as Entry;
  });
}

/** Writes a journal as another process would have left it. */
export function writeJournal(directory: string, id: string, entries: readonly Entry[], rest = ''): string {
  mkdirSync(directory, { recursive: true });
  const path = sessionFile(directory, id);
  writeFileSync(path, entries.map(({ type, ...entry }) => `${JSON.stringify({ type, ...entry })}\n`).join('') + rest);
  return path;
}

/** A short session: a search that succeeds, and a read that fails. */
export function shortSession(session: string, pid = 999_999_999): NewEntry[] {
  return [
    {
      type: 'SessionStart',
      session,
      version: '1.2.3',
      pid,
      node: '20.0.0',
      client: { name: 'editor', version: '9' },
      protocol: '2025-11-25',
      tools: ['hub_search', 'hub_read'],
    },
    { type: 'FunctionCall', tool: 'hub_search', arguments: { query: 'whisper' } },
    {
      type: 'FunctionResponse',
      parent: 'e2',
      tool: 'hub_search',
      summary: 'openai/whisper-large-v3',
      bytes: 23,
      milliseconds: 40,
      failed: false,
    },
    { type: 'FunctionCall', tool: 'hub_read', arguments: { uris: ['nobody/nothing'] } },
    { type: 'ToolMessage', kind: 'progress', text: 'reading', parent: 'e4' },
    {
      type: 'FunctionResponse',
      parent: 'e4',
      tool: 'hub_read',
      summary: 'not_found: There is none.',
      bytes: 25,
      milliseconds: 12,
      failed: true,
      error: 'not_found',
    },
  ];
}

export const END: NewEntry = { type: 'SessionEnd', reason: 'end of input', calls: 2, failed: 1 };

export const OLD = 's_20261101T080000_999999999_aaaaaa';
export const NEW = 's_20261120T120000_999999999_aabbbb';
const OLD_AT = Date.UTC(2026, 10, 1, 8);

/** An old session that ended, and a newer one whose process was killed within a line. */
export function writeBoth(directory: string) {
  const old = writeJournal(directory, OLD, place([...shortSession(OLD), END], OLD_AT));
  const fresh = writeJournal(directory, NEW, place(shortSession(NEW)), '{"type":"FunctionCall","id":"e7","ti');
  return { old, fresh };
}

/** The entries of a journal. */
export async function collect(path: string, filter?: EntryFilter): Promise<Entry[]> {
  const entries: Entry[] = [];
  for await (const entry of readEntries(path, filter)) entries.push(entry);
  return entries;
}
