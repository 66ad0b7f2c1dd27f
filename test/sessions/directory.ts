import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sessionFile } from '../../src/sessions/names.js';
import { Recorder, type RecorderOptions } from '../../src/sessions/recorder.js';
import type { Entry, NewEntry } from '../../src/sessions/types.js';

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
