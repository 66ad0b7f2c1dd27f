import { realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isDirectory, listDirectory, readInside, walkFiles } from './local-tree.js';
import { checkRepoId } from './names.js';
import { REPO_KINDS, type RepoKind } from './types.js';

// The layout is that of huggingface_hub: {kind}s--{owner}--{name}/refs/<name> holds a commit, snapshots/<commit>/<path>
// links into blobs/. Everything else in the directory is somebody else's business.

/** A repository of which something is downloaded. */
export interface LocalRepo {
  kind: RepoKind;
  id: string;
  directory: string;
  /** The cache's directory, as a real path: no link may lead out of it. */
  root: string;
}

/** One downloaded revision. */
export interface LocalSnapshot {
  repo: LocalRepo;
  commit: string;
  directory: string;
  /** Branches, tags and pull requests that pointed here when they were downloaded. */
  refs: string[];
  /** Milliseconds since the epoch. */
  downloaded: number;
}

const MAX_REPOS = 20_000;
const MAX_SNAPSHOTS = 1000;
const MAX_REF_BYTES = 256;
const COMMIT = /^[0-9a-f]{40}$/;

/**
 * The repositories in the cache of huggingface_hub. Tolerates anything else that lies there.
 * @param cache its directory; it need not exist
 * @param kind only repositories of this kind
 */
export async function listLocalRepos(cache: string, kind?: RepoKind): Promise<LocalRepo[]> {
  const root = await realpath(cache).catch(() => undefined);
  if (root === undefined) return [];
  const entries = await listDirectory(root, MAX_REPOS);
  return entries
    .flatMap(({ name, isDirectory }) => (isDirectory ? (readFolderName(root, name) ?? []) : []))
    .filter((repo) => kind === undefined || repo.kind === kind)
    .sort((a, b) => (`${a.id} ${a.kind}` < `${b.id} ${b.kind}` ? -1 : 1));
}

/**
 * A repository by its id; undefined when nothing of it is downloaded.
 * @param cache directory of huggingface_hub's cache
 * @param kind what it is
 * @param id a valid id, whatever its case on a disk that minds none
 */
export async function findLocalRepo(cache: string, kind: RepoKind, id: string): Promise<LocalRepo | undefined> {
  const root = await realpath(cache).catch(() => undefined);
  if (root === undefined) return undefined;
  const repo = readFolderName(root, `${kind}s--${id.replaceAll('/', '--')}`);
  return repo?.id === id && (await isDirectory(repo.directory)) ? repo : undefined;
}

function readFolderName(root: string, name: string): LocalRepo | undefined {
  const [plural, ...parts] = name.split('--');
  const kind = REPO_KINDS.find((known) => `${known}s` === plural);
  if (!kind || parts.length < 1 || parts.length > 2) return undefined;
  try {
    return { kind, id: checkRepoId(parts.join('/')), directory: join(root, name), root };
  } catch {
    return undefined;
  }
}

/**
 * The downloaded revisions of a repository, the newest first.
 * @param repo as it was found
 */
export async function listSnapshots(repo: LocalRepo): Promise<LocalSnapshot[]> {
  const parent = join(repo.directory, 'snapshots');
  if (!(await isDirectory(parent))) return [];
  const refs = await readRefs(repo);
  const entries = await listDirectory(parent, MAX_SNAPSHOTS);
  const snapshots = await Promise.all(
    entries
      .filter(({ name, isDirectory }) => isDirectory && COMMIT.test(name))
      .map(async ({ name: commit }): Promise<LocalSnapshot> => {
        const directory = join(parent, commit);
        const found = await stat(directory).catch(() => undefined);
        const own = refs.filter((ref) => ref.commit === commit).map(({ name }) => name);
        return { repo, commit, directory, refs: own.sort(), downloaded: found?.mtimeMs ?? 0 };
      }),
  );
  return snapshots.sort((a, b) => b.downloaded - a.downloaded || (a.commit < b.commit ? -1 : 1));
}

/**
 * The snapshot of a revision; without one that of `main`, or else the newest.
 * @param repo as it was found
 * @param revision a ref, or a commit's hash or at least its first seven digits
 */
export async function openSnapshot(repo: LocalRepo, revision?: string): Promise<LocalSnapshot | undefined> {
  const snapshots = await listSnapshots(repo);
  const ofRef = (ref: string) => snapshots.find(({ refs }) => refs.includes(ref));
  if (revision === undefined || revision === 'main' || revision === 'HEAD') return ofRef('main') ?? snapshots[0];
  const byHash = /^[0-9a-f]{7,40}$/.test(revision)
    ? snapshots.find(({ commit }) => commit.startsWith(revision))
    : undefined;
  // Python writes refs/pr/1 into refs/refs/pr/1, other clients into refs/pr/1.
  return ofRef(revision) ?? ofRef(revision.replace(/^refs\//, '')) ?? byHash;
}

/** A ref is a small file with a commit's hash; its name may have slashes, as in `refs/pr/1`. */
async function readRefs(repo: LocalRepo): Promise<{ name: string; commit: string }[]> {
  const directory = join(repo.directory, 'refs');
  if (!(await isDirectory(directory))) return [];
  const { files } = await walkFiles(directory, repo.root);
  const small = files.filter(({ size }) => size <= MAX_REF_BYTES).slice(0, MAX_SNAPSHOTS);
  const refs = await Promise.all(
    small.map(async ({ path }) => {
      const read = await readInside(join(directory, ...path.split('/')), repo.root, 0, MAX_REF_BYTES);
      const commit = new TextDecoder().decode(read?.bytes).trim();
      return { name: path, commit };
    }),
  );
  return refs.filter(({ commit }) => COMMIT.test(commit));
}
