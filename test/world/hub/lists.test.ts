import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Asked, MAYA, startHub, THEO } from './ask.js';

let hub: Asked;
beforeAll(async () => {
  hub = await startHub();
});
afterAll(() => hub.close());

/** Ids of a list, in order. */
async function ids(path: string, token?: string): Promise<string[]> {
  return (await hub.get(path, token)).json.map(({ id }: { id: string }) => id);
}

describe('rows', () => {
  it('have the fields of the real lists', async () => {
    const [model] = (await hub.get('/api/models?search=gpt2&limit=1')).json;
    expect(Object.keys(model).sort()).toEqual(
      '_id createdAt downloads id library_name likes modelId pipeline_tag private tags trendingScore'.split(' '),
    );
    const [dataset] = (await hub.get('/api/datasets?search=squad')).json;
    expect(dataset).toMatchObject({ author: 'rajpurkar', disabled: false, gated: false, key: '' });
    expect(dataset).not.toHaveProperty('cardData');
    const [space] = (await hub.get('/api/spaces?search=gguf-my-repo')).json;
    expect(space).toMatchObject({ sdk: 'docker', ai_category: 'Fine Tuning Tools' });
    expect(space).not.toHaveProperty('runtime');
  });

  it('grow with full, cardData and config', async () => {
    const [plain] = (await hub.get('/api/models?search=whisper&full=true')).json;
    expect(plain).toMatchObject({ author: 'openai', gated: false, siblings: expect.any(Array) });
    expect(plain).not.toHaveProperty('config');
    const [rich] = (await hub.get('/api/models?search=whisper&cardData=true&config=True')).json;
    expect(rich).toMatchObject({ cardData: { license: 'apache-2.0' }, config: { model_type: 'whisper' } });
    const [space] = (await hub.get('/api/spaces?search=demo-space&full=true')).json;
    expect(space).toMatchObject({ runtime: { stage: 'RUNNING' }, visibility: 'public', featured: false });
  });

  it('shrink to what expand names, however it is written', async () => {
    const [row] = (await hub.get('/api/models?search=gpt2&expand[]=likes&expand[]=sha')).json;
    expect(Object.keys(row)).toEqual(['_id', 'id', 'likes', 'sha']);
    for (const query of ['expand=likes&expand=sha', 'expand=likes,sha', 'expand%5B%5D=likes,sha']) {
      expect((await hub.get(`/api/models?search=gpt2&${query}`)).json[0]).toEqual(row);
    }
    const { status, json } = await hub.get('/api/spaces?expand[]=likes&expand[]=downloads');
    expect(status).toBe(400);
    expect(json.error).toMatch(/^✖ Invalid option: expected one of "author"\|"cardData"\|.*\n {2}→ at expand\[1\]$/);
  });

  it('list inference providers in an array, one model in a map', async () => {
    const [row] = (await hub.get('/api/models?search=kokoro&expand[]=inferenceProviderMapping')).json;
    expect(row.inferenceProviderMapping[0]).toMatchObject({ provider: 'fal-ai', status: 'live' });
    const one = (await hub.get('/api/models/hexgrad/Kokoro-82M?expand[]=inferenceProviderMapping')).json;
    expect(one.inferenceProviderMapping['fal-ai']).toMatchObject({ providerId: 'fal-ai/kokoro/american-english' });
  });
});

describe('filters', () => {
  it.each([
    [
      'search takes every word as a part of the id',
      '/api/models?search=LLAMA+instruct',
      ['bartowski/Llama-3.2-3B-Instruct-GGUF', 'meta-llama/Llama-3.1-8B-Instruct'],
    ],
    ['search knows nothing of meaning', '/api/models?search=speech+to+text', []],
    ['author', '/api/datasets?author=OpenAI', ['openai/gsm8k', 'openai/openai_humaneval']],
    ['filter, repeated', '/api/models?filter=gguf&filter=imatrix', ['bartowski/Llama-3.2-3B-Instruct-GGUF']],
    ['filter, joined by commas', '/api/models?filter=gguf,imatrix', ['bartowski/Llama-3.2-3B-Instruct-GGUF']],
    ['a base model', '/api/models?filter=base_model:quantized:Qwen/Qwen3-8B', ['Qwen/Qwen3-8B-GGUF']],
    [
      'a language with its prefix',
      '/api/models?filter=language:fr&pipeline_tag=translation',
      ['Helsinki-NLP/opus-mt-en-fr'],
    ],
    ['pipeline_tag', '/api/models?pipeline_tag=object-detection', ['facebook/detr-resnet-50']],
    ['library', '/api/models?library=coqui', ['coqui/XTTS-v2']],
    ['apps', '/api/models?apps=ollama', ['bartowski/Llama-3.2-3B-Instruct-GGUF', 'Qwen/Qwen3-8B-GGUF']],
    ['gated', '/api/datasets?gated=true', ['bigcode/the-stack-v2', 'mozilla-foundation/common_voice_17_0']],
    ['a warm model', '/api/models?inference=warm&pipeline_tag=summarization', ['facebook/bart-large-cnn']],
    [
      'one of several providers',
      '/api/models?inference_provider=baseten,groq',
      ['Qwen/Qwen2.5-VL-7B-Instruct', 'openai/gpt-oss-20b'],
    ],
    ['any provider', '/api/models?inference_provider=all&search=qwen-image', ['Qwen/Qwen-Image']],
    [
      'parameters between two bounds',
      '/api/models?num_parameters=min:7.5B,max:8.1B',
      ['Qwen/Qwen2.5-7B-Instruct', 'meta-llama/Llama-3.1-8B-Instruct'],
    ],
    ['parameters above one bound', '/api/models?num_parameters=min:100B', ['deepseek-ai/DeepSeek-R1']],
    ['what a model was trained on', '/api/models?trained_dataset=coco', ['facebook/detr-resnet-50']],
    ['Spaces that use a model', '/api/spaces?models=openai/whisper-large-v3', ['hf-audio/whisper-large-v3']],
    ['size of a dataset', '/api/datasets?filter=size_categories:10B<n<100B', ['HuggingFaceFW/fineweb']],
    ['nothing', '/api/models?author=nobody', []],
  ])('%s', async (_, path, expected) => {
    expect((await ids(encodeURI(path))).sort()).toEqual([...expected].sort());
  });

  it('refuse what does not parse', async () => {
    expect((await hub.get('/api/models?num_parameters=big')).status).toBe(400);
    expect((await hub.get('/api/models?limit=ten')).json.error).toBe(
      '✖ Invalid input: expected number, received NaN\n  → at limit',
    );
    expect((await hub.get('/api/models?limit=0')).json.error).toContain('Too small: expected number to be >=1');
    expect((await hub.get('/api/models?cursor=bm9uc2Vuc2U')).status).toBe(400);
  });
});

describe('order', () => {
  it('is by what trends, falling, unless told', async () => {
    const trending = (await hub.get('/api/models')).json.map((row: { trendingScore: number }) => row.trendingScore);
    expect(trending).toEqual([...trending].sort((a, b) => b - a));
    expect((await ids('/api/models?sort=downloads'))[0]).toBe('sentence-transformers/all-MiniLM-L6-v2');
    expect((await ids('/api/models?sort=num_parameters&direction=-1'))[0]).toBe('deepseek-ai/DeepSeek-R1');
    expect((await ids('/api/models?sort=id&direction=1'))[0]).toBe('BAAI/bge-m3');
    expect((await ids('/api/datasets?sort=datasetsServerInfo.numRows'))[0]).toBe('HuggingFaceFW/fineweb');
    expect((await ids('/api/spaces?sort=createdAt'))[0]).toBe('open-atlas/map-colouriser');
  });

  it.each([
    ['/api/models?sort=trending_score', 'trending_score'],
    ['/api/spaces?sort=downloads', 'downloads'],
    ['/api/datasets?sort=num_parameters', 'num_parameters'],
  ])('%s is not known', async (path, name) => {
    const { status, json, headers } = await hub.get(path);
    expect([status, json]).toEqual([400, { error: `✖ Invalid sort parameter: ${name}` }]);
    expect(headers.get('x-error-message')).toBe(`Invalid sort parameter: ${name}`);
  });
});

describe('pages', () => {
  it('lead from one to the next by an absolute link that keeps the query', async () => {
    const all = await ids('/api/models?filter=text-generation');
    const seen: string[] = [];
    let next: string | undefined = `${hub.url}/api/models?filter=text-generation&limit=4`;
    while (next) {
      const { json, headers } = await hub.get(next);
      seen.push(...json.map(({ id }: { id: string }) => id));
      expect(json.length).toBeLessThanOrEqual(4);
      next = /, <(http:\/\/127\.0\.0\.1:\d+\/api\/models\?.*cursor=eyJ.*)>; rel="next"$/.exec(
        headers.get('link') ?? '',
      )?.[1];
    }
    expect(seen).toEqual(all);
    expect(all.length).toBeGreaterThan(8);
  });
});

describe('private repositories', () => {
  it('are listed for those who may see them', async () => {
    const own = async (token?: string) => (await ids('/api/models?author=maya', token)).sort();
    expect(await own()).toEqual(['maya/trail-sign-classifier']);
    expect(await own(THEO)).toEqual(['maya/trail-sign-classifier']);
    expect(await own(MAYA)).toEqual(['maya/journal-tagger', 'maya/trail-sign-classifier']);
  });

  it('are hidden from a fine-grained token that is not for their owner', async () => {
    expect(await ids('/api/models?author=hugwire', MAYA)).toEqual(['hugwire/tool-router-lora']);
    expect(await ids('/api/models?author=hugwire', 'hf_demo_fine_maya')).toEqual([]);
    expect(await ids('/api/models?author=hugwire', 'hf_demo_fine_gated_maya')).toEqual(['hugwire/tool-router-lora']);
  });
});
