import type { DemoCommit, DemoFile, DemoKind, DemoRef } from '../repos.js';
import { cardText } from './card.js';
import { buildFile, gitAttributes } from './files.js';
import { commitId, mongoId, scatter } from './hashes.js';
import type { FileSeed, RepoSeed } from './seeds.js';

/** Titles of the commits of a repository that lists none of its own, newest first. */
const COMMITS = ['Update README.md', 'Upload folder using huggingface_hub', 'initial commit'];

/**
 * The part that all kinds of repository share: ids, dates, commits, branches, files.
 * @param cardData the card's front matter
 * @param own files that follow from the kind, such as config.json
 */
export function buildRepo<Kind extends DemoKind>(
  kind: Kind,
  seed: RepoSeed,
  cardData: Record<string, unknown>,
  own: FileSeed[],
) {
  const owner = `${kind} ${seed.id}`;
  const author = seed.id.split('/')[0] ?? seed.id;
  const commits = buildCommits(owner, seed, author);
  const card: FileSeed[] = seed.card === undefined ? [] : [{ path: 'README.md', text: cardText(seed, cardData) }];
  const files = buildFiles(owner, [gitAttributes, ...card, ...own, ...(seed.files ?? [])]);
  const sha = commits[0]?.id ?? commitId(owner);
  const refs: DemoRef[] = [
    { name: 'main', type: 'branch', commit: sha, files },
    ...(seed.refs ?? []).map((ref) => ({
      name: ref.name,
      type: typeOf(ref.name),
      commit: commitId(`${owner} ${ref.name}`),
      files: ref.files ? buildFiles(owner, [gitAttributes, ...ref.files]) : files,
    })),
  ];
  return {
    kind,
    _id: mongoId(owner),
    id: seed.id,
    author,
    sha,
    private: seed.private ?? false,
    gated: seed.gated ?? (false as const),
    disabled: seed.disabled ?? false,
    createdAt: time(seed.created, `${owner} created`),
    lastModified: time(seed.modified, `${owner} modified`),
    likes: seed.likes,
    trendingScore: seed.trending ?? 0,
    ...(seed.card !== undefined && seed.cardForm !== 'no-front-matter' && { cardData }),
    commits,
    refs,
    usedStorage: files.reduce((sum, { size }) => sum + size, 0),
  };
}

function buildFiles(owner: string, seeds: FileSeed[]): DemoFile[] {
  return seeds.map((seed) => buildFile(owner, seed)).sort((a, b) => (a.path < b.path ? -1 : 1));
}

function buildCommits(owner: string, seed: RepoSeed, author: string): DemoCommit[] {
  const titles = seed.commits ?? COMMITS;
  const [first, last] = [
    Date.parse(time(seed.created, `${owner} created`)),
    Date.parse(time(seed.modified, `${owner} modified`)),
  ];
  return titles.map((title, index) => ({
    id: commitId(`${owner} ${titles.length - index}`),
    title,
    message: '',
    date: new Date(titles.length === 1 ? last : last - ((last - first) * index) / (titles.length - 1)).toISOString(),
    author,
  }));
}

function typeOf(name: string): DemoRef['type'] {
  if (name.startsWith('refs/pr/')) return 'pull';
  if (name.startsWith('refs/convert/')) return 'convert';
  return /^v\d/.test(name) ? 'tag' : 'branch';
}

/** A time on a day, the same one every run. */
function time(day: string, of: string): string {
  const seconds = Math.floor(scatter(of) * 86_400);
  return new Date(Date.parse(`${day}T00:00:00.000Z`) + seconds * 1000).toISOString();
}
