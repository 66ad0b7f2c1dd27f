import type { Entry } from '../../src/sessions/entries.js';

type Fields = { type: Entry['type'] } & Record<string, unknown>;

/** Makes the entries of one session, numbered as a journal numbers them, a second apart. */
export function makeEntries(fields: readonly Fields[], begin = Date.parse('2026-11-20T10:00:00.000Z')): Entry[] {
  return fields.map((one, at) => ({
    id: `e${at + 1}`,
    order: at + 1,
    time: new Date(begin + at * 1000).toISOString(),
    ...one,
  })) as unknown as Entry[];
}

export const START = {
  type: 'SessionStart',
  session: 's_1',
  version: '0.1.0',
  pid: 7,
  node: '20.20.2',
  client: { name: 'claude-desktop', title: 'Claude', version: '1.2' },
  protocol: '2025-11-25',
  capabilities: ['elicitation'],
  tools: ['hub_search'],
} as const;

export const CALL = {
  type: 'FunctionCall',
  tool: 'hub_search',
  arguments: { query: 'llama', kinds: ['model'] },
} as const;

export const RESPONSE = {
  type: 'FunctionResponse',
  parent: 'e2',
  tool: 'hub_search',
  summary: 'Ten models.',
  bytes: 1200,
  milliseconds: 41,
  failed: false,
} as const;
