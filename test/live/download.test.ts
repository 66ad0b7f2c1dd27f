import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { scanCacheDir, snapshotDownload } from '@huggingface/hub';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { startDemoHub } from '../../src/world/hub/server.js';
import type { DemoHub } from '../../src/world/types.js';
import { BIN, makeHome } from '../e2e/server-process.js';
import { LARGE_REPO, putLargeRepo } from './large-repo.js';
import { pythonAvailable, pythonEnv } from './python.js';

const run = promisify(execFile);
const SCRIPT = fileURLToPath(new URL('python/download_oracle.py', import.meta.url));
const TOKEN = 'hf_demo_write_maya';
const [FILES, MEGABYTES] = [20, Number(process.env.DOWNLOAD_MEGABYTES ?? 800)];
const SIZE = Math.floor((MEGABYTES * 1e6) / FILES);

interface Accepted {
  path: string;
  warnings: string[];
  bytes: number;
  files: number;
  refs: Record<string, string[]>;
  incomplete: number;
}

describe.skipIf(!pythonAvailable())('downloads', { timeout: 300_000 }, () => {
  let python: string;
  let demo: DemoHub;
  let total: number;
  let home: ReturnType<typeof makeHome>;
  let cache: string;

  beforeAll(async () => {
    python = await pythonEnv('huggingface_hub', ['huggingface_hub==2.4.0']);
    demo = await startDemoHub({ quotas: { api: 100_000, resolvers: 100_000, pages: 100_000 } });
    ({ total } = putLargeRepo(demo, FILES, SIZE));
  });
  afterAll(() => demo.close());
  beforeEach(async () => {
    cache = await mkdtemp(join(tmpdir(), 'hugwire-live-download-'));
    home = makeHome({
      HF_ENDPOINT: demo.url,
      HF_HUB_CACHE: cache,
      HF_HOME: cache,
      HF_TOKEN: TOKEN,
      HF_HUB_DISABLE_XET: '1',
    });
    demo.seen.length = 0;
    demo.cdn.seen.length = 0;
    return async () => {
      home.remove();
      await rm(cache, { recursive: true, force: true });
    };
  });

  const start = (...words: string[]) =>
    spawn(process.execPath, [BIN, 'download', ...words], { env: home.env, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = async (child: ChildProcess) => {
    let told = '';
    child.stdout?.on('data', (text) => (told += text));
    child.stderr?.on('data', (text) => (told += text));
    const [code] = await once(child, 'exit');
    return { code: code as number | null, told };
  };
  const ask = async <Answer>(...words: string[]): Promise<Answer> => {
    const { stdout } = await run(python, [SCRIPT, ...words], { env: home.env });
    return JSON.parse(stdout) as Answer;
  };
  const asked = () => demo.cdn.seen.filter(({ method }) => method === 'GET');

  it('are a cache that huggingface_hub accepts whole and without a warning', async () => {
    expect(await ended(start(LARGE_REPO))).toMatchObject({ code: 0 });
    const accepted = await ask<Accepted>('accepts', LARGE_REPO);
    expect(accepted).toMatchObject({ warnings: [], bytes: total, files: FILES + 2, incomplete: 0 });
    expect(Object.values(accepted.refs)).toEqual([['main']]);
    demo.cdn.seen.length = 0;
    await ask('downloads', LARGE_REPO);
    expect(asked()).toEqual([]);
  });

  it('find what huggingface_hub has downloaded', async () => {
    await ask('downloads', LARGE_REPO);
    demo.cdn.seen.length = 0;
    const { code, told } = await ended(start(LARGE_REPO));
    expect([code, told]).toEqual([0, expect.stringContaining('Nothing had to be fetched')]);
    expect(asked()).toEqual([]);
  });

  it('and @huggingface/hub find what the other has downloaded', async () => {
    const options = { repo: LARGE_REPO, hubUrl: demo.url, cacheDir: cache };
    // It tells of each file.
    const quiet = vi.spyOn(console, 'debug').mockImplementation(() => {});
    expect(await ended(start(LARGE_REPO))).toMatchObject({ code: 0 });
    demo.cdn.seen.length = 0;
    await snapshotDownload(options);
    expect(asked()).toEqual([]);
    const [found] = (await scanCacheDir(cache)).repos;
    expect(found).toMatchObject({ id: { name: LARGE_REPO, type: 'model' }, size: total, filesCount: FILES + 2 });
    await rm(join(cache, `models--${LARGE_REPO.replace('/', '--')}`), { recursive: true });
    await snapshotDownload(options);
    quiet.mockRestore();
    demo.cdn.seen.length = 0;
    expect((await ended(start(LARGE_REPO))).told).toContain('Nothing had to be fetched');
    expect(asked()).toEqual([]);
  });

  it('into a directory agree with local_dir, both ways', async () => {
    const to = join(cache, 'project');
    home.env = { ...home.env, TO: to } as never;
    expect(await ended(start(LARGE_REPO, '--to', to))).toMatchObject({ code: 0 });
    demo.cdn.seen.length = 0;
    await ask('downloads to', LARGE_REPO);
    expect(asked()).toEqual([]);
    await rm(to, { recursive: true });
    await ask('downloads to', LARGE_REPO);
    demo.cdn.seen.length = 0;
    expect(await ended(start(LARGE_REPO, '--to', to))).toMatchObject({ code: 0 });
    expect(asked()).toEqual([]);
  });

  it('come right through a world with faults, in little memory, and tell no other origin the token', async () => {
    const faults = [
      demo.addFault({ path: /\/blobs\//, drop: 'middle', times: 7 }),
      demo.addFault({ path: /\/blobs\//, drop: 'before', times: 3 }),
      demo.addFault({ path: /\/blobs\//, response: { status: 503, body: 'busy' }, times: 4 }),
      demo.addFault({ path: /\/blobs\//, response: { status: 200, body: Buffer.alloc(SIZE, 1) }, times: 1 }),
      demo.addFault({ path: /\/resolve\//, delayMs: 300, times: 5 }),
    ];
    const most = async (child: ChildProcess) => {
      let resident = 0;
      const watching = setInterval(() => {
        resident = Math.max(resident, Number(/VmHWM:\s+(\d+)/.exec(readStatus(child.pid))?.[1] ?? 0));
      }, 10);
      const outcome = await ended(child);
      clearInterval(watching);
      return { ...outcome, resident };
    };
    const { code, told, resident } = await most(start(LARGE_REPO));
    for (const clear of faults) clear();
    expect([code, told]).toEqual([0, expect.stringContaining('checked')]);
    expect(await ask<Accepted>('accepts', LARGE_REPO)).toMatchObject({ warnings: [], bytes: total });
    expect(demo.seen.some(({ headers }) => headers.authorization === `Bearer ${TOKEN}`)).toBe(true);
    for (const { headers, url } of demo.cdn.seen) expect(JSON.stringify([headers, url])).not.toContain(TOKEN);
    const idle = await most(start(LARGE_REPO, '--dry-run'));
    console.info(`resident memory: ${resident - idle.resident} kB more than to plan it`);
    // Only Linux tells.
    expect(resident - idle.resident).toBeLessThan(90_000);
  });

  it('killed ten times go on, and fetch less than a fifth more in all', async () => {
    // What is on its way in the system's buffers is lost each time, some megabytes for each of four connections.
    const { total, served } = putLargeRepo(demo, FILES, 2.5 * SIZE, 'ada/larger');
    const before = served();
    for (let kills = 0; kills < 10; kills += 1) {
      const child = start('ada/larger');
      const seen = demo.cdn.seen.length;
      const done = once(child, 'exit');
      while (demo.cdn.seen.length === seen && child.exitCode === null) await new Promise((wake) => setImmediate(wake));
      const at = served();
      while (served() < at + total / 20 && child.exitCode === null) await new Promise((wake) => setImmediate(wake));
      child.kill('SIGKILL');
      await done;
    }
    expect(await ended(start('ada/larger'))).toMatchObject({ code: 0 });
    const accepted = await ask<Accepted>('accepts', 'ada/larger');
    expect(accepted).toMatchObject({ warnings: [], bytes: total, incomplete: 0 });
    const fetched = served() - before;
    console.info(`fetched ${(fetched / total).toFixed(3)} times what there is`);
    expect(fetched).toBeLessThan(1.2 * total);
  });

  it.each([
    ['two of hugwire', () => start(LARGE_REPO)],
    ['hugwire and huggingface_hub', () => spawn(python, [SCRIPT, 'downloads', LARGE_REPO], { env: home.env })],
  ])('at once, %s, fetch each file once', async (_, other) => {
    const [one, two] = await Promise.all([ended(start(LARGE_REPO)), ended(other())]);
    expect([one.code, two.code, two.code === 0 ? '' : two.told]).toEqual([0, 0, '']);
    const counts = new Map<string, number>();
    for (const { url } of asked()) counts.set(url.split('?')[0] ?? '', (counts.get(url.split('?')[0] ?? '') ?? 0) + 1);
    expect([...counts.values()]).toEqual(Array.from({ length: FILES }, () => 1));
    expect(await ask<Accepted>('accepts', LARGE_REPO)).toMatchObject({ warnings: [], bytes: total, incomplete: 0 });
  });
});

function readStatus(pid: number | undefined): string {
  try {
    return readFileSync(`/proc/${pid}/status`, 'utf8');
  } catch {
    return '';
  }
}
