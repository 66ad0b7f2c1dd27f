import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Asked, MAYA, startHub, THEO } from './ask.js';

const GPT2 = '/api/models/openai-community/gpt2';

let hub: Asked;
beforeAll(async () => {
  hub = await startHub();
});
afterAll(() => hub.close());

const post = (path: string, type: string, body: string) =>
  hub.get(path, undefined, { method: 'POST', headers: { 'content-type': type }, body });

describe('one repository', () => {
  it('has all fields, or those of expand', async () => {
    expect((await hub.get(GPT2)).json).toMatchObject({
      modelId: 'openai-community/gpt2',
      safetensors: { total: 137_022_720 },
      cardData: { license: 'mit' },
      transformersInfo: { auto_model: 'AutoModelForCausalLM' },
      siblings: expect.arrayContaining([{ rfilename: 'README.md' }]),
    });
    expect((await hub.get(`${GPT2}?expand[]=downloadsAllTime`)).json).toMatchObject({ downloadsAllTime: 682_904_551 });
    const base = (await hub.get('/api/models/Qwen/Qwen3-8B?expand[]=childrenModelCount&expand[]=baseModels')).json;
    expect(base.childrenModelCount).toEqual({ quantized: 1 });
    expect(base.baseModels).toMatchObject({ relation: 'finetune', models: [{ id: 'Qwen/Qwen3-8B-Base' }] });
  });

  it('of a Space leaves out what only lists have', async () => {
    const space = (await hub.get('/api/spaces/hexgrad/Kokoro-TTS')).json;
    expect(space).toMatchObject({ host: 'https://hexgrad-kokoro-tts.hf.space', runtime: { stage: 'RUNNING' } });
    expect(Object.keys(space).filter((name) => name.startsWith('ai_'))).toEqual([]);
  });

  it('gives sizes and hashes with blobs, the verdict of the scanners with securityStatus', async () => {
    const { siblings, securityRepoStatus } = (await hub.get(`${GPT2}?blobs=true&securityStatus=true`)).json;
    const weights = siblings.find(({ rfilename }: { rfilename: string }) => rfilename === 'model.safetensors');
    expect(weights).toMatchObject({ size: 548_090_880, lfs: { size: 548_090_880, pointerSize: 134 } });
    expect(securityRepoStatus.filesWithIssues).toEqual([{ path: 'pytorch_model.bin', level: 'caution' }]);
  });

  it.each(['main', 'HEAD', 'v1.0', 'refs%2Fpr%2F1'])('exists at %s', async (revision) => {
    const { status, json } = await hub.get(`${GPT2}/revision/${revision}`);
    expect(status).toBe(200);
    expect(json.sha).toMatch(/^[0-9a-f]{40}$/);
  });

  it('exists at a commit, whole or shortened', async () => {
    const [, older] = (await hub.get(`${GPT2}/commits/main`)).json;
    expect((await hub.get(`${GPT2}/revision/${older.id}`)).json.sha).toBe(older.id);
    expect((await hub.get(`${GPT2}/revision/${older.id.slice(0, 7)}`)).json.sha).toBe(older.id);
  });

  it('does not exist at another revision', async () => {
    const { status, headers, json } = await hub.get(`${GPT2}/revision/nope`);
    expect([status, headers.get('x-error-code'), json.error]).toEqual([
      404,
      'RevisionNotFound',
      'Invalid rev id: nope',
    ]);
  });
});

describe('who may see what', () => {
  it('says 401 to strangers and 404 to members, for what is missing and for what is private', async () => {
    for (const path of ['/api/models/nobody/nothing', '/api/models/maya/journal-tagger']) {
      const stranger = await hub.get(path);
      expect([stranger.status, stranger.json]).toEqual([401, { error: 'Invalid username or password.' }]);
      expect(stranger.headers.get('x-error-code')).toBeNull();
      expect((await hub.get(path, THEO)).headers.get('x-error-code')).toBe('RepoNotFound');
    }
    expect((await hub.get('/api/models/maya/journal-tagger', MAYA)).json).toMatchObject({ private: true });
    expect((await hub.get('/api/spaces/maya/diary-search', MAYA)).status).toBe(200);
  });

  it('leads old ids and other capitals to the present id, and keeps the rest of the URL', async () => {
    const moved = await hub.get('/api/models/gpt2/tree/refs%2Fpr%2F1?recursive=true');
    expect(moved.status).toBe(307);
    expect(moved.headers.get('location')).toBe(`${GPT2}/tree/refs%2Fpr%2F1?recursive=true`);
    expect((await hub.get('/api/datasets/SQuAD')).headers.get('location')).toBe('/api/datasets/rajpurkar/squad');
    expect((await hub.get('/api/models/qwen/qwen3-8b')).headers.get('location')).toBe('/api/models/Qwen/Qwen3-8B');
    expect((await hub.get('/gpt2/resolve/main/README.md')).headers.get('location')).toBe(
      '/openai-community/gpt2/resolve/main/README.md',
    );
  });

  it('refuses a disabled repository', async () => {
    const { status, headers } = await hub.get('/api/models/open-atlas/tile-upscaler');
    expect([status, headers.get('x-error-message')]).toEqual([403, 'Access to this resource is disabled.']);
  });

  it('shows a gated repository to all, and checks access on request', async () => {
    const path = '/api/models/meta-llama/Llama-3.1-8B-Instruct';
    expect((await hub.get(path)).json).toMatchObject({ gated: 'manual' });
    expect((await hub.get(`${path}/tree/main`)).status).toBe(200);
    expect((await hub.get(`${path}/auth-check`)).status).toBe(401);
    expect((await hub.get(`${path}/auth-check`, THEO)).status).toBe(403);
    expect((await hub.get(`${path}/auth-check`, MAYA)).status).toBe(200);
  });
});

describe('tree', () => {
  it('lists directories first, and goes down only when asked', async () => {
    const top = (await hub.get(`${GPT2}/tree/main`)).json;
    expect(top[0]).toMatchObject({ type: 'directory', path: 'onnx', size: 0 });
    expect(top.map(({ path }: { path: string }) => path)).not.toContain('onnx/config.json');
    const all = (await hub.get(`${GPT2}/tree/main?recursive=true`)).json;
    expect(all.map(({ path }: { path: string }) => path)).toContain('onnx/config.json');
    expect((await hub.get(`${GPT2}/tree/main/onnx`)).json).toHaveLength(2);
  });

  it('adds commits and scans with expand', async () => {
    const rows = (await hub.get(`${GPT2}/tree/main?expand=true`)).json;
    const pickle = rows.find(({ path }: { path: string }) => path === 'pytorch_model.bin');
    expect(pickle).toMatchObject({
      lfs: { oid: expect.stringMatching(/^[0-9a-f]{64}$/) },
      xetHash: expect.stringMatching(/^[0-9a-f]{64}$/),
      lastCommit: { title: expect.any(String) },
      securityFileStatus: { status: 'caution', pickleImportScan: { status: 'caution' } },
    });
    expect((await hub.get(`${GPT2}/tree/main`)).json[0]).not.toHaveProperty('lastCommit');
  });

  it('comes in pages of 1,000, or of 100 with expand', async () => {
    const path = '/api/datasets/HuggingFaceFW/fineweb/tree/main?recursive=true';
    const first = await hub.get(path);
    expect(first.json).toHaveLength(1000);
    expect(first.headers.get('link')).toContain('rel="next"');
    expect((await hub.get(`${path}&expand=true`)).json).toHaveLength(100);
    expect((await hub.get(`${path}&limit=7`)).json).toHaveLength(7);
  });

  it('tells a missing path from a missing revision', async () => {
    expect((await hub.get(`${GPT2}/tree/main/nowhere`)).headers.get('x-error-code')).toBe('EntryNotFound');
    expect((await hub.get(`${GPT2}/tree/nope`)).headers.get('x-error-code')).toBe('RevisionNotFound');
  });

  it('sums sizes', async () => {
    const all = (await hub.get(`${GPT2}/tree/main/onnx`)).json;
    const size = all.reduce((sum: number, file: { size: number }) => sum + file.size, 0);
    expect((await hub.get(`${GPT2}/treesize/main/onnx`)).json).toEqual({ path: '/onnx', size });
  });
});

describe('paths-info', () => {
  const expected = [{ path: 'config.json' }, { path: 'onnx', type: 'directory' }];

  it('takes JSON and forms, and leaves out what is missing', async () => {
    const json = JSON.stringify({ paths: ['config.json', 'nope', 'onnx/'] });
    expect((await post(`${GPT2}/paths-info/main`, 'application/json', json)).json).toMatchObject(expected);
    const form = await post(
      `${GPT2}/paths-info/main`,
      'application/x-www-form-urlencoded',
      'paths=config.json&paths=nope&paths=onnx&expand=True',
    );
    expect(form.json).toMatchObject(expected);
    expect(form.json[0]).toHaveProperty('lastCommit');
  });

  it('refuses too many paths, none, and what is no JSON', async () => {
    const many = JSON.stringify({ paths: Array.from({ length: 2001 }, (_, index) => `f${index}`) });
    expect((await post(`${GPT2}/paths-info/main`, 'application/json', many)).status).toBe(400);
    expect((await post(`${GPT2}/paths-info/main`, 'application/json', '{}')).status).toBe(400);
    expect((await post(`${GPT2}/paths-info/main`, 'application/json', '{"paths"')).status).toBe(400);
  });
});

describe('history', () => {
  it('lists branches, tags and conversions, pull requests when asked', async () => {
    const { json } = await hub.get(`${GPT2}/refs?include_prs=1`);
    expect(json).toMatchObject({
      branches: [{ name: 'main', ref: 'refs/heads/main' }],
      tags: [{ name: 'v1.0', ref: 'refs/tags/v1.0' }],
      pullRequests: [{ ref: 'refs/pr/1' }],
    });
    expect((await hub.get(`${GPT2}/refs`)).json).not.toHaveProperty('pullRequests');
    expect((await hub.get('/api/datasets/squad/refs', undefined, { redirect: 'follow' })).json.converts).toMatchObject([
      { name: 'parquet', ref: 'refs/convert/parquet' },
    ]);
  });

  it('pages commits by number and counts them', async () => {
    const first = await hub.get(`${GPT2}/commits/main?limit=3`);
    expect(first.headers.get('x-total-count')).toBe('5');
    expect(first.headers.get('link')).toContain('p=1');
    const second = await hub.get(`${GPT2}/commits/main?limit=3&p=1`);
    expect(second.json.at(-1)).toMatchObject({ title: 'initial commit', authors: [{ user: 'openai-community' }] });
    expect(second.headers.get('link')).toBeNull();
    const dates = [...first.json, ...second.json].map(({ date }: { date: string }) => date);
    expect(dates).toEqual([...dates].sort().reverse());
  });
});
