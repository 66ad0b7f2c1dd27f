import { createHash } from 'node:crypto';
import {
  link,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rm,
  stat,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Downloads } from '../../../src/hub/download/downloads.js';
import { planDownload, type Wish } from '../../../src/hub/download/plan.js';
import type { HubClient } from '../../../src/hub/types.js';
import { startDemoHub } from '../../../src/world/hub/server.js';
import type { DemoHub } from '../../../src/world/types.js';
import { openClient } from '../client.js';

/** Two files of half a megabyte in LFS, which come from another origin. */
const VOICES = ['voices/af_heart.pt', 'voices/bm_george.pt'];
const KOKORO = { repo: { kind: 'model', id: 'hexgrad/Kokoro-82M' }, files: VOICES } satisfies Wish;
const GPT2 = {
  repo: { kind: 'model', id: 'openai-community/gpt2' },
  files: ['config.json', 'README.md'],
} satisfies Wish;
/** 20 MB in LFS. */
const LORA = {
  repo: { kind: 'model', id: 'hugwire/tool-router-lora' },
  files: ['adapter_model.safetensors'],
} satisfies Wish;

let root: string;
let demo: DemoHub;
let hub: HubClient;
const TOKEN = 'hf_demo_read_maya';

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'hugwire-download-'));
  demo = await startDemoHub();
  hub = openClient(demo.url, { value: TOKEN, now: () => Date.now() }).hub;
});
afterEach(async () => {
  await demo.close();
  await rm(root, { recursive: true, force: true });
});

const settings = (useLinks = true) => ({ cache: join(root, 'cache'), useLinks });

async function fetch(wish: Wish, useLinks = true) {
  const downloads = new Downloads(join(root, 'records'), settings(useLinks));
  const plan = await planDownload(hub, wish, downloads.settings);
  const download = await downloads.start(hub, plan, wish);
  await download.finished;
  return { plan, download, downloads };
}

async function gained(wish: Wish, useLinks = true) {
  const outcome = await fetch(wish, useLinks);
  expect(outcome.download.error).toBeUndefined();
  return outcome;
}

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

async function expectRight({ plan }: Awaited<ReturnType<typeof fetch>>) {
  for (const { path, size, etag, isLarge } of plan.files) {
    const bytes = await readFile(join(plan.place.root, path));
    const found = isLarge ? sha256(bytes) : createHash('sha1').update(`blob ${size}\0`).update(bytes).digest('hex');
    expect([path, found]).toEqual([path, etag]);
  }
}

const bodies = () => demo.cdn.seen.filter(({ method }) => method === 'GET');
const leftovers = async (id: string) =>
  (await readdir(join(root, 'cache', `models--${id.replace('/', '--')}`, 'blobs'))).filter((name) =>
    name.includes('incomplete'),
  );

describe('a download into the shared cache', () => {
  it('lays out blobs, relative links and refs as huggingface_hub does', async () => {
    const outcome = await gained(KOKORO);
    await expectRight(outcome);
    const { plan } = outcome;
    const home = join(root, 'cache', 'models--hexgrad--Kokoro-82M');
    expect(plan.place.root).toBe(join(home, 'snapshots', plan.commit));
    for (const { path, etag } of plan.files) {
      expect(await readlink(join(plan.place.root, path))).toBe(join('..', '..', '..', 'blobs', etag));
      expect((await lstat(join(home, 'blobs', etag))).isFile()).toBe(true);
    }
    expect(await readFile(join(home, 'refs', 'main'), 'utf8')).toBe(plan.commit);
    expect(await leftovers(plan.id)).toEqual([]);
    expect(await outcome.downloads.records()).toEqual([]);
  });

  it('puts the files themselves there where links are not to be had', async () => {
    const outcome = await gained(KOKORO, false);
    await expectRight(outcome);
    expect((await lstat(join(outcome.plan.place.root, VOICES[0] ?? ''))).isFile()).toBe(true);
    demo.cdn.seen.length = 0;
    await gained(KOKORO, false);
    expect(bodies()).toEqual([]);
  });

  it('fetches nothing that is there, and what has lost its link only links', async () => {
    const { plan } = await gained(KOKORO);
    await rm(join(plan.place.root, VOICES[0] ?? ''));
    demo.cdn.seen.length = 0;
    await expectRight(await gained(KOKORO));
    expect(bodies()).toEqual([]);
  });

  it('replaces a link that leads to a file of another size', async () => {
    const { plan } = await gained(KOKORO);
    await truncate(join(plan.place.root, VOICES[0] ?? ''), 10);
    await expectRight(await gained(KOKORO));
  });

  it('keeps the list of all files where more than single ones was asked for', async () => {
    const { plan } = await gained({ repo: GPT2.repo, files: ['*.json', 'README.md'], exclude: ['tokenizer*'] });
    const tree = JSON.parse(
      await readFile(join(plan.place.root, '..', '..', 'trees', `${plan.commit}.json`), 'utf8'),
    ) as { format_version: number; files: Record<string, object> };
    expect(tree.format_version).toBe(1);
    expect(Object.keys(tree.files).length).toBeGreaterThan(plan.files.length);
    expect(tree.files['model.safetensors']).toMatchObject({ lfs_sha256: expect.stringMatching(/^[0-9a-f]{64}$/) });
  });

  it('names what lies nearest to a name that is not there, and fetches nothing', async () => {
    const error = await planDownload(hub, { ...GPT2, files: ['confg.json', 'README.md'] }, settings()).catch((e) => e);
    expect(error).toMatchObject({ code: 'not_found', hint: expect.stringContaining('config.json') });
  });

  it('says before anything is fetched that a gate is shut', async () => {
    const open = openClient(demo.url).hub;
    const wish = {
      repo: { kind: 'model', id: 'meta-llama/Llama-3.1-8B-Instruct' },
      files: ['config.json'],
    } satisfies Wish;
    await expect(planDownload(open, wish, settings())).rejects.toMatchObject({
      code: expect.stringMatching(/gated|unauthorized/),
    });
  });
});

describe('the bytes', () => {
  it('go on where a connection broke, if the file is still the same', async () => {
    demo.addFault({ path: /\/blobs\//, drop: 'middle', times: 2 });
    await expectRight(await gained(LORA));
    const [first, ...more] = bodies();
    expect(first?.headers.range).toBeUndefined();
    expect(more).toHaveLength(2);
    for (const { headers } of more) {
      expect(headers.range).toMatch(/^bytes=[1-9]\d*-$/);
      expect(headers['if-range']).toMatch(/^"/);
    }
  });

  it.each([
    ['a page of something between', { 'Content-Type': 'text/plain' }],
    ['a login page', { 'Content-Type': 'text/html' }],
  ])('that are here stay when %s comes in their place', async (_, headers) => {
    const { plan } = await gained(LORA);
    const [file] = plan.files;
    const whole = await readFile(join(plan.place.root, file?.path ?? ''));
    await rm(join(root, 'cache'), { recursive: true });
    const partial = plan.place.partialOf(file as never);
    await mkdir(join(partial, '..'), { recursive: true });
    await writeFile(partial, whole.subarray(0, 15_000_000));
    demo.addFault({ path: /\/blobs\//, response: { status: 200, headers, body: 'Log in' }, times: 1 });
    demo.cdn.seen.length = 0;
    await expectRight(await gained(LORA));
    expect(bodies().map(({ headers }) => headers.range)).toEqual(['bytes=15000000-', 'bytes=15000000-']);
  });

  it('go on where an earlier process stopped', async () => {
    const { plan } = await gained(LORA);
    const [file] = plan.files;
    const whole = await readFile(join(plan.place.root, file?.path ?? ''));
    await rm(join(root, 'cache'), { recursive: true });
    const partial = plan.place.partialOf(file as never);
    await mkdir(join(partial, '..'), { recursive: true });
    await writeFile(partial, whole.subarray(0, 15_000_000));
    demo.cdn.seen.length = 0;
    await expectRight(await gained(LORA));
    expect(bodies().map(({ headers }) => headers.range)).toEqual(['bytes=15000000-']);
  });

  it('are thrown away and fetched once more when they are wrong', async () => {
    const wrong = { status: 200, body: Buffer.alloc(523_425, 7) };
    demo.addFault({ path: /\/blobs\//, response: wrong, times: 1 });
    await expectRight(await gained({ ...KOKORO, files: [VOICES[0] ?? ''] }));
    expect(bodies()).toHaveLength(2);
  });

  it('never get a name when they stay wrong', async () => {
    demo.addFault({ path: /\/blobs\//, response: { status: 200, body: Buffer.alloc(523_425, 7) } });
    const { download, plan } = await fetch({ ...KOKORO, files: [VOICES[0] ?? ''] });
    expect(download.error).toMatchObject({ code: 'unavailable', message: expect.stringMatching(/wrong twice/) });
    await expect(stat(join(plan.place.root, VOICES[0] ?? ''))).rejects.toThrow('ENOENT');
    expect(await readdir(join(plan.place.root, '..', '..', 'blobs'))).toEqual([]);
    await expect(stat(join(plan.place.root, '..', '..', 'refs', 'main'))).rejects.toThrow('ENOENT');
  });

  it('begin anew where a server ignores the range', async () => {
    const { plan } = await gained(LORA);
    const [file] = plan.files;
    const whole = await readFile(join(plan.place.root, file?.path ?? ''));
    await rm(join(root, 'cache'), { recursive: true });
    const partial = plan.place.partialOf(file as never);
    await mkdir(join(partial, '..'), { recursive: true });
    await writeFile(partial, whole.subarray(0, 1_000_000));
    demo.addFault({ path: /\/blobs\//, response: { status: 200, body: whole }, times: 1 });
    await expectRight(await gained(LORA));
  });

  it('come after 503 and 429, and the token never goes along to the other origin', async () => {
    demo.addFault({ path: /\/blobs\//, response: { status: 503, body: 'busy' }, times: 1 });
    demo.addFault({
      path: /\/resolve\//,
      response: { status: 429, headers: { 'Retry-After': '1', RateLimit: '"resolvers";r=0;t=1' }, body: 'slow down' },
      times: 1,
    });
    await expectRight(await gained(KOKORO));
    expect(demo.seen.some(({ headers }) => headers.authorization === `Bearer ${TOKEN}`)).toBe(true);
    expect(demo.cdn.seen.map(({ headers }) => headers.authorization)).not.toContain(`Bearer ${TOKEN}`);
    expect(demo.cdn.seen.every(({ headers }) => headers.authorization === undefined)).toBe(true);
  });

  it('of the other files come when one cannot be had', async () => {
    demo.addFault({
      path: /\/resolve\/.*af_heart/,
      response: { status: 404, headers: { 'X-Error-Code': 'EntryNotFound' }, body: '' },
    });
    const { download, plan } = await fetch(KOKORO);
    expect(download.error?.message).toContain('af_heart');
    expect((await stat(join(plan.place.root, VOICES[1] ?? ''))).size).toBe(523_430);
  });
});

describe('a download that is stopped', () => {
  it('keeps what has come, and another process goes on with it', async () => {
    const downloads = new Downloads(join(root, 'records'), settings());
    const plan = await planDownload(hub, LORA, downloads.settings);
    demo.addFault({ path: /\/blobs\//, drop: 'middle' });
    const download = await downloads.start(hub, plan, LORA);
    while (download.done === 0) await new Promise((wake) => setImmediate(wake));
    await download.stop();
    expect(download.state).toBe('stopped');
    const [record] = await downloads.records();
    expect(record).toMatchObject({ id: download.id, state: 'stopped', done: download.done, repo: LORA.repo.id });
    const again = new Downloads(join(root, 'records'), settings());
    const later = await planDownload(hub, LORA, again.settings);
    expect(await again.isAgreed(later)).toBe(true);
    expect(later.files[0]?.begun).toBe(download.done);
  });
});

describe('a download into a directory', () => {
  const to = () => join(root, 'project');

  it('holds the files, and notes that huggingface_hub understands', async () => {
    const outcome = await gained({ ...KOKORO, to: to() });
    await expectRight(outcome);
    const note = await readFile(join(to(), '.cache', 'huggingface', 'download', `${VOICES[0]}.metadata`), 'utf8');
    const [commit, etag, time] = note.split('\n');
    expect([commit, etag]).toEqual([outcome.plan.commit, outcome.plan.files[0]?.etag]);
    expect(Number(time)).toBeGreaterThan(1e9);
    expect((await readdir(join(to(), '.cache', 'huggingface'))).sort()).toEqual([
      '.gitignore',
      'CACHEDIR.TAG',
      'download',
    ]);
    demo.cdn.seen.length = 0;
    await gained({ ...KOKORO, to: to() });
    expect(bodies()).toEqual([]);
  });

  it('takes from the shared cache what is there', async () => {
    await gained(KOKORO);
    demo.cdn.seen.length = 0;
    await expectRight(await gained({ ...KOKORO, to: to() }));
    expect(bodies()).toEqual([]);
  });

  it('tells files of the user from those that were downloaded', async () => {
    await mkdir(to(), { recursive: true });
    await writeFile(join(to(), 'README.md'), 'my own');
    const plan = await planDownload(hub, { ...GPT2, to: to() }, settings());
    expect(plan.files.map(({ path, standing }) => [path, standing])).toEqual([
      ['README.md', 'foreign'],
      ['config.json', 'missing'],
    ]);
  });

  it('follows no link out of the directory', async () => {
    const elsewhere = join(root, 'elsewhere');
    await mkdir(elsewhere);
    await mkdir(to());
    await symlink(elsewhere, join(to(), 'voices'));
    const { download } = await fetch({ ...KOKORO, to: to() });
    expect(download.error?.code).toBe('blocked');
    expect(await readdir(elsewhere)).toEqual([]);
  });

  it("names the file, and the user's path of it, where a folder is in its way", async () => {
    await mkdir(join(to(), VOICES[0] ?? '', 'mine'), { recursive: true });
    const { download } = await fetch({ ...KOKORO, to: to() });
    expect(download.error?.message).toContain(`${join(to(), VOICES[0] ?? '')} cannot be written: it is a directory`);
    expect(await readdir(join(to(), VOICES[0] ?? ''))).toEqual(['mine']);
  });

  it('leaves alone a file that came to its place meanwhile', async () => {
    const wish = { ...KOKORO, to: to() };
    const downloads = new Downloads(join(root, 'records'), settings());
    const plan = await planDownload(hub, wish, downloads.settings);
    const mine = join(to(), VOICES[0] ?? '');
    await mkdir(join(mine, '..'), { recursive: true });
    await writeFile(mine, 'my own');
    const download = await downloads.start(hub, plan, wish);
    await download.finished;
    expect(download.error).toMatchObject({ code: 'blocked', message: expect.stringContaining('af_heart') });
    expect(await readFile(mine, 'utf8')).toBe('my own');
  });
});

/** What a clone of a hostile repository, an archive, or another user of a shared cache may have left there. */
describe('links in the way', () => {
  const victim = () => join(root, 'victim');
  const untouched = async () => {
    expect(await readFile(victim(), 'utf8')).toBe('precious');
    expect(await readdir(join(root, 'outside'))).toEqual([]);
  };
  beforeEach(async () => {
    await mkdir(join(root, 'outside'));
    await writeFile(victim(), 'precious');
  });

  const to = () => join(root, 'project');
  const places = [
    ['the directory', () => ({ ...KOKORO, to: to() })],
    ['the cache', () => KOKORO],
  ] as const;

  it.each(
    places.flatMap(([where, wish]) => [
      [where, 'a symbolic link', wish, symlink] as const,
      [where, 'a second name', wish, link] as const,
    ]),
  )('in %s: %s at where the bytes are gathered', async (_where, _how, wish, make) => {
    const plan = await planDownload(hub, wish(), settings());
    for (const file of plan.files) {
      const partial = plan.place.partialOf(file);
      await mkdir(join(partial, '..'), { recursive: true });
      await make(victim(), partial);
    }
    const outcome = await gained(wish());
    await untouched();
    await expectRight(outcome);
    for (const { path } of plan.files) {
      expect((await stat(join(plan.place.root, path))).nlink).toBe(1);
    }
  });

  it.each(places)('in %s: at the lock', async (_, wish) => {
    const plan = await planDownload(hub, wish(), settings());
    for (const file of plan.files) {
      await mkdir(join(plan.place.lockOf(file), '..'), { recursive: true });
      await symlink(join(root, 'outside', 'made'), plan.place.lockOf(file));
    }
    await gained(wish());
    await untouched();
  });

  it('at the notes of a directory', async () => {
    const notes = join(to(), '.cache', 'huggingface');
    await mkdir(join(notes, 'download', 'voices'), { recursive: true });
    await symlink(victim(), join(notes, 'download', `${VOICES[0]}.metadata`));
    await gained({ ...KOKORO, to: to() });
    await untouched();
  });

  it.each(['.cache', '.cache/huggingface', '.cache/huggingface/download', '.cache/huggingface/trees'])(
    'in place of %s, though the files themselves are there',
    async (folder) => {
      const { plan } = await gained({ ...KOKORO, files: ['voices/*'] });
      await mkdir(join(to(), folder, '..'), { recursive: true });
      await mkdir(join(to(), 'voices'));
      for (const { path } of plan.files) await writeFile(join(to(), path), await readFile(join(plan.place.root, path)));
      await symlink(join(root, 'outside'), join(to(), folder));
      const { download } = await fetch({ ...KOKORO, files: ['voices/*'], to: to() });
      await untouched();
      expect(download.error?.code).toBe('blocked');
    },
  );

  it.each(['refs/main', 'trees'])('in the cache at %s', async (name) => {
    const home = join(root, 'cache', 'models--hexgrad--Kokoro-82M');
    await mkdir(join(home, name, '..'), { recursive: true });
    await symlink(name === 'trees' ? join(root, 'outside') : victim(), join(home, name));
    await fetch({ ...KOKORO, files: ['voices/*'] });
    await untouched();
  });
});
