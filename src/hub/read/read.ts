import { HugwireError } from '../../lib/errors.js';
import { showName, showWords, takePage } from '../../lib/text.js';
import { type NamedRepo, type Reference, showReference } from '../reference.js';
import { findRepo } from '../repo/lookup.js';
import type { RepoAt } from '../repo/tree.js';
import type { HubClient, RepoKind } from '../types.js';
import { fetchCard } from './card.js';
import { listDiscussions, readDiscussion } from './discussions.js';
import { readDocs } from './docs.js';
import type { Document, ReadOptions } from './document.js';
import { listFolder, readPath } from './file.js';
import { readCollection, readPaper, readStorage } from './pages.js';

/** Enough to know that a repository is there; `sha` is in every answer. */
const IDENTITY = ['sha'];

/**
 * Reads whatever a reference points at. Where the kind of a repository is left open and an id is, say, a model and a
 * dataset, both are read.
 * @param hub the Hub
 * @param reference what to read
 * @param options how much of it
 * @throws HugwireError when nothing could be read
 */
export async function readReference(hub: HubClient, reference: Reference, options: ReadOptions): Promise<Document[]> {
  switch (reference.type) {
    case 'paper':
      return [await readPaper(hub, reference.id, options)];
    case 'docs':
      return [await readDocs(hub, reference.path, reference.anchor, options)];
    case 'collection':
      return [await readCollection(hub, reference.slug, options)];
    case 'storage':
      return [await readStorage(hub, reference, options)];
    case 'repo':
      return eachKind(hub, reference, (repo) => readCard(hub, repo, options));
    case 'path': {
      const { path, folder } = reference;
      const read = folder || path === '' ? listFolder : readPath;
      return eachKind(hub, reference, (repo) => read(hub, repo, path, options));
    }
    case 'discussion':
      return eachKind(hub, reference, (repo) => readTalk(hub, repo, reference.number, options));
  }
}

/** Reads from every repository that has the id; one of them that has not what is looked for does no harm. */
async function eachKind(
  hub: HubClient,
  named: NamedRepo,
  read: (repo: RepoAt) => Promise<Document>,
): Promise<Document[]> {
  const { kind, id, revision } = named;
  if (kind) return [await readKnown(hub, { kind, id, revision }, read)];
  const found = await findRepo(hub, named, { model: IDENTITY, dataset: IDENTITY, space: IDENTITY });
  const outcomes = await Promise.allSettled(found.map((repo) => read({ kind: repo.kind, id: repo.id, revision })));
  const documents = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (documents.length === 0 && failed) throw failed.reason;
  return documents;
}

/** Reads at once; only when the repository itself is missing the Hub is asked what else was meant. */
async function readKnown(
  hub: HubClient,
  repo: RepoAt & { kind: RepoKind },
  read: (repo: RepoAt) => Promise<Document>,
): Promise<Document> {
  try {
    return await read(repo);
  } catch (error) {
    const missing =
      error instanceof HugwireError && ['not_found', 'not_visible'].includes(error.code) && !error.missing;
    if (missing) await findRepo(hub, repo, { model: IDENTITY, dataset: IDENTITY, space: IDENTITY });
    throw error;
  }
}

async function readCard(hub: HubClient, repo: RepoAt, options: ReadOptions): Promise<Document> {
  const { body, problem } = await fetchCard(hub, repo).catch((error) => {
    if (!(error instanceof HugwireError) || error.missing !== 'file') throw error;
    throw new HugwireError('not_found', `The ${repo.kind} ${repo.id} has no card.`, {
      hint: 'hub_repo describes it; include=["files"] lists what it holds.',
      missing: 'file',
      cause: error,
    });
  });
  const { text, next } = takePage(body, options.offset ?? 0, options.maxChars);
  return {
    uri: showReference({ type: 'repo', ...repo }),
    type: 'card',
    facts: [`card of the ${repo.kind}`, ...(problem ? [`its front matter cannot be read: ${showWords(problem)}`] : [])],
    body: text || undefined,
    length: body.length,
    next,
  };
}

async function readTalk(
  hub: HubClient,
  { kind, id }: RepoAt,
  number: number | undefined,
  options: ReadOptions,
): Promise<Document> {
  const uri = showReference({ type: 'discussion', kind, id, number });
  if (number === undefined) {
    const { rows, total } = await listDiscussions(hub, kind, id);
    const lines = rows.map((row) => `#${row.number} ${row.title}${row.pullRequest ? ' (pull request)' : ''}`);
    return { uri, type: 'discussion', facts: [`${total} open`], body: lines.join('\n') };
  }
  const { title, status, pullRequest, body } = await readDiscussion(hub, kind, id, number);
  const { text, next } = takePage(body, options.offset ?? 0, options.maxChars);
  return {
    uri,
    type: 'discussion',
    facts: [
      `${pullRequest ? 'pull request' : 'discussion'} ${number}, ${showName(status, 20) || 'of unknown status'}: ${showWords(title)}`,
    ],
    body: text,
    length: body.length,
    next,
  };
}
