import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  datasetInfo,
  downloadFile,
  fileDownloadInfo,
  HubApiError,
  listCommits,
  listDatasets,
  listFiles,
  listModels,
  listSpaces,
  modelInfo,
  pathsInfo,
  repoExists,
  spaceInfo,
  whoAmI,
} from '@huggingface/hub';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startDemoHub } from '../../src/world/hub/server.js';
import type { DemoHub } from '../../src/world/types.js';
import { pythonAvailable, pythonEnv } from './python.js';

const HUGGINGFACE_HUB = 'huggingface_hub==2.4.0';
const GPT2 = 'openai-community/gpt2';

let hub: DemoHub;
beforeAll(async () => {
  hub = await startDemoHub({ spaceHost: '127.0.0.1:7860', quotas: { api: 10_000, resolvers: 10_000, pages: 10_000 } });
});
afterAll(() => hub.close());

async function collect<Row>(rows: AsyncIterable<Row>): Promise<Row[]> {
  const all: Row[] = [];
  for await (const row of rows) all.push(row);
  return all;
}

describe('@huggingface/hub', () => {
  const at = () => ({ hubUrl: hub.url });
  const reader = { accessToken: 'hf_demo_read_maya' };

  it('lists models by search, filters, sort and limit, over several pages', async () => {
    const search = { task: 'text-generation' as const, tags: ['gguf'] };
    const rows = await collect(
      listModels({ ...at(), search, sort: 'downloads', limit: 2, additionalFields: ['tags'] }),
    );
    expect(rows.map(({ name }) => name)).toEqual(['bartowski/Llama-3.2-3B-Instruct-GGUF', 'Qwen/Qwen3-8B-GGUF']);
    expect(rows[0]?.tags).toContain('license:llama3.2');

    const all = await collect(listModels({ ...at() }));
    expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
    expect(all.length).toBeGreaterThanOrEqual(34);
    expect((await collect(listModels({ ...at(), ...reader }))).length).toBe(all.length + 2);
  });

  it('lists datasets and Spaces', async () => {
    const datasets = await collect(listDatasets({ ...at(), search: { owner: 'openai' }, sort: 'likes' }));
    expect(datasets.map(({ name }) => name)).toEqual(['openai/gsm8k', 'openai/openai_humaneval']);
    const spaces = await collect(
      listSpaces({ ...at(), search: { tags: ['mcp-server'] }, additionalFields: ['runtime', 'subdomain'] }),
    );
    expect(spaces.length).toBeGreaterThanOrEqual(5);
    expect(spaces.find(({ name }) => name === 'hugwire/demo-space')).toMatchObject({
      sdk: 'gradio',
      subdomain: 'hugwire-demo-space',
      runtime: { stage: 'RUNNING' },
    });
  });

  it('reads one repository of each kind, following a renamed id', async () => {
    const model = await modelInfo({ ...at(), name: 'gpt2', additionalFields: ['safetensors', 'sha'] });
    expect(model).toMatchObject({ name: GPT2, task: 'text-generation', gated: false });
    expect(model.safetensors?.total).toBe(137_022_720);
    const dataset = await datasetInfo({ ...at(), name: 'rajpurkar/squad', revision: 'refs/convert/parquet' });
    expect(dataset.updatedAt.getUTCFullYear()).toBe(2024);
    expect(await spaceInfo({ ...at(), name: 'black-forest-labs/FLUX.1-schnell' })).toMatchObject({ sdk: 'gradio' });
  });

  it('lists files recursively, and over the page of 1,000', async () => {
    const files = await collect(listFiles({ ...at(), repo: GPT2, recursive: true, expand: true }));
    expect(files.map(({ path }) => path)).toContain('onnx/decoder_model.onnx');
    expect(files.find(({ path }) => path === 'model.safetensors')).toMatchObject({
      type: 'file',
      lfs: { pointerSize: 134 },
    });
    expect(files.find(({ path }) => path === 'README.md')?.lastCommit?.title).toBe('Fix typo in README (#98)');
    const repo = { type: 'dataset', name: 'HuggingFaceFW/fineweb' } as const;
    const many = await collect(listFiles({ ...at(), repo, recursive: true }));
    expect(many.filter(({ type }) => type === 'file').length).toBe(1262);
  });

  it('answers for paths, commits and existence', async () => {
    const paths = await pathsInfo({ ...at(), repo: GPT2, paths: ['config.json', 'nowhere.txt'], expand: true });
    expect(paths.map(({ path }) => path)).toEqual(['config.json']);
    const commits = await collect(listCommits({ ...at(), repo: GPT2, batchSize: 2 }));
    expect(commits.map(({ title }) => title)).toHaveLength(5);
    expect(commits[4]?.title).toBe('initial commit');
    expect(await repoExists({ ...at(), repo: GPT2 })).toBe(true);
    expect(await repoExists({ ...at(), repo: 'nobody/nothing' })).toBe(false);
    expect(await repoExists({ ...at(), ...reader, repo: 'maya/journal-tagger' })).toBe(true);
  });

  it('downloads small files from the Hub and large ones from the other origin', async () => {
    const card = await downloadFile({ ...at(), repo: GPT2, path: 'README.md' });
    expect(await card?.text()).toMatch(/^---\nlicense: mit\n/);

    const repo = { type: 'dataset', name: 'maya/trail-signs' } as const;
    const path = 'train/3/sign.png';
    const info = await fileDownloadInfo({ ...at(), ...reader, repo, path });
    const picture = await downloadFile({ ...at(), ...reader, repo, path });
    const bytes = new Uint8Array((await picture?.arrayBuffer()) ?? []);
    expect(bytes.length).toBe(info?.size);
    expect(Buffer.from(bytes.subarray(1, 4)).toString()).toBe('PNG');
    expect(hub.cdn.seen.length).toBeGreaterThan(0);
    expect(await fileDownloadInfo({ ...at(), repo: GPT2, path: 'nope.json' })).toBeNull();
  });

  it('says who somebody is, and tells errors apart', async () => {
    expect(await whoAmI({ ...at(), ...reader })).toMatchObject({ name: 'maya', type: 'user', isPro: true });
    const refused = async (promise: Promise<unknown>) => {
      const error = await promise.then(
        () => undefined,
        (caught: unknown) => caught,
      );
      expect(error).toBeInstanceOf(HubApiError);
      return (error as HubApiError).statusCode;
    };
    expect(await refused(modelInfo({ ...at(), name: 'nobody/nothing' }))).toBe(401);
    expect(await refused(modelInfo({ ...at(), ...reader, name: 'nobody/nothing' }))).toBe(404);
    expect(await refused(whoAmI({ ...at(), accessToken: 'hf_demo_expired_maya' }))).toBe(401);
    expect(await refused(modelInfo({ ...at(), name: 'open-atlas/tile-upscaler' }))).toBe(403);
  });
});

describe.skipIf(!pythonAvailable()).each([
  ['with Xet switched off', { HF_HUB_DISABLE_XET: '1' }],
  ['as it comes', {}],
])('huggingface_hub %s', (_, settings) => {
  let saw: Record<string, unknown>;
  let home: string;
  let earlier: number;

  beforeAll(async () => {
    const python = await pythonEnv('hub', [HUGGINGFACE_HUB]);
    home = await mkdtemp(join(tmpdir(), 'hugwire-hub-'));
    const env = {
      PATH: process.env.PATH,
      HF_ENDPOINT: hub.url,
      HF_HOME: home,
      HF_HUB_DISABLE_PROGRESS_BARS: '1',
      ...settings,
    };
    earlier = hub.cdn.seen.length;
    const script = join(import.meta.dirname, 'python', 'hub_client.py');
    const { stdout } = await promisify(execFile)(python, [script], { env });
    saw = JSON.parse(stdout);
  });
  afterAll(() => rm(home, { recursive: true, force: true }));

  it.each<[check: string, result: unknown]>([
    [
      'list_models',
      [
        { id: 'bartowski/Llama-3.2-3B-Instruct-GGUF', downloads: 164_029, task: 'text-generation' },
        { id: 'Qwen/Qwen3-8B-GGUF', downloads: 131_872, task: 'text-generation' },
      ],
    ],
    [
      'list_models_expand',
      [
        {
          id: 'openai/whisper-large-v3',
          parameters: 1_543_490_560,
          trending: 33,
          providers: ['hf-inference', 'fal-ai'],
        },
      ],
    ],
    ['list_models_parameters', ['Qwen/Qwen3-0.6B']],
    ['list_models_bad_sort', { error: 'BadRequestError', status: 400 }],
    [
      'list_datasets',
      [
        { id: 'openai/gsm8k', files: 6 },
        { id: 'openai/openai_humaneval', files: 3 },
      ],
    ],
    [
      'list_spaces',
      [
        { id: 'black-forest-labs/FLUX.1-schnell', sdk: 'gradio', stage: 'RUNNING', likes: 5016 },
        { id: 'hexgrad/Kokoro-TTS', sdk: 'gradio', stage: 'RUNNING', likes: 3512 },
        { id: 'mrfakename/Z-Image-Turbo', sdk: 'gradio', stage: 'RUNNING', likes: 2480 },
      ],
    ],
    ['list_private', { anonymous: [], member: ['hugwire/tool-router-lora', 'maya/journal-tagger'] }],
    ['search_spaces', { id: 'briaai/BRIA-RMBG-2.0', category: 'Background Removal', stage: 'RUNNING' }],
    [
      'model_info',
      { id: GPT2, created: 2022, license: 'mit', lfs: true, issues: [{ path: 'pytorch_model.bin', level: 'caution' }] },
    ],
    [
      'dataset_info',
      {
        id: 'rajpurkar/squad',
        tasks: ['question-answering'],
        files: ['.gitattributes', 'plain_text/train/0000.parquet'],
      },
    ],
    [
      'space_info',
      { host: 'http://127.0.0.1:7860', stage: 'RUNNING', domains: [{ domain: '127.0.0.1:7860', stage: 'READY' }] },
    ],
    ['space_runtime', { stage: 'BUILD_ERROR', error: expect.stringContaining('torch==2.0.1'), requested: 'cpu-basic' }],
    [
      'repo_tree',
      [
        { path: 'onnx/config.json', commit: true, lfs: false },
        { path: 'onnx/decoder_model.onnx', commit: true, lfs: true },
      ],
    ],
    ['repo_tree_pages', 1305],
    ['repo_tree_missing', { error: 'RemoteEntryNotFoundError', status: 404 }],
    ['paths_info', ['RepoFile config.json', 'RepoFolder onnx']],
    ['refs', ['refs/heads/main', 'refs/tags/v1.0', 'refs/pr/1']],
    [
      'commits',
      [
        'Fix typo in README (#98)',
        'Adding safetensors variant of this model (#6)',
        'Add ONNX weights',
        'Add note on limits',
        'initial commit',
      ],
    ],
    ['whoami', { name: 'maya', role: 'fineGrained', orgs: ['hugwire', 'open-atlas'] }],
    ['download_small', 'qwen3'],
    ['download_old_id', '---'],
    ['download_large', 523_425],
    ['download_picture', '89504e470d0a1a0a'],
    ['download_gated', 'config.json'],
    ['metadata', { size: 548_090_880, etag: 64, other_origin: true }],
    ['snapshot', expect.arrayContaining(['README.md', 'signs.csv', 'notes/cuckoo.wav', 'train/9/sign.png'])],
    ['missing_repo', { error: 'RepositoryNotFoundError', status: 404 }],
    // The client knows a missing repository by an anonymous 401 over https only, which loopback is not.
    ['missing_repo_anonymous', { error: 'HfHubHTTPError', status: 401, says: 'Invalid username or password.' }],
    ['missing_revision', { error: 'RevisionNotFoundError', status: 404 }],
    ['missing_file', { error: 'RemoteEntryNotFoundError', status: 404 }],
    ['gated_anonymous', { error: 'GatedRepoError', status: 401, says: expect.stringContaining('Please log in.') }],
    ['gated_awaiting', { error: 'GatedRepoError', status: 403, says: expect.stringContaining('awaiting a review') }],
    ['gated_fine_grained', { error: 'HfHubHTTPError', status: 403, says: expect.stringContaining('fine-grained') }],
    ['disabled_repo', { error: 'DisabledRepoError', status: 403 }],
    ['bad_token', { error: 'HfHubHTTPError', status: 401, says: 'Invalid credentials in Authorization header' }],
  ])('%s', (check, result) => {
    const found = saw[check];
    if (typeof result === 'object') expect(found).toMatchObject(result as object);
    else expect(found).toEqual(result);
  });

  it('sends no token to the other origin', () => {
    const seen = hub.cdn.seen.slice(earlier);
    expect(seen.length).toBeGreaterThan(0);
    expect(seen.filter(({ headers }) => headers.authorization)).toEqual([]);
  });
});
