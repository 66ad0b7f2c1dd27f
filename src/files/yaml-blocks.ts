import type { KeyPath } from './value.js';

/** The lines of a document, each with its line end. */
export type YamlLines = readonly string[];

/** A key of a block mapping with what is below it. */
export interface YamlBlock {
  /** Its first line, and the one after its last; comments and blank lines behind the last value are not part of it. */
  start: number;
  end: number;
  indent: string;
  /** Indentation of the keys below it. */
  inner?: string;
  /** The value on the line of the key, without anchor and comment. */
  inline: string;
  /** Where that value begins on its line. */
  valueAt: number;
}

/** Splits a text into lines that keep their ends. */
export function splitLines(text: string): YamlLines {
  return text.match(/[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+$/g) ?? [];
}

/** The text of lines. */
export function joinLines(lines: YamlLines): string {
  return lines.join('');
}

/**
 * Finds the block of a path; the empty path is the whole document.
 * @param lines of a document that a parser has accepted
 * @returns undefined where there is none, or none in block style
 */
export function findBlock(lines: YamlLines, path: KeyPath): YamlBlock | undefined {
  const first = lines.findIndex((line) => !/^(?:\s*(?:#.*)?|%.*|---\s*(?:#.*)?)\s*$/.test(line));
  const last = lines.findLastIndex((line) => /^\.\.\.\s*$/.test(line));
  const end = trimEnd(lines, 0, last < 0 ? lines.length : last);
  const top = first < 0 ? undefined : indentOf(lines[first] ?? '');
  let block: YamlBlock = { start: 0, end, indent: '', inner: top, inline: '', valueAt: 0 };
  let from = 0;
  for (const key of path) {
    const found = typeof key === 'string' ? findKey(lines, from, block, key) : undefined;
    if (!found) return undefined;
    block = found;
    from = block.start + 1;
  }
  return block;
}

const KEY = /^([ \t]*)("(?:\\.|[^"\\])*"|'(?:''|[^'])*'|[^\s#"'[\]{}&*!|>%@`,-][^:#]*?|-[^\s:#][^:#]*?)[ \t]*:(?=\s|$)/;
const PROPERTIES = /^(?:[ \t]*[&!][^\s]*)*[ \t]*/;

function findKey(lines: YamlLines, from: number, { end, inner }: YamlBlock, key: string): YamlBlock | undefined {
  for (let at = from; at < end; at++) {
    const match = KEY.exec(lines[at] ?? '');
    if (!match || match[1] !== inner || nameOf(match[2] ?? '') !== key) continue;
    return describe(lines, at, end, match);
  }
  return undefined;
}

function describe(lines: YamlLines, start: number, limit: number, [head, indent = '']: RegExpExecArray): YamlBlock {
  let next = start + 1;
  while (next < limit && (isBlank(lines[next]) || indentOf(lines[next] ?? '').length > indent.length)) next++;
  const end = trimEnd(lines, start + 1, next);
  const child = lines.slice(start + 1, end).find((line) => !isBlank(line));
  const rest = (lines[start] ?? '').slice(head.length);
  const skipped = PROPERTIES.exec(rest)?.[0].length ?? 0;
  const inline = rest
    .slice(skipped)
    .replace(/(?:^|\s)#.*|\s+$/s, '')
    .trimEnd();
  const inner = child === undefined ? undefined : indentOf(child);
  return { start, end, indent, inner, inline, valueAt: head.length + skipped };
}

/** The end without blank lines and comments before it. */
function trimEnd(lines: YamlLines, from: number, to: number): number {
  let end = to;
  while (end > from && isBlank(lines[end - 1])) end--;
  return end;
}

const isBlank = (line = '') => /^\s*(?:#.*)?\s*$/.test(line);

const indentOf = (line: string) => /^[ \t]*/.exec(line)?.[0] ?? '';

function nameOf(written: string): string {
  if (written.startsWith('"')) {
    try {
      return JSON.parse(written);
    } catch {
      return written;
    }
  }
  return written.startsWith("'") ? written.slice(1, -1).replaceAll("''", "'") : written;
}
