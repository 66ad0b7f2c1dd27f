import type { DemoRequest, DemoResponse, DemoRoute } from '../../types.js';
import { authorData, avatarUrl, canSee } from '../access.js';
import { authors, type DemoPaper, papers } from '../data.js';
import { mongoId } from '../hashes.js';
import { linkTo, paginate, readNumber, readText } from '../query.js';
import { badOption, badParameter, refuse } from '../refusals.js';
import type { DemoRepo, DemoSpaceRepo } from '../repos.js';
import { card } from '../rows.js';

/** Periods of Daily Papers. The small Hub's papers have their day with them, so no clock is needed. */
const PERIODS: [name: string, pattern: RegExp, covers: (day: string, value: string) => boolean][] = [
  ['date', /^\d{4}-\d{2}-\d{2}$/, (day, value) => day === value],
  ['week', /^\d{4}-W\d{2}$/, (day, value) => isoWeek(day) === value],
  ['month', /^\d{4}-\d{2}$/, (day, value) => day.startsWith(value)],
];

/** Repositories of each kind that the answer about a paper names. */
const MOST_LINKED = 12;

const DAILY_ORDERS = ['publishedAt', 'trending'];

export const papersRoutes: DemoRoute[] = [
  { method: 'GET', pattern: /^\/api\/papers\/search$/, bucket: 'api', handle: search },
  { method: 'GET', pattern: /^\/api\/papers$/, bucket: 'api', handle: list },
  { method: 'GET', pattern: /^\/api\/papers\/(\d{4}\.\d{4,5})$/, bucket: 'api', handle: one },
  { method: 'GET', pattern: /^\/api\/daily_papers$/, bucket: 'api', handle: daily },
  { method: 'GET', pattern: /^\/api\/arxiv\/(\d{4}\.\d{4,5})\/repos$/, bucket: 'api', handle: repos },
  { method: 'GET', pattern: /^\/papers\/(\d{4}\.\d{4,5})\.md$/, bucket: 'pages', handle: markdown },
];

function search({ query }: DemoRequest): DemoResponse {
  const limit = readNumber(query, 'limit', { fallback: 20, max: 120 });
  const words = wordsOf(readText(query, 'q', { max: 250 }));
  const ranked = papers
    .map((paper) => ({ paper, score: score(paper, words) }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score || b.paper.upvotes - a.paper.upvotes);
  return { body: ranked.slice(0, limit).map(({ paper }) => entry(paper)) };
}

/** All papers, newest first. */
function list(request: DemoRequest): DemoResponse {
  const limit = readNumber(request.query, 'limit', { fallback: 50, max: 100 });
  const newest = [...papers].sort((a, b) => b.published.localeCompare(a.published));
  const { rows, headers } = paginate(request, newest, limit);
  return { headers, body: rows.map(listed) };
}

function one(request: DemoRequest): DemoResponse {
  const paper = papers.find(({ id }) => id === request.params[0]);
  if (!paper) return refuse(404, 'Paper not found');
  const [ofModels, ofDatasets, ofSpaces] = (['model', 'dataset', 'space'] as const).map((kind) =>
    linkedWith(paper.id, request.state.of(kind), request),
  );
  return {
    body: {
      ...details(paper),
      linkedModels: ofModels?.slice(0, MOST_LINKED).map((repo) => card(repo, request)),
      numTotalModels: ofModels?.length,
      linkedDatasets: ofDatasets?.slice(0, MOST_LINKED).map((repo) => card(repo, request)),
      numTotalDatasets: ofDatasets?.length,
      linkedSpaces: (ofSpaces as DemoSpaceRepo[]).slice(0, MOST_LINKED).map((space) => ({
        id: space.id,
        emoji: space.emoji,
        running: space.runtime.stage.startsWith('RUNNING'),
        shortDescription: space.shortDescription,
        featured: false,
      })),
      numTotalSpaces: ofSpaces?.length,
    },
  };
}

/** Repositories that name a paper among their tags. */
function linkedWith(id: string, all: readonly DemoRepo[], { user }: DemoRequest): DemoRepo[] {
  return all.filter((repo) => repo.tags.includes(`arxiv:${id}`) && canSee(repo, user));
}

function daily({ query, origin }: DemoRequest): DemoResponse {
  const limit = readNumber(query, 'limit', { fallback: 50, max: 100 });
  const page = readNumber(query, 'p', { fallback: 0, min: 0, max: 10_000 });
  const sort = query.get('sort') ?? 'publishedAt';
  if (!DAILY_ORDERS.includes(sort)) {
    return badOption(DAILY_ORDERS, 'sort');
  }
  let entries = papers.filter((paper) => paper.daily !== undefined);
  for (const [name, pattern, covers] of PERIODS) {
    const value = query.get(name);
    if (value === null) continue;
    if (!pattern.test(value)) return badParameter('Invalid string: must match pattern', name);
    entries = entries.filter((paper) => covers(paper.daily ?? '', value));
  }
  entries.sort((a, b) => (sort === 'trending' ? b.upvotes - a.upvotes : (b.daily ?? '').localeCompare(a.daily ?? '')));
  const rest = new URLSearchParams(query);
  rest.set('p', String(page + 1));
  const more = (page + 1) * limit < entries.length;
  return {
    headers: more ? { Link: linkTo(new URL(`/api/daily_papers?${rest}`, origin)) } : {},
    body: entries.slice(page * limit, (page + 1) * limit).map(entry),
  };
}

function repos(request: DemoRequest): DemoResponse {
  const about = (all: readonly DemoRepo[]) =>
    linkedWith(request.params[0] ?? '', all, request).map(({ _id, id, author, private: isPrivate, likes, tags }) => ({
      _id,
      id,
      author,
      private: isPrivate,
      likes,
      tags,
    }));
  const { state } = request;
  return {
    body: { models: about(state.of('model')), datasets: about(state.of('dataset')), spaces: about(state.of('space')) },
  };
}

function markdown({ params }: DemoRequest): DemoResponse {
  const paper = papers.find(({ id }) => id === params[0]);
  if (!paper) return refuse(404, 'Paper not found', undefined, 'text');
  return { headers: { 'Content-Type': 'text/markdown; charset=utf-8' }, body: paperMarkdown(paper) };
}

/** A row of a search or a daily list: the paper, and beside it what the list shows. */
function entry(paper: DemoPaper) {
  const inner = details(paper);
  const { title, summary, publishedAt } = inner;
  return {
    paper: inner,
    publishedAt,
    title,
    summary,
    thumbnail: `https://cdn-thumbnails.huggingface.co/social-thumbnails/papers/${paper.id}.png`,
    numComments: paper.comments,
    submittedBy: submitter(),
    isAuthorParticipating: false,
  };
}

function submitter() {
  const { isUserFollowing: _, ...person } = authorData('maya');
  return person;
}

/** A row of the list of all papers. */
function listed(paper: DemoPaper) {
  const {
    submittedOnDailyAt: _,
    withdrawnAt: _1,
    discussionId: _2,
    ai_keywords: _3,
    githubStars: _4,
    ...row
  } = details(paper);
  return row;
}

function details(paper: DemoPaper) {
  return {
    id: paper.id,
    authors: paper.authors.map((name, index) => ({
      _id: mongoId(`author ${index} of ${paper.id}`),
      name,
      hidden: false,
    })),
    publishedAt: `${paper.published}T00:00:00.000Z`,
    submittedOnDailyAt: paper.daily && `${paper.daily}T00:00:00.000Z`,
    title: paper.title,
    summary: paper.summary,
    upvotes: paper.upvotes,
    discussionId: mongoId(`discussion of ${paper.id}`),
    ai_keywords: paper.keywords,
    githubRepo: paper.github && `https://github.com/${paper.github}`,
    githubStars: paper.githubStars,
    withdrawnAt: paper.withdrawn && `${paper.withdrawn}T00:00:00.000Z`,
    projectPage: paper.projectPage,
    organization: paper.organization && {
      _id: mongoId(`org ${paper.organization}`),
      name: paper.organization,
      fullname: authors[paper.organization]?.fullname ?? paper.organization,
      avatar: avatarUrl(paper.organization),
    },
  };
}

function score(paper: DemoPaper, words: string[]): number {
  const title = wordsOf(paper.title);
  const body = wordsOf(`${paper.summary} ${paper.keywords.join(' ')} ${paper.authors.join(' ')} ${paper.id}`);
  return words.reduce((sum, word) => sum + (title.includes(word) ? 3 : 0) + (body.includes(word) ? 1 : 0), 0);
}

function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}.]+/gu) ?? [];
}

/** The ISO 8601 week of a day: the one that its Thursday is in. */
function isoWeek(day: string): string {
  const date = new Date(`${day}T00:00:00Z`);
  date.setUTCDate(date.getUTCDate() + 4 - (date.getUTCDay() || 7));
  const year = date.getUTCFullYear();
  const week = Math.ceil(((date.getTime() - Date.UTC(year, 0, 1)) / 86_400_000 + 1) / 7);
  return `${year}-W${String(week).padStart(2, '0')}`;
}

/**
 * A paper as Markdown, as `/papers/{id}.md` gives it.
 * @param paper one of `papers`
 */
function paperMarkdown(paper: DemoPaper): string {
  const title = paper.title.replace(/\s+/g, ' ');
  return [
    `# ${title}`,
    paper.authors.join(', '),
    `## Abstract\n\n${paper.summary.replace(/\n/g, ' ')}`,
    ...(paper.sections ?? []).map(([heading, text]) => `## ${heading}\n\n${text}`),
    '',
  ].join('\n\n');
}
