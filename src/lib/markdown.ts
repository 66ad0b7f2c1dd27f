import { cleanText } from './text.js';

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

const TAG = /<(\/?)([a-zA-Z][a-zA-Z0-9-]*)(?![a-zA-Z0-9-])((?:[^<>"']|"[^"]{0,2000}"|'[^']{0,2000}'){0,500})>/g;
/** Pictures that say nothing in words: badges, counters, and pictures written into the text itself. */
const BADGE = /img\.shields\.io|badge|\/colab-|visitor|data:image|star-history|hits\.|komarev/i;
const MARKDOWN_IMAGE = /!\[([^[\]\n]{0,300})\]\(([^()\n]*)\)/g;

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

/** A stretch of Markdown: code, whose characters mean themselves, or prose. */
interface MarkdownPart {
  code: boolean;
  text: string;
}

/** The beginning of a fence, also in a quote or a list item. What follows backticks holds no further backtick. */
const FENCE = /^[\s>]*(?:[-*+]\s+|\d{1,9}[.)]\s+)?(`{3,}(?=[^`]*$)|~{3,})/;
const MARK = /`+|<!--/g;

/**
 * Splits Markdown into code and prose and leaves out its HTML comments, which readers of the rendered page never see.
 * One pass over the lines: the time grows with the length alone, whatever the text.
 * @param markdown clean text with `\n` line ends
 */
function splitMarkdown(markdown: string): MarkdownPart[] {
  const parts: MarkdownPart[] = [];
  const add = (code: boolean, text: string) => {
    const last = parts.at(-1);
    if (last?.code === code) last.text += text;
    else if (text) parts.push({ code, text });
  };
  let fence: string | undefined;
  let inComment = false;
  const lines = markdown.split('\n');
  for (const [index, line] of lines.entries()) {
    const end = index < lines.length - 1 ? '\n' : '';
    if (fence) {
      add(true, line + end);
      if (closes(line, fence)) fence = undefined;
      continue;
    }
    const start: number = inComment ? line.indexOf('-->') + 3 : 0;
    if (inComment && start < 3) continue;
    fence = FENCE.exec(line.slice(start))?.[1];
    if (fence) add(true, line.slice(start));
    inComment = !fence && splitLine(line, start, add);
    add(fence !== undefined, end);
  }
  return parts;
}

/** A fence is closed by a line of the same mark, at least as often, and nothing else. */
function closes(line: string, fence: string): boolean {
  const bare = line.replace(/^[\s>]+/, '').trimEnd();
  return bare.length >= fence.length && bare === fence.charAt(0).repeat(bare.length);
}

/** @returns whether the line ends within a comment */
function splitLine(line: string, start: number, add: (code: boolean, text: string) => void): boolean {
  const marks = [...line.slice(start).matchAll(MARK)].map((match) => ({ text: match[0], at: match.index + start }));
  // As many backticks end a span as began it; a run without its like is text.
  const partners = new Map<number, (typeof marks)[number]>();
  const latest = new Map<string, (typeof marks)[number]>();
  for (const mark of marks.toReversed()) {
    const partner = latest.get(mark.text);
    if (partner) partners.set(mark.at, partner);
    latest.set(mark.text, mark);
  }
  let at = start;
  for (const mark of marks) {
    if (mark.at < at) continue;
    add(false, line.slice(at, mark.at));
    if (mark.text === '<!--') {
      const close = line.indexOf('-->', mark.at);
      if (close === -1) return true;
      at = close + 3;
      continue;
    }
    const partner = partners.get(mark.at);
    const stop = partner ? partner.at + partner.text.length : mark.at + mark.text.length;
    add(partner !== undefined, line.slice(mark.at, stop));
    at = stop;
  }
  add(false, line.slice(at));
  return false;
}
