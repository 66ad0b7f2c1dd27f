import type { Stats } from 'node:fs';
import { lstat, open, opendir, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { realPath } from '../../lib/files.js';
import { checkRepoId } from '../reference.js';
import { REPO_KINDS, type RepoKind } from '../types.js';

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
  const root = await realPath(cache).catch(() => undefined);
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
  const root = await realPath(cache).catch(() => undefined);
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

/** Entries looked at in one walk: enough for any repository, and a bound for whatever else lies there. */
const MAX_ENTRIES = 50_000;
const MAX_DEPTH = 32;

/** A regular file below some root. */
interface FoundFile {
  /** Relative to where the walk began, with `/` between its parts. */
  path: string;
  size: number;
  /** Milliseconds since the epoch. */
  modified: number;
  /** The same for two names of one file. */
  identity: string;
}

/**
 * The regular files below a directory. A symbolic link counts as the file that it leads to, if that lies below `root`;
 * links to directories are not followed, so nothing is met twice. What cannot be read is left out.
 * @param directory where to begin
 * @param root what no link may lead out of; a real path
 * @returns the files, and whether that was all
 */
export async function walkFiles(directory: string, root: string): Promise<{ files: FoundFile[]; complete: boolean }> {
  const files: FoundFile[] = [];
  const pending = [{ at: directory, prefix: '', depth: 0 }];
  let entries = 0;
  for (let next = pending.pop(); next; next = pending.pop()) {
    const { at, prefix, depth } = next;
    for (const { name, isDirectory } of await listDirectory(at, MAX_ENTRIES - entries)) {
      entries += 1;
      const path = prefix + name;
      if (isDirectory && depth < MAX_DEPTH) {
        pending.push({ at: join(at, name), prefix: `${path}/`, depth: depth + 1 });
      } else if (!isDirectory) {
        const found = await statInside(join(at, name), root);
        if (found)
          files.push({ path, size: found.size, modified: found.mtimeMs, identity: `${found.dev}:${found.ino}` });
      }
    }
    if (entries >= MAX_ENTRIES) return { files, complete: false };
  }
  files.sort((a, b) => (a.path < b.path ? -1 : 1));
  return { files, complete: true };
}

/**
 * The names in a directory, unsorted; none when it cannot be read.
 * @param directory any path
 * @param most names to give at most
 */
async function listDirectory(directory: string, most: number): Promise<{ name: string; isDirectory: boolean }[]> {
  const found: { name: string; isDirectory: boolean }[] = [];
  try {
    for await (const entry of await opendir(directory)) {
      if (found.length >= most) break;
      found.push({ name: entry.name, isDirectory: entry.isDirectory() });
    }
  } catch {
    // Unreadable, gone, or no directory: what was found until then is all there is.
  }
  return found;
}

/**
 * What a path leads to, if that is a regular file below `root`.
 * @param path may be a symbolic link, or a chain of them
 * @param root a real path
 */
async function statInside(path: string, root: string): Promise<(Stats & { path: string }) | undefined> {
  try {
    const real = await realPath(path);
    if (!real.startsWith(root.endsWith(sep) ? root : root + sep)) return undefined;
    const found = await stat(real);
    return found.isFile() ? Object.assign(found, { path: real }) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * A part of a regular file below `root`; undefined when there is no such file, or it cannot be read.
 * @param path may be a symbolic link
 * @param root a real path
 * @param start first byte
 * @param end byte after the last
 */
export async function readInside(
  path: string,
  root: string,
  start: number,
  end: number,
): Promise<{ bytes: Uint8Array; size: number; modified: number } | undefined> {
  const found = await statInside(path, root);
  if (!found) return undefined;
  const length = Math.max(0, Math.min(end, found.size) - start);
  try {
    const file = await open(found.path, 'r');
    try {
      const { bytesRead, buffer } = await file.read(Buffer.alloc(length), 0, length, start);
      return { bytes: buffer.subarray(0, bytesRead), size: found.size, modified: found.mtimeMs };
    } finally {
      await file.close();
    }
  } catch {
    return undefined;
  }
}

/**
 * Whether a path is a directory itself, not a link to one.
 * @param path any path
 */
async function isDirectory(path: string): Promise<boolean> {
  return lstat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
