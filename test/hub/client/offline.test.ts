import { mkdir, mkdtemp, realpath, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { withDownloads } from '../../../src/hub/client/offline.js';
import { describeRepo } from '../../../src/hub/repo/repo.js';
import { listTree } from '../../../src/hub/repo/tree.js';
import { SEARCHES } from '../../../src/hub/search/search.js';
import { describeStaleness } from '../../../src/hub/staleness.js';
import type { HubClient } from '../../../src/hub/types.js';
import { type ErrorCode, HugwireError } from '../../../src/lib/errors.js';
import { canLink } from '../../platform.js';
import { COMMIT, OLDER, writeRepo } from '../downloads.js';
import { FakeClient } from '../fake-client.js';

const CARD = `---
license: mit
language: fr
pipeline_tag: text-generation
library_name: transformers
---
# A small model
`;

let base: string;
let cache: string;
let away: ErrorCode;
let hub: HubClient;

beforeEach(async () => {
  base = await realpath(await mkdtemp(join(tmpdir(), 'hugwire-offline-')));
  cache = join(base, 'hub');
  await mkdir(cache);
  away = 'offline';
  vi.useFakeTimers({ toFake: ['Date'] });
  const client = new FakeClient(() => {
    throw new HugwireError(away, `test: ${away}`, { hint: 'Check the network.' });
  });
  hub = withDownloads(client, cache);
  await writeRepo(cache, 'models--acme--small-french', {
    'README.md': CARD,
    'config.json': '{"architectures":["LlamaForCausalLM"]}',
    'onnx/model.onnx': 'x'.repeat(100),
  });
});
afterEach(async () => {
  vi.useRealTimers();
  await rm(base, { recursive: true, force: true });
});

describe('while the Hub answers', () => {
  it('the downloads are not looked at', async () => {
    const online = withDownloads(new FakeClient(() => ({ body: 'from the Hub' })), cache);
    const answer = await online.request('/acme/small-french/resolve/main/README.md');
    expect(answer.text()).toBe('from the Hub');
    expect(answer.cached).toBeUndefined();
  });

  it.each(['not_found', 'not_visible', 'gated', 'unauthorized', 'cancelled', 'blocked'] as const)(
    'and says %s, that stands',
    async (code) => {
      away = code;
      await expect(hub.request('/acme/small-french/resolve/main/README.md')).rejects.toMatchObject({ code });
    },
  );
});

describe('files', () => {
  it.each(['offline', 'timeout', 'unavailable', 'rate_limited'] as const)(
    'are read when the Hub is %s',
    async (code) => {
      away = code;
      vi.setSystemTime(Date.now() + 7_200_000);
      const answer = await hub
        .withSignal(new AbortController().signal)
        .request('/acme/small-french/resolve/main/README.md', { repo: { id: 'acme/small-french' } });
      expect(answer.text()).toBe(CARD);
      expect(answer.headers.get('x-repo-commit')).toBe(COMMIT);
      expect(answer.cached).toMatchObject({ downloaded: true, stale: code === 'offline' ? 'offline' : 'failed' });
      expect(describeStaleness(answer)).toMatch(
        /^From the local cache, downloaded 2 h ago; only what is on this machine: /,
      );
    },
  );

  it('are read in parts', async () => {
    const path = '/acme/small-french/resolve/main/onnx/model.onnx';
    const part = await hub.request(path, { headers: { range: 'bytes=10-19' } });
    expect(part).toMatchObject({ status: 206, truncated: false });
    expect(part.bytes).toHaveLength(10);
    expect(part.headers.get('content-range')).toBe('bytes 10-19/100');
    const cut = await hub.request(path, { maxBytes: 30, truncate: true });
    expect(cut).toMatchObject({ status: 200, truncated: true });
    expect(cut.bytes).toHaveLength(30);
    expect(cut.headers.get('content-length')).toBe('100');
  });

  it('of a commit, a tag, a dataset and an old canonical model are found', async () => {
    await writeRepo(cache, 'datasets--acme--data', { 'a b/ü.txt': 'text' }, OLDER, ['refs/convert/parquet']);
    await writeRepo(cache, 'models--gpt2', { 'config.json': '{}' });
    const text = async (path: string) => (await hub.request(path)).text();
    expect(await text('/datasets/acme/data/resolve/refs%2Fconvert%2Fparquet/a%20b/%C3%BC.txt')).toBe('text');
    expect(await text(`/datasets/acme/data/raw/${OLDER}/a%20b/%C3%BC.txt`)).toBe('text');
    expect(await text('/gpt2/resolve/main/config.json')).toBe('{}');
  });

  it('that are not downloaded are told from repositories that are not', async () => {
    const ask = (id: string) =>
      hub.request(`/${id}/resolve/main/x.bin`, { repo: { kind: 'model', id }, file: 'x.bin' });
    await expect(ask('acme/small-french')).rejects.toMatchObject({
      code: 'offline',
      message: 'test: offline',
      hint: 'acme/small-french is downloaded on this machine, but not x.bin: hub_repo with include=["files"] lists what is. Check the network.',
    });
    await expect(ask('acme/other')).rejects.toMatchObject({
      code: 'offline',
      hint: 'No part of acme/other is on this machine. Check the network.',
    });
  });

  it.each([
    '/acme/small-french/resolve/main/..%2F..%2Frefs%2Fmain',
    '/acme/small-french/resolve/main/../../refs/main',
    '/acme/..%2Fx/resolve/main/a',
    '/acme/small-french/resolve/main/%E0%A4%A',
  ])('never lead out of the snapshot: %s', async (path) => {
    await expect(hub.request(path)).rejects.toMatchObject({ code: 'offline' });
  });

  it.runIf(canLink)('that link out of the cache are not there', async () => {
    await writeFile(join(base, 'secret'), 'secret');
    await symlink(join(base, 'secret'), join(cache, 'models--acme--small-french/snapshots', COMMIT, 'leak.txt'));
    await expect(hub.request('/acme/small-french/resolve/main/leak.txt')).rejects.toMatchObject({ code: 'offline' });
    const tree = await hub.request('/api/models/acme/small-french/tree/main');
    expect(tree.text()).not.toContain('leak');
  });
});

describe('what the tools make of it', () => {
  it('hub_repo describes the repository from its card and configuration', async () => {
    const [found] = await describeRepo(hub, { id: 'acme/small-french' }, ['card', 'files']);
    expect(found?.overview).toMatchObject({
      kind: 'model',
      id: 'acme/small-french',
      licence: 'mit',
      task: 'text-generation',
      library: 'transformers',
      languages: ['fr'],
      architecture: 'LlamaForCausalLM',
      commit: COMMIT,
    });
    expect(found?.card).toMatchObject({ value: { text: expect.stringContaining('# A small model') } });
    expect(found?.files).toMatchObject({ value: { complete: true } });
  });

  it('folders list what is downloaded', async () => {
    const repo = { kind: 'model', id: 'acme/small-french' } as const;
    expect((await listTree(hub, repo, '', false)).entries).toEqual([
      { type: 'folder', path: 'onnx' },
      { type: 'file', path: 'README.md', size: CARD.length },
      { type: 'file', path: 'config.json', size: 38 },
    ]);
    expect((await listTree(hub, repo, 'onnx', true)).entries).toEqual([
      { type: 'file', path: 'onnx/model.onnx', size: 100 },
    ]);
    await expect(listTree(hub, repo, 'none', true)).rejects.toMatchObject({ code: 'offline' });
  });

  it('hub_search finds what is downloaded, the better match first', async () => {
    await writeRepo(cache, 'models--acme--french-large', { a: '1' });
    await writeRepo(cache, 'models--other--thing', { a: '1' });
    await writeRepo(cache, 'models--acme--half-written', {});
    const ids = async (query: object) => {
      const page = await SEARCHES.model(hub, { limit: 10, offset: 0, ...query });
      return page.rows.map((row) => ('id' in row ? row.id : ''));
    };
    expect(await ids({ query: 'small french' })).toEqual(['acme/small-french', 'acme/french-large']);
    expect(await ids({ author: 'Other' })).toEqual(['other/thing']);
    expect(new Set(await ids({}))).toEqual(new Set(['acme/small-french', 'acme/french-large', 'other/thing']));
    await expect(ids({ query: 'zebra' })).rejects.toMatchObject({ code: 'offline' });
  });

  it('Spaces are found as well', async () => {
    await writeRepo(cache, 'spaces--acme--background-removal', {
      'README.md': '---\ntitle: Cut it out\nsdk: gradio\n---\n',
    });
    const page = await SEARCHES.space(hub, { query: 'background removal', limit: 5, offset: 0 });
    expect(page.rows).toMatchObject([{ id: 'acme/background-removal', title: 'Cut it out', sdk: 'gradio' }]);
  });

  it('a list is no answer of a Hub that is only busy', async () => {
    away = 'rate_limited';
    await expect(hub.request('/api/models', { query: { search: 'french' } })).rejects.toMatchObject({
      code: 'rate_limited',
    });
  });

  it('the newest download comes first', async () => {
    await writeRepo(cache, 'models--acme--later', { a: '1' });
    await utimes(join(cache, 'models--acme--small-french/snapshots', COMMIT), 1000, 1000);
    const rows = (await hub.request('/api/models', { query: { limit: 1 } })).json();
    expect(rows).toMatchObject([{ id: 'acme/later' }]);
  });

  it.each([
    ['/api/whoami-v2', {}],
    ['/rows', { service: 'viewer' }],
    ['/api/models/acme/small-french/paths-info/main', { method: 'POST' }],
    ['/api/models/acme/small-french/discussions', {}],
  ] as const)('%s has no answer here', async (path, request) => {
    await expect(hub.request(path, request)).rejects.toMatchObject({ code: 'offline' });
  });
});
