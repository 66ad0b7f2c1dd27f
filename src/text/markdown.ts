import { splitMarkdown } from './markdown-parts.js';
import { cleanText } from './sanitize.js';

/** Tags of HTML that cards are laid out with; any other `<word>` is the author's text, such as `<think>`. */
const LAYOUT =
  /^(?:a|abbr|article|aside|audio|b|big|blockquote|body|br|button|caption|center|cite|code|col|colgroup|dd|del|details|dfn|div|dl|dt|em|figcaption|figure|font|footer|form|gradio-app|h[1-6]|head|header|hr|html|i|iframe|img|input|ins|kbd|label|li|link|main|mark|meta|nav|ol|p|picture|pre|q|s|samp|script|section|small|source|span|strike|strong|style|sub|summary|sup|svg|table|tbody|td|tfoot|th|thead|title|tr|track|tt|u|ul|var|video|wbr|path|g|rect|circle)$/;

/** What a tag leaves behind; every other layout tag leaves nothing. */
const TRACES: Record<string, { open?: string; close?: string }> = {
  br: { open: '\n' },
  hr: { open: '\n' },
  p: { open: '\n\n', close: '\n\n' },
  div: { open: '\n', close: '\n' },
  li: { open: '\n- ' },
  tr: { close: '\n' },
  td: { close: ' | ' },
  th: { close: ' | ' },
  summary: { close: '\n' },
  details: { close: '\n' },
  table: { open: '\n', close: '\n' },
  pre: { open: '\n```\n', close: '\n```\n' },
  code: { open: '`', close: '`' },
  blockquote: { open: '\n> ', close: '\n' },
  ...Object.fromEntries([1, 2, 3, 4, 5, 6].map((n) => [`h${n}`, { open: `\n\n${'#'.repeat(n)} `, close: '\n\n' }])),
};

const ENTITIES: Record<string, string> = {
  amp: '&',
  apos: "'",
  copy: '©',
  gt: '>',
  hellip: '…',
  lt: '<',
  mdash: '—',
  middot: '·',
  nbsp: ' ',
  ndash: '–',
  quot: '"',
  rarr: '→',
};

const TAG = /<(\/?)([a-zA-Z][a-zA-Z0-9-]*)((?:[^<>"']|"[^"]{0,2000}"|'[^']{0,2000}'){0,500})>/g;
/** Pictures that say nothing in words: badges, counters, and pictures written into the text itself. */
const BADGE = /img\.shields\.io|badge|\/colab-|visitor|data:image|star-history|hits\.|komarev/i;
const MARKDOWN_IMAGE = /!\[([^\]\n]{0,300})\]\(([^()\n]*)\)/g;

/**
 * Turns a card, or another page of Markdown with HTML in it, into plain Markdown: comments, layout tags, badges and
 * white space without meaning go, code stays untouched.
 * @param markdown as its author wrote it
 * @returns clean text: nothing invisible is left in it
 */
export function cleanMarkdown(markdown: string): string {
  const parts = splitMarkdown(cleanText(markdown));
  return collapse(parts.map(({ code, text }) => (code ? text : cleanProse(text))).join(''));
}

function cleanProse(text: string): string {
  const images = text.replace(MARKDOWN_IMAGE, (_all, alt: string, address: string) =>
    BADGE.test(address) ? alt : `![${alt}](${address})`,
  );
  return decodeEntities(replaceTags(images));
}

/** One pass over the tags, with a stack of the links that are open. */
function replaceTags(html: string): string {
  const links: (string | undefined)[] = [];
  const out: string[] = [];
  let at = 0;
  let hidden: string | undefined;
  for (const match of html.matchAll(TAG)) {
    const [all, slash, written = '', attributes = ''] = match;
    const name = written.toLowerCase();
    if (!LAYOUT.test(name) || (hidden && !(slash && name === hidden))) continue;
    if (!hidden) out.push(html.slice(at, match.index));
    at = match.index + all.length;
    if (name === 'script' || name === 'style') hidden = slash ? undefined : name;
    else out.push(traceOf(name, slash === '/', attributes, links));
  }
  if (!hidden) out.push(html.slice(at));
  return out.join('');
}

function traceOf(name: string, closing: boolean, attributes: string, links: (string | undefined)[]): string {
  if (name === 'a') {
    if (closing) return closeLink(links.pop());
    const address = attribute(attributes, 'href');
    links.push(address);
    return address ? '[' : '';
  }
  if (name === 'img' && !closing) {
    const address = attribute(attributes, 'src') ?? '';
    const alt = attribute(attributes, 'alt') ?? '';
    return BADGE.test(address) || address === '' ? alt : `![${alt}](${address})`;
  }
  return TRACES[name]?.[closing ? 'close' : 'open'] ?? '';
}

const closeLink = (address: string | undefined) => (address ? `](${address})` : '');

function attribute(attributes: string, name: string): string | undefined {
  const match = new RegExp(`(?:^|\\s)${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)'|([^\\s"'>]+))`, 'i').exec(attributes);
  return (match?.[1] ?? match?.[2] ?? match?.[3])?.trim() || undefined;
}

function decodeEntities(text: string): string {
  return text.replace(/&([a-z]{2,6});/g, (all, name: string) => ENTITIES[name] ?? all).replace(/&#0*39;/g, "'");
}

/** Links around nothing, trailing white space, and more than one blank line. */
function collapse(text: string): string {
  return text
    .replace(/\[\s{0,20}\]\([^()\n]*\)/g, '')
    .replace(/(?<![ \t])[ \t]+$/gm, '')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
}
