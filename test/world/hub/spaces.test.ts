import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Asked, MAYA, startHub, THEO } from './ask.js';

let hub: Asked;
beforeAll(async () => {
  hub = await startHub({ spaceHost: '127.0.0.1:7861' });
});
afterAll(() => hub.close());

describe('the demo Space', () => {
  it('is wherever the demo started it', async () => {
    expect((await hub.get('/api/spaces/hugwire/demo-space/host')).json).toEqual({
      subdomain: 'hugwire-demo-space',
      host: 'http://127.0.0.1:7861',
    });
    const domains = [{ domain: '127.0.0.1:7861', stage: 'READY' }];
    expect((await hub.get('/api/spaces/hugwire/demo-space/runtime')).json).toMatchObject({ stage: 'RUNNING', domains });
    const listed = (await hub.get('/api/spaces?search=demo-space&expand[]=runtime')).json[0];
    expect(listed.runtime.domains).toEqual(domains);
  });

  it('is on hf.space when nobody started it', async () => {
    const other = await startHub();
    const { json } = await other.get('/api/spaces/hugwire/demo-space/host');
    await other.close();
    expect(json.host).toBe('https://hugwire-demo-space.hf.space');
  });
});

describe('runtime', () => {
  it.each([
    ['black-forest-labs/FLUX.1-schnell', 'RUNNING', 'zero-a10g'],
    ['Salesforce/BLIP', 'SLEEPING', null],
    ['coqui/xtts', 'PAUSED', null],
    ['maya/trail-guide', 'BUILD_ERROR', null],
    ['open-atlas/map-colouriser', 'BUILDING', null],
  ])('%s is %s', async (id, stage, current) => {
    const { json } = await hub.get(`/api/spaces/${id}/runtime`);
    expect(json).toMatchObject({ stage, hardware: { current } });
  });

  it('names custom domains, and the host by the subdomain', async () => {
    const { domains } = (await hub.get('/api/spaces/finegrain/finegrain-image-enhancer/runtime')).json;
    expect(domains[1]).toEqual({ domain: 'enhancer.finegrain.ai', isCustom: true, stage: 'READY' });
    const found = await hub.get('/api/spaces/by-subdomain/black-forest-labs-flux-1-schnell');
    expect(found.json).toMatchObject({ id: 'black-forest-labs/FLUX.1-schnell' });
    expect((await hub.get('/api/spaces/by-subdomain/nobody-nothing', MAYA)).status).toBe(404);
  });

  it('of a private Space is for those who see it', async () => {
    const path = '/api/spaces/maya/diary-search/host';
    expect((await hub.get(path)).status).toBe(401);
    expect((await hub.get(path, THEO)).status).toBe(404);
    expect((await hub.get(path, MAYA)).json.host).toBe('https://maya-diary-search.hf.space');
    expect((await hub.get('/api/spaces/by-subdomain/maya-diary-search')).status).toBe(401);
  });
});

describe('agents.md', () => {
  it('says in six lines how to call a Gradio Space', async () => {
    const { text, headers } = await hub.get('/spaces/hugwire/demo-space/agents.md');
    expect(text.trim().split('\n')).toHaveLength(6);
    expect(text).toContain('API schema: GET http://127.0.0.1:7861/gradio_api/info\n');
    expect(headers.get('content-type')).toBe('text/markdown; charset=utf-8');
    expect((await hub.get('/spaces/Xenova/whisper-webgpu/agents.md')).status).toBe(404);
  });
});

describe('accounts', () => {
  it.each([
    ['hf_demo_read_maya', { type: 'access_token', accessToken: { role: 'read' } }],
    ['hf_demo_write_maya', { type: 'access_token', accessToken: { role: 'write' } }],
    ['hf_demo_admin_maya', { type: 'access_token', accessToken: { role: 'god' } }],
    ['hf_oauth_demo_maya', { type: 'oauth', expiresAt: expect.any(String) }],
    [
      'hf_demo_fine_gated_maya',
      {
        accessToken: {
          role: 'fineGrained',
          fineGrained: {
            canReadGatedRepos: true,
            scoped: [{ entity: { type: 'user', name: 'maya' } }, { entity: { type: 'org', name: 'hugwire' } }],
          },
        },
      },
    ],
  ])('%s', async (token, auth) => {
    const { json } = await hub.get('/api/whoami-v2', token);
    expect(json).toMatchObject({ type: 'user', name: 'maya', isPro: true, auth });
    expect(json.orgs).toMatchObject([
      { name: 'hugwire', roleInOrg: 'admin' },
      { name: 'open-atlas', plan: 'team' },
    ]);
    expect(JSON.stringify(json)).not.toContain(token);
  });

  it('have seconds of ZeroGPU, and some of them runs', async () => {
    expect((await hub.get('/api/spaces/zero-gpu/quota')).status).toBe(401);
    expect((await hub.get('/api/spaces/zero-gpu/quota', MAYA)).json).toMatchObject({ base: 2400, current: 2088 });
    const { current, resetsAt, runs } = (await hub.get('/api/spaces/zero-gpu/quota', THEO)).json;
    expect([current, runs.remaining]).toEqual([42, 1]);
    expect(Date.parse(resetsAt)).toBeGreaterThan(Date.now());
  });
});

describe('vocabulary', () => {
  it('lists tags by type', async () => {
    const tags = (await hub.get('/api/models-tags-by-type')).json;
    expect(tags.pipeline_tag).toContainEqual({
      type: 'pipeline_tag',
      id: 'text-to-image',
      label: 'Text-to-Image',
      subType: 'cv',
    });
    expect(tags.license.map(({ id }: { id: string }) => id)).toContain('license:apache-2.0');
    const only = (await hub.get('/api/datasets-tags-by-type?type=language')).json;
    expect(Object.keys(only)).toEqual(['language']);
    expect(only.language).toContainEqual({ type: 'language', id: 'language:sv', label: 'Swedish' });
    expect((await hub.get('/api/models-tags-by-type?type=colour')).status).toBe(400);
  });
});

describe('discovery', () => {
  it('mixes ten of each kind that trend', async () => {
    const { recentlyTrending } = (await hub.get('/api/trending')).json;
    const kinds = recentlyTrending.map(({ repoType }: { repoType: string }) => repoType);
    expect(kinds.filter((kind: string) => kind === 'model')).toHaveLength(10);
    expect(recentlyTrending).toHaveLength(30);
    const spaces = (await hub.get('/api/trending?type=space&limit=2')).json.recentlyTrending;
    expect(spaces).toMatchObject([
      { repoType: 'space', repoData: { id: 'mrfakename/Z-Image-Turbo', title: 'Z Image Turbo', sdk: 'gradio' } },
      { repoData: { id: 'microsoft/TRELLIS' } },
    ]);
    expect((await hub.get('/api/trending?limit=21')).status).toBe(400);
  });

  it('searches names of all kinds', async () => {
    const found = (await hub.get('/api/quicksearch?q=whisper')).json;
    expect(found.models).toMatchObject([{ id: 'openai/whisper-large-v3' }]);
    expect(found.spaces.map(({ id }: { id: string }) => id)).toEqual([
      'hf-audio/whisper-large-v3',
      'Xenova/whisper-webgpu',
    ]);
    const papers = (await hub.get('/api/quicksearch?q=attention+need&type=paper')).json;
    expect(papers).toMatchObject({ papers: [{ id: '1706.03762' }], papersCount: 1 });
    const orgs = (await hub.get('/api/quicksearch?q=qwen&type=org&type=user', undefined, { method: 'POST' })).json;
    expect(orgs).toMatchObject({ orgs: [{ name: 'Qwen', fullname: 'Qwen' }], users: [] });
    expect(orgs).toMatchObject({ models: [], modelsCount: 0 });
    expect((await hub.get('/api/quicksearch?q=x&type=post')).status).toBe(400);
  });
});

describe('semantic search', () => {
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
        authorData: { name: 'black-forest-labs', type: 'org', plan: 'enterprise' },
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
});
