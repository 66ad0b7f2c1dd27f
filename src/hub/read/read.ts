import { HugwireError } from '../../lib/errors.js';
import { showName, showWords, takePage } from '../../lib/text.js';
import { type NamedRepo, type Reference, showInCall, showReference } from '../reference.js';
import { attempt, findRepo, isNoRepo, keepRepos, recallRepos } from '../repo/lookup.js';
import type { RepoAt } from '../repo/tree.js';
import type { HubClient } from '../types.js';
import { fetchCard } from './card.js';
import { listDiscussions, readDiscussion } from './discussions.js';
import { readDocs } from './docs.js';
import { type Document, type ReadOptions, takeRows } from './document.js';
import { listFolder, readPath } from './file.js';
import { readCommit, readHistory } from './history.js';
import { readCollection, readPaper, readStorage } from './pages.js';
import { readRow } from './row.js';
import { readOwner, readPage, readTaskPage } from './site.js';

/** Enough to know that a repository is there; `sha` is in every answer. */
const IDENTITY = { model: ['sha'], dataset: ['sha'], space: ['sha'] };

/**
 * Reads whatever a reference points at. Where the kind of a repository is left open and an id is, say, a model and a
 * dataset, both are read.
 * @param hub the Hub
 * @param reference what to read
 * @param options how much of it
 * @throws HugwireError when nothing could be read
 */
export async function readReference(hub: HubClient, reference: Reference, options: ReadOptions): Promise<Document[]> {
  const documents = await readAny(hub, reference, options);
  const { offset = 0 } = options;
  const here = documents.filter((one) => offset === 0 || !isPaged(one) || one.body !== undefined);
  if (here.length > 0) return here;
  const ends = documents.map(({ length, unit = 'characters' }) =>
    length === undefined ? '' : ` after ${length} ${unit}`,
  );
  throw new HugwireError(
    'invalid_arguments',
    `${showReference(reference)} ends${ends[0]}; ${offset} is past the end.`,
    {
      hint: 'Take the offset from the line "continues at …" of the last answer.',
    },
  );
}

/** Files say themselves where they end; an owner and a row are one page. */
const isPaged = ({ type }: Document) => !['file', 'owner', 'row', 'cell'].includes(type);

async function readAny(hub: HubClient, reference: Reference, options: ReadOptions): Promise<Document[]> {
  switch (reference.type) {
    case 'paper':
      return [await readPaper(hub, reference.id, options)];
    case 'docs':
      return [await readDocs(hub, reference.path, reference.anchor, options)];
    case 'collection':
      return [await readCollection(hub, reference.slug, options)];
    case 'storage':
      return [await readStorage(hub, reference, options)];
    case 'owner':
      return [await readOwner(hub, reference.name, options)];
    case 'task':
      return [await readTaskPage(reference.name, options)];
    case 'page':
      return [await readPage(hub, reference.path, options)];
    case 'row':
      return readRow(hub, reference, options);
    case 'repo':
      return readRepoOrOwner(hub, reference, options);
    case 'path': {
      const { path, folder } = reference;
      const read = folder || path === '' ? listFolder : readPath;
      return eachKind(hub, reference, options, (repo, share) => read(hub, repo, path, share));
    }
    case 'commits':
      return eachKind(hub, reference, options, (repo, share) => readHistory(hub, repo, share));
    case 'commit':
      return eachKind(hub, reference, options, (repo, share) =>
        readCommit(hub, { ...repo, revision: reference.revision }, share),
      );
    case 'discussion':
      return eachKind(hub, reference, options, (repo, share) => readTalk(hub, repo, reference.number, share));
  }
}

/** The address of a user's page looks like that of an old canonical repository: one name. */
async function readRepoOrOwner(hub: HubClient, named: NamedRepo, options: ReadOptions): Promise<Document[]> {
  const readRepo = () => eachKind(hub, named, options, (repo, share) => readCard(hub, repo, share));
  if (named.id.includes('/') || named.revision !== undefined) return readRepo();
  const subject = `owner ${named.id}`;
  if ((await hub.recall(subject)) !== undefined) return [await readOwner(hub, named.id, options)];
  const repo = await attempt(readRepo());
  if (!isNoRepo(repo)) return 'value' in repo ? repo.value : Promise.reject(repo.error);
  const owner = await attempt(readOwner(hub, named.id, options));
  if ('error' in owner) return Promise.reject('error' in repo ? repo.error : owner.error);
  await hub.keep(subject, 'yes');
  return [owner.value];
}

/** Reads from every repository that has the id; one of them that has not what is looked for does no harm. */
async function eachKind(
  hub: HubClient,
  named: NamedRepo & { path?: string },
  options: ReadOptions,
  read: (repo: RepoAt, share: ReadOptions) => Promise<Document>,
): Promise<Document[]> {
  const { kind, id, revision, path } = named;
  const readAll = (repos: readonly RepoAt[]) => {
    const share = { ...options, maxChars: Math.max(1, Math.floor(options.maxChars / repos.length)) };
    return Promise.all(
      repos.map((repo) =>
        attempt(read({ kind: repo.kind, id: repo.id, revision }, share).then((one) => ({ ...one, kind: repo.kind }))),
      ),
    );
  };
  const subject = path === undefined ? id : `${id}@${revision ?? ''}/${path}`;
  const remembered = kind ? [] : await recallRepos(hub, subject);
  let repos: RepoAt[] = kind ? [{ kind, id }] : remembered.length > 0 ? remembered : await recallRepos(hub, id);
  let outcomes = await readAll(repos);
  if (outcomes.every(isNoRepo)) {
    const found = await findRepo(hub, named, IDENTITY);
    // With the kind told, the repository is there and yet it could not be read.
    if (!kind) {
      repos = found;
      outcomes = await readAll(repos);
    }
  }
  const documents = outcomes.flatMap((outcome) => ('value' in outcome ? [outcome.value] : []));
  const failures = outcomes.flatMap((outcome) => ('error' in outcome ? [outcome.error] : []));
  if (documents.length === 0 && remembered.length > 0) await keepRepos(hub, subject, []);
  if (documents.length === 0 && failures[0]) throw failures[0];
  if (failures.length > 0 && failures.every(({ missing }) => missing !== undefined)) {
    await keepRepos(
      hub,
      subject,
      repos.filter((_, at) => 'value' in (outcomes[at] ?? {})),
    );
  }
  return documents;
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
    const start = options.offset ?? 0;
    const { rows, total } = await listDiscussions(hub, kind, id, start);
    const lines = rows.map((row) => `#${row.number} ${row.title}${row.pullRequest ? ' (pull request)' : ''}`);
    const [first] = rows;
    const one = first && showInCall({ type: 'discussion', kind, id, number: first.number });
    return {
      uri,
      type: 'discussion',
      facts: [`${total} open`, ...(one ? [`read one: hub_read uris=["${one}"]`] : [])],
      ...takeRows(lines, start, options.maxChars, total),
    };
  }
  const { title, status, pullRequest, body } = await readDiscussion(hub, kind, id, number);
  const { text, next } = takePage(body, options.offset ?? 0, options.maxChars);
  return {
    uri,
    type: 'discussion',
    facts: [
      `${pullRequest ? 'pull request' : 'discussion'} ${number}, ${showName(status, 20) || 'of unknown status'}: ${showWords(title)}`,
    ],
    body: text || undefined,
    length: body.length,
    next,
  };
}
