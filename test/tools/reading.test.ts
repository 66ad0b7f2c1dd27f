import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type CachedHubClient, withCache } from '../../src/hub/client/cache.js';
import { hubRead } from '../../src/tools/hub_read.js';
import { hubRepo } from '../../src/tools/hub_repo.js';
import type { AnyTool } from '../../src/tools/tool.js';
import { startDemoHub } from '../../src/world/hub/server.js';
import type { DemoHub } from '../../src/world/types.js';
import { callTool, connect } from './context.js';

const WHISPER = 'openai/whisper-large-v3';
const MAYA = 'hf_demo_read_maya';

let hub: DemoHub;
let directory: string;
let opened: CachedHubClient[] = [];
const switches: (() => void)[] = [];
beforeAll(async () => {
  hub = await startDemoHub({ quotas: { api: 1e6, resolvers: 1e6, pages: 1e6 } });
});
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'hugwire-reading-'));
});
afterEach(async () => {
  for (const turnOff of switches.splice(0)) turnOff();
  await Promise.all(opened.map((one) => one.settled()));
  opened = [];
  await rm(directory, { recursive: true, force: true });
});
afterAll(() => hub.close());

/** A server's way to the Hub, with its cache. */
function open(token?: string): CachedHubClient {
  const client = withCache(connect(hub.url, token), { directory, maxMegabytes: 10 });
  opened.push(client);
  return client;
}

/** What a call sends to the Hub. */
async function requestsOf(work: () => Promise<unknown>): Promise<string[]> {
  const before = [hub.seen.length, hub.cdn.seen.length];
  await work();
  return [...hub.seen.slice(before[0]), ...hub.cdn.seen.slice(before[1])].map(({ url }) => url);
}

const read = async (uri: string, more: Record<string, unknown> = {}, client = connect(hub.url)) =>
  callTool(hubRead, { uris: [uri], ...more }, client);
const serve = (path: RegExp, body: string | Buffer | object, headers: Record<string, string> = {}) =>
  switches.push(hub.addFault({ path, response: { headers, body } }));
const fenced = (text: string) => /\(quoted, not instructions\) (\w{8})\n([\s\S]*)\n--- end \1/.exec(text)?.[2] ?? '';

describe('a repeated read sends no request', () => {
  it.each([
    WHISPER,
    'gpt2',
    'maya/trail-signs',
    'datasets/maya/trail-signs/train',
    'maya/trail-signs/train/',
    'maya/trail-signs/signs.csv',
    `${WHISPER}/config.json`,
    `${WHISPER}/model.safetensors`,
    `${WHISPER}@main/README.md`,
    'black-forest-labs/FLUX.1-schnell',
    'black-forest-labs/FLUX.1-schnell/app.py',
    `${WHISPER}/commits/main`,
    `${WHISPER}/commit/main`,
    `${WHISPER}/discussions`,
    `${WHISPER}/discussions/2`,
    'papers/1706.03762',
    'papers/2204.05149',
    'docs/hub/index',
    'maya',
    'users/Qwen',
    '@Qwen',
    'tasks/text-to-image',
    'blog/maya/trail-signs',
  ])('of %s', async (uri) => {
    const client = open();
    const first = await read(uri, {}, client);
    expect(first.isError).toBe(false);
    let again = first;
    const sent = await requestsOf(async () => {
      again = await read(uri, {}, client);
    });
    expect(sent).toEqual([]);
    const bare = (text: string) => text.replace(/[0-9a-f]{8}$/gm, '');
    expect(bare(again.text)).toBe(bare(first.text));
    // Another server on this machine.
    await client.settled();
    expect(await requestsOf(() => read(uri, {}, open()))).toEqual([]);
  });

  it('nor is an id looked up as other kinds when something else of it is read', async () => {
    const client = open();
    await callTool(hubRepo, { ids: [WHISPER] }, client);
    const sent = await requestsOf(() => read(`${WHISPER}/config.json`, {}, client));
    expect(sent.filter((url) => url.startsWith('/api/datasets') || url.startsWith('/api/spaces'))).toEqual([]);
    const repo = await requestsOf(() => callTool(hubRepo, { ids: [WHISPER], include: ['commits'] }, client));
    expect(repo).toEqual([expect.stringMatching(/\/commits\/main\?limit=50$/)]);
  });

  it('but what one token has found says nothing to another', async () => {
    expect((await read('maya/journal-tagger', {}, open(MAYA))).isError).toBe(false);
    expect((await read('maya/journal-tagger', {}, open())).text).toMatch(/^not_visible/);
    const sent = await requestsOf(() => read('maya/trail-signs', {}, open()));
    expect(sent.some((url) => url.startsWith('/api/spaces/maya/trail-signs'))).toBe(true);
  });

  it('but an id that moved to another kind is looked up anew', async () => {
    const client = open();
    await client.keep('repositories of maya/trail-signs', JSON.stringify([{ kind: 'space', id: 'maya/trail-signs' }]));
    expect((await read('maya/trail-signs', {}, client)).text).toMatch(/^datasets\/maya\/trail-signs \(card/);
    await client.keep('repositories of maya/trail-signs', '{"kind":"../whoami"}');
    expect((await read('maya/trail-signs/signs.csv', {}, client)).isError).toBe(false);
  });

  it('and a kind that could not be asked just now is not taken for missing', async () => {
    const client = open();
    const turnOff = hub.addFault({ path: /^\/api\/spaces\//, response: { status: 500, body: 'down' } });
    await read('maya/trail-signs', {}, client);
    turnOff();
    const sent = await requestsOf(() => read('maya/trail-signs', {}, client));
    expect(sent.some((url) => url.startsWith('/api/spaces/'))).toBe(true);
  });
});

describe('what changed', () => {
  it('is listed for a revision, and each change can be read', async () => {
    const list = await read(`https://huggingface.co/${WHISPER}/commits/main`);
    expect(list.text).toMatch(/\/commits\/main \(3 commits, the newest first\)\n/);
    const rows = fenced(list.text).split('\n');
    expect(rows[0]).toMatch(/^[0-9a-f]{8} 2024-08-12 openai: “Update README\.md”$/);
    const [, uri = ''] = /read one with its changes: hub_read uris=\["(models\/[^"]+)"\]/.exec(list.text) ?? [];
    expect(uri).toBe(`models/${WHISPER}/commit/${rows[0]?.slice(0, 8)}`);
    const { text } = await read(uri);
    expect(fenced(text)).toMatch(/^Update README\.md\n\n\d+ changed files?:\n/);
    expect(fenced(text)).toMatch(/^A README\.md \+\d+ -0$/m);
    expect(fenced(text)).toMatch(/^A model\.safetensors 3\.1 GB, in LFS$/m);
    expect(fenced(text)).not.toContain('git-lfs.github.com/spec');
    const [, before = ''] = /^the one before: (\S+)$/m.exec(text) ?? [];
    expect((await read(before)).isError).toBe(false);
  });

  it('in the first commit is all that is there', async () => {
    const rows = fenced((await read(`${WHISPER}/commits`)).text).split('\n');
    const { text } = await read(`${WHISPER}/commit/${rows.at(-1)?.slice(0, 8)}`);
    expect(fenced(text)).toMatch(/The first commit, with \d+ files:\nA \.gitattributes\n/);
  });

  it('is listed on, page by page, however short the pages are', async () => {
    const all = Array.from({ length: 120 }, (_, n) => ({
      id: String(n).padStart(40, '0'),
      title: `change ${n}`,
      message: '',
      authors: [{ user: 'maya' }],
      date: '2026-01-01T00:00:00.000Z',
    }));
    for (const page of [2, 1, 0]) {
      const body = all.slice(page * 50, page * 50 + 50);
      serve(page === 0 ? /\/commits\/main\?(?!p=)/ : new RegExp(`/commits/main\\?p=${page}&`), body, {
        'X-Total-Count': '120',
      });
    }
    const seen: string[] = [];
    for (let offset: number | undefined = 0; offset !== undefined; ) {
      const { text, data } = await read('models/o/n/commits/main', { offset, max_chars: 1000 });
      expect(fenced(text).length).toBeLessThanOrEqual(1000);
      seen.push(...fenced(text).split('\n'));
      offset = (data as { documents: { next?: number }[] }).documents[0]?.next;
    }
    expect(seen.map((row) => /change \d+/.exec(row)?.[0])).toEqual(all.map(({ title }) => title));
  });

  it('is told even where the Hub does not say how', async () => {
    switches.push(hub.addFault({ path: /\/compare\//, response: { status: 404, body: 'no' } }));
    const { text, isError } = await read(`${WHISPER}/commit/main`);
    expect(isError).toBe(false);
    expect(text).toMatch(/its changes could not be read: /);
    expect(fenced(text)).toBe('Update README.md');
  });

  it('is part of what hub_repo tells', async () => {
    const { text, data } = await callTool(hubRepo, { ids: [WHISPER], include: ['history'] }, connect(hub.url));
    expect(text).toMatch(/^3 commits:\n[0-9a-f]{8} 2024-08-12 openai: “Update README\.md”$/m);
    expect(text).toMatch(
      /^read one with its changes: hub_read uris=\["models\/openai\/whisper-large-v3\/commit\/\w{8}"\]$/m,
    );
    expect(data).toMatchObject({ repos: [{ commits: { total: 3 } }] });
  });

  it('and what is discussed says how to read one', async () => {
    const { text } = await callTool(hubRepo, { ids: [WHISPER], include: ['discussions'] }, connect(hub.url));
    expect(text).toContain(`read one: hub_read uris=["models/${WHISPER}/discussions/3"]`);
    expect((await read(`${WHISPER}/discussions`)).text).toContain(`hub_read uris=["models/${WHISPER}/discussions/3"]`);
    expect((await read(`${WHISPER}/discussions/2`)).text).toMatch(/\(pull request 2, open: /);
  });
});

describe('pages that are no repository', () => {
  it('tell of a user and of an organisation', async () => {
    expect((await read('https://huggingface.co/maya')).text).toMatch(
      /^users\/maya \(user\)\n1 model, 2 datasets, 1 Space, 57 followers, since 2022-03-02\nmember of hugwire, open-atlas\nhub_search author="maya" lists/,
    );
    expect((await read('https://huggingface.co/Qwen/models')).text).toMatch(
      /^users\/Qwen \(organisation\)\n6 models, /,
    );
    expect((await read('users/nobody-here')).text).toMatch(
      /^not_found: The Hub has no user or organisation nobody-here\./,
    );
    expect((await read('nobody-here')).text).toMatch(/^not_visible: There is no model, dataset or Space nobody-here/);
    expect((await read('gpt2')).text).toMatch(/\(card of the model\)/);
  });

  it('tell what a task is, without a request', async () => {
    const sent = await requestsOf(async () => {
      const { text } = await read('https://huggingface.co/tasks/automatic-speech-recognition');
      expect(fenced(text)).toMatch(/^Automatic Speech Recognition \(ASR\)/);
      expect(fenced(text)).toContain(`- models/${WHISPER}: `);
    });
    expect(sent).toEqual([]);
    expect((await read('tasks/speech-recognition')).text).toMatch(/Did you mean tasks\/automatic-speech-recognition\?/);
  });

  it('are read where they are text, without what is on every page', async () => {
    const { text } = await read('https://huggingface.co/blog/maya/trail-signs');
    expect(fenced(text)).toMatch(/^# Reading trail signs with five hundred pictures\n\nPublished April 2, 2026\./);
    expect(fenced(text)).toContain('[maya/trail-signs](https://huggingface.co/datasets/maya/trail-signs) & have');
    expect(text).not.toMatch(/Models|Company|window\.x|margin/);
    serve(/^\/blog\/in-markdown$/, '# Title\n\nText', { 'Content-Type': 'text/markdown' });
    expect(fenced((await read('blog/in-markdown')).text)).toBe('# Title\n\nText');
    const headers = { 'Content-Type': 'text/html', 'X-Powered-By': 'huggingface-moon' };
    serve(/^\/blog\/app-only$/, '<html><body><div id="app"></div></body></html>', headers);
    expect((await read('blog/app-only')).text).toMatch(/^unavailable: The page blog\/app-only holds no text/);
    expect((await read('blog/nothing')).text).toMatch(/^not_found: The Hub has no page blog\/nothing\./);
  });

  it('are named where a browser is wanted', async () => {
    const settings = await read('https://huggingface.co/settings/tokens');
    expect(settings.text).toMatch(/is not a repository but a page of settings.*\n.*hub_whoami/);
    const list = await read('https://huggingface.co/models?search=whisper&sort=likes');
    expect(list.text).toContain('hub_search query="whisper" kinds=["model"]');
  });
});

describe('max_chars', () => {
  const long = `${'line of words\n'.repeat(5000)}`;

  it.each([100, 150, 1000, 5000])('%d holds for files, folders, cards, lists and documentation', async (most) => {
    serve(/long\.txt/, long);
    serve(
      /long\.json$/,
      JSON.stringify(Object.fromEntries(Array.from({ length: 3000 }, (_, n) => [`key ${n}`, 'x'.repeat(9)]))),
    );
    serve(/one-line\.txt/, 'é'.repeat(9000));
    serve(
      /\/tree\/main\/many/,
      Array.from({ length: 450 }, (_, n) => ({ type: 'file', path: `many/f${n}`, size: n, oid: 'x' })),
    );
    for (const uri of [
      'models/o/n/long.txt',
      'models/o/n/long.json',
      'models/o/n/one-line.txt',
      'models/o/n/many/',
      WHISPER,
      `${WHISPER}/`,
      'black-forest-labs/FLUX.1-schnell',
      'black-forest-labs/FLUX.1-schnell/',
      'models/bartowski/Llama-3.2-3B-Instruct-GGUF/Llama-3.2-3B-Instruct-Q4_K_M.gguf',
      `${WHISPER}/commit/main`,
      `${WHISPER}/discussions`,
      'papers/1706.03762',
      'docs/hub/index',
      'docs',
      'tasks',
    ]) {
      const { data, isError } = await read(uri, { max_chars: most });
      expect(isError, uri).toBe(false);
      const { documents } = data as { documents: { body?: string }[] };
      const length = documents.reduce((sum, { body = '' }) => sum + body.length, 0);
      expect(length, uri).toBeLessThanOrEqual(most);
    }
  });

  it('is shared by all that is asked for', async () => {
    serve(/long\.txt/, long);
    const uris = Array.from({ length: 10 }, (_, n) => `models/o/n${n}/long.txt`);
    const { data } = await callTool(hubRead, { uris, max_chars: 100 }, connect(hub.url));
    const { documents } = data as { documents: { body: string }[] };
    expect(documents.map(({ body }) => body.length).every((length) => length > 0 && length <= 10)).toBe(true);
  });
});

describe('notebooks', () => {
  const cell = (type: string, source: unknown, outputs?: unknown) => ({
    cell_type: type,
    source,
    outputs,
    metadata: {},
  });
  const notebook = {
    cells: [
      cell('markdown', ['# Trail signs\n', '\n', 'A <b>first</b> look.']),
      cell(
        'code',
        ['import numpy as np\n', 'print("```")'],
        [
          { output_type: 'stream', name: 'stdout', text: ['12\n', '13\n'] },
          { output_type: 'display_data', data: { 'image/png': 'iVBOR'.repeat(5000), 'text/plain': ['<Figure>'] } },
        ],
      ),
      cell('code', 'boom()', [
        { output_type: 'error', ename: 'NameError', evalue: 'boom', traceback: ['\u001b[31m…'] },
      ]),
      cell('code', '', []),
    ],
    metadata: { kernelspec: { language: 'python' } },
    nbformat: 4,
  };

  it('show their text, code and output, without pictures', async () => {
    serve(/a\.ipynb/, JSON.stringify(notebook));
    const { text } = await read('models/o/n/a.ipynb');
    expect(text).toMatch(/^o\/n\/a\.ipynb \([\d.]+ kB, notebook\)\n4 cells\n1 picture not shown\n/);
    expect(fenced(text)).toBe(
      '# Trail signs\n\nA first look.\n\n````python\nimport numpy as np\nprint("```")\n````\n\n```output\n12\n13\n```\n\n```python\nboom()\n```\n\n```output\nNameError: boom\n```',
    );
  });

  it('go on where a page ended', async () => {
    const cells = Array.from({ length: 200 }, (_, n) => cell('markdown', `## Part ${n}\n\n${'word '.repeat(20)}`));
    serve(/b\.ipynb/, JSON.stringify({ ...notebook, cells }));
    let whole = '';
    for (let offset: number | undefined = 0; offset !== undefined; ) {
      const { data } = await read('models/o/n/b.ipynb', { offset, max_chars: 3000 });
      const [document] = (data as { documents: { body: string; next?: number }[] }).documents;
      whole += document?.body;
      offset = document?.next;
    }
    expect(whole.match(/^## Part \d+$/gm)).toHaveLength(200);
  });

  it('of version 3, and files that only bear the name, are shown too', async () => {
    const old = { worksheets: [{ cells: [{ cell_type: 'code', input: ['x = 1'], language: 'python', outputs: [] }] }] };
    serve(/old\.ipynb/, JSON.stringify(old));
    expect(fenced((await read('models/o/n/old.ipynb')).text)).toBe('```python\nx = 1\n```');
    serve(/broken\.ipynb/, '{"cells": [');
    expect(fenced((await read('models/o/n/broken.ipynb')).text)).toBe('{"cells": [');
    serve(/odd\.ipynb/, '{"cells": [1, null, {"cell_type": "code", "source": {"a": 1}, "outputs": "none"}]}');
    expect((await read('models/o/n/odd.ipynb')).isError).toBe(false);
  });
});

describe('usage of GGUF', () => {
  const usage = (tool: AnyTool = hubRepo) =>
    callTool(tool, { ids: ['models/bartowski/Llama-3.2-3B-Instruct-GGUF'], include: ['usage'] }, connect(hub.url));
  const files = (...paths: string[]) =>
    serve(
      /\/tree\//,
      paths.map((path) => ({ type: 'file', path, size: 1, oid: 'x' })),
    );

  it('names a file that is there', async () => {
    const { text } = await usage();
    expect(text).toContain('filename="Llama-3.2-3B-Instruct-Q4_K_M.gguf"');
    expect(text).not.toContain('{{');
  });

  it.each<[string, string[], string]>([
    ['no usual quantisation', ['b-Q8_0.gguf', 'a-Q6_K.gguf', 'README.md'], 'a-Q6_K.gguf'],
    ['several parts', ['q/x-Q8_0-00002-of-00002.gguf', 'q/x-Q8_0-00001-of-00002.gguf'], 'q/x-Q8_0-00001-of-00002.gguf'],
    ['a projector', ['mmproj-model-f16.gguf', 'model-f16.gguf'], 'model-f16.gguf'],
    ['quotes in its name', ['a"b$&.gguf'], 'a\\"b$&.gguf'],
  ])('names the right one with %s', async (_name, paths, named) => {
    files(...paths);
    expect((await usage()).text).toContain(`filename="${named}"`);
  });

  it('says nothing where there is none', async () => {
    files('README.md');
    expect((await usage()).text).not.toMatch(/\{\{|filename=/);
  });
});

it.each([
  WHISPER,
  `${WHISPER}/`,
  'black-forest-labs/FLUX.1-schnell',
  `${WHISPER}/commits/main`,
  `${WHISPER}/commit/main`,
  `${WHISPER}/discussions`,
  `${WHISPER}/discussions/2`,
  `${WHISPER}/config.json`,
  'papers/1706.03762',
  'docs/hub/index',
  'blog/maya/trail-signs',
  'tasks/text-to-image',
])('an offset beyond the end of %s is refused, with what is there', async (uri) => {
  const { text, isError } = await read(uri, { offset: 9_000_000 });
  expect(isError).toBe(true);
  expect(text).toMatch(
    /^invalid_arguments: .*\d+ (?:characters|bytes|entries); 9000000 is past the end\.\nNext: Take the offset/,
  );
});
