import { fold } from '../schema/nearest.js';

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
const HEADING = /^(#{1,6}) +(.*?)(?:\[\[([^\]\n]+)\]\])?\s*$/;

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
  return markdown.replace(
    /^(#{1,6} +)(.*?)\[\[([^\]\n]+)\]\][ \t]*$/gm,
    (_all, marks: string, title: string, anchor: string) =>
      slug(title) === anchor ? marks + title : `${marks}${title} (#${anchor})`,
  );
}

function listHeadings(markdown: string): Heading[] {
  const headings: Heading[] = [];
  let at = 0;
  let fenced = false;
  for (const line of markdown.split('\n')) {
    if (FENCE.test(line)) fenced = !fenced;
    const [, marks, title, anchor] = (!fenced && HEADING.exec(line)) || [];
    if (marks) headings.push({ at, level: marks.length, title: title ?? '', anchor: anchor ?? slug(title ?? '') });
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
