import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { JsonSchema } from '../../src/lib/json-schema.js';
import { cleanText } from '../../src/lib/text.js';
import { startDemoHub } from '../../src/world/hub/server.js';
import { startDemoSpace } from '../../src/world/space/server.js';
import type { DemoHub, DemoSpace } from '../../src/world/types.js';
import { ServerProcess } from './server-process.js';

// A token that an assistant writes into an argument, whichever it is, stands in no file, no request and no answer afterwards.

const IN_USE = 'correct-horse.battery~staple';
const OTHER = `hf_${'aBcD3fGh1jKlMn0p'.repeat(2)}qR`;
const ORGANISATION = `api_org_${'aBcD3fGh1jKlMn0p'.repeat(2)}qR`;
const JWT = `eyJ${'aBcD3fGh'.repeat(3)}.eyJ${'aBcD3fGh'.repeat(4)}.${'aBcD3fGh'.repeat(4)}`;
const TOKENS = [IN_USE, OTHER, ORGANISATION, JWT];

/** How each is written. */
const SPELLINGS: ((token: string) => string)[] = [
  (token) => token,
  (token) => `words ${token} and more`,
  (token) => `${token.slice(0, 6)}\u200b${token.slice(6)}`,
  (token) => `%${token.charCodeAt(0).toString(16)}${token.slice(1)}`,
];

const SPACE = 'hugwire/demo-space';
/** Arguments with which each tool works, one of them at a time replaced. */
const CALLS: [tool: string, args: Record<string, unknown>][] = [
  ['hub_search', { query: 'whisper', kinds: ['model', 'dataset', 'space'] }],
  ['hub_search', { query: 'whisper', kinds: ['paper', 'collection', 'docs'] }],
  ['hub_repo', { ids: ['openai/whisper-large-v3'], include: ['files', 'discussions'] }],
  ['hub_read', { uris: ['openai/whisper-large-v3/config.json'] }],
  ['dataset_rows', { dataset: 'stanfordnlp/imdb', config: 'plain_text', split: 'train' }],
  ['space_info', { space: SPACE }],
  ['space_call', { space: SPACE, endpoint: '/draw', arguments: { prompt: 'dusk', size: 64 } }],
  ['space_result', { job: 'j_none' }],
  ['space_pin', { space: SPACE, endpoint: '/draw' }],
  ['memory_save', { text: 'Likes dusk', tags: ['drawing'] }],
  ['memory_search', { query: 'dusk' }],
  ['history', {}],
  ['hub_whoami', {}],
  ['hub_write', { repo: 'maya/journal-tagger', files: [{ path: 'a.txt', text: 'x' }] }],
  ['hub_create', { repo: 'maya/fresh' }],
  ['hub_discuss', { repo: 'gpt2', title: 'A question', text: 'Why?' }],
  ['space_admin', { space: SPACE, action: 'set_variable', key: 'MODE', value: 'fast' }],
  ['hub_job', { action: 'run', image: 'ubuntu', command: ['ls'] }],
  ['hub_download', { repo: 'openai/whisper-large-v3', files: ['config.json'], revision: 'main' }],
];

/** The same arguments once for each place that takes a text, with that text there. */
function* placeText(schema: JsonSchema, args: Record<string, unknown>, text: string): Generator<object> {
  for (const [name, one] of Object.entries(schema.properties as Record<string, JsonSchema>)) {
    yield { ...args, [name]: one.type === 'array' ? [text] : text };
    // Of a name as well: what is odd is told of in messages.
    if (one.type === 'object') {
      yield { ...args, [name]: { ...(args[name] as object), prompt: text } };
      yield { ...args, [name]: { ...(args[name] as object), [text]: 1 } };
    }
  }
  yield { ...args, [text]: 'x' };
}

let hub: DemoHub;
let space: DemoSpace;

beforeAll(async () => {
  space = await startDemoSpace();
  hub = await startDemoHub({ spaceHost: new URL(space.url).host, quotas: { api: 1e9, resolvers: 1e9, pages: 1e9 } });
});

afterAll(async () => {
  await Promise.all([hub.close(), space.close()]);
});

it('whatever argument it is written into', { timeout: 300_000 }, async () => {
  const server = new ServerProcess({
    env: { HF_ENDPOINT: hub.url, HF_TOKEN: IN_USE },
    config: JSON.stringify({ tools: { enable: ['all'] }, spaces: { waitSeconds: 2, maxSeconds: 5 } }),
  });
  try {
    await server.initialize();
    server.send({ id: 'list', method: 'tools/list' });
    const listed = (await server.answer('list')).result.tools as { name: string; inputSchema: JsonSchema }[];
    expect(listed.map(({ name }) => name).filter((name) => !CALLS.some(([tool]) => tool === name))).toEqual([
      'generate_image',
    ]);
    const calls = TOKENS.flatMap((token) => SPELLINGS.map((spell) => spell(token))).flatMap((text) =>
      CALLS.flatMap(([tool, args]) => {
        const schema = listed.find(({ name }) => name === tool)?.inputSchema ?? {};
        return [...placeText(schema, args, text)].map((given): [string, object] => [tool, given]);
      }),
    );
    for (let at = 0; at < calls.length; at += 20)
      await Promise.all(calls.slice(at, at + 20).map(([tool, args], place) => server.call(at + place, tool, args)));
    server.child.stdin.end();
    await server.exited;

    const held = (where: string, text: string) =>
      TOKENS.filter((token) => text.includes(token) || cleanText(text).includes(token)).map((token) => {
        const start = cleanText(text).indexOf(token);
        return `${where}: …${cleanText(text).slice(Math.max(0, start - 120), start + 12)}…`;
      });
    const files = readdirSync(server.home, { recursive: true, withFileTypes: true });
    const leaks = [
      ...files.flatMap(({ parentPath, name }) => held('a name', join(parentPath, name))),
      ...files
        .filter((entry) => entry.isFile())
        .flatMap(({ parentPath, name }) => held(name, readFileSync(join(parentPath, name), 'utf8'))),
      ...held('stderr', server.stderr),
      ...server.lines.flatMap((line) => held('an answer', line)),
      ...hub.seen.flatMap(({ url }) => held('a request', decodeURIComponent(url.replaceAll('+', ' ')))),
    ];
    expect(leaks.slice(0, 20)).toEqual([]);
    const internal = server.lines.filter((line) => line.includes('internal: '));
    expect(internal.slice(0, 3)).toEqual([]);
  } finally {
    await server.dispose();
  }
});
