import { explainError, HugwireError } from '../../lib/errors.js';
import { formatBytes, formatDay, plural } from '../../lib/format.js';
import { parseJson } from '../../lib/json.js';
import { cleanText, showName, showWords, takePage } from '../../lib/text.js';
import { line, records } from '../fields.js';
import { apiPath, showInCall, showReference } from '../reference.js';
import { attempt, succeeded } from '../repo/lookup.js';
import type { RepoAt } from '../repo/tree.js';
import type { HubClient } from '../types.js';
import { type Document, type ReadOptions, takeRows } from './document.js';

interface Commit {
  /** The whole hash. */
  id: string;
  title: string;
  /** What stands below the title. */
  message: string;
  /** ISO 8601. */
  date?: string;
  authors: string[];
}

export interface CommitList {
  rows: Commit[];
  /** How many there are in all, as far as the Hub says. */
  total: number;
}

/** Rows on a page of the Hub's. */
const PAGE = 50;
const MAX_DIFF_BYTES = 4 * 1024 * 1024;
const FULL_HASH = /^[0-9a-f]{40}$/;

/**
 * The history of a revision, newest first: to the end of one page of the Hub's.
 * @param hub the Hub
 * @param repo at the revision where the history ends
 * @param start how many commits to skip
 */
export async function listCommits(hub: HubClient, { kind, id, revision }: RepoAt, start = 0): Promise<CommitList> {
  const answer = await hub.request(apiPath(kind, id, 'commits', revision ?? 'main'), {
    query: { p: Math.floor(start / PAGE) || undefined, limit: PAGE },
    repo: { kind, id, revision },
    cache: FULL_HASH.test(revision ?? '') ? 'immutable' : 'list',
  });
  const rows = records(answer.json()).flatMap((row) => readCommitRow(row) ?? []);
  const total = Number(answer.headers.get('x-total-count') || Number.NaN);
  const known = start - (start % PAGE) + rows.length + (rows.length === PAGE ? 1 : 0);
  return { rows: rows.slice(start % PAGE), total: Number.isInteger(total) ? total : known };
}

function readCommitRow(row: Record<string, unknown>): Commit | undefined {
  const id = line(row.id, 64);
  if (id === undefined || !/^[0-9a-f]{7,64}$/.test(id)) return undefined;
  return {
    id,
    title: line(row.title, 200) ?? '',
    message: typeof row.message === 'string' ? cleanText(row.message, 2000).trim() : '',
    date: line(row.date, 40),
    authors: records(row.authors).flatMap(({ user }) => line(user, 60) ?? []),
  };
}

/**
 * A commit in a line of a list: its short hash, day, authors and title.
 * @param commit of `listCommits`
 */
export function showCommit({ id, title, date, authors }: Commit): string {
  const who = authors.map((author) => showName(author)).join(', ');
  return `${[id.slice(0, 8), formatDay(date), who].filter(Boolean).join(' ')}: ${showWords(title) || 'no title'}`;
}

/**
 * Lists the history of a repository.
 * @param hub the Hub
 * @param repo at the revision where the history ends
 * @param options `offset` skips commits
 */
export async function readHistory(hub: HubClient, repo: RepoAt, options: ReadOptions): Promise<Document> {
  const start = options.offset ?? 0;
  const { rows, total } = await listCommits(hub, repo, start);
  const [first] = rows;
  const one = first && showInCall({ type: 'commit', ...repo, revision: first.id.slice(0, 8) });
  return {
    uri: showReference({ type: 'commits', ...repo }),
    type: 'commits',
    facts: [
      `${plural(total, 'commit')}, the newest first`,
      ...(one ? [`read one with its changes: hub_read uris=["${one}"]`] : []),
    ],
    ...takeRows(rows.map(showCommit), start, options.maxChars, total),
  };
}

/**
 * Reads a commit: what it says, which files it changed, and how.
 * @param hub the Hub
 * @param repo at the commit: its hash, also a short one, or a name that leads to it
 * @param options how much of the changes
 * @throws HugwireError `not_found` with `missing: 'revision'` when there is none
 */
export async function readCommit(hub: HubClient, repo: RepoAt, options: ReadOptions): Promise<Document> {
  const { rows } = await listCommits(hub, { ...repo, revision: await findHash(hub, repo) });
  const [commit, parent] = rows;
  if (!commit) {
    throw new HugwireError('not_found', `The ${repo.kind} ${repo.id} has no commit ${repo.revision}.`, {
      hint: `hub_read uris=["${showInCall({ type: 'commits', kind: repo.kind, id: repo.id })}"] lists its commits.`,
      missing: 'revision',
    });
  }
  const told = parent ? fetchChanges(hub, repo, parent.id, commit.id) : listFirst(hub, repo, commit.id);
  const outcome = await attempt(told);
  const whole = [commit.title, commit.message, succeeded(outcome)].filter(Boolean).join('\n\n');
  const { text, next } = takePage(whole, options.offset ?? 0, options.maxChars);
  return {
    uri: showReference({ type: 'commit', ...repo, revision: commit.id }),
    type: 'commit',
    facts: [
      [
        'commit',
        formatDay(commit.date),
        commit.authors.length > 0 && `by ${commit.authors.map((author) => showName(author)).join(', ')}`,
      ]
        .filter(Boolean)
        .join(' '),
      ...(parent ? [`the one before: ${showInCall({ type: 'commit', ...repo, revision: parent.id })}`] : []),
      ...('error' in outcome ? [`its changes could not be read: ${explainError(outcome.error)}`] : []),
    ],
    body: text || undefined,
    length: whole.length,
    next,
  };
}

/** A short hash is looked up in the list that it was likely taken from. */
async function findHash(hub: HubClient, { kind, id, revision = 'main' }: RepoAt): Promise<string> {
  if (!/^[0-9a-f]{7,39}$/.test(revision)) return revision;
  const { rows } = await listCommits(hub, { kind, id }).catch(() => ({ rows: [] }));
  return rows.find((commit) => commit.id.startsWith(revision))?.id ?? revision;
}

async function listFirst(hub: HubClient, repo: RepoAt, revision: string): Promise<string> {
  const { listTree } = await import('../repo/tree.js');
  const { entries } = await listTree(hub, { ...repo, revision }, '', true);
  const files = entries.filter(({ type }) => type === 'file');
  return `The first commit, with ${plural(files.length, 'file')}:\n${files.map(({ path }) => `A ${path}`).join('\n')}`;
}

async function fetchChanges(hub: HubClient, { kind, id }: RepoAt, from: string, to: string): Promise<string> {
  const answer = await hub.request(apiPath(kind, id, 'compare', `${from}..${to}`), {
    repo: { kind, id, revision: to },
    maxBytes: MAX_DIFF_BYTES,
    truncate: true,
    cache: 'immutable',
  });
  if (answer.headers.get('content-type')?.includes('html')) {
    throw new HugwireError('unavailable', 'A web page came in place of them.', {
      hint: `Open https://huggingface.co/${showReference({ type: 'repo', kind, id })}/commit/${to} in a browser.`,
    });
  }
  const text = answer.text();
  const told = parseJson(text);
  const diff = cleanText(typeof told === 'string' ? told : text);
  const files = listChanges(diff);
  const counted = `${plural(files.length, 'changed file')}${answer.truncated ? ' at least: the Hub sent more than can be read' : ''}`;
  return files.length === 0
    ? diff
    : `${counted}:\n${files.map(({ summary }) => summary).join('\n')}\n\n${files.map(({ shown }) => shown).join('')}`;
}

/** A file in a diff. */
interface Change {
  /** `M README.md +3 -1`, `A model.safetensors 3.1 GB`. */
  summary: string;
  /** Its part of the diff; nothing for a file in LFS, of which git knows a pointer only. */
  shown: string;
}

/**
 * The files of a unified diff as git writes it.
 * @param diff clean text
 */
export function listChanges(diff: string): Change[] {
  return diff.split(/^(?=diff --git )/m).flatMap((part) => {
    if (!part.startsWith('diff --git ')) return [];
    const [head = '', ...hunks] = part.split(/^(?=@@ )/m);
    const field = (name: string) => new RegExp(`^${name} (.+)$`, 'm').exec(head)?.[1];
    const [before, after] = [field('---'), field('\\+\\+\\+')].map((name) => name?.replace(/^"?[ab]\/|"$/g, ''));
    const halves = head.slice('diff --git '.length, head.indexOf('\n')).trim();
    const path =
      (after === '/dev/null' ? before : after) ??
      field('rename to') ??
      halves.slice(halves.length / 2 + 1).replace(/^"?b\/|"$/g, '');
    const mark = /^new file mode/m.test(head)
      ? 'A'
      : /^deleted file mode/m.test(head)
        ? 'D'
        : field('rename from') !== undefined
          ? 'R'
          : 'M';
    const body = hunks.join('');
    const count = (sign: string) => body.split('\n').filter((line) => line.startsWith(sign)).length;
    const moved = mark === 'R' ? `${field('rename from')} → ${path}` : path;
    // Git holds a pointer in place of a large file: its lines tell of the size alone.
    if (/^[ +-]version https:\/\/git-lfs\.github\.com\/spec\/v1$/m.test(body)) {
      const size = (sign: string) => new RegExp(`^[${sign} ]size (\\d+)$`, 'm').exec(body)?.[1];
      const sizes = [mark === 'A' ? undefined : size('-'), mark === 'D' ? undefined : size('+')];
      const told = sizes.flatMap((bytes) => (bytes === undefined ? [] : [formatBytes(Number(bytes))]));
      return [{ summary: `${mark} ${moved} ${[...new Set(told)].join(' → ')}, in LFS`, shown: '' }];
    }
    const lines = hunks.length > 0 ? ` +${count('+')} -${count('-')}` : /^Binary files/m.test(head) ? ', binary' : '';
    return [{ summary: `${mark} ${moved}${lines}`, shown: hunks.length > 0 ? part : '' }];
  });
}
