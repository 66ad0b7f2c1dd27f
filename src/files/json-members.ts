import type { Node } from 'jsonc-parser';
import { writeJson, writeJsonLine } from './json-text.js';
import { indentAt, layoutOf, lineEnd, lineStart } from './layout.js';

/**
 * Adds a member at the end of an object: on a line of its own where the others have theirs. A comment behind the last
 * member stays with it; a comma at the end is followed by another.
 * @param text of the document
 * @param object that has no such member
 */
export function insertMember(text: string, object: Node, key: string, value: unknown): string {
  const last = object.children?.at(-1);
  return last ? insertBehind(text, last, key, value) : insertFirst(text, object, key, value);
}

function insertBehind(text: string, last: Node, key: string, value: unknown): string {
  const layout = layoutOf(text);
  const end = endOf(last);
  const comma = findComma(text, end);
  const at = skipLine(text, comma ?? end);
  const trailing = comma === undefined ? '' : ',';
  const linked = text.slice(0, end) + (comma === undefined ? ',' : '') + text.slice(end, at);
  const own = startsLine(text, last.offset);
  if (!own && !endsInLineComment(text.slice(comma ?? end, at))) {
    const gap = gapOf(text, last);
    const member = `${JSON.stringify(key)}:${gap}${writeJsonLine(value, gap)}`;
    return linked + gap + member + trailing + text.slice(at);
  }
  const indent = own ? indentAt(text, last.offset) : indentAt(text, last.parent?.offset ?? 0) + layout.unit;
  const member = `${JSON.stringify(key)}: ${writeJson(value, layout, indent)}`;
  return linked + layout.eol + indent + member + trailing + text.slice(at);
}

function insertFirst(text: string, object: Node, key: string, value: unknown): string {
  const layout = layoutOf(text);
  const close = endOf(object) - 1;
  const at = skipTrivia(text, object.offset + 1);
  const rest = text.slice(at, close);
  if (object.parent && !/[\r\n]/.test(text.trim())) {
    const gap = gapOf(text, object.parent);
    const member = `${JSON.stringify(key)}:${gap}${writeJsonLine(value, gap)}`;
    return text.slice(0, at) + gap + member + (rest || gap) + text.slice(close);
  }
  const outer = indentAt(text, object.offset);
  const indent = outer + layout.unit;
  const member = `${layout.eol}${indent}${JSON.stringify(key)}: ${writeJson(value, layout, indent)}`;
  const ending = /[\r\n]/.test(rest) ? rest : layout.eol + outer;
  return text.slice(0, at) + member + ending + text.slice(close);
}

/**
 * Takes a member out of its object, with its comma and the white space before it, but with no comment.
 * @param text of the document
 * @param member a node of type `property`
 */
export function removeMember(text: string, member: Node): string {
  const siblings = member.parent?.children ?? [];
  const at = siblings.indexOf(member);
  const before = siblings[at - 1];
  const comma = findComma(text, endOf(member));
  const end = comma ?? endOf(member);
  const from = before ? endOf(before) : (member.parent?.offset ?? 0) + 1;
  const start = trimBefore(text, from, member.offset, end);
  if (siblings[at + 1]) return removeWithComma(text, member, start, end);
  const rest = text.slice(end);
  if (before) {
    const between = text.slice(endOf(before), start);
    return text.slice(0, endOf(before)) + (comma === undefined ? dropComma(between) : between) + rest;
  }
  const kept = text.slice(0, start);
  return kept.endsWith('{') ? kept + rest.replace(/^\s+(?=\})/, '') : kept + rest;
}

/** A member that others follow: with its lines where it has them to itself, else up to what follows. */
function removeWithComma(text: string, member: Node, start: number, end: number): string {
  const alone = startsLine(text, member.offset) && text.slice(end, lineEnd(text, end)).trim() === '';
  if (alone) return text.slice(0, start) + text.slice(end);
  return text.slice(0, member.offset) + text.slice(end).replace(/^[ \t]+/, '');
}

/** Where the white space before a member begins; a line break that ends a comment stays if more follows on the line. */
function trimBefore(text: string, from: number, offset: number, end: number): number {
  const trivia = text.slice(from, offset);
  const restOfLine = text.slice(end, lineEnd(text, end)).trim();
  return endsInLineComment(trivia) && restOfLine !== '' ? offset : from + trivia.trimEnd().length;
}

const endOf = ({ offset, length }: Node) => offset + length;

const startsLine = (text: string, offset: number) => text.slice(lineStart(text, offset), offset).trim() === '';

/** The space after the colon of a member that is there, or none. */
const gapOf = (text: string, { colonOffset = -1 }: Node) => (/\s/.test(text[colonOffset + 1] ?? '') ? ' ' : '');

const COMMENT = String.raw`\/\/[^\r\n]*|\/\*[\s\S]*?\*\/`;
const TRIVIA = new RegExp(String.raw`(?:\s|${COMMENT})*`, 'y');
const SAME_LINE = new RegExp(String.raw`(?:[ \t]*(?:${COMMENT}))*`, 'y');
const LAST_COMMENT = new RegExp(String.raw`(?:\s*(?:${COMMENT}))*`, 'y');

function skip(pattern: RegExp, text: string, from: number): number {
  pattern.lastIndex = from;
  return from + (pattern.exec(text)?.[0].length ?? 0);
}

/** The end of the comma that follows, be it behind comments. */
function findComma(text: string, from: number): number | undefined {
  const at = skip(TRIVIA, text, from);
  return text[at] === ',' ? at + 1 : undefined;
}

/** The end of the comments that begin on the same line. */
const skipLine = (text: string, from: number) => skip(SAME_LINE, text, from);

/** The end of the last comment before anything else. */
const skipTrivia = (text: string, from: number) => skip(LAST_COMMENT, text, from);

/** Whether what comes next on the same line would be part of a comment. */
function endsInLineComment(trivia: string): boolean {
  const last = trivia.match(new RegExp(COMMENT, 'g'))?.at(-1)?.trimEnd();
  return last?.startsWith('//') === true && trivia.trimEnd().endsWith(last);
}

/** Takes out the comma that is not in a comment. */
function dropComma(trivia: string): string {
  const at = findComma(trivia, 0);
  return at === undefined ? trivia : trivia.slice(0, at - 1) + trivia.slice(at);
}
