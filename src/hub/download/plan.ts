import { promises as fs } from 'node:fs';
import { dirname } from 'node:path';
import { HugwireError } from '../../lib/errors.js';
import { formatBytes } from '../../lib/format.js';
import { nearest } from '../../lib/nearest.js';
import { showWords } from '../../lib/text.js';
import { count, line, lines, nextPage, record, records, tagValues } from '../fields.js';
import { apiPath, type NamedRepo } from '../reference.js';
import { attempt, findRepo } from '../repo/lookup.js';
import type { HubClient, RepoKind } from '../types.js';
import {
  checkStoredPath,
  checkTogether,
  type Place,
  placeInCache,
  placeInDirectory,
  type RepoCommit,
  type RepoFile,
  type Standing,
} from './place.js';

/** What is wanted. */
export interface Wish {
  repo: NamedRepo;
  /** Paths, folders, or patterns with `*`, `?` and `[…]` in the manner of `hf download`; none for all files. */
  files?: readonly string[];
  /** Patterns of what is left out. */
  exclude?: readonly string[];
  /** A directory, absolute; unset: the shared cache. */
  to?: string;
}

/** Where the shared cache is. */
export interface CacheSettings {
  cache: string;
  /** Whether links may be made in it. */
  useLinks: boolean;
}

export interface PlannedFile extends RepoFile {
  standing: Standing;
  /** Bytes that an earlier try has left. */
  begun: number;
}

/** What a download would do. */
export interface DownloadPlan extends RepoCommit {
  files: PlannedFile[];
  /** Bytes of all files, and of those that are to be fetched. */
  bytes: number;
  missingBytes: number;
  /** Bytes that are free where they go; unset where the system does not say. */
  freeBytes?: number;
  license?: string;
  gated: boolean;
  private: boolean;
  /** What tells how it is loaded. */
  about: { library?: string; task?: string; tags: string[] };
  place: Place;
  /** The user's directory; unset: the shared cache. */
  to?: string;
  /** All files of the commit, where more than single names was asked for. */
  tree?: RepoFile[];
}

const SHARED = ['sha', 'private', 'gated', 'tags', 'cardData'];
const FIELDS: Record<RepoKind, string[]> = {
  model: [...SHARED, 'library_name', 'pipeline_tag'],
  dataset: SHARED,
  space: ['sha', 'private', 'tags', 'cardData'],
};

/**
 * Finds out what a download would do: which files, whether they may be had, what of them is here, and whether there is room.
 * @param hub the Hub
 * @param wish what is wanted
 * @param settings where the shared cache is
 * @throws HugwireError `not_found` for what matches no file, `gated` and the like where they may not be had, `too_large` where the
 *   disk has no room for them
 */
export async function planDownload(hub: HubClient, wish: Wish, settings: CacheSettings): Promise<DownloadPlan> {
  const found = await findRepo(hub, wish.repo, FIELDS);
  const [repo] = found;
  if (!repo || found.length > 1) {
    const forms = found.map(({ kind, id }) => `${kind}s/${id}`).join(' or ');
    throw new HugwireError('invalid_arguments', `${wish.repo.id} is the id of several repositories.`, {
      hint: `Say which: ${forms}.`,
    });
  }
  const { kind, id, info } = repo;
  const revision = wish.repo.revision ?? 'main';
  const commit = line(info.sha, 64);
  if (commit === undefined || !/^[0-9a-f]{40,64}$/.test(commit)) {
    throw new HugwireError('unavailable', `The Hub did not say at which commit ${id} is.`);
  }
  const at: RepoCommit = { kind, id, revision, commit };
  const tree = await listFiles(hub, at);
  const chosen = chooseFiles(tree, wish, id);
  for (const { path } of chosen) checkStoredPath(path);
  checkTogether(chosen.map(({ path }) => path));
  const cached = placeInCache(settings.cache, at, settings.useLinks);
  const place = wish.to === undefined ? cached : placeInDirectory(wish.to, at, cached);
  const files: PlannedFile[] = [];
  for (const file of chosen)
    files.push({ ...file, standing: await place.look(file), begun: await sizeOf(place, file) });
  const missing = files.filter(({ standing }) => standing !== 'here');
  const gated = info.gated === 'auto' || info.gated === 'manual' || info.gated === true;
  if (gated && missing.length > 0) await refuseWithoutAccess(hub, at);
  const tags = lines(info.tags);
  const license = lines(record(info.cardData).license)[0] ?? tagValues(tags, 'license')[0];
  const plan: DownloadPlan = {
    ...at,
    files,
    bytes: addUp(files, ({ size }) => size),
    missingBytes: addUp(missing, ({ size, begun }) => Math.max(0, size - begun)),
    freeBytes: await freeBytes(place.root),
    license,
    gated,
    private: info.private === true,
    about: { library: line(info.library_name), task: line(info.pipeline_tag), tags },
    place,
    to: wish.to,
    // As huggingface_hub does: of single files it keeps no list.
    tree: wish.files?.length && isSubset(wish.files, tree) ? undefined : tree,
  };
  refuseWithoutRoom(plan);
  return plan;
}

function isSubset(names: readonly string[], tree: readonly RepoFile[]): boolean {
  const paths = new Set(tree.map(({ path }) => path));
  return names.every((name) => paths.has(name));
}

/** The list of a gated repository is public, its files are not. A mirror may not know the question. */
async function refuseWithoutAccess(hub: HubClient, { kind, id }: RepoCommit): Promise<void> {
  const answer = await attempt(hub.request(apiPath(kind, id, 'auth-check'), { repo: { kind, id } }));
  if ('error' in answer && ['gated', 'unauthorized', 'not_visible'].includes(answer.error.code)) throw answer.error;
}

const addUp = <Item>(items: readonly Item[], measure: (item: Item) => number) =>
  items.reduce((sum, item) => sum + measure(item), 0);

async function sizeOf(place: Place, file: RepoFile): Promise<number> {
  const facts = await fs.stat(place.partialOf(file)).catch(() => undefined);
  return facts && facts.size <= file.size ? facts.size : 0;
}

async function freeBytes(directory: string): Promise<number | undefined> {
  for (let at = directory; ; at = dirname(at)) {
    const found = await fs.statfs(at).catch(() => undefined);
    if (found) return found.bavail * found.bsize;
    if (at === dirname(at)) return undefined;
  }
}

function refuseWithoutRoom({ missingBytes, freeBytes, place, id }: DownloadPlan): void {
  if (freeBytes === undefined || missingBytes <= freeBytes) return;
  throw new HugwireError(
    'too_large',
    `${formatBytes(missingBytes)} of ${id} are still to be fetched, and only ${formatBytes(freeBytes)} are free at ${place.root}.`,
    {
      hint: 'Nothing was fetched. Choose fewer files or another directory; `hugwire downloads list` shows what could be removed.',
    },
  );
}

/** Pages of a thousand files. */
const MAX_PAGES = 200;

/** All files of a commit. */
async function listFiles(hub: HubClient, { kind, id, commit }: RepoCommit): Promise<RepoFile[]> {
  const files: RepoFile[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const answer = await hub.request(apiPath(kind, id, 'tree', commit), {
      query: { recursive: true, cursor },
      repo: { kind, id, revision: commit },
      cache: 'immutable',
    });
    if (answer.cached?.downloaded) {
      throw new HugwireError('offline', `The Hub cannot be reached, so nothing of ${id} can be fetched.`, {
        hint: `What is here can be read: hub_repo ids=["${id}"] include=["files"] lists it.`,
      });
    }
    files.push(...records(answer.json()).flatMap(readFile));
    const next = nextPage(answer.headers);
    cursor = (next && URL.canParse(next, hub.endpoint) && new URL(next, hub.endpoint).searchParams.get('cursor')) || '';
    if (cursor === '') return files;
  }
  throw new HugwireError(
    'too_large',
    `${id} holds more than ${MAX_PAGES * 1000} files, which are more than hugwire lists.`,
  );
}

function readFile(row: Record<string, unknown>): RepoFile[] {
  const { path, type, oid, xetHash } = row;
  const { oid: sha256, size } = record(row.lfs);
  const isLarge = row.lfs !== undefined && row.lfs !== null;
  const etag = isLarge ? sha256 : oid;
  const bytes = count(isLarge ? size : row.size);
  // Both become names of files: only what they can be is believed.
  const isNamed = typeof etag === 'string' && (isLarge ? /^[0-9a-f]{64}$/ : /^[0-9a-f]{40}$/).test(etag);
  if (type !== 'file' || typeof path !== 'string' || !isNamed || bytes === undefined || bytes < 0) return [];
  const xet = typeof xetHash === 'string' && /^[0-9a-f]{64}$/.test(xetHash) ? { xetHash } : {};
  return [{ path, size: bytes, etag, isLarge, blobId: String(oid ?? ''), ...xet }];
}

function chooseFiles(tree: readonly RepoFile[], { files = [], exclude = [] }: Wish, id: string): RepoFile[] {
  const isLeftOut = (path: string) => exclude.some((pattern) => covers(pattern, path));
  const byPath = new Map(tree.map((file) => [file.path, file]));
  const matches = files.map((pattern) => {
    const named = byPath.get(pattern);
    return named ? [named] : tree.filter(({ path }) => covers(pattern, path));
  });
  const missed = files.filter((_, at) => matches[at]?.length === 0);
  if (missed.length > 0) {
    const paths = tree.map(({ path }) => path);
    const near = missed.flatMap((name) => nearest(name, paths) ?? nearestName(name, paths) ?? []);
    throw new HugwireError('not_found', `${id} has no file ${missed.map((name) => showWords(name, 120)).join(', ')}.`, {
      hint: `${near.length > 0 ? `Did you mean ${near.map((path) => showWords(path, 200)).join(', ')}? ` : ''}hub_repo ids=["${id}"] include=["files"] lists the files.`,
      missing: 'file',
    });
  }
  const wanted = new Set(matches.flat());
  const chosen = tree.filter((file) => (files.length === 0 || wanted.has(file)) && !isLeftOut(file.path));
  if (chosen.length > 0) return chosen;
  throw new HugwireError(
    'not_found',
    `Nothing of ${id} is left to be fetched: ${tree.length === 0 ? 'it holds no files' : 'all of it is excluded'}.`,
  );
}

/** By the name of the file alone, where the folder was left out or is another one. */
function nearestName(wanted: string, paths: readonly string[]): string | undefined {
  const nameOf = (path: string) => path.split('/').at(-1) ?? path;
  const found = nearest(nameOf(wanted), paths.map(nameOf));
  return paths.find((path) => nameOf(path) === found);
}

/**
 * Whether a pattern means a path, by the rules of `hf download --include`: `*` and `?` also stand for slashes, and a folder for all
 * that is in it.
 * @param pattern as it was written
 * @param path in the repository
 */
export function covers(pattern: string, path: string): boolean {
  if (pattern.endsWith('/')) return path.startsWith(pattern) || covers(`${pattern}*`, path);
  if (!/[*?[]/.test(pattern)) return path === pattern || path.startsWith(`${pattern}/`);
  const parts = readPattern(pattern);
  let [at, part] = [0, 0];
  let star: { part: number; at: number } | undefined;
  // Only the last star is gone back to: that is enough, and takes no longer than the product of both lengths.
  while (at < path.length) {
    const next = parts[part];
    if (next === '*') {
      star = { part, at };
      part += 1;
    } else if (typeof next === 'function' && next(path.charAt(at))) {
      at += 1;
      part += 1;
    } else if (star) {
      star.at += 1;
      at = star.at;
      part = star.part + 1;
    } else return false;
  }
  return parts.slice(part).every((rest) => rest === '*');
}

type PatternPart = '*' | ((character: string) => boolean);

function readPattern(pattern: string): PatternPart[] {
  const parts: PatternPart[] = [];
  for (let at = 0; at < pattern.length; at += 1) {
    const character = pattern.charAt(at);
    // The first bracket after the opening one is part of the set.
    const end = character === '[' ? pattern.indexOf(']', at + (pattern[at + 1] === '!' ? 3 : 2)) : -1;
    if (character === '*') {
      if (parts.at(-1) !== '*') parts.push('*');
    } else if (character === '?') parts.push(() => true);
    else if (end !== -1) {
      parts.push(readSet(pattern.slice(at + 1, end)));
      at = end;
    } else parts.push((one) => one === character);
  }
  return parts;
}

function readSet(text: string): (character: string) => boolean {
  const isNot = text.startsWith('!');
  const [ranges, singles] = [[] as [string, string][], new Set<string>()];
  for (let at = isNot ? 1 : 0; at < text.length; at += 1) {
    const [first, dash, last] = text.slice(at, at + 3);
    if (first !== undefined && dash === '-' && last !== undefined) {
      ranges.push([first, last]);
      at += 2;
    } else if (first !== undefined) singles.add(first);
  }
  return (one) => (singles.has(one) || ranges.some(([from, to]) => one >= from && one <= to)) !== isNot;
}
