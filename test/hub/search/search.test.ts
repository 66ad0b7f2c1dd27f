import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { SEARCHES } from '../../../src/hub/search/search.js';
import type { RepoRow, SearchPage, SearchQuery } from '../../../src/hub/search/types.js';
import { hubSearch } from '../../../src/tools/hub_search.js';
import { startDemoHub } from '../../../src/world/hub/server.js';
import type { DemoFault, DemoHub } from '../../../src/world/types.js';
import { callTool, connect } from '../../tools/context.js';
import { errorOf } from '../client.js';
import { FakeClient } from '../fake-client.js';

let hub: DemoHub;
beforeAll(async () => {
  hub = await startDemoHub();
});
afterAll(() => hub.close());
const turnOffs: (() => void)[] = [];
afterEach(() => {
  for (const turnOff of turnOffs.splice(0)) turnOff();
});
const addFault = (fault: DemoFault) => turnOffs.push(hub.addFault(fault));

type Kind = 'model' | 'dataset' | 'space';
const search = (kind: Kind, query: Partial<SearchQuery> = {}, token?: string): Promise<SearchPage<RepoRow>> =>
  SEARCHES[kind](connect(hub.url, token), { limit: 10, offset: 0, ...query });
const ids = ({ rows }: SearchPage<RepoRow>) => rows.map(({ id }) => id);
const lastQuery = () => new URL(hub.seen.at(-1)?.url ?? '/', hub.url).searchParams;
const isFalling = (values: (number | string | undefined)[]) =>
  values.every(
    (value, index) =>
      index === 0 || String(value).localeCompare(String(values[index - 1]), 'en', { numeric: true }) <= 0,
  );

describe.each(['model', 'dataset', 'space'] as const)('a search of %ss', (kind) => {
  it('without anything gives what is trending', async () => {
    const page = await search(kind);
    expect(page).toMatchObject({ order: 'by trending', notes: [] });
    expect(page.rows.length).toBeGreaterThan(2);
    expect(isFalling(page.rows.map(({ trending }) => trending))).toBe(true);
  });

  it.each([
    ['likes', 'likes'],
    ['created', 'created'],
    ['updated', 'updated'],
    ['trending', 'trending'],
  ] as const)('by %s is sorted so', async (sort, field) => {
    const page = await search(kind, { sort });
    expect(page.order).toBe(`by ${sort}`);
    expect(isFalling(page.rows.map((row) => row[field]))).toBe(true);
  });

  it('gives pages that fit together', async () => {
    const whole = ids(await search(kind, { sort: 'likes', limit: 6 }));
    const first = await search(kind, { sort: 'likes', limit: 3 });
    const second = await search(kind, { sort: 'likes', limit: 3, offset: 3 });
    expect([...ids(first), ...ids(second)]).toEqual(whole);
    expect(first.more).toBe(true);
  });

  it('says when there is nothing more', async () => {
    const all = await search(kind, { limit: 50, offset: 450 });
    expect(all).toMatchObject({ more: false, rows: [] });
  });

  it('hides what is private from those who may not see it', async () => {
    const author = 'maya';
    expect((await search(kind, { author })).rows.filter((row) => row.private)).toEqual([]);
    expect((await search(kind, { author }, 'hf_demo_read_maya')).rows.every((row) => row.id.startsWith('maya/'))).toBe(
      true,
    );
  });

  it('makes nothing of answers of another shape', async () => {
    for (const body of [null, {}, 7, [1, null, 'x']]) {
      const page = await SEARCHES[kind](new FakeClient(() => ({ body })), { limit: 10, offset: 0, query: 'x y' });
      expect(page.rows).toEqual([]);
    }
  });

  it('makes the best of rows of another shape', async () => {
    const odd = {
      id: 'a/b\u202e',
      likes: 'many',
      downloads: -0,
      tags: [1, 'license:mit', null],
      lastModified: 5,
      runtime: 'x',
      cardData: [],
      safetensors: 7,
      gated: 'yes',
      sdk: {},
    };
    const { rows } = await SEARCHES[kind](new FakeClient(() => ({ body: [odd, {}] })), { limit: 10, offset: 0 });
    expect(rows[0]).toMatchObject({ id: 'a/b', licence: 'mit', likes: undefined, updated: undefined });
    expect(rows[1]).toMatchObject({ id: '' });
  });
});

describe('models', () => {
  it('are asked for with all that was told, and with the fields that are shown', async () => {
    const query = {
      query: 'llama',
      author: 'meta-llama',
      task: 'text-generation',
      library: 'transformers',
      tags: ['license:llama3.1'],
    };
    const page = await search('model', { ...query, sort: 'downloads' });
    expect(ids(page)).toEqual(['meta-llama/Llama-3.1-8B-Instruct']);
    expect(page.rows[0]).toMatchObject({ kind: 'model', gated: true, task: 'text-generation', licence: 'llama3.1' });
    expect(page.rows[0]?.parameters).toBeGreaterThan(8e9);
    const sent = lastQuery();
    expect(sent.getAll('filter')).toEqual(['transformers', 'license:llama3.1']);
    expect(Object.fromEntries(sent)).toMatchObject({
      search: 'llama',
      author: 'meta-llama',
      pipeline_tag: 'text-generation',
      sort: 'downloads',
      direction: '-1',
      limit: '10',
    });
    expect(sent.getAll('expand[]')).toContain('safetensors');
  });

  it('with a query are those that most people use', async () => {
    const page = await search('model', { query: 'bert' });
    expect(page.order).toBe('by downloads');
    expect(isFalling(page.rows.map(({ downloads }) => downloads))).toBe(true);
  });

  it('of a question are found by its telling parts, and it is said', async () => {
    const page = await search('model', { query: 'What is the best model for automatic speech recognition?' });
    expect(page.rows.every(({ task }) => task === 'automatic-speech-recognition')).toBe(true);
    expect(page.rows.length).toBeGreaterThan(0);
    expect(page.notes).toEqual([
      'No model id contains "What is the best model for automatic speech recognition?" (the Hub matches ids only). Searched instead for task automatic-speech-recognition.',
    ]);
  });

  it('of a language that nothing is found in are found without it, and it is said', async () => {
    const { notes } = await search('model', { query: 'translate english into icelandic' });
    expect(notes[0]).toMatch(/Searched instead for task translation; nothing was found with language:is\.$/);
  });

  it('of a question go on where the page ended', async () => {
    const question = 'a language model to chat with';
    const first = await search('model', { query: question, limit: 2 });
    const second = await search('model', { query: question, limit: 2, offset: 2 });
    const both = await search('model', { query: question, limit: 4 });
    expect(first.more).toBe(true);
    expect([...ids(first), ...ids(second)]).toEqual(ids(both));
  });

  it('keep the filters that were told when a question is taken apart', async () => {
    const page = await search('model', {
      query: 'fast embeddings please',
      library: 'sentence-transformers',
      tags: ['license:mit'],
    });
    expect(lastQuery().getAll('filter')).toEqual(['sentence-transformers', 'license:mit']);
    expect(page.rows.every(({ licence }) => licence === 'mit')).toBe(true);
  });

  it('that no attempt finds are none, after few requests', async () => {
    const before = hub.seen.length;
    const page = await search('model', { query: 'xyzzy plugh quux frobnicate' });
    expect(page).toMatchObject({ rows: [], notes: [] });
    expect(hub.seen.length - before).toBeLessThanOrEqual(5);
  });

  it.each<[string | undefined, boolean]>([
    ['<https://hub.test/api/models?cursor=a>; rel="next"', true],
    ['<https://hub.test/.well-known/ai-catalog.json>; rel="ai-catalog"', false],
    ['</a>; rel="ai-catalog", <https://hub.test/?cursor=b>; rel=next', true],
    ['<https://hub.test/?cursor=a,b;rel="next">; rel="prev"', false],
    ['<https://hub.test/?cursor=c>; title="x"; REL="prev NEXT"', true],
    ['<https://hub.test/next>; rel="nextish"', false],
    ['nonsense', false],
    [undefined, false],
  ])('go on where the Hub names a next page: %j', async (link, more) => {
    const client = new FakeClient(() => ({ headers: { Link: link ?? '' }, body: [{ id: 'a/b' }] }));
    for (const kind of ['model', 'space'] as const) {
      expect((await SEARCHES[kind](client, { limit: 1, offset: 0 })).more).toBe(more);
    }
  });

  it('fail with the error of the Hub', async () => {
    addFault({ path: /^\/api\/models/, response: { status: 503, body: '' } });
    expect((await errorOf(search('model', { query: 'x' }))).code).toBe('unavailable');
  });
});

describe('datasets', () => {
  it('name their tasks, sizes and libraries as tags', async () => {
    const page = await search('dataset', { task: 'text-classification', library: 'datasets', tags: ['language:en'] });
    expect(lastQuery().getAll('filter')).toEqual([
      'task_categories:text-classification',
      'library:datasets',
      'language:en',
    ]);
    expect(page.rows.length).toBeGreaterThan(0);
    expect(page.rows.every(({ task }) => task !== undefined)).toBe(true);
  });

  it('of a question are found as models are', async () => {
    const page = await search('dataset', { query: 'movie reviews for sentiment analysis' });
    expect(page.rows.length).toBeGreaterThan(0);
    expect(page.notes[0]).toMatch(/^No dataset id contains .*Searched instead for .*text-classification/);
  });
});

describe('Spaces', () => {
  const semantic = /^\/api\/spaces\/semantic-search/;

  it('are found by meaning, with what they do', async () => {
    const page = await search('space', { query: 'remove the background of a photo' });
    expect(page).toMatchObject({ order: 'by meaning', notes: [] });
    expect(page.rows.length).toBeGreaterThan(0);
    expect(page.rows.every(({ description, title }) => description ?? title)).toBe(true);
    expect(lastQuery().get('q')).toBe('remove the background of a photo');
  });

  it('are found by their task, said in words', async () => {
    await search('space', { task: 'text-to-speech' });
    expect(lastQuery().get('q')).toBe('text to speech');
    await search('space', { query: 'fast', task: 'text-to-speech', library: 'gradio', tags: ['mcp-server'] });
    expect(Object.fromEntries(lastQuery())).toMatchObject({
      q: 'fast text to speech',
      sdk: 'gradio',
      filter: 'mcp-server',
    });
  });

  it('sends no more of a question than the Hub takes, and no half characters', async () => {
    await search('space', { query: `a${'😀'.repeat(200)}` });
    expect(lastQuery().get('q')).toBe(`a${'😀'.repeat(124)}`);
  });

  it('tell what they are for, where the Hub says it', async () => {
    const { data } = await callTool(hubSearch, { kinds: ['space'], query: 'make an image' }, connect(hub.url));
    expect(JSON.stringify(data)).toContain('"category":"Image Generation"');
  });

  it('that are asleep are shown when none is running', async () => {
    const client = new FakeClient(({ request }) => ({
      body: request.query?.includeNonRunning ? [{ id: 'a/asleep', runtime: { stage: 'SLEEPING' } }] : [],
    }));
    const page = await SEARCHES.space(client, { query: 'x', limit: 10, offset: 0 });
    expect(page.rows).toMatchObject([{ id: 'a/asleep', stage: 'SLEEPING' }]);
    expect(page.notes[0]).toMatch(/^No running Space matches/);
  });

  it.each([
    ['is down', { response: { status: 503, body: '' } }, 'unavailable'],
    ['is gone', { response: { status: 404, body: '' } }, 'not_found'],
    ['does not like the question', { response: { status: 400, body: { error: 'no' } } }, 'invalid_arguments'],
    ['answers with a web page', { response: { status: 200, body: '<html>' } }, 'unavailable'],
  ])('are found by name when the search by meaning %s, and it is said', async (_title, fault, code) => {
    addFault({ path: semantic, ...fault });
    const page = await search('space', { query: 'demo-space' });
    expect(ids(page)).toContain('hugwire/demo-space');
    expect(page.order).toBe('by likes');
    expect(page.notes).toEqual([`Search by meaning failed (${code}); these match by name only.`]);
  });

  it('are not asked for twice when the Hub is busy or the token bad', async () => {
    const busy = { status: 429, headers: { RateLimit: '"api";r=0;t=200' }, body: '' };
    addFault({ path: semantic, times: 1, response: busy });
    const before = hub.seen.length;
    expect((await errorOf(search('space', { query: 'x' }))).code).toBe('rate_limited');
    expect(hub.seen.length - before).toBe(1);
    expect((await errorOf(search('space', { query: 'x' }, 'hf_demo_expired_maya'))).code).toBe('unauthorized');
  });

  it('of an owner are listed by name; a task is no part of that', async () => {
    const page = await search('space', { author: 'hugwire', query: 'demo', task: 'text-to-image' });
    expect(ids(page)).toContain('hugwire/demo-space');
    expect(page.notes).toEqual(['Spaces are not listed by task, so it was left out; put it into the query.']);
  });

  it.each([{ query: 'image' }, {}])('have no downloads: sorted by likes, and it is said (%j)', async (query) => {
    const page = await search('space', { ...query, sort: 'downloads' });
    expect(page.order).toBe('by likes');
    expect(page.notes).toEqual(['Spaces have no downloads; sorted by likes.']);
    expect(isFalling(page.rows.map(({ likes }) => likes))).toBe(true);
  });
});

describe('hub_search', () => {
  const call = (args: object) => callTool(hubSearch, args, connect(hub.url));

  it('shows a table and the next call', async () => {
    const { text, data } = await call({ query: 'llama', limit: 2 });
    expect(text).toMatch(
      /^2 models, by downloads:\nid \| task \| size \| downloads \| likes \| licence \| updated\nmeta-llama\/Llama-3\.1-8B-Instruct \[gated\] \| text-generation \| 8B \| /,
    );
    expect(text).toMatch(
      /\n\nNext: details: hub_repo ids=\["models\/meta-llama\/Llama-3\.1-8B-Instruct"\]; more: cursor="mo2"$/,
    );
    expect(data).toMatchObject({ cursor: 'mo2', results: { model: { rows: [{ kind: 'model' }, { kind: 'model' }] } } });
  });

  it('tells one failing kind beside the results of the other', async () => {
    addFault({ path: /^\/api\/datasets/, response: { status: 503, body: '' } });
    const { text, isError, data } = await call({ query: 'llama', kinds: ['model', 'dataset'], limit: 1 });
    expect(isError).toBe(false);
    expect(text).toMatch(/^1 model, by downloads:/);
    expect(text).toMatch(/\n\nSearching datasets failed\. unavailable: The Hub is having trouble \(503\)\.\nNext: /);
    expect(data).toMatchObject({ results: { dataset: { error: { code: 'unavailable' } } } });
  });

  it('is an error when all fail', async () => {
    addFault({ path: /^\/api\/(?:datasets|models)/, response: { status: 503, body: '' } });
    expect((await call({ kinds: ['model', 'dataset'] })).isError).toBe(true);
    expect(await call({ kinds: ['model'] })).toMatchObject({ isError: true, data: { error: { code: 'unavailable' } } });
  });

  it('says what to try when nothing is found', async () => {
    const { text, isError } = await call({ query: 'xyzzy-plugh' });
    expect(isError).toBe(false);
    expect(text).toBe(
      'No models found.\n\nNext: try fewer or other words; for models and datasets the query must be part of the id.',
    );
  });

  it.each([
    [{ task: 'nonexistent-task' }, 'check or leave out task.'],
    [{ kinds: ['collection'], author: 'nobody' }, 'check or leave out author.'],
    [
      { kinds: ['collection'], query: 'xyzzy', author: 'nobody' },
      'check or leave out author; try fewer or other words.',
    ],
  ])('blames nothing that was not asked for: %j', async (args, hint) => {
    const { text } = await call(args);
    expect(text.slice(text.indexOf('Next:'))).toBe(`Next: ${hint}`);
  });

  it('sends no query that is longer than an address may be', async () => {
    const before = hub.seen.length;
    const { text, isError } = await call({ query: 'x'.repeat(5000) });
    expect(isError).toBe(true);
    expect(text).toMatch(/^invalid_arguments: .*"query": longer than 1000 characters/);
    expect(hub.seen).toHaveLength(before);
  });

  it('takes a query of blanks for none, and a kind twice for once', async () => {
    const { text } = await call({ query: '  ', kinds: ['model', 'model'], limit: 1 });
    expect(text).toMatch(/^1 model, by trending:/);
  });

  it('refuses a cursor of somebody else’s', async () => {
    const { text, isError } = await call({ cursor: 'eyJwYWdlIjoyfQ' });
    expect(isError).toBe(true);
    expect(text).toMatch(
      /^invalid_arguments: Invalid cursor: it was not issued by hub_search\.\nNext: Repeat the search/,
    );
  });
});
