import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SEARCHES } from '../../../src/hub/search/search.js';
import type { RepoRow, SearchPage, SearchQuery } from '../../../src/hub/search/types.js';
import { HugwireError } from '../../../src/lib/errors.js';
import { hubSearch } from '../../../src/tools/hub_search.js';
import { startDemoHub } from '../../../src/world/hub/server.js';
import type { DemoHub } from '../../../src/world/types.js';
import { callTool, connect } from '../../tools/context.js';
import { errorOf } from '../client.js';
import { FakeClient } from '../fake-client.js';

let hub: DemoHub;
beforeAll(async () => {
  hub = await startDemoHub();
});
afterAll(() => hub.close());

type Kind = 'model' | 'dataset' | 'space';
const search = (kind: Kind, query: Partial<SearchQuery>) =>
  SEARCHES[kind](connect(hub.url), { limit: 10, offset: 0, ...query });
const ids = ({ rows }: SearchPage) => rows.map(({ id }) => id);
const requestsOf = async (work: () => Promise<unknown>) => {
  const before = hub.seen.length;
  await work();
  return hub.seen.slice(before).map(({ url }) => new URL(url, hub.url).pathname);
};

describe('filters as people spell them', () => {
  it.each<[Kind, Partial<SearchQuery>, Partial<SearchQuery>]>([
    ['model', { task: 'speech recognition' }, { task: 'automatic-speech-recognition' }],
    ['model', { task: 'Text Generation' }, { task: 'text-generation' }],
    ['model', { task: 'text_generation' }, { task: 'text-generation' }],
    ['model', { task: 'asr' }, { task: 'automatic-speech-recognition' }],
    ['model', { task: 'text-to-spech' }, { task: 'text-to-speech' }],
    ['model', { library: 'Sentence Transformers' }, { library: 'sentence-transformers' }],
    ['model', { library: 'Transformer' }, { library: 'transformers' }],
    ['model', { tags: ['mit'] }, { tags: ['license:mit'] }],
    ['model', { tags: ['MIT License'] }, { tags: ['license:mit'] }],
    ['model', { tags: ['licence: Apache 2.0'] }, { tags: ['license:apache-2.0'] }],
    ['model', { tags: ['apache 2'] }, { tags: ['license:apache-2.0'] }],
    ['model', { tags: ['license=cc-by-nc-4'] }, { tags: ['license:cc-by-nc-4.0'] }],
    ['model', { tags: ['French'] }, { tags: ['fr'] }],
    ['model', { tags: ['language:French'] }, { tags: ['fr'] }],
    ['model', { tags: ['lang: fr-FR'] }, { tags: ['fr'] }],
    ['model', { tags: ['text generation'] }, { tags: ['text-generation'] }],
    ['dataset', { task: 'Question answering' }, { task: 'question-answering' }],
    ['dataset', { tags: ['english'] }, { tags: ['language:en'] }],
    ['dataset', { tags: ['mit', 'English'] }, { tags: ['license:mit', 'language:en'] }],
    ['dataset', { tags: ['Images'] }, { tags: ['Images'] }],
    ['dataset', { tags: ['modality:Images'] }, { tags: ['modality:image'] }],
    ['dataset', { tags: ['Image'] }, { tags: ['modality:image'] }],
    ['space', { query: 'demo', tags: ['MCP'] }, { tags: ['mcp-server'] }],
    ['space', { author: 'hugwire', tags: ['mcp server'] }, { tags: ['mcp-server'] }],
  ])('%s: %j', async (kind, written, meant) => {
    const right = await search(kind, { ...written, ...meant });
    const { rows, notes } = await search(kind, written);
    expect(rows.map(({ id }) => id)).toEqual(ids(right));
    const [first = ''] = notes;
    for (const value of Object.values(meant)
      .flat()
      .filter((value) => !Object.values(written).flat().includes(value))) {
      expect(first).toMatch(/^Nothing was found as written\. Read /);
      expect(first).toContain(`as "${value}"`);
      expect(rows.length).toBeGreaterThan(0);
    }
  });

  it('of a Space’s SDK are read whatever their case', async () => {
    await search('space', { query: 'demo', library: 'Gradio' });
    expect(new URL(hub.seen.at(-1)?.url ?? '', hub.url).searchParams.get('sdk')).toBe('gradio');
  });

  it('that are right, or find something, cost no request', async () => {
    const paths = await requestsOf(async () => {
      await search('model', { task: 'text-generation', library: 'transformers', tags: ['license:mit'] });
      await search('dataset', { tags: ['language:en'] });
    });
    expect(paths).toEqual(['/api/models', '/api/datasets']);
  });

  it('that are spelled as most people do are known without asking for a vocabulary', async () => {
    const paths = await requestsOf(() => search('model', { task: 'ASR', tags: ['MIT'] }));
    expect(new Set(paths)).toEqual(new Set(['/api/models']));
  });

  it('that mean nothing are left as they are, and so are tags with a prefix of their own', async () => {
    for (const query of [{ task: 'nonexistent' }, { tags: ['constructor', 'arxiv:9999.99999', 'base_model:x/y'] }]) {
      expect(await search('model', query)).toMatchObject({ rows: [], notes: [] });
    }
  });

  it('are corrected where the Hub refuses them, and its refusal is told where nothing is near', async () => {
    const refusing = new FakeClient(({ path, request }) => {
      if (path !== '/api/models') return { body: {} };
      if (request.query?.pipeline_tag === 'summarization') return { body: [{ id: 'a/b' }] };
      throw new HugwireError('invalid_arguments', 'Invalid option');
    });
    const ask = (task: string) => SEARCHES.model(refusing, { task, limit: 1, offset: 0 });
    expect(ids(await ask('Summarize'))).toEqual(['a/b']);
    expect((await errorOf(ask('anything'))).message).toBe('Invalid option');
  });

  it('are known by the usual names where the Hub has no vocabulary', async () => {
    const bare = new FakeClient(({ path, request }) => {
      if (path !== '/api/datasets') throw new HugwireError('not_found', path);
      return { body: String(request.query?.filter) === 'license:mit,language:fr' ? [{ id: 'a/b' }] : [] };
    });
    expect(ids(await SEARCHES.dataset(bare, { tags: ['MIT', 'French'], limit: 1, offset: 0 }))).toEqual(['a/b']);
  });

  it.each([
    [{ license: 'MIT', language: 'English' }, ['license:mit', 'language:en']],
    [{ tags: ['English'], licence: 'mit' }, ['language:en', 'license:mit']],
    [{ lang: 'en', filter: ['license:mit'] }, ['language:en', 'license:mit']],
  ])('are taken by names of their own, several at once: %j', async (args, tags) => {
    const [{ rows }, { data }] = await Promise.all([
      search('dataset', { tags }),
      callTool(hubSearch, { kinds: ['dataset'], ...args }, connect(hub.url)),
    ]);
    expect(rows.length).toBeGreaterThan(0);
    expect(data).toMatchObject({ results: { dataset: { rows: rows.map(({ id }) => ({ id })) } } });
  });

  it('of a Space are taken as `sdk`', async () => {
    await callTool(hubSearch, { kinds: ['space'], query: 'demo', sdk: 'Docker' }, connect(hub.url));
    expect(hub.seen.map(({ url }) => new URL(url, hub.url).searchParams.get('sdk'))).toContain('docker');
  });

  it('leave a query to be corrected after them', async () => {
    const { rows, notes } = await search('model', { query: 'a model to chat with', tags: ['mit'] });
    expect((rows as RepoRow[]).every(({ licence }) => licence === 'mit')).toBe(true);
    expect(rows.length).toBeGreaterThan(0);
    expect(notes.join(' ')).toMatch(/Read tag "mit" as "license:mit"\..*Searched instead for/);
  });
});
