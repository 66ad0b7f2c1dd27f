import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Asked, startHub } from './ask.js';

let hub: Asked;
beforeAll(async () => {
  hub = await startHub();
});
afterAll(() => hub.close());

const ids = (rows: { paper: { id: string } }[]) => rows.map(({ paper }) => paper.id);

describe('papers', () => {
  it('are found by their words, the best first', async () => {
    const { json } = await hub.get('/api/papers/search?q=speech+recognition&limit=3');
    expect(ids(json)[0]).toBe('2212.04356');
    expect(json[0]).toMatchObject({
      paper: { authors: expect.any(Array), upvotes: 51 },
      title: expect.any(String),
      numComments: 4,
    });
    expect((await hub.get('/api/papers/search?q=zzzz')).json).toEqual([]);
  });

  it.each([
    ['/api/papers/search?q=a&limit=121', 'Too big: expected number to be <=120', 'limit'],
    ['/api/daily_papers?limit=101', 'Too big: expected number to be <=100', 'limit'],
    ['/api/daily_papers?date=yesterday', 'Invalid string: must match pattern', 'date'],
  ])('%s is refused in the words of the Hub', async (path, problem, field) => {
    const { status, json } = await hub.get(path);
    expect(status).toBe(400);
    expect(json.error).toBe(`✖ ${problem}\n  → at ${field}`);
  });

  it('have details, repositories and a text', async () => {
    expect((await hub.get('/api/papers/1706.03762')).json).toMatchObject({
      id: '1706.03762',
      title: 'Attention Is All You Need',
    });
    expect((await hub.get('/api/papers/9999.99999')).status).toBe(404);
    const { json } = await hub.get('/api/arxiv/2212.04356/repos');
    expect(json.models.map(({ id }: { id: string }) => id)).toContain('openai/whisper-large-v3');
    const { text, headers } = await hub.get('/papers/1706.03762.md');
    expect(headers.get('content-type')).toContain('markdown');
    expect(headers.get('ratelimit')).toMatch(/^"pages"/);
    expect(text).toMatch(/^# Attention Is All You Need\n/);
  });

  it('are listed by day, week and month, and an empty day is an empty list', async () => {
    expect(ids((await hub.get('/api/daily_papers?date=2024-08-01')).json)).toEqual(['2407.21783']);
    expect(ids((await hub.get('/api/daily_papers?week=2024-W31')).json)).toEqual(['2407.21783']);
    expect(ids((await hub.get('/api/daily_papers?month=2025-02')).json)).toEqual(['2502.02737']);
    expect((await hub.get('/api/daily_papers?date=2024-08-02')).json).toEqual([]);
  });

  it('come in pages, by day or by votes', async () => {
    const first = await hub.get('/api/daily_papers?limit=2&p=0');
    expect(ids(first.json)).toEqual(['2505.09388', '2502.02737']);
    expect(first.headers.get('link')).toMatch(/rel="ai-catalog", /);
    expect(first.headers.get('link')).toContain(`, <${hub.url}/api/daily_papers?limit=2&p=1>; rel="next"`);
    expect(ids((await hub.get('/api/daily_papers?limit=1&sort=trending')).json)).toEqual(['2501.12948']);
    const all = await hub.get('/api/daily_papers?p=99');
    expect(all.json).toEqual([]);
    expect(all.headers.get('link')).toBeNull();
  });

  it('can all be walked through by cursor', async () => {
    const seen: string[] = [];
    let next: string | undefined = '/api/papers?limit=5';
    while (next) {
      const { json, headers }: Awaited<ReturnType<Asked['get']>> = await hub.get(next);
      seen.push(...json.map(({ id }: { id: string }) => id));
      next = /<([^>]+)>; rel="next"/.exec(headers.get('link') ?? '')?.[1];
    }
    expect(seen).toHaveLength(14);
    expect(new Set(seen).size).toBe(14);
    expect(seen[0]).toBe('2505.09388');
  });
});

describe('documentation', () => {
  it('lists products, their pages, and serves each page as Markdown', async () => {
    const { json } = await hub.get('/api/docs');
    expect(json).toContainEqual({
      id: 'transformers',
      url: '/docs/transformers',
      category: expect.any(String),
    });
    const own = (json as { url: string }[]).filter(({ url }) => url.startsWith('/'));
    for (const { url } of own) {
      const { text } = await hub.get(`${url}/llms.txt`);
      const pages = [...text.matchAll(/\]\((http[^)]+\.md)\)/g)].map((match) => match[1] ?? '');
      expect(pages.length).toBeGreaterThan(0);
      for (const page of pages) expect((await hub.get(page)).text).toMatch(/^# .+\[\[.+\]\]\n/);
    }
  });

  it('takes a version and a language in the path, and knows nothing of other pages', async () => {
    const page = await hub.get('/docs/transformers/quicktour.md');
    expect((await hub.get('/docs/transformers/main/en/quicktour.md')).text).toBe(page.text);
    expect((await hub.get('/docs/transformers/v4.57.1/en/quicktour.md')).text).toBe(page.text);
    expect((await hub.get('/docs/transformers/nope.md')).status).toBe(404);
    expect((await hub.get('/docs/nope/llms.txt')).status).toBe(404);
  });

  it('is searched by meaning: any word counts', async () => {
    const { json } = await hub.get('/api/docs/search?q=how+do+I+stream+a+dataset&limit=2');
    expect(json).toHaveLength(2);
    expect(json[0]).toMatchObject({
      product: 'datasets',
      heading1: 'Stream',
      source_page_url: `${hub.url}/docs/datasets/stream#stream`,
    });
    const one = await hub.get('/api/docs/search?q=stream&product=hub');
    expect(one.json.every(({ product }: { product: string }) => product === 'hub')).toBe(true);
    expect((await hub.get('/api/docs/search?q=a&limit=26')).status).toBe(400);
  });

  it('is searched by words: all count', async () => {
    const { json } = await hub.get('/api/docs/search/full-text?q=beam+search');
    expect(json.hits.map(({ url }: { url: string }) => url)).toEqual([
      `${hub.url}/docs/transformers/generation_strategies#beam-search`,
    ]);
    expect((await hub.get('/api/docs/search/full-text?q=beam+zzzz')).json).toEqual({ hits: [] });
  });
});

describe('discussions', () => {
  const whisper = '/api/models/openai/whisper-large-v3/discussions';
  const numbers = async (query: string) =>
    (await hub.get(whisper + query)).json.discussions.map(({ num }: { num: number }) => num);

  it('are listed, newest first, by status and type', async () => {
    expect(await numbers('')).toEqual([3, 2, 1]);
    expect(await numbers('?status=open')).toEqual([3, 2]);
    expect(await numbers('?status=closed')).toEqual([1]);
    expect(await numbers('?type=pull_request')).toEqual([2]);
    expect(await numbers('?search=memory&author=r-vandenberg')).toEqual([3]);
    expect((await hub.get(whisper)).json).toMatchObject({ count: 3, start: 0, numClosedDiscussions: 1 });
    expect((await hub.get(`${whisper}?status=done`)).status).toBe(400);
  });

  it('have their comments and their end as events', async () => {
    const { json } = await hub.get(`${whisper}/1`);
    expect(json.events.map(({ type }: { type: string }) => type)).toEqual([
      'comment',
      'comment',
      'comment',
      'status-change',
    ]);
    expect(json.events[1].data.latest.raw).toContain('condition_on_prev_tokens');
    expect((await hub.get(`${whisper}/77`)).status).toBe(404);
  });

  it('follow the access rules of their repository', async () => {
    expect((await hub.get('/api/models/maya/journal-tagger/discussions')).status).toBe(401);
    expect((await hub.get('/api/models/maya/journal-tagger/discussions', 'hf_demo_read_maya')).json.count).toBe(0);
  });
});
