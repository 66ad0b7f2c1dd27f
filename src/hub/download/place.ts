import { createHash } from 'node:crypto';
import { constants, promises as fs } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { HugwireError } from '../../lib/errors.js';
import { fileFailure, realPath, replaceFile, withPatience } from '../../lib/files.js';
import { parseJsonObject } from '../../lib/json.js';
import { explainPathTrap, foldsNames } from '../../lib/platform.js';
import { isMissing, systemCode } from '../../lib/system-errors.js';
import { showWords } from '../../lib/text.js';
import { record } from '../fields.js';
import type { RepoKind } from '../types.js';

/** A file of a repository at a commit. */
export interface RepoFile {
  /** From the root of the repository. */
  path: string;
  /** Bytes of the content. */
  size: number;
  /** What the content is named by: its SHA-256 where it is in LFS, else the hash that git has for it. */
  etag: string;
  isLarge: boolean;
  /** What git holds: of a large file, the hash of the pointer to it. */
  blobId: string;
  xetHash?: string;
}

/** A commit of a repository. */
export interface RepoCommit {
  kind: RepoKind;
  id: string;
  /** As it was asked for: a branch, a tag or a commit. */
  revision: string;
  commit: string;
}

/** What lies at the place of a file: the file itself, nothing, something older that was downloaded there, or something else. */
export type Standing = 'here' | 'missing' | 'outdated' | 'foreign';

/** Where files of one commit are put, in the way of huggingface_hub, which may read and write there at the same time. */
export interface Place {
  /** The directory that holds the files under the paths they have in the repository. */
  readonly root: string;
  /** Looks at what is there. */
  look(file: RepoFile): Promise<Standing>;
  /** Where bytes are gathered until they are whole and right; nobody but hugwire writes there. */
  partialOf(file: RepoFile): string;
  /** The file whose lock is to be held meanwhile. */
  lockOf(file: RepoFile): string;
  /** Files of this machine that may hold the same bytes. */
  sourcesOf(file: RepoFile): Promise<string[]>;
  /** Makes the directories that a file needs. */
  prepare(file: RepoFile): Promise<void>;
  /**
   * Gives the file its name, if its bytes are there by now.
   * @returns whether they were
   */
  adopt(file: RepoFile): Promise<boolean>;
  /** Gives the gathered bytes, which have been checked, their name. */
  settle(file: RepoFile): Promise<void>;
  /**
   * Notes what the revision is, once all that was asked for is there.
   * @param tree all files of the commit; missing where single ones were asked for by name
   */
  finish(tree?: readonly RepoFile[]): Promise<void>;
}

const CACHE_TAG = `Signature: 8a477f597d28d172789f06886806bc55
# This file is a cache directory tag created by hugwire.
# For information about cache directory tags, see https://bford.info/cachedir/
`;

/**
 * The cache that the libraries of Hugging Face share: contents in `blobs/`, and for each commit a snapshot of links to them.
 * @param cache its directory
 * @param at which commit
 * @param useLinks whether links may be made; where the system knows none, the files themselves are in the snapshot
 */
export function placeInCache(cache: string, at: RepoCommit, useLinks: boolean): Place {
  const { kind, id, revision, commit } = at;
  const folder = [`${kind}s`, ...id.split('/')].join('--');
  const home = join(cache, folder);
  const root = join(home, 'snapshots', commit);
  const blobOf = ({ etag }: RepoFile) => join(home, 'blobs', etag);
  const pathOf = ({ path }: RepoFile) => join(root, ...path.split('/'));
  const partialOf = (file: RepoFile) => `${blobOf(file)}.hugwire.incomplete`;
  const lockOf = ({ etag }: RepoFile) => join(cache, '.locks', folder, `${etag}.lock`);
  const hasSize = async (path: string, { size }: RepoFile) => (await lookAt(path))?.size === size;

  const link = async (file: RepoFile, isNew: boolean) => {
    const [path, blob] = [pathOf(file), blobOf(file)];
    if (await hasSize(path, file)) return;
    await fs.rm(path, { force: true });
    try {
      if (!useLinks) throw Object.assign(new Error('links are switched off'), { code: 'EPERM' });
      await fs.symlink(relative(dirname(path), blob), path);
    } catch (error) {
      // Another process was faster.
      if (systemCode(error) === 'EEXIST' && (await hasSize(path, file))) return;
      if (!LINKLESS.includes(systemCode(error))) throw error;
      await (isNew ? withPatience(() => fs.rename(blob, path)) : copyWhole(blob, path));
    }
  };

  return {
    root,
    look: async (file) => ((await hasSize(pathOf(file), file)) ? 'here' : 'missing'),
    partialOf,
    lockOf,
    async sourcesOf({ xetHash }) {
      if (xetHash === undefined || (await readFirst(join(cache, 'blobs', SHARED_MARKER))) !== SHARED_VERSION) return [];
      return [join(cache, 'blobs', xetHash.slice(0, 2), xetHash)];
    },
    async prepare(file) {
      await fs.mkdir(cache, { recursive: true });
      await fs.writeFile(join(cache, 'CACHEDIR.TAG'), CACHE_TAG, { flag: 'wx' }).catch(() => {});
      // In this order: what has no snapshots is a broken repository to huggingface_hub.
      await makeFolder(cache, [folder, 'snapshots', commit, ...file.path.split('/').slice(0, -1)]);
      await makeFolder(cache, [folder, 'blobs']);
      await makeFolder(cache, ['.locks', folder]);
      await clearLinks([partialOf(file), lockOf(file)]);
    },
    async adopt(file) {
      if (await hasSize(pathOf(file), file)) return true;
      if (!(await hasSize(blobOf(file), file))) return false;
      await link(file, false);
      return true;
    },
    async settle(file) {
      await withPatience(() => fs.rename(partialOf(file), blobOf(file)));
      await link(file, true);
    },
    async finish(tree) {
      await fs.mkdir(root, { recursive: true });
      if (tree) await writeTree(home, commit, tree);
      // A name that is no path here leads to nothing; the commit does.
      if (revision === commit || explainStoredPath(revision) !== undefined) return;
      await makeFolder(home, ['refs', ...revision.split('/').slice(0, -1)]);
      const ref = join(home, 'refs', ...revision.split('/'));
      await clearLinks([ref]);
      await replaceFile(ref, commit);
    },
  };
}

/** What is said where no links can be made, or not by this user. */
const LINKLESS = ['EPERM', 'EACCES', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP', 'EINVAL', 'UNKNOWN'];
/** Says that `blobs/` of the whole cache holds contents of all repositories by their Xet hash (huggingface_hub 2). */
const SHARED_MARKER = '.huggingface-shared-blobs';
const SHARED_VERSION = '1';

/**
 * A directory of the user's, with what huggingface_hub notes of its own downloads (`local_dir`) in `.cache/huggingface`.
 * @param root the directory
 * @param at which commit
 * @param cached the same commit in the shared cache, from which files are copied
 */
export function placeInDirectory(root: string, at: RepoCommit, cached: Place): Place {
  const { commit } = at;
  const notes = join(root, '.cache', 'huggingface');
  const pathOf = ({ path }: RepoFile) => join(root, ...path.split('/'));
  const noteOf = ({ path }: RepoFile) => join(notes, 'download', ...`${path}.metadata`.split('/'));
  const folderOf = ({ path }: RepoFile) => path.split('/').slice(0, -1);
  const partialOf = (file: RepoFile) => {
    const note = noteOf(file);
    const name = createHash('sha1')
      .update(note.slice(dirname(note).length + 1))
      .digest('base64');
    return join(dirname(note), `${name.replaceAll('+', '-').replaceAll('/', '_')}.${file.etag}.hugwire.incomplete`);
  };
  const lockOf = (file: RepoFile) => noteOf(file).replace(/\.metadata$/, '.lock');
  const makeNotes = (file: RepoFile) => makeFolder(root, ['.cache', 'huggingface', 'download', ...folderOf(file)]);
  const note = async (file: RepoFile) => {
    await makeNotes(file);
    await clearLinks([noteOf(file)]);
    await replaceFile(noteOf(file), `${commit}\n${file.etag}\n${Math.ceil(Date.now() / 1000)}.0\n`);
  };

  const look = async (file: RepoFile): Promise<Standing> => {
    const facts = await fs.lstat(pathOf(file)).catch(() => undefined);
    if (!facts) return 'missing';
    if (!facts.isFile()) return 'foreign';
    const [, etag, noted = ''] = (await fs.readFile(noteOf(file), 'utf8').catch(() => '')).split('\n');
    // Changed by the user since it was downloaded, or never downloaded: only its bytes tell what it is.
    const isNoted = facts.mtimeMs - 1000 <= Number(noted || Number.NaN) * 1000;
    if (isNoted && etag !== file.etag) return 'outdated';
    if (facts.size !== file.size) return 'foreign';
    return isNoted || (await hashFile(pathOf(file), file)) === file.etag ? 'here' : 'foreign';
  };

  return {
    root,
    look,
    partialOf,
    lockOf,
    sourcesOf: async ({ path }) => [join(cached.root, ...path.split('/'))],
    async prepare(file) {
      await fs.mkdir(root, { recursive: true });
      await makeFolder(root, folderOf(file));
      await makeNotes(file);
      await clearLinks([partialOf(file), lockOf(file)]);
      await fs.writeFile(join(notes, 'CACHEDIR.TAG'), CACHE_TAG, { flag: 'wx' }).catch(() => {});
      await fs.writeFile(join(notes, '.gitignore'), '*', { flag: 'wx' }).catch(() => {});
    },
    async adopt(file) {
      if ((await look(file)) !== 'here') return false;
      await note(file);
      return true;
    },
    async settle(file) {
      await withPatience(() => fs.rename(partialOf(file), pathOf(file)));
      await note(file);
    },
    async finish(tree) {
      if (!tree) return;
      await makeFolder(root, ['.cache', 'huggingface']);
      await writeTree(notes, commit, tree);
    },
  };
}

/**
 * Refuses a path that must not become a file of this machine, whoever says that a repository holds it.
 * @param path as the Hub lists it
 * @throws HugwireError `blocked`
 */
export function checkStoredPath(path: string): void {
  const wrong = explainStoredPath(path);
  if (wrong === undefined) return;
  throw new HugwireError('blocked', `The repository names a file ${showWords(path, 120)}, which ${wrong}.`, {
    hint: 'Nothing was written there. Name the files that you want, without this one.',
  });
}

/**
 * Refuses files that would get into each other's way here: one that is also a folder of others, and names that are one to the disk.
 * @param paths as the Hub lists them
 * @throws HugwireError `blocked`
 */
export function checkTogether(paths: readonly string[]): void {
  const fold = (path: string) => (foldsNames() ? path.normalize('NFC').toLowerCase() : path);
  const known = new Map<string, string>();
  const refuse = (one: string, other: string) => {
    throw new HugwireError(
      'blocked',
      `The repository names ${showWords(one, 120)} and ${showWords(other, 120)}, which cannot both be files on this computer.`,
      { hint: 'Nothing was fetched. Name the files that you want, without one of the two.' },
    );
  };
  for (const path of paths) {
    const other = known.get(fold(path));
    if (other !== undefined) refuse(other, path);
    known.set(fold(path), path);
  }
  for (const path of paths) {
    for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1)) {
      const other = known.get(fold(path.slice(0, at)));
      if (other !== undefined) refuse(other, path);
    }
  }
}

function explainStoredPath(path: string): string | undefined {
  const seen = path.replace(UNSEEN, '');
  return UNSAFE.find(([, pattern]) => pattern.test(seen))?.[0] ?? explainPathTrap(path);
}

/** Characters that a disk of macOS leaves out of names. */
const UNSEEN = /[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]/g;

const UNSAFE: readonly (readonly [why: string, pattern: RegExp])[] = [
  ['is no path within a directory', /^$|^\/|\/$|\/\/|(?:^|\/)\.\.?(?:\/|$)/],
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what no name should hold
  ['holds a character that names do not hold', /[\u0000-\u001f\u007f]/],
  ['some systems read as a path elsewhere', /\\|^[a-z]:/i],
  ['belongs to git', /(?:^|\/)(?:\.git\.*|git~\d)(?:[:/]|$)/i],
  ['belongs to the notes about downloads', /^\.cache\/huggingface(?:\/|$)/i],
];

/**
 * Makes directories below a root, and lets no link lead out of it.
 * @param root is there
 * @param parts names, from the outside in
 * @throws HugwireError `blocked` where one leads elsewhere
 */
async function makeFolder(root: string, parts: readonly string[]): Promise<void> {
  const inside = await realPath(root);
  let at = inside;
  for (const part of parts) {
    const next = join(at, part);
    await fs.mkdir(next).catch((error: unknown) => {
      if (systemCode(error) !== 'EEXIST') throw error;
    });
    at = await realPath(next);
    if (at.startsWith(inside.endsWith(sep) ? inside : inside + sep)) continue;
    throw new HugwireError('blocked', `${next} is a link that leads out of ${root}, so nothing was written there.`, {
      hint: 'Remove the link, or choose another directory.',
    });
  }
}

/**
 * Takes links away from where hugwire writes its own files: a clone or an archive may have brought them, and what they lead to is
 * somebody else's. A second name of a file is a link too.
 */
async function clearLinks(paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    const facts = await fs.lstat(path).catch(() => undefined);
    if (facts && !facts.isDirectory() && (!facts.isFile() || facts.nlink > 1)) await fs.rm(path);
  }
}

/** A copy that is there whole or not at all. */
async function copyWhole(from: string, to: string): Promise<void> {
  const copy = `${to}.hugwire.incomplete`;
  await fs.copyFile(from, copy, constants.COPYFILE_FICLONE);
  await withPatience(() => fs.rename(copy, to));
}

const lookAt = (path: string) => fs.stat(path).catch(() => undefined);

const readFirst = async (path: string) => (await fs.readFile(path, 'utf8').catch(() => '')).split('\n')[0];

/** As huggingface_hub keeps it, which then knows offline whether a snapshot is whole. */
async function writeTree(directory: string, commit: string, tree: readonly RepoFile[]): Promise<void> {
  if (!tree.every(({ xetHash }) => xetHash === undefined || /^[0-9a-f]{64}$/.test(xetHash))) return;
  await makeFolder(directory, ['trees']);
  const path = join(directory, 'trees', `${commit}.json`);
  await clearLinks([path]);
  const text = await fs.readFile(path, 'utf8').catch(() => '');
  if (Object.keys(record(parseJsonObject(text)?.files)).length === tree.length) return;
  const files = tree.map((file) => [
    file.path,
    {
      size: file.size,
      blob_id: file.blobId,
      ...(file.isLarge && { lfs_sha256: file.etag, lfs_size: file.size }),
      ...(file.xetHash && { xet_hash: file.xetHash }),
    },
  ]);
  await replaceFile(path, JSON.stringify({ format_version: 1, files: Object.fromEntries(files) }, null, 1));
}

/**
 * What checks the content of a file.
 * @param file whose content comes
 * @returns a hash that is the file's etag, in hex, once it was given all bytes
 */
export function startHash({ isLarge, size }: RepoFile) {
  return isLarge ? createHash('sha256') : createHash('sha1').update(`blob ${size}\0`);
}

/** Bytes that are read and written at once. */
export const PIECE_BYTES = 1024 * 1024;

async function hashFile(path: string, file: RepoFile): Promise<string> {
  const hash = startHash(file);
  const handle = await fs.open(path, 'r');
  try {
    for await (const piece of handle.createReadStream({ highWaterMark: PIECE_BYTES, autoClose: false }))
      hash.update(piece as Buffer);
    return hash.digest('hex');
  } finally {
    await handle.close();
  }
}

/**
 * What the system said of a file at a place, in the words of an error.
 * @param path of the file
 * @param cause what was thrown; an error of hugwire's stays
 */
export function placeFailure(path: string, cause: unknown): HugwireError {
  if (cause instanceof HugwireError) return cause;
  return fileFailure(path, isMissing(cause) ? 'found any more' : 'written', cause);
}
