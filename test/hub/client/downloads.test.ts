import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, realpath, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { downloadsDirectory } from '../../../src/config/paths.js';
import {
  findLocalRepo,
  listLocalRepos,
  listSnapshots,
  openSnapshot,
  readInside,
  walkFiles,
} from '../../../src/hub/client/downloads.js';
import { canLink } from '../../platform.js';
import { COMMIT, OLDER, writeRepo } from '../downloads.js';

let base: string;
let cache: string;
beforeEach(async () => {
  base = await realpath(await mkdtemp(join(tmpdir(), 'hugwire-downloads-')));
  cache = join(base, 'hub');
  await mkdir(cache);
});
afterEach(() => rm(base, { recursive: true, force: true }));

const ids = async () => (await listLocalRepos(cache)).map(({ kind, id }) => `${kind} ${id}`);

describe('the repositories', () => {
  it.runIf(canLink)('are those in folders of the right name', async () => {
    await writeRepo(cache, 'models--owner--name', { a: '1' });
    await writeRepo(cache, 'models--gpt2', { a: '1' });
    await writeRepo(cache, 'datasets--owner--name', { a: '1' });
    await writeRepo(cache, 'spaces--owner--app', { a: '1' });
    for (const other of [
      '.locks',
      'blobs',
      'models--a--b--c',
      'models--',
      'kernels--a--b',
      'models--..--x',
      'version',
    ]) {
      await mkdir(join(cache, other));
    }
    await writeFile(join(cache, 'CACHEDIR.TAG'), 'Signature');
    await writeFile(join(cache, 'models--a--file'), 'no directory');
    await symlink(join(cache, 'models--gpt2'), join(cache, 'models--a--link'));
    expect(await ids()).toEqual(['model gpt2', 'space owner/app', 'dataset owner/name', 'model owner/name']);
    expect(await listLocalRepos(cache, 'space')).toHaveLength(1);
  });

  it.runIf(canLink).each(['a/link', 'a/file', 'nobody/nothing', '../hub', 'a/b/c'])(
    '%s is none of them',
    async (id) => {
      await writeRepo(cache, 'models--gpt2', { a: '1' });
      await writeFile(join(cache, 'models--a--file'), '');
      await symlink(join(cache, 'models--gpt2'), join(cache, 'models--a--link'));
      expect(await findLocalRepo(cache, 'model', id)).toBeUndefined();
    },
  );

  it('are none where there is no cache', async () => {
    expect(await listLocalRepos(join(base, 'missing'))).toEqual([]);
    expect(await findLocalRepo(join(base, 'missing'), 'model', 'gpt2')).toBeUndefined();
    await writeFile(join(base, 'file'), '');
    expect(await listLocalRepos(join(base, 'file'))).toEqual([]);
  });
});

describe('the snapshots', () => {
  const open = async (revision?: string) => {
    const repo = await findLocalRepo(cache, 'model', 'owner/name');
    return repo && openSnapshot(repo, revision);
  };

  it('are found by ref, by commit, by the beginning of a commit', async () => {
    await writeRepo(cache, 'models--owner--name', { a: 'new' }, COMMIT, ['main', 'refs/pr/1']);
    await writeRepo(cache, 'models--owner--name', { a: 'old' }, OLDER, ['v1.0', 'pr/2']);
    for (const [revision, commit] of [
      [undefined, COMMIT],
      ['main', COMMIT],
      ['refs/pr/1', COMMIT],
      ['v1.0', OLDER],
      ['refs/pr/2', OLDER],
      [OLDER, OLDER],
      [OLDER.slice(0, 7), OLDER],
      ['v2', undefined],
      [OLDER.slice(0, 6), undefined],
      ['c'.repeat(40), undefined],
    ]) {
      expect((await open(revision))?.commit, revision).toBe(commit);
    }
  });

  it('the newest stands in for a main that is not there', async () => {
    await writeRepo(cache, 'models--owner--name', { a: '1' }, COMMIT, []);
    await writeRepo(cache, 'models--owner--name', { a: '2' }, OLDER, []);
    await utimes(join(cache, 'models--owner--name/snapshots', COMMIT), 1000, 1000);
    expect((await open())?.commit).toBe(OLDER);
    await writeFile(join(cache, 'models--owner--name/main'), COMMIT);
    await mkdir(join(cache, 'models--owner--name/refs'));
    await writeFile(join(cache, 'models--owner--name/refs/main'), `${'d'.repeat(40)}\n`);
    expect((await open())?.commit).toBe(OLDER);
    await writeFile(join(cache, 'models--owner--name/refs/main'), `${COMMIT}\n`);
    expect((await open())?.commit).toBe(COMMIT);
  });

  it('are none in a repository that is half written', async () => {
    await mkdir(join(cache, 'models--owner--name/blobs'), { recursive: true });
    await writeFile(join(cache, 'models--owner--name/blobs/abc.incomplete'), 'x');
    expect(await open()).toBeUndefined();
    await mkdir(join(cache, 'models--owner--name/snapshots/not-a-commit'), { recursive: true });
    await writeFile(join(cache, 'models--owner--name/snapshots', COMMIT), 'a file');
    expect(await open()).toBeUndefined();
  });
});

describe('the files', () => {
  it('are those of all folders, each with its size', async () => {
    await writeRepo(cache, 'models--owner--name', {
      'config.json': '{}',
      'onnx/model.onnx': 'x'.repeat(10),
      'a/b/c/d': '',
    });
    const { files, complete } = await walkFiles(join(cache, 'models--owner--name/snapshots', COMMIT), cache);
    expect(files.map(({ path, size }) => [path, size])).toEqual([
      ['a/b/c/d', 0],
      ['config.json', 2],
      ['onnx/model.onnx', 10],
    ]);
    expect(complete).toBe(true);
  });

  it.runIf(canLink)('may lie in the blobs that repositories share, or be plain copies', async () => {
    await writeRepo(cache, 'models--owner--name', { plain: 'p' });
    const repo = join(cache, 'models--owner--name');
    await mkdir(join(cache, 'blobs/ab'), { recursive: true });
    await writeFile(join(cache, 'blobs/ab/hash'), 'shared');
    await symlink('../../blobs/ab/hash', join(repo, 'blobs/etag'));
    await symlink('../../blobs/etag', join(repo, 'snapshots', COMMIT, 'shared.bin'));
    await writeFile(join(repo, 'snapshots', COMMIT, 'copy.txt'), 'copied');
    const { files } = await walkFiles(join(repo, 'snapshots', COMMIT), cache);
    expect(files.map(({ path, size }) => [path, size])).toEqual([
      ['copy.txt', 6],
      ['plain', 1],
      ['shared.bin', 6],
    ]);
  });

  it('are read in parts', async () => {
    await writeFile(join(cache, 'file'), '0123456789');
    const text = async (start: number, end: number) =>
      new TextDecoder().decode((await readInside(join(cache, 'file'), cache, start, end))?.bytes);
    expect(await text(0, 4)).toBe('0123');
    expect(await text(8, 100)).toBe('89');
    expect(await text(20, 30)).toBe('');
    expect((await readInside(join(cache, 'file'), cache, 3, 4))?.size).toBe(10);
    expect(await readInside(join(cache, 'none'), cache, 0, 9)).toBeUndefined();
  });

  it.runIf(canLink)('never lie outside the cache', async () => {
    const secret = join(base, 'secret');
    await writeFile(secret, 'secret');
    await mkdir(`${cache}-beside`);
    await writeFile(join(`${cache}-beside`, 'file'), 'secret');
    await symlink(secret, join(cache, 'out'));
    await symlink('out', join(cache, 'out2'));
    await symlink(join(`${cache}-beside`, 'file'), join(cache, 'beside'));
    await symlink(base, join(cache, 'up'));
    for (const name of ['out', 'out2', 'beside', 'up', 'up/secret']) {
      expect(await readInside(join(cache, name), cache, 0, 100), name).toBeUndefined();
    }
    expect((await walkFiles(cache, cache)).files).toEqual([]);
  });

  it.runIf(canLink)('end a walk of endless depth or number', async () => {
    let deep = cache;
    for (let level = 0; level < 60; level += 1) deep = join(deep, 'd');
    await mkdir(deep, { recursive: true });
    await writeFile(join(deep, 'bottom'), '');
    await symlink('.', join(cache, 'loop'));
    await symlink('circle-b', join(cache, 'circle-a'));
    await symlink('circle-a', join(cache, 'circle-b'));
    expect(await walkFiles(cache, cache)).toEqual({ files: [], complete: true });
  });
});

describe('trees of any shape', () => {
  /** The same numbers for the same seed (mulberry32), so that a failure can be repeated. */
  function randomNumbers(seed: number): (below: number) => number {
    let state = seed;
    return (below) => {
      state = (state + 0x6d2b79f5) | 0;
      let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
      mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
      return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
    };
  }

  const NAMES = [
    'models--a--b',
    'datasets--a',
    'refs',
    'snapshots',
    COMMIT,
    OLDER,
    'main',
    'blobs',
    'README.md',
    'x y',
    'ü\u202E',
    '-',
    '...',
  ];

  async function grow(at: string, pick: (below: number) => number, depth: number): Promise<void> {
    for (let entry = 0; entry < 6; entry += 1) {
      const path = join(at, NAMES[pick(NAMES.length)] ?? 'x');
      const targets = [base, cache, join(base, 'secret'), 'main', '..', '.', 'nowhere', path];
      const ways: (() => Promise<unknown>)[] = [
        () => writeFile(path, COMMIT, { flag: 'wx' }),
        () => writeFile(path, 'z'.repeat(pick(3000)), { flag: 'wx' }),
        () => symlink(targets[pick(targets.length)] ?? '', path),
        () => promisify(execFile)('mkfifo', [path]),
        () => mkdir(path).then(() => (pick(4) === 0 ? chmod(path, 0o000) : undefined)),
        ...Array(4).fill(() =>
          mkdir(path, { recursive: true }).then(() => (depth > 0 ? grow(path, pick, depth - 1) : undefined)),
        ),
      ];
      await ways[pick(ways.length)]?.().catch(() => {});
    }
  }

  it.each(Array.from({ length: 25 }, (_, seed) => seed + 1))(
    'seed %i: nothing throws, hangs or leaks',
    async (seed) => {
      await writeFile(join(base, 'secret'), 'secret');
      await writeRepo(cache, 'models--good--one', { 'README.md': 'fine' });
      await grow(cache, randomNumbers(seed), 4);
      const repos = await listLocalRepos(cache);
      expect(repos.map(({ id }) => id)).toContain('good/one');
      for (const repo of repos) {
        for (const snapshot of await listSnapshots(repo)) {
          const { files } = await walkFiles(snapshot.directory, repo.root);
          for (const { path } of files) {
            const read = await readInside(join(snapshot.directory, path), repo.root, 0, 10_000);
            expect(new TextDecoder().decode(read?.bytes)).not.toBe('secret');
          }
        }
        await openSnapshot(repo, 'main');
      }
      await promisify(execFile)('chmod', ['-R', 'u+rwx', cache]);
    },
  );
});

describe('where the downloads are', () => {
  it.each([
    [{ HF_HUB_CACHE: '/a', HUGGINGFACE_HUB_CACHE: '/b', HF_HOME: '/c', XDG_CACHE_HOME: '/d' }, '/a'],
    [{ HF_HUB_CACHE: ' ', HUGGINGFACE_HUB_CACHE: '/b', HF_HOME: '/c' }, '/b'],
    [{ HF_HOME: '/c', XDG_CACHE_HOME: '/d' }, join('/c', 'hub')],
    [{ XDG_CACHE_HOME: '/d' }, join('/d', 'huggingface', 'hub')],
    [{ HF_HOME: '$DISK/hf', DISK: '/mnt' }, join('/mnt/hf', 'hub')],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the form that Python expands
    [{ HF_HUB_CACHE: '${DISK}/x/$NONE', DISK: '/mnt' }, '/mnt/x/$NONE'],
  ])('%j: %s', (env, expected) => {
    expect(downloadsDirectory(env)).toBe(expected);
  });

  it('the home directory is expanded', () => {
    expect(downloadsDirectory({ HF_HUB_CACHE: '~/models' })).not.toContain('~');
    expect(downloadsDirectory({})).toMatch(/\.cache.huggingface.hub$/);
  });
});
