import { promises as fs } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { HugwireError } from '../../lib/errors.js';
import { realPath, withPatience } from '../../lib/files.js';
import { type LocalRepo, type LocalSnapshot, listLocalRepos, listSnapshots, walkFiles } from '../client/downloads.js';
import type { RepoKind } from '../types.js';

/** A revision in the shared cache. */
interface CachedRevision {
  commit: string;
  /** Branches and tags that lead to it. */
  refs: string[];
  files: number;
  /** Bytes of its files; those that other revisions have as well count in each. */
  bytes: number;
  /** When it was downloaded, milliseconds since the epoch. */
  downloaded: number;
  directory: string;
}

/** A repository in the shared cache, whoever has downloaded it. */
export interface CachedRepo {
  kind: RepoKind;
  id: string;
  directory: string;
  revisions: CachedRevision[];
  /** Bytes that it takes on the disk, each content once. */
  bytes: number;
  /** Bytes of downloads that have not come to their end, of hugwire and of others. */
  unfinished: number;
}

/**
 * What the shared cache holds, the largest first.
 * @param cache its directory; it need not exist
 */
export async function listCache(cache: string): Promise<CachedRepo[]> {
  const repos = await listLocalRepos(cache);
  const described: CachedRepo[] = [];
  // In turn: each walks through many files.
  for (const repo of repos) described.push(await describeRepo(repo));
  return described.sort((a, b) => b.bytes + b.unfinished - a.bytes - a.unfinished || (a.id < b.id ? -1 : 1));
}

async function describeRepo(repo: LocalRepo): Promise<CachedRepo> {
  const { kind, id, directory, root } = repo;
  const contents = new Map<string, number>();
  const revisions: CachedRevision[] = [];
  for (const snapshot of await listSnapshots(repo)) {
    const { files } = await walkFiles(snapshot.directory, root);
    for (const { identity, size } of files) contents.set(identity, size);
    const bytes = [...new Map(files.map(({ identity, size }) => [identity, size])).values()].reduce(add, 0);
    const { commit, refs, downloaded } = snapshot;
    revisions.push({ commit, refs, files: files.length, bytes, downloaded, directory: snapshot.directory });
  }
  const unfinished = (await listUnfinished(repo)).map(({ size }) => size).reduce(add, 0);
  return { kind, id, directory, revisions, bytes: [...contents.values()].reduce(add, 0), unfinished };
}

const add = (sum: number, size: number) => sum + size;

async function listUnfinished({ directory, root }: Pick<LocalRepo, 'directory' | 'root'>) {
  const { files } = await walkFiles(join(directory, 'blobs'), root);
  return files.filter(({ path }) => path.endsWith('.incomplete'));
}

/**
 * Takes away what unfinished downloads have gathered for a directory of the user's.
 * @param directory that they went to
 * @returns the bytes that got free
 */
export async function removeUnfinished(directory: string): Promise<number> {
  const root = await realPath(directory).catch(() => undefined);
  if (root === undefined) return 0;
  const notes = join(root, '.cache', 'huggingface', 'download');
  const { files } = await walkFiles(notes, root);
  const left = files.filter(({ path }) => path.endsWith('.hugwire.incomplete'));
  for (const { path } of left) await fs.rm(join(notes, ...path.split('/')), { force: true });
  return left.map(({ size }) => size).reduce(add, 0);
}

/** Somebody writes to a file that was changed so lately. */
const FRESH_MS = 60_000;

export interface Removal {
  /** Revisions that go, by commit. */
  commits: string[];
  /** Whether nothing of the repository stays. */
  isWhole: boolean;
  /** Bytes that get free. */
  bytes: number;
  /** Does it. */
  apply(): Promise<void>;
}

/**
 * Finds out what goes when revisions of a repository are removed from the shared cache: their snapshots, the names that lead to
 * them, and the contents that no other revision has.
 * @param repo as it lies there
 * @param commits of the revisions; none for all of the repository, with what is unfinished
 * @throws HugwireError `unavailable` while something is being downloaded to it
 */
export async function planRemoval(repo: LocalRepo, commits: readonly string[] = []): Promise<Removal> {
  const unfinished = await listUnfinished(repo);
  if (unfinished.some(({ modified }) => Date.now() - modified < FRESH_MS)) {
    throw new HugwireError('unavailable', `${repo.id} is being downloaded just now, so nothing of it was removed.`, {
      hint: 'Wait until that has ended, or stop it and try again in a minute.',
    });
  }
  const snapshots = await listSnapshots(repo);
  const going = snapshots.filter(({ commit }) => commits.length === 0 || commits.includes(commit));
  const isWhole = going.length === snapshots.length;
  const kept = new Set<string>();
  for (const snapshot of snapshots.filter((one) => !going.includes(one))) {
    for (const { blob } of await listEntries(snapshot, repo)) kept.add(blob);
  }
  const blobs = new Map<string, number>();
  for (const snapshot of going) {
    for (const { blob, bytes } of await listEntries(snapshot, repo)) if (!kept.has(blob)) blobs.set(blob, bytes);
  }
  const rest = isWhole ? unfinished.map(({ size }) => size) : [];
  return {
    commits: going.map(({ commit }) => commit),
    isWhole,
    bytes: [...blobs.values(), ...rest].reduce(add, 0),
    async apply() {
      if (isWhole) {
        await removeAll(repo.directory);
        return removeAll(join(dirname(repo.directory), '.locks', basename(repo.directory)));
      }
      for (const { refs, directory } of going) {
        // In this order: a name without its snapshot is a broken repository to huggingface_hub.
        for (const ref of refs) await fs.rm(join(repo.directory, 'refs', ...ref.split('/')), { force: true });
        await removeAll(directory);
      }
      for (const blob of blobs.keys()) await fs.rm(blob, { force: true });
    },
  };
}

const removeAll = (path: string) => withPatience(() => fs.rm(path, { recursive: true, force: true }));

/**
 * Where the contents of a snapshot lie, and what they take: the file that a link leads to first, which may itself lead into a
 * store that all repositories share and that is not theirs to remove; or the file in the snapshot.
 */
async function listEntries({ directory }: LocalSnapshot, repo: LocalRepo): Promise<{ blob: string; bytes: number }[]> {
  const { files } = await walkFiles(directory, repo.root);
  const blobs = join(repo.directory, 'blobs');
  return Promise.all(
    files.map(async ({ path, size }) => {
      const at = join(directory, ...path.split('/'));
      const target = await fs.readlink(at).catch(() => undefined);
      const blob = target === undefined ? at : resolve(dirname(at), target);
      // What lies elsewhere is somebody else's.
      const isOurs = target === undefined || dirname(blob) === blobs;
      const isShared = (await fs.lstat(blob).catch(() => undefined))?.isSymbolicLink() ?? false;
      return { blob: isOurs ? blob : at, bytes: isOurs && !isShared ? size : 0 };
    }),
  );
}
