import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEFAULT_LOCK } from '../../src/spaces/lock.js';
import { TOOLS } from '../../src/tools/index.js';
import { startDemoHub } from '../../src/world/hub/server.js';
import { startDemoSpace } from '../../src/world/space/server.js';
import type { DemoFault, DemoHub, DemoSpace, SeenRequest } from '../../src/world/types.js';
import { BIN, makeHome, ServerProcess } from './server-process.js';

/** One that the small Hub knows, and one of no format by which it could be told from other text. */
const KNOWN = 'hf_demo_read_maya';
const SHAPELESS = 'correct-horse.battery~staple';

/** Calls of every tool: what works, what fails, and what is the business of others. */
const CALLS: [tool: string, args: object][] = [
  ['hub_whoami', {}],
  ['hub_search', { query: 'whisper', kinds: ['model', 'dataset', 'space'] }],
  ['hub_search', { query: 'diffusion', kinds: ['paper', 'collection', 'docs'] }],
  [
    'hub_repo',
    { ids: ['openai/whisper-large-v3', 'nobody/nothing'], include: ['card', 'files', 'usage', 'discussions'] },
  ],
  ['hub_repo', { ids: ['meta-llama/Llama-3.1-8B-Instruct', 'bigcode/the-stack-v2', 'maya/diary-search'] }],
  [
    'hub_read',
    { uris: ['openai/whisper-large-v3', 'hf://models/openai/whisper-large-v3/model.safetensors', 'papers/2212.04356'] },
  ],
  ['dataset_rows', { dataset: 'stanfordnlp/imdb' }],
  ['dataset_rows', { dataset: 'bigcode/the-stack-v2', where: 'nonsense(' }],
  ['space_info', { space: 'hugwire/demo-space' }],
  ['space_call', { space: 'hugwire/demo-space', endpoint: '/draw', arguments: { prompt: 'dusk', size: 64 } }],
  ['space_call', { space: 'hugwire/demo-space', endpoint: '/fail', arguments: { message: 'oh' } }],
  ['space_call', { space: 'maya/diary-search', arguments: {} }],
  ['space_result', { job: 'j_none' }],
  ['generate_image', { prompt: 'dusk' }],
  ['space_pin', { space: 'hugwire/demo-space', endpoint: '/draw' }],
  ['memory_save', { text: 'Prefers drawings of dusk', tags: ['drawing'] }],
  ['memory_search', { query: 'dusk' }],
  ['history', {}],
  ['hub_write', { repo: 'maya/journal-tagger', files: [{ path: 'dusk.txt', text: 'dusk' }] }],
  ['hub_create', { repo: 'dusk' }],
  ['hub_discuss', { repo: 'openai/whisper-large-v3', action: 'open', title: 'Dusk', text: 'It is dark.' }],
  ['space_admin', { space: 'maya/diary-search', action: 'status' }],
  ['space_admin', { space: 'maya/diary-search', action: 'logs' }],
  ['hub_job', { action: 'list' }],
  ['hub_download', { repo: 'openai/whisper-large-v3', files: ['config.json', 'model.safetensors'] }],
  ['hub_download', { repo: 'maya/diary-search', kind: 'space' }],
  ['hub_download', { repo: 'bigcode/the-stack-v2', kind: 'dataset' }],
  ['hub_download', { repo: 'openai/whisper-large-v3', files: ['config.json'], to: '/somewhere/else' }],
];

/** Failures in which a careless server, or a proxy before it, repeats what it was sent. */
const faults = (hub: DemoHub, token: string): DemoFault[] => [
  {
    path: /fault=500/,
    response: { status: 500, headers: { 'x-error-message': token }, body: { error: `no ${token}` } },
  },
  { path: /fault=401/, response: { status: 401, headers: { 'x-error-message': `Invalid ${token}` }, body: token } },
  { path: /fault=404/, response: { status: 404, body: `<html>Authorization: Bearer ${token}</html>` } },
  { path: /fault=200/, response: { headers: { 'x-hf-warning': `topic; ${token}` }, body: `[{"id":"a/${token}"}]` } },
  { path: /fault=302/, response: { status: 302, headers: { location: `${hub.cdn.url}/stolen` } } },
  { path: /fault=cut/, drop: 'middle', response: { body: `[{"id":"${token}` } },
  { path: /fault=none/, drop: 'before' },
];
const FAULTY_CALLS = ['500', '401', '404', '200', '302', 'cut', 'none'].map((fault): [string, object] => [
  'hub_search',
  { query: `fault=${fault}`, kinds: ['model'] },
]);

interface Source {
  token: string;
  env?: Record<string, string>;
  config?: object;
}

/** Where a token may come from; `file` holds it. */
const sources: Record<string, (file: string) => Source> = {
  HF_TOKEN: () => ({ token: KNOWN, env: { HF_TOKEN: KNOWN } }),
  'a token of no known format': () => ({ token: SHAPELESS, env: { HF_TOKEN: SHAPELESS } }),
  HF_TOKEN_PATH: (file) => ({ token: KNOWN, env: { HF_TOKEN_PATH: file } }),
  'a file that the config names': (file) => ({ token: KNOWN, config: { source: 'file', path: file } }),
  'a command': (file) => ({
    token: KNOWN,
    config: {
      source: 'command',
      command: `"${process.execPath}" -p "require('fs').readFileSync('${file.replaceAll('\\', '/')}', 'utf8')"`,
    },
  }),
};

describe.each(Object.entries(sources))('the token from %s', (_name, makeSource) => {
  const safe = makeHome();
  const home = makeHome();
  const file = join(safe.home, 'token');
  const { token, env: said, config } = makeSource(file);
  let hub: DemoHub;
  let space: DemoSpace;
  let server: ServerProcess;
  /** What other commands printed. */
  let printed = '';

  beforeAll(async () => {
    writeFileSync(file, KNOWN);
    const everything = { token: config, tools: { enable: ['all'] } };
    writeFileSync(join(home.home, 'config.json'), JSON.stringify(everything));
    space = await startDemoSpace();
    hub = await startDemoHub({ spaceHost: new URL(space.url).host, quotas: { api: 10_000 } });
    for (const fault of faults(hub, token)) hub.addFault(fault);
    const env = { HOME: home.home, HUGWIRE_HOME: home.home, HF_ENDPOINT: hub.url, ...said };

    server = new ServerProcess({ env });
    await server.initialize();
    await Promise.all([...CALLS, ...FAULTY_CALLS].map(([tool, args], id) => server.call(id, tool, args)));
    server.child.stdin.end();
    await server.exited;
    const commands = [
      ['call', 'hub_whoami', '--json'],
      ['call', 'hub_search', 'query=fault=404', '--json'],
      ['config', 'show'],
      ['cache', 'info'],
      ['auth', 'status'],
      ['auth', 'status', '--json'],
      ['auth', 'source'],
      ['doctor'],
    ];
    printed = (await Promise.all(commands.map((args) => run(args, { ...home.env, ...env })))).join('\n');
  }, 60_000);

  afterAll(async () => {
    await server.dispose();
    await Promise.all([hub.close(), space.close()]);
    for (const { remove } of [safe, home]) remove();
  });

  it('was used, by every tool', () => {
    const all = [...TOOLS.map(({ name }) => name), ...DEFAULT_LOCK.map(({ tool }) => tool)];
    expect(new Set(CALLS.map(([tool]) => tool))).toEqual(new Set(all));
    expect(hub.seen.some(({ headers }) => headers.authorization === `Bearer ${token}`)).toBe(true);
    const failed = server.all(({ result }) => result?.isError);
    expect(failed.length).toBeGreaterThanOrEqual(FAULTY_CALLS.length - 1);
  });

  it('is in no answer and in no line of the log', () => {
    expect(server.lines.filter((line) => line.includes(token))).toEqual([]);
    expect(server.stderr).not.toContain(token);
  });

  it('is printed by no command', () => {
    expect(printed).toContain('"source"');
    expect(printed).not.toContain(token);
  });

  it('is in no file that hugwire writes', () => {
    const files = readdirSync(home.home, { recursive: true, encoding: 'utf8' }).map((path) => join(home.home, path));
    const written = files.filter((path) => statSync(path).isFile());
    expect(written.length).toBeGreaterThan(0);
    expect(written.filter((path) => readFileSync(path).includes(token))).toEqual([]);
  });

  it('went to the Hub only, and in one header only', () => {
    expect(hub.cdn.seen.length).toBeGreaterThan(0);
    // The Hub does not answer to a token that it does not know, so there are no Spaces either.
    if (token === KNOWN) expect(space.seen.length).toBeGreaterThan(0);
    const others = [...hub.cdn.seen, ...space.seen];
    expect(others.filter((request) => mentions(request, token))).toEqual([]);
    const bare = hub.seen.map(({ url, method, headers: { authorization: _, ...headers } }) => ({
      url,
      method,
      headers,
    }));
    expect(bare.filter((request) => mentions(request, token))).toEqual([]);
  });
});

function mentions({ url, headers }: SeenRequest, token: string): boolean {
  return `${decodeURIComponent(url)}${JSON.stringify(headers)}`.includes(token);
}

/** Everything that a command prints. */
function run(args: string[], env: NodeJS.ProcessEnv): Promise<string> {
  return new Promise((resolve) =>
    execFile(process.execPath, [BIN, ...args], { env }, (_error, stdout, stderr) => resolve(stdout + stderr)),
  );
}
