import { HugwireError } from '../../lib/errors.js';
import { cleanMarkdown } from '../../lib/markdown.js';
import { count, line, record, records } from '../fields.js';
import { apiPath } from '../reference.js';
import type { HubClient, RepoKind } from '../types.js';

interface DiscussionRow {
  number: number;
  title: string;
  status?: string;
  pullRequest: boolean;
  author?: string;
  /** ISO 8601. */
  created?: string;
  comments?: number;
}

export interface DiscussionList {
  rows: DiscussionRow[];
  /** How many there are in all. */
  total: number;
}

export interface DiscussionThread extends DiscussionRow {
  /** Comments and changes of status as Markdown, oldest first. */
  body: string;
}

/** Rows on a page of the Hub's. */
const PAGE = 50;
/** The Hub refuses higher numbers. */
const LAST_PAGE = 10_000;

/**
 * Open discussions and pull requests of a repository, newest first: to the end of one page of the Hub's.
 * @param hub the Hub
 * @param kind what the repository is
 * @param id of the repository
 * @param start how many to skip
 */
export async function listDiscussions(hub: HubClient, kind: RepoKind, id: string, start = 0): Promise<DiscussionList> {
  const answer = await hub.request(apiPath(kind, id, 'discussions'), {
    query: { status: 'open', type: 'all', p: Math.min(Math.floor(start / PAGE), LAST_PAGE) || undefined },
    repo: { kind, id },
    cache: 'list',
  });
  const body = record(answer.json());
  const rows = records(body.discussions).flatMap((row) => readRow(row) ?? []);
  return { rows: rows.slice(start % PAGE), total: count(body.count) ?? rows.length };
}

/**
 * One discussion with its comments.
 * @param hub the Hub
 * @param kind what the repository is
 * @param id of the repository
 * @param number of the discussion
 * @throws HugwireError `not_found` when the repository has no such discussion
 */
export async function readDiscussion(
  hub: HubClient,
  kind: RepoKind,
  id: string,
  number: number,
): Promise<DiscussionThread> {
  const answer = await hub
    .request(apiPath(kind, id, 'discussions', String(number)), { repo: { kind, id }, cache: 'list' })
    .catch((error) => {
      if (!(error instanceof HugwireError) || error.code !== 'not_found') throw error;
      throw new HugwireError('not_found', `The ${kind} ${id} has no discussion ${number}.`, {
        hint: 'hub_repo with include=["discussions"] lists the open ones.',
        cause: error,
      });
    });
  const body = record(answer.json());
  const row = readRow(body) ?? { number, title: '', pullRequest: false };
  const events = records(body.events).flatMap((event) => describeEvent(event) ?? []);
  return { ...row, body: events.join('\n\n') };
}

function readRow(row: Record<string, unknown>): DiscussionRow | undefined {
  const number = count(row.num);
  if (number === undefined) return undefined;
  return {
    number,
    title: line(row.title, 200) ?? '',
    status: line(row.status, 20),
    pullRequest: row.isPullRequest === true,
    author: line(record(row.author).name, 60),
    created: line(row.createdAt, 40),
    comments: count(row.numComments),
  };
}

function describeEvent(event: Record<string, unknown>): string | undefined {
  const who = line(record(event.author).name, 60) ?? 'somebody';
  const when = (line(event.createdAt, 40) ?? '').slice(0, 10);
  const data = record(event.data);
  if (event.type === 'status-change') return `${who}, ${when}: ${line(data.status, 20) ?? 'changed the status'}`;
  if (event.type !== 'comment' || data.hidden === true) return undefined;
  const raw = record(data.latest).raw;
  return typeof raw === 'string' ? `${who}, ${when}:\n${cleanMarkdown(raw)}` : undefined;
}
