import { type HugwireError, toHugwireError } from '../../lib/errors.js';
import { cleanMarkdown } from '../../lib/markdown.js';
import { fold, nearest } from '../../lib/nearest.js';
import { line, record, records } from '../fields.js';
import { type DocsProduct, fetchProducts } from '../read/docs.js';
import { parseReference, showReference } from '../reference.js';
import { staleNotes } from '../staleness.js';
import type { HubClient } from '../types.js';
import { cutQuery } from './query.js';
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
  find(hub: HubClient, query: DocsQuery): Promise<{ rows: DocsRow[]; notes: string[] }>;
}

/** A query cut to what the Hub takes, and the product it is about. */
interface DocsQuery extends SearchQuery {
  query: string;
  /** Unset for all products. */
  product?: DocsProduct;
}

const WAYS: Way[] = [
  { name: 'Search by meaning', order: 'best match first', find: findByMeaning },
  { name: 'Full-text search', order: 'by full text', find: findByWords },
  { name: 'Search in page titles', order: 'by page title', find: findByTitle },
];

/**
 * Searches the documentation of Hugging Face's libraries: by meaning, else by full text, else by the titles of pages.
 * What was tried in vain is said. Without a query the products are listed, or the pages of the one that is named.
 * @param hub the Hub
 * @param query what is looked for; `library` is the product
 */
export async function searchDocs(hub: HubClient, query: SearchQuery): Promise<SearchPage<DocsRow>> {
  const { product, notes: about } = query.library ? await findProduct(hub, query.library) : { notes: [] };
  if (!query.query) return product ? listPages(hub, product, query) : listProducts(hub, query, about);
  const { words, notes: cut } = cutQuery(query.query);
  const asked: DocsQuery = { ...query, query: words, product };
  const notes = [...about, ...cut];
  let failure: HugwireError | undefined;
  let answered = false;
  for (const way of WAYS) {
    try {
      const found = await way.find(hub, asked);
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

async function findByMeaning(hub: HubClient, { query, product, limit, offset }: DocsQuery) {
  const answer = await hub.request('/api/docs/search', {
    query: { q: query, product: product?.id, limit: Math.min(offset + limit + 1, MOST_SEMANTIC) },
    cache: 'list',
  });
  const rows = records(answer.json()).flatMap((hit) => {
    const headings = [1, 2, 3, 4, 5].map((level) => hit[`heading${level}`]);
    return readHit(hub, hit.source_page_url, [hit.source_page_title, ...headings], hit.text);
  });
  return { rows, notes: staleNotes(answer) };
}

async function findByWords(hub: HubClient, { query, product, limit, offset }: DocsQuery) {
  const answer = await hub.request('/api/docs/search/full-text', {
    query: { q: query, domain: product && slugOf(product), limit: Math.min(offset + limit + 1, MOST_FULL_TEXT) },
    cache: 'list',
  });
  const rows = records(record(answer.json()).hits).flatMap((hit) =>
    readHit(hub, hit.url, [hit.hierarchy_lvl1, hit.hierarchy_lvl2], hit.content),
  );
  return { rows, notes: staleNotes(answer) };
}

/** The last resort: pages whose title or address holds words of the query, most of them first. */
async function findByTitle(hub: HubClient, { query, product }: DocsQuery) {
  const words = query.toLowerCase().match(/[\p{L}\p{N}]{2,}/gu) ?? [];
  const products = product ? [slugOf(product)] : await guessProducts(hub, words);
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

const slugOf = ({ uri }: DocsProduct) => uri.slice('docs/'.length);

/** The product that is meant by its id, by the word of its address, or by something near; a note where it is not the word that was given. */
async function findProduct(hub: HubClient, name: string): Promise<{ product?: DocsProduct; notes: string[] }> {
  const listed = await fetchProducts(hub).catch((error: unknown) => {
    if (!isWorthAnother(toHugwireError(error))) throw error;
  });
  if (!listed) return { product: { id: name, uri: `docs/${name}` }, notes: [] };
  const names = listed.products.flatMap((product) => [
    { name: product.id, product },
    { name: slugOf(product), product },
  ]);
  const exact = names.find((one) => fold(one.name) === fold(name));
  if (exact) return { product: exact.product, notes: [] };
  const near = nearest(
    name,
    names.map((one) => one.name),
  );
  const product = names.find((one) => one.name === near)?.product;
  if (product) return { product, notes: [`library "${name}" was read as "${slugOf(product)}".`] };
  return { notes: [`The Hub has no documentation of "${name}": searched in that of all products.`] };
}

async function listPages(hub: HubClient, product: DocsProduct, query: SearchQuery): Promise<SearchPage<DocsRow>> {
  return toPage(await fetchManifest(hub, slugOf(product)), query, 'all pages', []);
}

async function listProducts(hub: HubClient, query: SearchQuery, about: string[] = []): Promise<SearchPage<DocsRow>> {
  const { products, notes } = await fetchProducts(hub);
  const rows = products.map(
    ({ uri, category }): DocsRow => ({ kind: 'docs', id: uri, title: category ?? 'documentation' }),
  );
  return toPage(rows, query, 'all products', [...about, ...notes]);
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
