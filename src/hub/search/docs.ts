import { type HugwireError, toHugwireError } from '../../lib/errors.js';
import { cleanMarkdown } from '../../lib/markdown.js';
import { line, record, records } from '../fields.js';
import { fetchProducts } from '../read/docs.js';
import { parseReference, showReference } from '../reference.js';
import { staleNotes } from '../staleness.js';
import type { HubClient } from '../types.js';
import type { DocsRow, SearchPage, SearchQuery } from './types.js';

const MOST_SEMANTIC = 25;
const MOST_FULL_TEXT = 100;
const EXCERPT_LENGTH = 300;
/** Products whose page titles are looked through when the query names none. */
const USUAL_PRODUCTS = ['hub', 'transformers', 'diffusers', 'datasets'];
const MOST_PRODUCTS = 4;

/** One way of searching; the next is tried when it fails or finds nothing. */
interface Way {
  /** `Search by meaning`, for the note that it failed. */
  name: string;
  order: string;
  find(hub: HubClient, query: SearchQuery): Promise<{ rows: DocsRow[]; notes: string[] }>;
}

const WAYS: Way[] = [
  { name: 'Search by meaning', order: 'best match first', find: findByMeaning },
  { name: 'Full-text search', order: 'by full text', find: findByWords },
  { name: 'Search in page titles', order: 'by page title', find: findByTitle },
];

/**
 * Searches the documentation of Hugging Face's libraries: by meaning, else by full text, else by the titles of pages.
 * What was tried in vain is said. Without a query the products are listed.
 * @param hub the Hub
 * @param query what is looked for; `library` is the product
 */
export async function searchDocs(hub: HubClient, query: SearchQuery): Promise<SearchPage<DocsRow>> {
  if (!query.query) return listProducts(hub, query);
  const notes: string[] = [];
  let failure: HugwireError | undefined;
  let answered = false;
  for (const way of WAYS) {
    try {
      const found = await way.find(hub, query);
      answered = true;
      if (found.rows.length > 0) return toPage(found.rows, query, way.order, [...notes, ...found.notes]);
      notes.push(`${way.name} found nothing.`);
    } catch (caught) {
      failure = toHugwireError(caught);
      if (!isWorthAnother(failure)) throw failure;
      notes.push(`${way.name} failed (${failure.code}).`);
    }
  }
  if (!answered && failure) throw failure;
  return toPage([], query, 'best match first', notes);
}

/** A failure of that one endpoint; the others would fail in the same way of any other kind. */
function isWorthAnother({ code }: HugwireError): boolean {
  return ['unavailable', 'timeout', 'not_found', 'invalid_arguments', 'internal', 'too_large'].includes(code);
}

function toPage(rows: DocsRow[], { offset, limit }: SearchQuery, order: string, notes: string[]): SearchPage<DocsRow> {
  return { rows: rows.slice(offset, offset + limit), more: rows.length > offset + limit, order, notes };
}

async function findByMeaning(hub: HubClient, { query, library, limit, offset }: SearchQuery) {
  const answer = await hub.request('/api/docs/search', {
    query: { q: query, product: library, limit: Math.min(offset + limit + 1, MOST_SEMANTIC) },
    cache: 'list',
  });
  const rows = records(answer.json()).flatMap((hit) => {
    const headings = [1, 2, 3, 4, 5].map((level) => hit[`heading${level}`]);
    return readHit(hub, hit.source_page_url, [hit.source_page_title, ...headings], hit.text);
  });
  return { rows, notes: staleNotes(answer) };
}

async function findByWords(hub: HubClient, { query, library, limit, offset }: SearchQuery) {
  const answer = await hub.request('/api/docs/search/full-text', {
    query: { q: query, domain: library, limit: Math.min(offset + limit + 1, MOST_FULL_TEXT) },
    cache: 'list',
  });
  const rows = records(record(answer.json()).hits).flatMap((hit) =>
    readHit(hub, hit.url, [hit.hierarchy_lvl1, hit.hierarchy_lvl2], hit.content),
  );
  return { rows, notes: staleNotes(answer) };
}

/** The last resort: pages whose title or address holds words of the query, most of them first. */
async function findByTitle(hub: HubClient, { query = '', library }: SearchQuery) {
  const words = query.toLowerCase().match(/[\p{L}\p{N}]{2,}/gu) ?? [];
  const products = library ? [library] : await guessProducts(hub, words);
  const manifests = await Promise.all(products.map((product) => fetchManifest(hub, product)));
  const rows = manifests
    .flat()
    .map((row) => ({ row, hits: words.filter((word) => `${row.title} ${row.id}`.toLowerCase().includes(word)).length }))
    .filter(({ hits }) => hits > 0)
    .sort((a, b) => b.hits - a.hits)
    .map(({ row }) => row);
  return { rows, notes: [`Titles of ${products.join(', ')} only.`] };
}

async function guessProducts(hub: HubClient, words: readonly string[]): Promise<string[]> {
  const { rows } = await listProducts(hub, { limit: 1000, offset: 0 });
  const known = rows.map(({ id }) => id.slice('docs/'.length));
  const named = known.filter((product) => words.includes(product));
  const usual = USUAL_PRODUCTS.filter((product) => known.includes(product));
  return (named.length > 0 ? named : usual).slice(0, MOST_PRODUCTS);
}

/** The pages in a product's `llms.txt`. */
async function fetchManifest(hub: HubClient, product: string): Promise<DocsRow[]> {
  const answer = await hub.request(`/docs/${encodeURIComponent(product)}/llms.txt`, { cache: 'vocabulary' });
  const links = [...answer.text().matchAll(/\[([^[\]\n]{1,300})\]\(([^()\s]{1,1000})\)/g)];
  return links.flatMap(([, title, url]) => readHit(hub, url, [title], undefined));
}

async function listProducts(hub: HubClient, query: SearchQuery): Promise<SearchPage<DocsRow>> {
  const { products, notes } = await fetchProducts(hub);
  const rows = products.map(
    ({ uri, category }): DocsRow => ({ kind: 'docs', id: uri, title: category ?? 'documentation' }),
  );
  return toPage(rows, query, 'all products', notes);
}

/** A hit as a reference that hub_read takes; hits that lie elsewhere are left out. */
function readHit(hub: HubClient, url: unknown, headings: readonly unknown[], text: unknown): DocsRow[] {
  const id = toDocsId(url, hub.endpoint);
  if (!id) return [];
  const titles = headings.flatMap((heading) => line(heading, 120) ?? []);
  const excerpt = line(typeof text === 'string' ? cleanMarkdown(text.slice(0, 4000)) : undefined, EXCERPT_LENGTH);
  return [{ kind: 'docs', id, title: [...new Set(titles)].join(' › ') || id, description: excerpt || undefined }];
}

function toDocsId(url: unknown, endpoint: string): string | undefined {
  if (typeof url !== 'string') return undefined;
  try {
    const reference = parseReference(url.startsWith('/') ? endpoint + url : url, endpoint);
    return reference.type === 'docs' && reference.path !== '' ? showReference(reference) : undefined;
  } catch {
    return undefined;
  }
}
