import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Asked, MAYA, startHub } from './ask.js';

let hub: Asked;
beforeAll(async () => {
  hub = await startHub({ spaceHost: '127.0.0.1:7860' });
});
afterAll(() => hub.close());

const search = (query: string, token?: string) => hub.get(`/api/spaces/semantic-search?${query}`, token);

async function ids(query: string): Promise<string[]> {
  return (await search(query)).json.map(({ id }: { id: string }) => id);
}

describe('semantic search finds Spaces by what they do', () => {
  it.each([
    ['remove the background from a photo', 'briaai/BRIA-RMBG-2.0'],
    ['make a 3D mesh out of a picture', 'microsoft/TRELLIS'],
    ['whisper speech to text transcription audio', 'hf-audio/whisper-large-v3'],
    ['read text aloud', 'hexgrad/Kokoro-TTS'],
    ['Python code execution MCP server', 'hugwire/python-sandbox'],
    ['compose a song', 'facebook/MusicGen'],
    ['read a scanned receipt', 'prithivMLmods/Multimodal-OCR'],
    ['which open LLM ranks best', 'open-llm-leaderboard/open_llm_leaderboard'],
    ['make my blurry photo sharper', 'finegrain/finegrain-image-enhancer'],
    ['translate speech to French', 'facebook/seamless-m4t-v2-large'],
  ])('%s', async (question, id) => {
    const hits = await ids(`q=${encodeURIComponent(question)}`);
    expect(hits.slice(0, 3)).toContain(id);
  });

  it('looks a single word up as it is', async () => {
    expect(await ids('q=TRELLIS')).toEqual(['microsoft/TRELLIS']);
    expect(await ids('q=zebra')).toEqual([]);
  });

  it('orders by relevance and says it', async () => {
    const { json } = await search('q=generate+images+from+text');
    const scores = json.map((hit: { semanticRelevancyScore: number }) => hit.semanticRelevancyScore);
    expect(scores).toEqual([...scores].sort((a, b) => b - a));
    expect(Math.max(...scores)).toBeLessThanOrEqual(1);
    expect(Math.min(...scores)).toBeGreaterThan(0);
  });

  it('gives hits the fields of the real ones', async () => {
    const [hit] = (await search('q=FLUX.1+schnell')).json;
    expect(hit).toMatchObject({
      id: 'black-forest-labs/FLUX.1-schnell',
      authorData: { name: 'black-forest-labs', type: 'org', isEnterprise: true },
      runtime: { stage: 'RUNNING', hardware: { current: 'zero-a10g' } },
      ai_category: 'Image Generation',
      repoType: 'space',
      pinned: false,
    });
  });
});

describe('filters', () => {
  it('leave out what does not run, unless asked', async () => {
    expect(await ids('q=clone+a+voice')).not.toContain('coqui/xtts');
    expect((await ids('q=clone+a+voice&includeNonRunning=true'))[0]).toBe('coqui/xtts');
  });

  it('take sdk, tags, agents and a limit', async () => {
    expect(await ids('q=transcribe+speech&sdk=static')).toEqual(['Xenova/whisper-webgpu']);
    const mcp = (await search('q=generate+image&filter=mcp-server')).json;
    expect(mcp.length).toBeGreaterThan(1);
    for (const { tags } of mcp) expect(tags).toContain('mcp-server');
    const gradio = (await search('q=convert+models+to+GGUF&agents=true')).json;
    for (const { sdk } of gradio) expect(sdk).toBe('gradio');
    expect(await ids('q=generate+image&limit=1')).toHaveLength(1);
  });

  it('browse a category without a question', async () => {
    expect(await ids('category=music-generation')).toEqual(['facebook/MusicGen']);
    expect((await search('category=poetry')).json.error).toMatch(/^✖ Invalid option: .*\n {2}→ at category$/);
  });

  it('never show private Spaces, not even to their owner', async () => {
    const hits = (await search('q=search+a+private+diary&includeNonRunning=true', MAYA)).json;
    expect(hits.map(({ id }: { id: string }) => id)).not.toContain('maya/diary-search');
  });
});

it('takes up to 250 characters', async () => {
  expect((await search(`q=${'a'.repeat(250)}`)).status).toBe(200);
  const { status, json } = await search(`q=${'a'.repeat(251)}`);
  expect([status, json.error]).toEqual([400, '✖ Too big: expected string to have <=250 characters\n  → at q']);
  expect((await search('')).status).toBe(400);
});
