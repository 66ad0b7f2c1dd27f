import type { DemoRequest, DemoResponse, DemoRoute } from '../../types.js';
import vocabulary from '../data/vocabulary.json';
import { type DemoDocsPage, type DemoDocsProduct, docs, wholeText } from '../data.js';
import { mongoId } from '../hashes.js';
import { readNumber, readText } from '../query.js';
import { badOption, noRoute } from '../refusals.js';

/** What lies between two headings of a page. */
interface Passage {
  product: DemoDocsProduct;
  page: DemoDocsPage;
  /** Headings from the page's title down to the passage's own. */
  headings: string[];
  anchor: string;
  text: string;
}

export const docsRoutes: DemoRoute[] = [
  { method: 'GET', pattern: /^\/api\/docs$/, bucket: 'api', handle: products },
  { method: 'GET', pattern: /^\/api\/docs\/search$/, bucket: 'api', handle: semanticSearch },
  { method: 'GET', pattern: /^\/api\/docs\/search\/full-text$/, bucket: 'api', handle: fullTextSearch },
  { method: 'GET', pattern: /^\/blog\/maya\/trail-signs$/, bucket: 'pages', handle: post },
  { method: 'GET', pattern: /^\/docs\/([\w-]+)\/llms\.txt$/, bucket: 'pages', handle: manifest },
  // A version and a language may stand between product and page; the small Hub has one of each.
  {
    method: 'GET',
    pattern: /^\/docs\/([\w-]+)\/(?:(?:main|v[\d.]+)\/)?(?:en\/)?(.+)\.md$/,
    bucket: 'pages',
    handle: page,
  },
];

/** A post of the Hub's blog, as a browser gets it: the text stands between what every page has. */
function post(): DemoResponse {
  const body = `<!doctype html><html><head><title>Trail signs</title><style>p{margin:0}</style></head><body><nav><a href="/models">Models</a></nav><main><div class="blog-content prose"><h1>Reading trail signs with five hundred pictures</h1><p>Published April 2, 2026. By <a href="/maya">Maya Lindqvist</a></p><h2>The data</h2><p>The signs are in <a href="/datasets/maya/trail-signs">maya/trail-signs</a> &amp; have heights in metres.</p><pre><code>load_dataset("maya/trail-signs")</code></pre></div></main><footer>Company</footer><script>window.x = 1;</script></body></html>`;
  return { headers: { 'Content-Type': 'text/html; charset=utf-8' }, body };
}

/** Gradio is listed too, though its documentation is on a site of its own. */
const GRADIO = { id: 'gradio', url: 'https://www.gradio.app/docs/', category: 'Collaboration & Extras' };

function products(): DemoResponse {
  return {
    body: [
      ...docs.map((product) => ({ id: product.id, url: `/docs/${slugOf(product)}`, category: product.category })),
      GRADIO,
    ],
  };
}

const LONGEST = { q: 250, domain: 100 };

/** The word of a product in addresses. */
const slugOf = ({ id, slug = id }: DemoDocsProduct) => slug;

/** Any word may match, as in a search by meaning. The product is an id, not the word of the addresses. */
function semanticSearch({ query, origin }: DemoRequest): DemoResponse {
  const question = readText(query, 'q', { max: LONGEST.q, required: true });
  const wanted = query.get('product');
  if (wanted !== null && !vocabulary.docsProducts.includes(wanted))
    return badOption(vocabulary.docsProducts, 'product');
  const limit = readNumber(query, 'limit', { fallback: 10, max: 25 });
  const found = rank(
    question,
    ({ id }) => !wanted || id === wanted,
    (hits) => hits > 0,
  );
  return {
    body: found.slice(0, limit).map(({ product, page, headings, anchor, text }) => ({
      id: mongoId(`docs ${product.id} ${page.path} ${anchor}`),
      _vectors: { embeddings: [] },
      text,
      product: product.id,
      ...Object.fromEntries(headings.map((heading, index) => [`heading${index + 1}`, heading])),
      source_page_url: `${origin}/docs/${slugOf(product)}/${page.path}#${anchor}`,
      source_page_title: page.title,
    })),
  };
}

/** Every word must match. The domain is the word of the addresses. */
function fullTextSearch({ query, origin }: DemoRequest): DemoResponse {
  const limit = readNumber(query, 'limit', { fallback: 9, max: 100 });
  const question = readText(query, 'q', { max: LONGEST.q, required: true });
  const domain = readText(query, 'domain', { max: LONGEST.domain });
  const words = wordsOf(question).length;
  const found = rank(
    question,
    (product) => domain === '' || slugOf(product) === domain,
    (hits) => words > 0 && hits === words,
  );
  return {
    body: {
      hits: found.slice(0, limit).map(({ product, page, headings, anchor, text }) => ({
        url: `${origin}/docs/${slugOf(product)}/${page.path}#${anchor}`,
        hierarchy_lvl0: product.title,
        hierarchy_lvl1: headings[0],
        hierarchy_lvl2: headings[1],
        content: text,
      })),
    },
  };
}

function manifest({ params, origin, path }: DemoRequest): DemoResponse {
  const product = docs.find((one) => slugOf(one) === params[0]);
  if (!product) return noRoute(path);
  const lines = product.pages.map((one) => `- [${one.title}](${origin}/docs/${slugOf(product)}/${one.path}.md)`);
  return { body: `# ${product.title}\n\n## Docs\n\n${lines.join('\n')}\n` };
}

function page({ params, path }: DemoRequest): DemoResponse {
  const found = docs.find((one) => slugOf(one) === params[0])?.pages.find((one) => one.path === params[1]);
  if (!found) return noRoute(path);
  return { headers: { 'Content-Type': 'text/markdown; charset=utf-8' }, body: wholeText(found.markdown) };
}

function rank(
  query: string,
  isWanted: (product: DemoDocsProduct) => boolean,
  matches: (hits: number) => boolean,
): Passage[] {
  const words = wordsOf(query);
  return docs
    .filter(isWanted)
    .flatMap((product) => product.pages.flatMap((one) => passagesOf(product, one)))
    .map((passage) => {
      const own = wordsOf(`${passage.headings.join(' ')} ${passage.text} ${passage.product.id}`);
      return { passage, hits: words.filter((word) => own.includes(word)).length };
    })
    .filter(({ hits }) => matches(hits))
    .sort((a, b) => b.hits - a.hits)
    .map(({ passage }) => passage);
}

function passagesOf(product: DemoDocsProduct, one: DemoDocsPage): Passage[] {
  return wholeText(one.markdown)
    .split(/^(?=#+ .*\[\[)/m)
    .flatMap((section) => {
      const head = /^(#+) (.*?)\[\[(.+?)\]\]\n/.exec(section);
      if (!head) return [];
      const [line, marks = '#', heading = '', anchor = ''] = head;
      const headings = marks.length > 1 && heading !== one.title ? [one.title, heading] : [heading];
      return [{ product, page: one, headings, anchor, text: section.slice(line.length).trim() }];
    });
}

function wordsOf(text: string): string[] {
  return [...new Set(text.toLowerCase().match(/[\p{L}\p{N}]{2,}/gu) ?? [])];
}
