import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  cancelJob,
  commit,
  createBranch,
  createRepo,
  deleteRepo,
  downloadFile,
  getJob,
  listCommits,
  listFiles,
  listJobs,
  modelInfo,
  runJob,
  streamJobLogs,
  uploadFile,
  uploadFiles,
} from '@huggingface/hub';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resolvePaths } from '../../src/config/paths.js';
import { configSchema } from '../../src/config/schema.js';
import { createRuntime } from '../../src/engine/runtime.js';
import { runTool } from '../../src/tools/run.js';
import { startDemoHub } from '../../src/world/hub/server.js';
import type { DemoHub, SeenRequest } from '../../src/world/types.js';
import { pythonAvailable, pythonEnv } from './python.js';

const HUGGINGFACE_HUB = 'huggingface_hub==2.4.0';
const WRITER = 'hf_demo_write_maya';

let hub: DemoHub;
beforeAll(async () => {
  hub = await startDemoHub({ quotas: { api: 10_000, resolvers: 10_000, pages: 10_000 } });
});
afterAll(() => hub.close());

/** Uploads go to another origin, which must learn no token. */
const expectNoTokenElsewhere = () =>
  expect(hub.cdn.seen.filter(({ method, headers }) => method === 'PUT' && headers.authorization !== undefined)).toEqual(
    [],
  );

const refused = (status: number) => ({ error: 'HfHubHTTPError', status });

describe.skipIf(!pythonAvailable())('huggingface_hub', () => {
  let saw: Record<string, unknown>;
  let home: string;
  beforeAll(async () => {
    const python = await pythonEnv('hub', [HUGGINGFACE_HUB]);
    home = await mkdtemp(join(tmpdir(), 'hugwire-hub-'));
    const env = {
      PATH: process.env.PATH,
      HF_ENDPOINT: hub.url,
      HF_HOME: home,
      HF_HUB_DISABLE_PROGRESS_BARS: '1',
      HF_HUB_DISABLE_XET: '1',
    };
    const script = join(import.meta.dirname, 'python', 'hub_write.py');
    const { stdout } = await promisify(execFile)(python, [script, WRITER, 'py'], { env });
    saw = JSON.parse(stdout);
  });
  afterAll(() => rm(home, { recursive: true, force: true }));

  it.each<[check: string, result: unknown]>([
    ['create_model', 'maya/py-notes'],
    ['create_again', refused(409)],
    ['create_exist_ok', 'maya/py-notes'],
    ['create_dataset', 'maya/py-data'],
    ['create_space', 'maya/py-app'],
    ['is_private', true],
    ['upload_small', 'Upload a/hello.txt with huggingface_hub'],
    ['read_small', 'hello\n'],
    ['upload_binary', 'Upload w.bin with huggingface_hub'],
    ['binary_info', [['w.bin', 2000, true]]],
    ['read_binary', 2000],
    ['upload_large', 'Upload big.bin with huggingface_hub'],
    ['read_large', 17_000_000],
    ['card', 'Upload README.md with huggingface_hub'],
    ['card_data', ['mit', true]],
    ['bad_card', { error: 'ValueError', says: expect.stringContaining('Invalid metadata in README.md') }],
    ['mixed', ['.gitattributes', 'README.md', 'b.txt', 'big.bin', 'w.bin']],
    ['before', ['.gitattributes']],
    ['titles', expect.arrayContaining(['Remove a folder', 'Several at once', 'initial commit'])],
    ['stale_parent', { ...refused(412), says: expect.stringContaining('A commit has happened since') }],
    ['parent', 40],
    ['own_pull_request', 1],
    ['read_pull_request', ['d', false]],
    ['add_to_pull_request', ['More', 'As a PR', 'In time']],
    ['merge', null],
    ['merged', [true, 'merged']],
    ['foreign_pull_request', true],
    ['foreign_push', refused(403)],
    ['discussion', 2],
    ['draft_pull_request', 'draft'],
    ['comment', 'Because.'],
    ['close', 'closed'],
    ['reopen', 'open'],
    ['talk', ['Why?', 'Because.', 'Done.']],
    ['app', 'Upload app.py with huggingface_hub'],
    ['app_card', 'Upload README.md with huggingface_hub'],
    ['duplicate', 'maya/py-copy'],
    ['copied', "print('up')\n"],
    ['secret', null],
    ['secrets', [['KEY', false]]],
    ['variable', 'fast'],
    ['variables', ['MODE']],
    ['delete_variable', []],
    ['delete_secret', null],
    ['hardware', 't4-small'],
    ['sleep', 900],
    ['restart', true],
    ['pause', 'PAUSED'],
    ['settings', true],
    ['branch', ['main', 'work']],
    ['tag', ['v1.0']],
    ['job', expect.stringMatching(/^[0-9a-f]{24}$/)],
    ['jobs', [true]],
    ['job_logs', ['Hello']],
    ['inspect', 'COMPLETED'],
    ['endless', expect.stringMatching(/^[0-9a-f]{24}$/)],
    ['cancel', 'CANCELED'],
    ['collection', 'py things'],
    ['delete', false],
    ['reader', { ...refused(403), says: expect.stringContaining('you must use a write token') }],
  ])('%s', (check, result) => {
    if (typeof result === 'object' && result !== null) {
      if (Array.isArray(result)) expect(saw[check]).toEqual(result);
      else if ('error' in result) expect(saw[check]).toMatchObject(result);
      else expect(saw[check]).toEqual(result);
    } else expect(saw[check]).toEqual(result);
  });

  it('sends no token to the other origin', expectNoTokenElsewhere);
});

describe('@huggingface/hub', () => {
  const REPO = 'maya/js-notes';
  const at = () => ({ hubUrl: hub.url, accessToken: WRITER, repo: REPO });
  const text = (words: string) => new Blob([words]);
  const collect = async <Row>(rows: AsyncIterable<Row>): Promise<Row[]> => {
    const all: Row[] = [];
    for await (const row of rows) all.push(row);
    return all;
  };
  const paths = async () => (await collect(listFiles({ ...at(), recursive: true }))).map(({ path }) => path);
  const read = async (path: string, revision?: string) => (await downloadFile({ ...at(), path, revision }))?.text();

  it('makes a repository, and files small and large in it', async () => {
    expect(await createRepo({ ...at(), private: true })).toMatchObject({ repoUrl: `${hub.url}/${REPO}` });
    await uploadFile({ ...at(), file: { path: 'a.txt', content: text('hello') }, useXet: false });
    const large = text('y'.repeat(33_000_000));
    const files = [
      { path: 'b.txt', content: text('b') },
      { path: 'w.bin', content: new Blob([new Uint8Array(2000)]) },
      { path: 'big.bin', content: large },
    ];
    await uploadFiles({ ...at(), files, useXet: false, commitTitle: 'Three files' });
    expect(await read('a.txt')).toBe('hello');
    expect((await read('big.bin'))?.length).toBe(large.size);
    expect((await modelInfo({ ...at(), name: REPO })).private).toBe(true);
  });

  it('commits deletions, with a parent, and as a pull request', async () => {
    const [head] = await collect(listCommits({ ...at(), batchSize: 1 }));
    await commit({
      ...at(),
      title: 'Remove b',
      operations: [{ operation: 'delete', path: 'b.txt' }],
      parentCommit: head?.oid,
    });
    expect(await paths()).toEqual(['.gitattributes', 'a.txt', 'big.bin', 'w.bin']);
    const late = commit({ ...at(), title: 'Late', operations: [], parentCommit: head?.oid });
    await expect(late).rejects.toMatchObject({ statusCode: 412 });
    const opened = await commit({
      ...at(),
      title: 'As a pull request',
      operations: [{ operation: 'addOrUpdate', path: 'c.txt', content: text('c') }],
      isPullRequest: true,
      useXet: false,
    });
    expect(opened?.pullRequestUrl).toBe(`${hub.url}/${REPO}/discussions/1`);
    expect([await read('c.txt', 'refs/pr/1'), await paths()]).toEqual(['c', expect.not.arrayContaining(['c.txt'])]);
    await createBranch({ ...at(), branch: 'work' });
    expect(await read('a.txt', 'work')).toBe('hello');
  });

  it('runs jobs', async () => {
    const account = { hubUrl: hub.url, accessToken: WRITER, namespace: 'maya' };
    const run = { ...account, flavor: 'cpu-basic' as const, dockerImage: 'ubuntu' };
    const job = await runJob({ ...run, command: ['echo', 'Hi'] });
    expect((await listJobs(account)).map(({ id }) => id)).toContain(job.id);
    const lines = await collect(streamJobLogs({ ...account, jobId: job.id }));
    expect(lines.map(({ message }) => message)).toContain('Hi');
    const endless = await runJob({ ...run, command: ['sleep', '600'] });
    await cancelJob({ ...account, jobId: endless.id });
    expect((await getJob({ ...account, jobId: endless.id })).status.stage).toBe('CANCELED');
  });

  it('removes a repository', async () => {
    await deleteRepo(at());
    await expect(modelInfo({ ...at(), name: REPO })).rejects.toMatchObject({ statusCode: 404 });
  });

  it('sends no token to the other origin', expectNoTokenElsewhere);
});

/** The same tasks as in hub_wire.py. */
const TASKS: [tool: string, args: Record<string, unknown>][] = [
  ['hub_create', { repo: 'maya/wire' }],
  ['hub_create', { repo: 'spaces/maya/wire-app', sdk: 'gradio' }],
  ['hub_create', { repo: 'maya/wire-copy', from: 'models/maya/wire' }],
  ...(
    [
      [
        'maya/wire',
        [
          { path: 'a.txt', text: 'one\n' },
          { path: 'b/c.txt', text: 'two\n' },
        ],
        'Two files',
      ],
      ['maya/wire', [{ path: 'README.md', text: '---\nlicense: mit\n---\n' }], 'A card'],
      [
        'maya/wire',
        [
          { path: 'a.txt', delete: true },
          { path: 'b/', delete: true },
        ],
        'Remove them',
      ],
      ['maya/wire', [{ path: 'd.txt', text: 'three\n' }], 'Proposed', true],
      ['openai-community/gpt2', [{ path: 'note.md', text: 'four\n' }], 'To others'],
      ['spaces/maya/wire-app', [{ path: 'app.py', text: "print('up')\n" }], 'An app'],
    ] as [string, object[], string, boolean?][]
  ).map(([repo, files, message, pull]): [string, Record<string, unknown>] => [
    'hub_write',
    { repo, files, message, ...(pull && { pull_request: true }) },
  ]),
  ['hub_discuss', { repo: 'maya/wire', title: 'A question', text: 'Why?' }],
  ['hub_discuss', { repo: 'maya/wire', number: 2, text: 'Because.' }],
  ['hub_discuss', { repo: 'maya/wire', number: 2, action: 'close' }],
  ['hub_discuss', { repo: 'maya/wire', number: 2, action: 'reopen', text: 'No, wait.' }],
  ...(
    [
      { action: 'set_variable', key: 'MODE', value: 'fast' },
      { action: 'delete_variable', key: 'MODE' },
      { action: 'hardware', hardware: 't4-small', seconds: 600 },
      { action: 'sleep', seconds: 900 },
      { action: 'restart' },
      { action: 'factory_restart' },
      { action: 'pause' },
    ] as object[]
  ).map((args): [string, Record<string, unknown>] => ['space_admin', { space: 'maya/wire-app', ...args }]),
  ['hub_job', { action: 'run', image: 'ubuntu', command: ['sleep', '60'], timeout: '10m' }],
];

/** What changes something, as it went over the wire; hashes and ids, which differ from run to run, are named alike. */
function changesIn(seen: readonly SeenRequest[]): unknown[] {
  const plain = (text: string) => text.replace(/\b[0-9a-f]{40}\b/g, 'COMMIT').replace(/\b[0-9a-f]{24}\b/g, 'ID');
  const parse = (body: string, type: string) =>
    type.includes('ndjson')
      ? body
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line))
      : body && JSON.parse(body);
  return seen
    .filter(({ method }) => method !== 'GET' && method !== 'HEAD')
    .map(({ method, url, headers, body = '' }) => {
      const type = String(headers['content-type'] ?? '');
      return { method, url: plain(url), type: body && type, body: parse(plain(body), type) };
    });
}

describe.skipIf(!pythonAvailable())('the wire', () => {
  it('sees of hugwire what it sees of huggingface_hub', { timeout: 120_000 }, async () => {
    const [home, ...hubs] = await Promise.all([
      mkdtemp(join(tmpdir(), 'hugwire-wire-')),
      startDemoHub(),
      startDemoHub(),
    ]);
    const [theirs, ours] = hubs as [DemoHub, DemoHub];
    try {
      const python = await pythonEnv('hub', [HUGGINGFACE_HUB]);
      const script = join(import.meta.dirname, 'python', 'hub_wire.py');
      const theirEnv = {
        PATH: process.env.PATH,
        HF_ENDPOINT: theirs.url,
        HF_HOME: home,
        HF_HUB_DISABLE_XET: '1',
        HF_TOKEN: WRITER,
      };
      await promisify(execFile)(python, [script, WRITER], { env: theirEnv });

      const env = { HUGWIRE_HOME: home, HF_ENDPOINT: ours.url, HF_TOKEN: WRITER };
      const config = configSchema.parse({ tools: { enable: ['all'] } });
      const loaded = { config, path: join(home, 'config.json') } as Parameters<typeof createRuntime>[0]['loaded'];
      const runtime = createRuntime({ loaded, env, paths: resolvePaths(env), log: () => {} });
      const run = async (name: string, args: Record<string, unknown>) => {
        const tool = runtime.tools().find((one) => one.name === name);
        const ctx = runtime.context(new AbortController().signal, () => {});
        const ask = async () => ({ action: 'accept', values: { agree: true } }) as const;
        const result = tool && (await runTool(tool, args, { ...ctx, ask }));
        expect(result?.isError, result?.text).not.toBe(true);
        return result;
      };
      for (const [name, args] of TASKS) await run(name, args);
      const { jobs } = ours.state;
      await run('hub_job', { action: 'cancel', id: jobs[0]?.id });
      await runtime.close();
      expect(changesIn(ours.seen)).toEqual(changesIn(theirs.seen));
    } finally {
      await Promise.all([theirs.close(), ours.close(), rm(home, { recursive: true, force: true })]);
    }
  });
});
