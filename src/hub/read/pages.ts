import { HugwireError } from '../../lib/errors.js';
import { formatBytes, formatDay, plural } from '../../lib/format.js';
import { cleanMarkdown } from '../../lib/markdown.js';
import { isIdentifier, showName, showWords, takePage } from '../../lib/text.js';
import { count, line, lines, record, records } from '../fields.js';
import { type Reference, STORAGE_KINDS, showReference } from '../reference.js';
import { type Attempt, attempt, succeeded } from '../repo/lookup.js';
import { type HubClient, REPO_KINDS } from '../types.js';
import type { Document, ReadOptions } from './document.js';

const MAX_TEXT_BYTES = 8 * 1024 * 1024;
const MOST_AUTHORS = 8;
const MOST_REPOS = 5;

/**
 * Reads a paper: what the Hub knows of it, and its text as Markdown; without one its summary.
 * @param hub the Hub
 * @param id arXiv id
 * @param options how much of the text
 * @throws HugwireError `not_found` when the Hub has no such paper
 */
export async function readPaper(hub: HubClient, id: string, options: ReadOptions): Promise<Document> {
  const [details, text] = await Promise.all([attempt(fetchDetails(hub, id)), attempt(fetchText(hub, id))]);
  if ('error' in details && !succeeded(text)) return readUnknownPaper(hub, id, details.error);
  const paper = succeeded(details) ?? {};
  const body = succeeded(text) ?? (typeof paper.summary === 'string' ? cleanMarkdown(paper.summary) : '');
  const offset = options.offset ?? 0;
  const page = takePage(body, offset, options.maxChars);
  const about = [...describePaper(paper), ...describeRepos(paper)];
  return {
    uri: `papers/${id}`,
    type: 'paper',
    facts: [...(offset === 0 ? about : []), ...explainNoText(id, text)],
    body: page.text || undefined,
    length: body.length,
    next: page.next,
  };
}

/** A paper that the Hub has no page of may be named by repositories all the same. */
async function readUnknownPaper(hub: HubClient, id: string, error: HugwireError): Promise<Document> {
  const isUnknown = error.code === 'not_found';
  const answer = isUnknown ? await attempt(hub.request(`/api/arxiv/${id}/repos`, { cache: 'list' })) : undefined;
  const { models, datasets, spaces } = record(answer && succeeded(answer)?.json());
  const named = describeRepos({ linkedModels: models, linkedDatasets: datasets, linkedSpaces: spaces });
  if (named.length === 0) throw explainMissingPaper(id, error);
  await hub.keep(noPageOf(id), 'yes');
  const facts = [`the Hub has no page of it; its abstract: https://arxiv.org/abs/${id}`, ...named];
  return { uri: `papers/${id}`, type: 'paper', facts };
}

const noPageOf = (id: string) => `no page of paper ${id}`;

async function fetchDetails(hub: HubClient, id: string): Promise<Record<string, unknown>> {
  if ((await hub.recall(noPageOf(id))) !== undefined)
    throw new HugwireError('not_found', `The Hub has no paper ${id}.`);
  const answer = await hub.request(`/api/papers/${id}`, { cache: 'repo' });
  return record(answer.json());
}

/** A text that is not there, and one that could not be fetched just now, are two things. */
function explainNoText(id: string, text: Attempt<string | undefined>): string[] {
  if (succeeded(text)) return [];
  const pdf = `its PDF: https://arxiv.org/pdf/${id}`;
  if ('value' in text) return [`The Hub has no text of it, only this summary; ${pdf}`];
  return [`Only the summary: its text could not be fetched (${text.error.code}: ${text.error.message})`];
}

async function fetchText(hub: HubClient, id: string): Promise<string | undefined> {
  const subject = `no text of paper ${id}`;
  if ((await hub.recall(subject)) !== undefined) return undefined;
  const answer = await hub
    .request(`/papers/${id}.md`, { maxBytes: MAX_TEXT_BYTES, truncate: true, cache: 'vocabulary' })
    .catch((error) => {
      if (error instanceof HugwireError && error.code === 'not_found') return undefined;
      throw error;
    });
  // Where there is no text, the page itself may come instead.
  const isText = answer !== undefined && !answer.headers.get('content-type')?.includes('html');
  const text = isText ? cleanMarkdown(answer.text()) : '';
  if (text !== '') return text;
  await hub.keep(subject, 'yes');
  return undefined;
}

function describePaper(paper: Record<string, unknown>): string[] {
  const authors = records(paper.authors).flatMap(({ name }) => line(name, 60) ?? []);
  const more = authors.length - MOST_AUTHORS;
  const upvotes = count(paper.upvotes);
  const code = line(paper.githubRepo, 120);
  const stars = count(paper.githubStars);
  const project = line(paper.projectPage, 200);
  const organization = record(paper.organization);
  const group = line(organization.fullname, 80) ?? line(organization.name, 80);
  const withdrawn = line(paper.withdrawnAt, 40);
  const keywords = lines(paper.ai_keywords, 40).slice(0, 8);
  return [
    showWords(paper.title, 300),
    withdrawn ? `withdrawn by its authors ${formatDay(withdrawn)}`.trim() : '',
    authors.length > 0
      ? `by ${showWords(authors.slice(0, MOST_AUTHORS).join(', '), 500)}${more > 0 ? ` and ${more} more` : ''}`
      : '',
    [
      formatDay(line(paper.publishedAt, 40)) && `published ${formatDay(line(paper.publishedAt, 40))}`,
      upvotes !== undefined && `${upvotes} upvotes`,
      group && `from ${showName(group)}`,
      code && `code ${showWords(code)}${stars === undefined ? '' : ` (${plural(stars, 'star')})`}`,
      project && `project page ${showWords(project)}`,
    ]
      .filter(Boolean)
      .join(', '),
    keywords.length > 0 ? `keywords: ${showWords(keywords.join(', '), 400)}` : '',
  ].filter(Boolean);
}

/** Of the repositories that name a paper the Hub lists the first, and counts all. */
function describeRepos(paper: Record<string, unknown>): string[] {
  return Object.entries({ Models: 'model', Datasets: 'dataset', Spaces: 'Space' }).flatMap(([list, name]) => {
    const ids = records(paper[`linked${list}`]).flatMap(({ id }) => showName(id, 120) || []);
    const total = Math.max(count(paper[`numTotal${list}`]) ?? 0, ids.length);
    if (total === 0) return [];
    const shown = ids.slice(0, MOST_REPOS);
    return [`named by ${plural(total, name)}: ${[...shown, ...(total > shown.length ? ['…'] : [])].join(', ')}`];
  });
}

function explainMissingPaper(id: string, error: HugwireError): HugwireError {
  if (error.code !== 'not_found') return error;
  return new HugwireError('not_found', `The Hub has no paper ${id}.`, {
    hint: `Not every paper of arXiv is on the Hub. Look for it with hub_search kinds=["paper"], or at https://arxiv.org/abs/${id}.`,
    requestId: error.requestId,
    cause: error,
  });
}

/**
 * Reads a collection: its title and what is in it.
 * @param hub the Hub
 * @param slug `owner/slug`
 * @param options how much of the list
 */
export async function readCollection(hub: HubClient, slug: string, options: ReadOptions): Promise<Document> {
  const path = slug.split('/').map(encodeURIComponent).join('/');
  const answer = await hub.request(`/api/collections/${path}`, { cache: 'repo' }).catch(async (error) => {
    throw (await isMissing(hub, error)) ? explainMissingCollection(slug, error) : error;
  });
  const body = record(answer.json());
  const items = records(body.items);
  // An address without the digits finds it too; what is cited is the slug that stays.
  const told = line(body.slug, 200);
  const current = told && isIdentifier(told) ? told : slug;
  const shown = items.map(showItem).join('\n');
  const page = takePage(shown, options.offset ?? 0, options.maxChars);
  const upvotes = count(body.upvotes);
  return {
    uri: showReference({ type: 'collection', slug: current }),
    type: 'collection',
    facts: [
      `collection: ${showWords(body.title) || slug}`,
      [
        plural(items.length, 'item'),
        upvotes !== undefined && plural(upvotes, 'upvote'),
        line(body.lastUpdated, 40) && `updated ${formatDay(line(body.lastUpdated, 40))}`,
      ]
        .filter(Boolean)
        .join(', '),
      ...(line(body.description, 400) ? [`description: ${showWords(body.description, 400)}`] : []),
    ],
    body: page.text || undefined,
    length: shown.length,
    next: page.next,
  };
}

/** To nobody the Hub says that a token is wanted, whether a thing is private or missing. With a token it means that. */
async function isMissing(hub: HubClient, error: unknown): Promise<boolean> {
  if (!(error instanceof HugwireError)) return false;
  return error.code === 'not_found' || (error.code === 'unauthorized' && (await hub.token()).value === undefined);
}

function explainMissingCollection(slug: string, cause: HugwireError): HugwireError {
  return new HugwireError('not_found', `There is no collection ${slug}, or it is private.`, {
    hint: 'hub_search kinds=["collection"] finds it; author=… lists those of an owner.',
    requestId: cause.requestId,
    cause,
  });
}

/** Items are flat: the fields of the repository beside the item's own. */
function showItem(item: Record<string, unknown>): string {
  const uri = showItemReference(item);
  const note = line(record(item.note).text ?? item.note, 160);
  const title = item.type === 'paper' || item.type === 'collection' ? line(item.title, 160) : undefined;
  return [uri, title, note && `(${note})`].filter(Boolean).join(' ');
}

/** As hub_read takes it. Of kinds that hugwire has never heard of the address is told, and that it cannot be read. */
function showItemReference({ type, id: rawId, slug }: Record<string, unknown>): string {
  const id = line(rawId, 120) ?? '';
  const repo = REPO_KINDS.find((known) => known === type);
  if (repo) return showReference({ type: 'repo', kind: repo, id });
  const kind = STORAGE_KINDS.find((known) => known === type);
  if (kind) return showReference({ type: 'storage', kind, id });
  if (type === 'paper') return showReference({ type: 'paper', id });
  // Its id is the database's.
  if (type === 'collection') return showReference({ type: 'collection', slug: line(slug, 200) ?? id });
  const name = line(type, 20) ?? 'item';
  const path = line(slug, 200) ?? id;
  return `${name} ${path} (hub_read cannot read it: https://huggingface.co/${name}s/${path})`;
}

const MOST_FILES = 200;

/**
 * Reads what the Hub says of a bucket or a kernel, and the names of its files.
 * @param hub the Hub
 * @param reference what to read; a path in a bucket lists what is below it
 * @param options how much of the list
 * @throws HugwireError `not_found` when there is none, or it is private
 */
export async function readStorage(
  hub: HubClient,
  reference: Extract<Reference, { type: 'storage' }>,
  options: ReadOptions,
): Promise<Document> {
  const { kind, id, path } = reference;
  const uri = showReference(reference);
  const page = `https://huggingface.co/${kind}s/${id}`;
  const base = `/api/${kind}s/${id.split('/').map(encodeURIComponent).join('/')}`;
  const answer = await hub.request(base, { cache: 'repo' }).catch(async (error) => {
    if (!(await isMissing(hub, error))) throw error;
    throw new HugwireError('not_found', `There is no ${kind} ${id}, or it is private.`, {
      hint: `Check the id; its page would be ${page}.`,
      requestId: error.requestId,
      cause: error,
    });
  });
  const body = record(answer.json());
  const names = kind === 'kernel' ? lines(body.files, 300) : await listBucket(hub, base, path);
  const wanted = path === undefined ? names : names.filter((name) => name === path || name.startsWith(`${path}/`));
  if (path !== undefined && wanted.length === 0) {
    throw new HugwireError('not_found', `The ${kind} ${id} has nothing at "${path}".`, {
      hint: `hub_read uris=["${kind}s/${id}"] lists what it holds.`,
      missing: 'file',
    });
  }
  const size = count(body.size);
  const files = count(body.totalFiles) ?? names.length;
  const changed = formatDay(line(body.updatedAt ?? body.lastModified, 40));
  const downloads = count(body.downloads);
  const list = wanted.join('\n');
  const { text, next } = takePage(list, options.offset ?? 0, options.maxChars);
  return {
    uri,
    type: kind,
    facts: [
      `${kind} ${id}`,
      [
        plural(files, 'file') + (size === undefined ? '' : `, ${formatBytes(size)}`),
        downloads !== undefined && plural(downloads, 'download'),
        changed && `changed ${changed}`,
      ]
        .filter(Boolean)
        .join(', '),
      `hugwire does not read its files; its page: ${page}`,
    ],
    body: text || undefined,
    length: list.length,
    next,
  };
}

async function listBucket(hub: HubClient, base: string, path = ''): Promise<string[]> {
  const below = path === '' ? '' : `/${path.split('/').slice(0, -1).map(encodeURIComponent).join('/')}`;
  const answer = await hub.request(`${base}/tree${below.replace(/\/$/, '')}`, {
    query: { recursive: true, limit: MOST_FILES },
    cache: 'list',
  });
  return records(answer.json()).flatMap(({ path: name }) => line(name, 300) ?? []);
}
