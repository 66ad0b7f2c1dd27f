import { HugwireError } from '../../lib/errors.js';
import { cleanMarkdown } from '../../lib/markdown.js';
import { fold, nearest } from '../../lib/nearest.js';
import { isIdentifier, takePage } from '../../lib/text.js';
import { line, records } from '../fields.js';
import { showReference } from '../reference.js';
import { staleNotes } from '../staleness.js';
import type { HubAnswer, HubClient } from '../types.js';
import type { Document, ReadOptions } from './document.js';

const MAX_PAGE_BYTES = 4 * 1024 * 1024;

/**
 * Reads documentation: a page or one section of it, the list of a product's pages (`transformers`), or the list of
 * products (an empty path).
 * @param hub the Hub
 * @param path product, version, language and page
 * @param anchor of a section
 * @param options how much of it
 * @throws HugwireError `not_found` that names the nearest page or the sections there are
 */
export async function readDocs(
  hub: HubClient,
  path: string,
  anchor: string | undefined,
  options: ReadOptions,
): Promise<Document> {
  if (path === '') return paged('docs', 'products', await listProducts(hub), options);
  if (!path.includes('/')) return paged(`docs/${path}`, 'pages', await fetchManifest(hub, path), options);
  const markdown = await fetchPage(hub, path);
  const section = anchor === undefined ? markdown : findSection(markdown, anchor);
  if (section === undefined) throw noSection(path, anchor ?? '', markdown);
  const uri = showReference({ type: 'docs', path, anchor });
  return paged(uri, anchor === undefined ? 'page' : 'section', cleanMarkdown(showAnchors(section)), options);
}

function paged(uri: string, what: string, body: string, { offset = 0, maxChars }: ReadOptions): Document {
  const { text, next } = takePage(body, offset, maxChars);
  return {
    uri,
    type: 'docs',
    facts: [`documentation: ${what}`],
    body: text || undefined,
    length: body.length,
    next,
  };
}

async function listProducts(hub: HubClient): Promise<string> {
  const { products } = await fetchProducts(hub);
  return products.map(({ uri, category }) => `${uri}${category ? ` (${category})` : ''}`).join('\n');
}

/** The `llms.txt` of a product: a line with title and address for every page. */
async function fetchManifest(hub: HubClient, product: string): Promise<string> {
  try {
    const answer = await hub.request(docsPath(`${product}/llms.txt`), { cache: 'vocabulary' });
    return shortenLinks(cleanMarkdown(readText(answer)));
  } catch (error) {
    if (!isMissing(error)) throw error;
    const products = await listProducts(hub).catch(() => '');
    throw notFound(
      `The Hub has no documentation of "${product}".`,
      `docs/${product}`,
      products.match(/^docs\/\S+/gm) ?? [],
      error,
    );
  }
}

async function fetchPage(hub: HubClient, path: string): Promise<string> {
  try {
    return readText(
      await hub.request(docsPath(`${path}.md`), { maxBytes: MAX_PAGE_BYTES, truncate: true, cache: 'vocabulary' }),
    );
  } catch (error) {
    if (!isMissing(error)) throw error;
    const [product = ''] = path.split('/');
    const manifest = await fetchManifest(hub, product);
    const pages = manifest.match(/docs\/[^\s:#]+/g) ?? [];
    throw notFound(`The documentation has no page docs/${path}.`, `docs/${path}`, pages, error);
  }
}

/** `- [Quickstart](https://…/docs/transformers/quicktour.md)` as `docs/transformers/quicktour: Quickstart`. */
function shortenLinks(manifest: string): string {
  return manifest.replace(/^[ \t]*[-*] \[([^\]\n]*)\]\(([^()\s]*)\)/gm, (whole, title: string, address: string) => {
    const at = address.indexOf('/docs/') + 1;
    return at === 0 || address.includes('#', at) ? whole : `${address.slice(at).replace(/\.md$/, '')}: ${title}`;
  });
}

const docsPath = (path: string) => `/docs/${path.split('/').map(encodeURIComponent).join('/')}`;

/** A page of the web where Markdown was due means that there is none. */
function readText(answer: HubAnswer): string {
  if (!answer.headers.get('content-type')?.includes('html')) return answer.text();
  throw new HugwireError('not_found', 'It has no Markdown version.');
}

const isMissing = (error: unknown): error is HugwireError =>
  error instanceof HugwireError && error.code === 'not_found';

function notFound(message: string, asked: string, known: readonly string[], cause: HugwireError): HugwireError {
  const names = known.filter(isIdentifier);
  const last = asked.split('/').at(-1) ?? asked;
  const meant = names.find((one) => one.split('/').at(-1) === last) ?? nearest(asked, names);
  const list = names.slice(0, 12).join(', ');
  return new HugwireError('not_found', message, {
    hint: [
      meant && `Did you mean ${meant}?`,
      list && `There are: ${list}${names.length > 12 ? ', …' : ''}.`,
      'hub_search kinds=["docs"] searches all of it.',
    ]
      .filter(Boolean)
      .join(' '),
    requestId: cause.requestId,
    cause,
  });
}

function noSection(path: string, anchor: string, markdown: string): HugwireError {
  const anchors = listAnchors(markdown);
  return notFound(
    `docs/${path} has no section "#${anchor}".`,
    `#${anchor}`,
    anchors.map((one) => `#${one}`),
    new HugwireError('not_found', anchor),
  );
}

interface Heading {
  /** Where its line begins. */
  at: number;
  level: number;
  title: string;
  /** As the page names it, else made from the title as the Hub does. */
  anchor: string;
}

const FENCE = /^\s*(```|~~~)/;
/** `## Title[[anchor]]`, as doc-builder writes headings; other pages have plain ones. */
function readHeading(line: string): { marks: string; title: string; anchor?: string } | undefined {
  const [, marks, text = ''] = /^(#{1,6} +)(.*)$/s.exec(line) ?? [];
  if (marks === undefined) return undefined;
  const title = text.trimEnd();
  const open = title.endsWith(']]') ? title.lastIndexOf('[[') : -1;
  const anchor = open === -1 ? '' : title.slice(open + 2, -2);
  return anchor === '' || anchor.includes(']') ? { marks, title } : { marks, title: title.slice(0, open), anchor };
}

/**
 * One section of a page, with all that is below it.
 * @param markdown of the page
 * @param anchor without `#`; case and separators do not matter
 * @returns undefined when there is no such section
 */
export function findSection(markdown: string, anchor: string): string | undefined {
  const headings = listHeadings(markdown);
  const exact = headings.findIndex((heading) => heading.anchor === anchor);
  const index = exact >= 0 ? exact : headings.findIndex((heading) => fold(heading.anchor) === fold(anchor));
  const heading = headings[index];
  if (!heading) return undefined;
  const end = headings.slice(index + 1).find(({ level, anchor: other }) => level <= heading.level && other !== anchor);
  return markdown.slice(heading.at, end?.at).trim();
}

/**
 * The anchors of all sections, in order.
 * @param markdown of the page
 */
export function listAnchors(markdown: string): string[] {
  return [...new Set(listHeadings(markdown).map(({ anchor }) => anchor))];
}

/**
 * Headings as a reader writes them: an anchor is told only where the title does not tell it.
 * @param markdown of a page
 */
export function showAnchors(markdown: string): string {
  return markdown
    .split('\n')
    .map((line) => {
      const { marks, title = '', anchor } = readHeading(line) ?? {};
      if (anchor === undefined) return line;
      return slug(title) === anchor ? marks + title : `${marks}${title} (#${anchor})`;
    })
    .join('\n');
}

function listHeadings(markdown: string): Heading[] {
  const headings: Heading[] = [];
  let at = 0;
  let fenced = false;
  for (const line of markdown.split('\n')) {
    if (FENCE.test(line)) fenced = !fenced;
    const heading = fenced ? undefined : readHeading(line);
    if (heading) {
      const { marks, title, anchor = slug(title) } = heading;
      headings.push({ at, level: marks.trimEnd().length, title, anchor });
    }
    at += line.length + 1;
  }
  return headings;
}

/** The anchor that the Hub makes of a title. */
function slug(title: string): string {
  return title
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replace(/\s+/g, '-');
}

/** A library, or another subject, that has documentation. */
export interface DocsProduct {
  /** What the search by meaning calls it: `tgi`. */
  id: string;
  /** `docs/text-generation-inference`. Addresses, and the full-text search, go by its last word. */
  uri: string;
  /** `Core ML Libraries`. */
  category?: string;
}

/**
 * Lists what the Hub has documentation of. Products whose documentation lies on other sites are left out.
 * @param hub the Hub
 * @returns the products, and notes on how old the list is
 */
export async function fetchProducts(hub: HubClient): Promise<{ products: DocsProduct[]; notes: string[] }> {
  const answer = await hub.request('/api/docs', { cache: 'vocabulary' });
  const products = records(answer.json()).flatMap(({ id, url, category }) => {
    const path = line(url, 200)?.replace(hub.endpoint, '');
    const slug = /^\/docs\/([\w.-]+)\/?$/.exec(path ?? '')?.[1];
    return slug ? [{ id: line(id, 60) ?? slug, uri: `docs/${slug}`, category: line(category, 60) }] : [];
  });
  return { products, notes: staleNotes(answer) };
}
