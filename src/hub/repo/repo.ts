import { takePage } from '../../lib/text.js';
import { fetchCard } from '../read/card.js';
import { type DiscussionList, listDiscussions } from '../read/discussions.js';
import { type CommitList, listCommits } from '../read/history.js';
import type { NamedRepo } from '../reference.js';
import type { HubClient } from '../types.js';
import { DATASET_FIELDS, type DatasetOverview, readDataset } from './dataset.js';
import { type Attempt, attempt, type FoundRepo, findRepo } from './lookup.js';
import { MODEL_FIELDS, type ModelOverview, readModel } from './model.js';
import { readSpace, SPACE_FIELDS, type SpaceOverview } from './overview.js';
import type { Tree } from './tree.js';
import type { Snippet } from './usage.js';

export type Overview = ModelOverview | DatasetOverview | SpaceOverview;

/** What can be told of a repository beside its overview. */
export const INCLUDES = ['card', 'files', 'usage', 'discussions', 'commits'] as const;
export type Include = (typeof INCLUDES)[number];

export interface CardExcerpt {
  /** Clean Markdown without the front matter. */
  text: string;
  /** Characters of the whole card. */
  length: number;
  /** Where the rest begins. */
  next?: number;
  frontMatter: Record<string, unknown>;
  /** Why the front matter could not be read. */
  problem?: string;
}

/** A repository as it was asked for; a part that failed holds its error. */
export interface RepoDetails {
  overview: Overview;
  card?: Attempt<CardExcerpt>;
  files?: Attempt<Tree>;
  usage?: Attempt<Snippet[]>;
  discussions?: Attempt<DiscussionList>;
  commits?: Attempt<CommitList>;
}

/** Characters of a card in an answer about a repository; hub_read has the rest. */
const CARD_LENGTH = 4000;

const FIELDS = { model: MODEL_FIELDS, dataset: DATASET_FIELDS, space: SPACE_FIELDS };

/**
 * Describes a repository. An id that is a model and a dataset gives both.
 * @param hub the Hub
 * @param named which one
 * @param include what to tell beside the overview
 * @throws HugwireError when there is none that can be seen
 */
export async function describeRepo(
  hub: HubClient,
  named: NamedRepo,
  include: readonly Include[],
): Promise<RepoDetails[]> {
  const found = await findRepo(hub, named, FIELDS);
  return Promise.all(found.map((repo) => describeFound(hub, repo, include)));
}

async function describeFound(hub: HubClient, repo: FoundRepo, include: readonly Include[]): Promise<RepoDetails> {
  const overview = readOverview(hub, repo);
  const parts: { [Part in Include]: () => Promise<unknown> } = {
    card: () => excerptCard(hub, repo),
    files: async () => (await import('./tree.js')).listTree(hub, repo, '', true),
    usage: async () => (await import('./usage.js')).describeUsage(hub, repo, await overview),
    discussions: () => listDiscussions(hub, repo.kind, repo.id),
    commits: () => listCommits(hub, repo),
  };
  const told = await Promise.all(include.map(async (part) => [part, await attempt(parts[part]())]));
  return { overview: await overview, ...Object.fromEntries(told) };
}

async function readOverview(hub: HubClient, repo: FoundRepo): Promise<Overview> {
  if (repo.kind === 'model') return readModel(repo);
  return repo.kind === 'dataset' ? readDataset(hub, repo) : readSpace(repo);
}

async function excerptCard(hub: HubClient, repo: FoundRepo): Promise<CardExcerpt> {
  const { body, frontMatter, problem } = await fetchCard(hub, repo);
  const { text, next } = takePage(body, 0, CARD_LENGTH);
  return { text, length: body.length, next, frontMatter, problem };
}
