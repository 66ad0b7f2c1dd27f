import { encode } from 'gpt-tokenizer/encoding/o200k_base';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { findDay, searchPapers } from '../../../src/hub/search/papers.js';
import { SEARCHES } from '../../../src/hub/search/search.js';
import { SEARCH_KINDS, type SearchKind, type SearchQuery } from '../../../src/hub/search/types.js';
import { describeTool } from '../../../src/tools/describe.js';
import { hubSearch } from '../../../src/tools/hub_search.js';
import { startDemoHub } from '../../../src/world/hub/server.js';
import type { DemoFault, DemoHub } from '../../../src/world/types.js';
import { callTool, connect } from '../../tools/context.js';
import { FakeClient } from '../fake-client.js';

let demo: DemoHub;
const switches: (() => void)[] = [];
beforeAll(async () => {
  demo = await startDemoHub();
});
afterEach(() => {
  for (const turnOff of switches.splice(0)) turnOff();
});
afterAll(() => demo.close());

const search = <Kind extends SearchKind>(kind: Kind, query: Partial<SearchQuery>, token?: string) =>
  SEARCHES[kind](connect(demo.url, token), { limit: 10, offset: 0, ...query }) as ReturnType<(typeof SEARCHES)[Kind]>;
const breakIt = (path: RegExp, fault: Partial<DemoFault> = { response: { status: 503, body: 'down' } }) =>
  switches.push(demo.addFault({ path, ...fault }));
const getJson = async <T>(path: string) => (await (await fetch(demo.url + path)).json()) as T;
const pathsSince = (start: number) => demo.seen.slice(start).map(({ url }) => new URL(url, demo.url).pathname);

describe('papers', () => {
  it('are found by their words', async () => {
    const { rows, order, more } = await search('paper', { query: 'low-rank adaptation', limit: 1 });
    expect(rows[0]).toMatchObject({ kind: 'paper', id: 'papers/2106.09685', published: '2021-06-17' });
    expect(rows[0]?.title).not.toMatch(/\n| {2}/);
    expect(rows[0]?.authors?.length).toBeGreaterThan(0);
    expect(order).toBe('best match first');
    expect(more).toBe(true);
  });

  it('go on where the last page ended', async () => {
    const all = await search('paper', { query: 'language models' });
    const second = await search('paper', { query: 'language models', offset: 2, limit: 3 });
    expect(second.rows).toEqual(all.rows.slice(2, 5));
  });

  it('that were withdrawn are marked', async () => {
    const { text } = await callTool(hubSearch, { kinds: ['paper'], query: '2404.90117' }, connect(demo.url));
    expect(text).toMatch(/^papers\/2404\.90117 \| .* \[withdrawn\] \| /m);
  });

  it('tell the organisation, the project and the code', async () => {
    const { rows } = await search('paper', { query: '2505.09388', limit: 1 });
    expect(rows[0]).toMatchObject({
      organization: 'Qwen',
      project: 'https://qwenlm.github.io/blog/qwen3/',
      stars: 25000,
    });
  });

  it('trend when nothing is asked for, and are the newest with sort', async () => {
    const trending = await search('paper', {});
    expect(trending.order).toBe('trending first');
    const upvotes = trending.rows.map((row) => row.upvotes ?? 0);
    expect(upvotes).toEqual(upvotes.toSorted((a, b) => b - a));
    expect((await search('paper', { sort: 'created' })).order).toBe('newest first');
  });

  it('of a day, a week and a month are asked for as such', async () => {
    const [any] = (await search('paper', { sort: 'created' })).rows;
    const listed =
      await getJson<{ paper: { id: string; submittedOnDailyAt: string } }[]>('/api/daily_papers?limit=100');
    const day = listed.find((row) => `papers/${row.paper.id}` === any?.id)?.paper.submittedOnDailyAt.slice(0, 10) ?? '';
    const ofDay = await search('paper', { query: `papers of ${day}` });
    expect(ofDay.rows.map(({ id }) => id)).toContain(any?.id);
    expect(ofDay.order).toBe(`of ${day}, trending first`);
    expect((await search('paper', { query: day.slice(0, 7) })).rows.length).toBeGreaterThanOrEqual(ofDay.rows.length);
    const word = any?.title.split(' ')[0]?.replace(/\W/g, '') ?? '';
    expect((await search('paper', { query: `${day} ${word}` })).rows.map(({ id }) => id)).toContain(any?.id);
    expect((await search('paper', { query: `${day} xyzzy` })).rows).toEqual([]);
    expect((await search('paper', { query: '2019-01-01' })).rows).toEqual([]);
  });

  it('of today, where there are none yet, are the latest, and that is said', async () => {
    const { rows, notes } = await search('paper', { query: "today's papers" });
    expect(rows.length).toBeGreaterThan(0);
    expect(notes).toContain('No daily papers of today yet; these are the latest.');
  });

  it('page through long lists of the Hub', async () => {
    const paper = (id: number) => ({ paper: { id: `2601.${String(id).padStart(5, '0')}`, title: `T${id}` } });
    const client = new FakeClient(({ request }) => {
      const size = Number(request.query?.limit);
      const start = Number(request.query?.p) * size;
      return {
        body: Array.from({ length: Math.max(0, Math.min(size, 230 - start)) }, (_, index) => paper(start + index)),
      };
    });
    const page = await searchPapers(client, { limit: 50, offset: 180 });
    expect(page.rows.map(({ title }) => title)).toEqual(Array.from({ length: 50 }, (_, index) => `T${180 + index}`));
    expect(page.more).toBe(false);
    expect(client.asked).toHaveLength(1);
    expect((await searchPapers(client, { limit: 50, offset: 150 })).more).toBe(true);
  });

  it('ask for hardly more than is shown, wherever the page begins', async () => {
    const client = new FakeClient(({ request }) => {
      const size = Number(request.query?.limit);
      const start = Number(request.query?.p) * size;
      return { body: Array.from({ length: size }, (_, index) => ({ id: String(start + index), title: 'T' })) };
    });
    await searchPapers(client, { limit: 10, offset: 0 });
    expect(client.asked[0]?.request.query).toMatchObject({ p: 0, limit: 11 });
    for (let offset = 0; offset <= 450; offset += 1) {
      for (const limit of [1, 7, 10, 50]) {
        const { rows, more } = await searchPapers(client, { limit, offset });
        expect(rows.map(({ id }) => id)).toEqual(Array.from({ length: limit }, (_, n) => `papers/${offset + n}`));
        if (offset < 450) expect(more).toBe(true);
      }
    }
    expect(Math.max(...client.asked.map(({ request }) => Number(request.query?.limit)))).toBeLessThanOrEqual(100);
  });

  it('have neither task nor tags: said, not hidden', async () => {
    const { notes } = await search('paper', { query: 'attention', task: 'translation', tags: ['x'] });
    expect(notes).toEqual(['Papers cannot be filtered by task or tags: left out.']);
  });

  it('of an author are searched by the name, which is said; those of a day are not', async () => {
    const { rows, order, notes } = await search('paper', { author: 'Vaswani' });
    expect(order).toBe('best match first');
    expect(rows[0]?.authors?.join()).toContain('Vaswani');
    expect(notes).toEqual(['The author was searched for as a word.']);
    const ofDay = await search('paper', { query: '2019-01-01', author: 'Vaswani', task: 'x' });
    expect(ofDay.notes).toEqual(['Papers cannot be filtered by author or task: left out.']);
  });

  it('in another order than asked for say so', async () => {
    const notes = async (query: Partial<SearchQuery>) => (await search('paper', query)).notes;
    const instead = (sort: string, order: string) => [`Papers cannot be sorted by ${sort} here: ${order} instead.`];
    expect(await notes({ sort: 'downloads' })).toEqual(instead('downloads', 'trending first'));
    expect(await notes({ sort: 'likes' })).toEqual(instead('likes', 'trending first'));
    expect(await notes({ sort: 'downloads', query: 'attention' })).toEqual(instead('downloads', 'by upvotes'));
    for (const sort of ['trending', 'created', 'updated'] as const) expect(await notes({ sort })).toEqual([]);
    expect(await notes({ sort: 'likes', query: 'attention' })).toEqual([]);
  });
});

describe('days', () => {
  // 2026-11-20, 03:00 UTC: still the evening of the 19th in New York.
  const now = Date.UTC(2026, 10, 20, 3);

  it.each([
    ['2026-11-18', { date: '2026-11-18' }, ''],
    ['daily papers from 2026-11-18', { date: '2026-11-18' }, ''],
    ['diffusion 2026-11-18 agents', { date: '2026-11-18' }, 'diffusion agents'],
    ['2026-w46', { week: '2026-W46' }, ''],
    ['papers of 2026-11', { month: '2026-11' }, ''],
    ['Today', { date: '2026-11-19' }, ''],
    ['todays papers', { date: '2026-11-19' }, ''],
    ['yesterday’s papers on speech', { date: '2026-11-18' }, 'speech'],
  ])('%s', (query, expected, words) => {
    const found = findDay(query, now);
    expect(found.day?.query).toEqual(expected);
    expect(found.words).toBe(words);
  });

  it.each(['2407.21783', 'attention is all you need', 'gpt-2019', ''])('%j names none', (query) => {
    expect(findDay(query, now)).toEqual({ words: query });
  });
});

describe('a query that is longer than the Hub accepts', () => {
  const long = `low-rank adaptation of language models ${'and so on, as people write when they paste a paragraph '.repeat(12)}`;

  it.each(['paper', 'docs', 'space'] as const)('is cut between words for %ss, and it is said', async (kind) => {
    const { rows, notes } = await search(kind, { query: long, author: kind === 'paper' ? 'Hu' : undefined });
    expect(notes.join(' ')).toMatch(/^The Hub takes 250 characters: searched for the first 2[2-5]\d only\./);
    const sent = demo.seen.map(({ url }) => new URL(url, demo.url).searchParams.get('q')).at(-1) ?? '';
    expect(sent.length).toBeLessThanOrEqual(250);
    expect(`${kind === 'paper' ? 'Hu ' : ''}${long} `).toContain(`${sent} `);
    if (kind !== 'space') expect(rows.length).toBeGreaterThan(0);
  });

  it.each(['x'.repeat(1000), `${'😀'.repeat(400)}`, '日本語'.repeat(200)])(
    'is cut in a word where it has no other: %.6s…',
    async (query) => {
      const { notes } = await search('paper', { query });
      expect(notes[0]).toMatch(/the first (?:249|250) only/);
    },
  );
});

describe('collections', () => {
  it('are found by title, with what is in them', async () => {
    const { rows, order } = await search('collection', { query: 'speech' });
    expect(rows).toMatchObject([
      {
        kind: 'collection',
        id: expect.stringMatching(/^collections\/open-atlas\/speech-for-small-machines-[0-9a-f]{24}$/),
        title: 'Speech on small machines',
        owner: 'open-atlas',
        kinds: { model: 2, space: 2 },
        more: true,
        upvotes: 57,
        updated: '2026-11-02',
      },
    ]);
    expect(order).toBe('trending first');
  });

  it('of an owner, by upvotes, in pages', async () => {
    const first = await search('collection', { author: 'open-atlas', sort: 'likes', limit: 1 });
    expect(first).toMatchObject({ more: true, order: 'by upvotes', rows: [{ upvotes: 57 }] });
    const second = await search('collection', { author: 'open-atlas', sort: 'likes', limit: 1, offset: 1 });
    expect(second).toMatchObject({ more: true, rows: [{ upvotes: 31 }] });
    const last = await search('collection', { author: 'open-atlas', sort: 'likes', limit: 5, offset: 2 });
    expect(last).toMatchObject({
      more: false,
      rows: [{ upvotes: 4, kinds: { collection: 1, bucket: 1, kernel: 1, dataset: 1 } }],
    });
  });

  it('that are private are seen by their owner', async () => {
    const titles = async (token?: string) =>
      (await search('collection', { author: 'maya' }, token)).rows.map(({ title }) => title);
    expect(await titles()).toEqual(['Datasets to learn with']);
    expect(await titles('hf_demo_read_maya')).toContain('To try');
  });

  it('can be read by the id that the search gives, without what the caller may not see', async () => {
    const [row] = (await search('collection', { query: 'learn' })).rows;
    const body = await getJson<{ items: { id: string }[] }>(`/api/${row?.id}`);
    expect(body.items.map(({ id }) => id)).not.toContain('maya/field-journal');
    expect(body.items).toHaveLength(4);
  });
});

describe('documentation', () => {
  const query = 'load a dataset';

  it('is searched by meaning', async () => {
    const { rows, order, notes } = await search('docs', { query });
    expect(order).toBe('best match first');
    expect(notes).toEqual([]);
    expect(rows[0]?.id).toMatch(/^docs\/[\w/-]+#[\w-]+$/);
    expect(rows[0]?.description).toBeTruthy();
  });

  it('of one product alone', async () => {
    const { rows } = await search('docs', { query: 'pipeline', library: 'transformers' });
    expect(rows.length).toBeGreaterThan(0);
    expect(rows.every(({ id }) => id.startsWith('docs/transformers/'))).toBe(true);
  });

  it.each(['tgi', 'text-generation-inference', 'TGI', 'Text Generation Inference'])(
    'of a product is found whether it is called by its id or by its address: %s',
    async (library) => {
      const product = 'docs/text-generation-inference/';
      for (const broken of [/^none$/, /docs\/search\?/, /docs\/search/]) {
        breakIt(broken);
        const { rows } = await search('docs', { query: 'text', library });
        expect(rows.length, String(broken)).toBeGreaterThan(0);
        expect(rows.filter(({ id }) => !id.startsWith(product))).toEqual([]);
      }
    },
  );

  it('of a product that is misspelled, or that the Hub has none of, is searched for, and it is said', async () => {
    expect((await search('docs', { query: 'pipeline', library: 'transfromers' })).notes).toEqual([
      'library "transfromers" was read as "transformers".',
    ]);
    const { rows, notes } = await search('docs', { query: 'pipeline', library: 'langchain' });
    expect(notes).toEqual(['The Hub has no documentation of "langchain": searched in that of all products.']);
    expect(rows.length).toBeGreaterThan(0);
  });

  it('of a product without a query are its pages', async () => {
    const { rows, order } = await search('docs', { library: 'tgi' });
    expect(order).toBe('all pages');
    expect(rows.every(({ id }) => id.startsWith('docs/text-generation-inference/'))).toBe(true);
  });

  it('does without the list of products where the Hub does not give it', async () => {
    breakIt(/^\/api\/docs$/);
    const { rows } = await search('docs', { query: 'pipeline', library: 'transformers' });
    expect(rows.length).toBeGreaterThan(0);
  });

  it('is searched by full text when that fails, and it is said', async () => {
    breakIt(/docs\/search\?/);
    const { rows, order, notes } = await search('docs', { query: 'dataset' });
    expect(rows.length).toBeGreaterThan(0);
    expect(order).toBe('by full text');
    expect(notes).toEqual(['Search by meaning failed (unavailable).']);
  });

  it('then by the titles of pages', async () => {
    breakIt(/docs\/search/);
    const { rows, notes, order } = await search('docs', { query: 'transformers quickstart tour' });
    expect(rows[0]?.id).toBe('docs/transformers/quicktour');
    expect(order).toBe('by page title');
    expect(notes).toEqual([
      'Search by meaning failed (unavailable).',
      'Full-text search failed (unavailable).',
      'Titles of transformers only.',
    ]);
  });

  it('finds nothing where there is nothing, after all has been tried', async () => {
    const { rows, notes } = await search('docs', { query: 'xyzzy' });
    expect(rows).toEqual([]);
    expect(notes).toEqual([
      'Search by meaning found nothing.',
      'Full-text search found nothing.',
      'Search in page titles found nothing.',
    ]);
  });

  it('a busy Hub is not asked three times', async () => {
    breakIt(/docs/, { response: { status: 429, headers: { 'Retry-After': '60' }, body: 'slow down' } });
    const start = demo.seen.length;
    await expect(search('docs', { query })).rejects.toMatchObject({ code: 'rate_limited' });
    expect(pathsSince(start)).toEqual(['/api/docs/search']);
  });

  it('that is all down fails with the last error', async () => {
    breakIt(/docs/);
    await expect(search('docs', { query })).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('lists its products when nothing is asked for', async () => {
    const { rows } = await search('docs', {});
    expect(rows.map(({ id }) => id)).toContain('docs/transformers');
  });

  it('leaves out hits that lie elsewhere', async () => {
    const hit = (url: string) => ({ text: 't', source_page_url: url, source_page_title: 'Title', heading1: 'Title' });
    const urls = [
      'https://evil.test/docs/x/y',
      'javascript:alert(1)',
      'https://huggingface.co/docs/hub/security#scan',
      '/docs/hub/a',
      7,
    ];
    const client = new FakeClient(() => ({ body: urls.map((url) => hit(url as string)) }));
    const { rows } = await SEARCHES.docs(client, { query: 'x', limit: 10, offset: 0 });
    expect(rows.map(({ id }) => id)).toEqual(['docs/hub/security#scan', 'docs/hub/a']);
  });
});

describe('hub_search', () => {
  const ask = (args: object) => callTool(hubSearch, args, connect(demo.url));

  it('searches several kinds at once, each with its own failure', async () => {
    breakIt(/api\/collections/);
    const { text, isError } = await ask({ query: 'whisper', kinds: 'models, paper,collections', limit: 2 });
    expect(isError).toBeFalsy();
    expect(text).toContain('openai/whisper-large-v3');
    expect(text).toContain('papers/2212.04356');
    expect(text).toContain('Searching collections failed. unavailable:');
  });

  it('takes kinds as they are written, in lists too', async () => {
    for (const kinds of [['Papers'], 'papers', 'paper, documentation', '["paper"]']) {
      expect((await ask({ query: 'lora', kinds, limit: 1 })).text).toContain('papers/2106.09685');
    }
    expect((await ask({ query: 'lora', constructor: 1 })).text).toContain('has no argument "constructor"');
    expect((await ask({ query: 'lora', kinds: ['constructor'] })).isError).toBe(true);
  });

  it('costs no more than it may: the tool 250 tokens, ten results 450', async () => {
    expect(encode(JSON.stringify(describeTool(hubSearch))).length).toBeLessThanOrEqual(250);
    for (const kind of SEARCH_KINDS) {
      const { text } = await ask({ query: kind === 'docs' ? 'model' : undefined, kinds: [kind] });
      expect(encode(text).length, `${kind}\n${text}`).toBeLessThanOrEqual(450);
    }
  });

  it('names the call that reads a result', async () => {
    expect((await ask({ query: 'lora', kinds: ['paper'] })).text).toMatch(
      /Next: details: hub_read uris=\["papers\/[\d.]+"\]/,
    );
    expect((await ask({ query: 'load', kinds: ['docs'], limit: 1 })).text).toContain(
      '1 passage of the docs, best match first:',
    );
  });

  it('goes on by cursor over several kinds', async () => {
    const first = await ask({ kinds: ['paper', 'collection'], limit: 2 });
    const cursor = /cursor="(\w+)"/.exec(first.text)?.[1];
    expect(cursor).toBe('pa2co2');
    const second = await ask({ cursor, limit: 2 });
    const ids = (text: string): string[] => text.match(/(?:papers|collections)\/\S+/g) ?? [];
    expect(ids(second.text).length).toBeGreaterThan(2);
    expect(ids(first.text).filter((id) => second.text.includes(id))).toEqual([]);
  });
});
