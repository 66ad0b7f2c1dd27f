import { createHash } from 'node:crypto';
import { HugwireError } from '../../lib/errors.js';
import { cleanLine, showName, showWords } from '../../lib/text.js';
import { count, line, nextPage, record, records } from '../fields.js';
import { parseCard } from '../read/card.js';
import { apiPath, repoPath } from '../reference.js';
import { attempt } from '../repo/lookup.js';
import type { HubClient } from '../types.js';
import type { RepoName } from './requests.js';

/** Files that one commit changes, at most: the Hub wants fewer than a hundred. */
export const MOST_FILES = 99;
/** A text up to this size is compared line by line with what is there. */
const COMPARED_BYTES = 400_000;
/** More lines than this, on both sides together, are counted without being aligned. */
const ALIGNED_CELLS = 1_000_000;
/** Pages of one folder; the Hub wants fewer than 10,000 files in it, and tells 1,000 at once. */
const TREE_PAGES = 30;

/** Bytes that go into a commit. They are read when they are sent, and are those that were checked. */
export interface Content {
  size: number;
  /** SHA-256, in hex. */
  sha256: string;
  /** The first bytes, 512 at least where there are as many. */
  head: Uint8Array;
  /** The whole, where it is text that was given as such. */
  text?: string;
  /** The file of this machine that it is read from. */
  from?: string;
  /**
   * All bytes in pieces, or those from `start` up to but not including `end`; as often as they are asked for. With `reuse`, a
   * piece may be overwritten once so many more were taken.
   */
  stream(start?: number, end?: number, reuse?: number): AsyncIterable<Uint8Array>;
}

/** What happens to a path: it gets a content, or goes. A path that ends in `/` is a folder, which goes with all that is in it. */
export interface Change {
  path: string;
  content?: Content;
}

/** A repository as it is before the commit. */
export interface Target extends RepoName {
  private: boolean;
  /** The branch or pull request: `main`, `refs/pr/3`. */
  branch: string;
  /** The commit at its head. */
  head: string;
}

/** What a change means for what is there. */
export interface PlannedChange extends Change {
  effect: 'new' | 'changed' | 'deleted';
  /** Bytes of what is there now. */
  before?: number;
  /** Lines that come and go; unset where that is not text, or too long to compare. */
  lines?: { added: number; removed: number };
}

/**
 * Refuses a path that no repository can hold.
 * @param path from the root of the repository
 * @throws HugwireError `invalid_arguments`
 */
export function checkWritePath(path: string): void {
  const wrong = WRONG_PATHS.find(([, pattern]) => pattern.test(path))?.[0];
  if (wrong === undefined && Buffer.byteLength(path) <= 1000) return;
  throw new HugwireError('invalid_arguments', `The path “${cleanLine(path, 120)}” ${wrong ?? 'is too long'}.`, {
    hint: 'Give a path from the root of the repository, such as data/train.csv.',
  });
}

const WRONG_PATHS: readonly (readonly [what: string, pattern: RegExp])[] = [
  ['is empty', /^\/?$/],
  ['begins with a slash', /^\//],
  ['holds a backslash', /\\/],
  ['holds an invisible character', /[\p{Cc}\p{Cf}\p{Cs}\p{Noncharacter_Code_Point}]/u],
  ['leads out of the repository', /(?:^|\/)\.\.?(?:\/|$)/],
  ['has an empty part', /\/\//],
  // Windows drops dots at the end, takes a colon for a stream, and has a short name for it.
  ['belongs to git itself', /(?:^|\/)(?:\.git\.*|git~\d)(?:[:/]|$)/i],
  ['begins or ends with a space', /^\s|\s$|\s\/|\/\s/],
];

/**
 * Looks at the repository that is to be written to.
 * @param hub the Hub
 * @param repo which one
 * @param branch or pull request, or a tag or commit, which nothing can be written to
 * @throws HugwireError what the Hub says where it is not there
 */
export async function openTarget(hub: HubClient, { kind, id }: RepoName, branch: string): Promise<Target> {
  const answer = await hub.request(apiPath(kind, id, 'revision', branch), { repo: { kind, id, revision: branch } });
  if (answer.cached) {
    throw new HugwireError('offline', `The Hub cannot be reached, so nothing can be written to ${id}.`);
  }
  const info = record(answer.json());
  const head = line(info.sha, 64);
  if (head === undefined) throw new HugwireError('unavailable', `The Hub did not say what ${id} holds.`);
  return { kind, id: line(info.id) ?? id, private: info.private === true, branch, head };
}

/** What stands in a repository under a path. */
interface Entry {
  path: string;
  size: number;
  /** Of git, or the SHA-256 of a large file. */
  oid: string;
  isLarge: boolean;
  isFolder: boolean;
}

/**
 * Finds out what changes mean for what is there. What would change nothing is left out.
 * @param hub the Hub
 * @param target as it is
 * @param changes whose paths are checked
 * @throws HugwireError `not_found` for what is to be deleted and is not there; `invalid_arguments` where a file stands in the
 * way of a folder, or the other way round
 */
export async function planChanges(
  hub: HubClient,
  target: Target,
  changes: readonly Change[],
): Promise<PlannedChange[]> {
  const folders = new Map<string, Promise<Entry[]>>();
  const list = (folder: string) => {
    const known = folders.get(folder) ?? listFolder(hub, target, folder);
    folders.set(folder, known);
    return known;
  };
  const planned = await Promise.all(changes.map((change) => planChange(hub, target, change, list)));
  return planned.flatMap((one) => one ?? []);
}

async function planChange(
  hub: HubClient,
  target: Target,
  change: Change,
  list: (folder: string) => Promise<Entry[]>,
): Promise<PlannedChange | undefined> {
  const { path, content } = change;
  const bare = path.replace(/\/$/, '');
  const entry = (await list(bare.split('/').slice(0, -1).join('/'))).find((one) => one.path === bare);
  if (!content) {
    if (!entry) throw missing(target, path);
    if (entry.isFolder && !path.endsWith('/')) {
      throw new HugwireError('invalid_arguments', `${showName(bare)} is a folder.`, {
        hint: `To delete it with all that is in it, write its path as "${cleanLine(bare, 200)}/".`,
      });
    }
    return {
      path: entry.isFolder ? `${bare}/` : bare,
      effect: 'deleted',
      before: entry.isFolder ? undefined : entry.size,
    };
  }
  if (entry?.isFolder) {
    throw new HugwireError('invalid_arguments', `${showName(bare)} is a folder: no file can be written there.`);
  }
  const before = entry?.size;
  if (entry?.size === content.size && entry.oid === (entry.isLarge ? content.sha256 : await gitHash(content))) {
    return undefined;
  }
  const effect = entry ? 'changed' : 'new';
  return { ...change, effect, before, lines: await compareLines(hub, target, content, entry) };
}

function missing({ id, branch }: Target, path: string): HugwireError {
  return new HugwireError(
    'not_found',
    `${id} has no ${showName(path)} on ${showName(branch)}, so it cannot be deleted.`,
    {
      hint: `hub_repo ids=["${id}"] include=["files"] lists the files.`,
      missing: 'file',
    },
  );
}

/**
 * What tells one content of a path from another.
 * @param hub the Hub
 * @param target at the commit in question
 * @param path of a file
 * @returns undefined where there is none
 */
export async function fileVersion(hub: HubClient, target: Target, path: string): Promise<string | undefined> {
  const entries = await listFolder(hub, target, path.split('/').slice(0, -1).join('/'));
  return entries.find((one) => one.path === path)?.oid;
}

/** The name that git has for a content. */
async function gitHash({ size, stream }: Content): Promise<string> {
  const hash = createHash('sha1').update(`blob ${size}\0`);
  for await (const piece of stream(0, size, 1)) hash.update(piece);
  return hash.digest('hex');
}

/** What is directly in a folder at the head; nothing where there is no such folder. */
async function listFolder(hub: HubClient, { kind, id, head }: Target, folder: string): Promise<Entry[]> {
  const path = apiPath(kind, id, 'tree', head, ...folder.split('/').filter(Boolean));
  const entries: Entry[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < TREE_PAGES; page += 1) {
    const answer = await attempt(
      hub.request(path, {
        query: { cursor },
        repo: { kind, id, revision: head },
        file: folder || undefined,
        cache: 'immutable',
      }),
    );
    if ('error' in answer) {
      if (answer.error.missing === 'file') return [];
      throw answer.error;
    }
    entries.push(...records(answer.value.json()).flatMap(readEntry));
    const next = nextPage(answer.value.headers);
    cursor =
      next && URL.canParse(next, hub.endpoint) ? (new URL(next, hub.endpoint).searchParams.get('cursor') ?? '') : '';
    if (cursor === '') return entries;
  }
  throw new HugwireError(
    'too_large',
    `${id} holds more files in ${showName(folder) || 'its root'} than can be looked at.`,
  );
}

function readEntry(row: Record<string, unknown>): Entry[] {
  const { path, type } = row;
  if (typeof path !== 'string') return [];
  const lfs = record(row.lfs);
  const isLarge = row.lfs !== undefined;
  const size = count(lfs.size) ?? count(row.size) ?? 0;
  return [{ path, size, oid: String(lfs.oid ?? row.oid ?? ''), isLarge, isFolder: type === 'directory' }];
}

async function compareLines(
  hub: HubClient,
  { kind, id, head }: Target,
  { text, size }: Content,
  entry: Entry | undefined,
): Promise<PlannedChange['lines']> {
  if (text === undefined || size > COMPARED_BYTES) return undefined;
  if (!entry) return { added: splitLines(text).length, removed: 0 };
  if (entry.isLarge || entry.size > COMPARED_BYTES) return undefined;
  const answer = await hub.request(repoPath(kind, id, 'resolve', head, ...entry.path.split('/')), {
    repo: { kind, id, revision: head },
    file: entry.path,
    maxBytes: COMPARED_BYTES,
    cache: 'immutable',
  });
  return countChangedLines(answer.text(), text);
}

const splitLines = (text: string) => (text === '' ? [] : text.replace(/\r?\n$/, '').split(/\r?\n/));

/**
 * How many lines come and go between two texts.
 * @param before the old one
 * @param after the new one
 */
export function countChangedLines(before: string, after: string): { added: number; removed: number } {
  let [old, now] = [splitLines(before), splitLines(after)];
  let start = 0;
  while (start < old.length && start < now.length && old[start] === now[start]) start += 1;
  let end = 0;
  while (end < old.length - start && end < now.length - start && old.at(-1 - end) === now.at(-1 - end)) end += 1;
  [old, now] = [old.slice(start, old.length - end), now.slice(start, now.length - end)];
  const kept = old.length * now.length > ALIGNED_CELLS ? countShared(old, now) : countCommon(old, now);
  return { added: now.length - kept, removed: old.length - kept };
}

/** Lines of the longest common subsequence. */
function countCommon(old: readonly string[], now: readonly string[]): number {
  let row = new Uint32Array(now.length + 1);
  for (const line of old) {
    const next = new Uint32Array(now.length + 1);
    for (const [at, other] of now.entries()) {
      next[at + 1] = line === other ? (row[at] ?? 0) + 1 : Math.max(next[at] ?? 0, row[at + 1] ?? 0);
    }
    row = next;
  }
  return row[now.length] ?? 0;
}

/** Lines that both have, wherever they stand. */
function countShared(old: readonly string[], now: readonly string[]): number {
  const counts = new Map<string, number>();
  for (const line of old) counts.set(line, (counts.get(line) ?? 0) + 1);
  let shared = 0;
  for (const line of now) {
    const left = counts.get(line) ?? 0;
    if (left > 0) shared += 1;
    counts.set(line, left - 1);
  }
  return shared;
}

/**
 * Says who changed a branch since a commit.
 * @param hub the Hub
 * @param target as it is now
 * @param since the commit that was counted on; all is told from there on
 */
export async function explainMoved(
  hub: HubClient,
  { kind, id, branch }: Pick<Target, 'kind' | 'id' | 'branch'>,
  since: string,
): Promise<HugwireError> {
  // Whoever reads it again must see what is there now.
  await hub.forget(id);
  const told = await attempt(
    hub.request(apiPath(kind, id, 'commits', branch), { query: { limit: 10 }, repo: { kind, id, revision: branch } }),
  );
  const rows = 'value' in told ? records(told.value.json()) : [];
  const [last] = rows;
  const newer = rows.findIndex((row) => line(row.id, 64)?.startsWith(since));
  const by = records(last?.authors).flatMap(({ user }) => line(user, 60) ?? []);
  const who = by.map((name) => showName(name)).join(', ');
  const what = last
    ? `${who || 'Somebody'} committed ${showWords(line(last.title, 100)) || 'something'} (${line(last.id, 64)?.slice(0, 8)})${newer > 1 ? `, the last of ${newer} commits,` : ''} since.`
    : 'Somebody has committed since.';
  return new HugwireError('invalid_arguments', `${id} is not what it was on ${showName(branch)}: ${what}`, {
    hint: 'Nothing was written. Read the file again with hub_read, then write it anew.',
  });
}

/** Where the front matter of a card is wrong. */
interface CardFault {
  line: number;
  problem: string;
}

const COLORS = ['red', 'yellow', 'green', 'blue', 'indigo', 'purple', 'pink', 'gray'];
const SDKS = ['gradio', 'docker', 'static', 'streamlit'];

/**
 * Checks the front matter of a card before it is sent.
 * @param text of README.md
 * @param kind of the repository
 * @returns what is wrong, the first faults first
 */
export async function checkCard(text: string, kind: RepoName['kind']): Promise<CardFault[]> {
  const lines = text.replace(/^\ufeff/, '').split(/\r?\n/);
  if (lines[0]?.trimEnd() !== '---') {
    return kind === 'space'
      ? [{ line: 1, problem: 'a Space needs front matter, between lines of ---, that says its sdk' }]
      : [];
  }
  const end = lines.findIndex((one, at) => at > 0 && one.trimEnd() === '---');
  if (end === -1) return [{ line: 1, problem: 'the front matter is not closed by a line of ---' }];
  const { frontMatter, problem, problemLine } = await parseCard(text);
  // The parser tells where it is by itself, counted from the line below the first.
  if (problem !== undefined)
    return [{ line: (problemLine ?? 0) + 1, problem: problem.replace(/ \(\d+:\d+\).*$/s, '') }];
  const lineOf = (key: string) =>
    1 +
    Math.max(
      0,
      lines.findIndex((one) => one.replace(/^["']/, '').startsWith(key)),
    );
  const isWrong = (key: string, options: readonly string[], needed: boolean) =>
    frontMatter[key] === undefined ? needed : !options.includes(String(frontMatter[key]));
  const fault = (key: string, words: string) => ({ line: lineOf(key), problem: `"${key}" must be ${words}` });
  const oneOf = (options: readonly string[]) => `one of ${options.join(', ')}`;
  return [
    ...(isWrong('sdk', SDKS, kind === 'space') && kind === 'space' ? [fault('sdk', oneOf(SDKS))] : []),
    ...(kind === 'space'
      ? ['colorFrom', 'colorTo'].filter((key) => isWrong(key, COLORS, false)).map((key) => fault(key, oneOf(COLORS)))
      : []),
    ...(frontMatter.tags !== undefined && !Array.isArray(frontMatter.tags) ? [fault('tags', 'a list')] : []),
    ...(frontMatter.license !== undefined &&
    typeof frontMatter.license !== 'string' &&
    !Array.isArray(frontMatter.license)
      ? [fault('license', 'a text')]
      : []),
  ];
}
