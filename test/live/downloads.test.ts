import { execFile } from 'node:child_process';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listLocalRepos, listSnapshots, walkFiles } from '../../src/hub/client/downloads.js';
import { startDemoHub } from '../../src/world/hub/server.js';
import { BIN, makeHome } from '../e2e/server-process.js';
import { pythonAvailable, pythonEnv } from './python.js';

const run = promisify(execFile);
const SCRIPT = fileURLToPath(new URL('python/download_repos.py', import.meta.url));

/** Commits by repository, with refs, and sizes by path: what `scan_cache_dir` of huggingface_hub finds. */
type Scan = Record<string, Record<string, { refs: string[]; files: Record<string, number> }>>;

describe.skipIf(!pythonAvailable())('what huggingface_hub itself has downloaded', () => {
  let cache: string;
  let scan: Scan;

  beforeAll(async () => {
    cache = await realpath(await mkdtemp(join(tmpdir(), 'hugwire-live-downloads-')));
    const python = await pythonEnv('huggingface_hub', ['huggingface_hub==2.4.0']);
    const demo = await startDemoHub({ quotas: { api: 10_000, resolvers: 10_000, pages: 10_000 } });
    try {
      const env = { ...process.env, HF_ENDPOINT: demo.url, HF_HUB_CACHE: cache, HF_HOME: cache, HF_TOKEN: '' };
      const { stdout } = await run(python, [SCRIPT], { env });
      const printed = JSON.parse(stdout) as { found: Scan; warnings: string[] };
      expect(printed.warnings).toEqual([]);
      scan = printed.found;
    } finally {
      await demo.close();
    }
  });
  afterAll(() => rm(cache, { recursive: true, force: true }));

  it('is found whole: repositories, commits, refs, files and sizes', async () => {
    const found: Scan = {};
    for (const repo of await listLocalRepos(cache)) {
      const snapshots = await listSnapshots(repo);
      const described = snapshots.map(async ({ commit, refs, directory }) => {
        const { files } = await walkFiles(directory, repo.root);
        return [commit, { refs, files: Object.fromEntries(files.map(({ path, size }) => [path, size])) }] as const;
      });
      found[`${repo.kind} ${repo.id}`] = Object.fromEntries(await Promise.all(described));
    }
    expect(Object.keys(found)).toHaveLength(3);
    expect(found).toEqual(scan);
  });

  describe('with HF_HUB_OFFLINE', () => {
    const call = async (tool: string, args: object) => {
      const home = makeHome({ HF_HUB_OFFLINE: '1', HF_HUB_CACHE: cache });
      try {
        const words = [BIN, 'call', tool, '--args', JSON.stringify(args)];
        const { stdout } = await run(process.execPath, words, { env: home.env });
        return stdout;
      } catch (error) {
        const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
        return stdout + stderr;
      } finally {
        home.remove();
      }
    };
    const MARK =
      /From the local cache, downloaded \d+ s ago; only what is on this machine: the network is unavailable\./;

    it('hub_repo describes it, with its files', async () => {
      const text = await call('hub_repo', { ids: ['openai-community/gpt2'], include: ['files'] });
      expect(text).toContain('openai-community/gpt2');
      expect(text).toContain('config.json');
      expect(text).not.toContain('model.safetensors');
      expect(text).toMatch(MARK);
    });

    it('hub_search finds it', async () => {
      const text = await call('hub_search', { query: 'kokoro', kinds: ['space'] });
      expect(text).toContain('hexgrad/Kokoro-TTS');
      expect(text).toMatch(MARK);
    });

    it('hub_read reads it, at the revisions that are there', async () => {
      const uris = ['openai-community/gpt2/config.json', 'openai-community/gpt2@refs/pr/1/config.json'];
      const text = await call('hub_read', { uris });
      expect(text.match(/"n_layer": 12/g)).toHaveLength(2);
      expect(text).toMatch(MARK);
    });

    it('what is not there is an `offline` error that says what is', async () => {
      expect(await call('hub_read', { uris: ['openai-community/gpt2/model.safetensors'] })).toMatch(
        /offline: [\s\S]*openai-community\/gpt2 is downloaded on this machine, but not model\.safetensors/,
      );
      expect(await call('hub_repo', { ids: ['nobody/nothing'] })).toMatch(/offline: [\s\S]*No part of nobody\/nothing/);
    });
  });
});
