import { loadAll, YAMLException } from 'js-yaml';
import { HugwireError } from '../errors.js';
import { type DocumentFormat, isMapping, type KeyPath, layoutOf, unsafe, valueAt } from './document.js';

/** YAML, as far as its mappings are written over lines (in block style); others are refused. */
export const YAML_FORMAT: DocumentFormat = { name: 'YAML', parse, set, remove };

function parse(text: string): unknown {
  let documents: unknown[];
  try {
    documents = loadAll(text);
  } catch (cause) {
    if (!(cause instanceof YAMLException)) throw cause;
    const { mark, reason } = cause;
    const place = mark ? `line ${mark.line + 1}, column ${mark.column + 1}: ` : '';
    throw new HugwireError('invalid_arguments', `It is not valid YAML: ${place}${reason}`, {
      hint: 'Correct the file first; nothing was changed.',
      cause,
    });
  }
  if (documents.length > 1) {
    throw new HugwireError('invalid_arguments', 'It holds more than one YAML document.', {
      hint: 'Change it by hand.',
    });
  }
  return documents[0] ?? undefined;
}

function set(text: string, path: KeyPath, value: unknown): string {
  const old = valueAt(parse(text), path);
  const lines = splitLines(text);
  return joinLines(old === undefined ? insert(lines, path, value, text) : replace(lines, path, value, text));
}

/** Puts a value below the deepest mapping on its way that is there. */
function insert(lines: YamlLines, path: KeyPath, value: unknown, text: string): YamlLines {
  const { eol, unit } = layoutOf(text);
  const step = unit.startsWith('\t') ? '  ' : unit;
  for (let depth = path.length - 1; depth >= 0; depth--) {
    const block = findBlock(lines, path.slice(0, depth));
    if (!block) continue;
    if (block.inline !== '' && !EMPTY.test(block.inline)) throw unsafe(YAML_FORMAT, path);
    // A new mapping would hide what a merge brings, for readers that know merges.
    const hides = path.length - depth > 1 && findBlock(lines, [...path.slice(0, depth), '<<']);
    if (hides) throw unsafe(YAML_FORMAT, path);
    const indent = block.inner ?? (depth === 0 ? '' : block.indent + step);
    const nested = path.slice(depth).reduceRight<unknown>((inner, key) => ({ [String(key)]: inner }), value);
    return add(emptied(lines, block), block.end, writeYaml(nested, indent, step), eol);
  }
  throw unsafe(YAML_FORMAT, path);
}

const EMPTY = /^(?:\{\s*\}|null|~)$/;

/** The lines without the `{}` or `null` that stands where a block is to come. */
function emptied(lines: YamlLines, { start, inline, valueAt: at }: { start: number; inline: string; valueAt: number }) {
  if (inline === '') return lines;
  return lines.map((line, index) =>
    index === start ? line.slice(0, at).trimEnd() + line.slice(at + inline.length) : line,
  );
}

function add(lines: YamlLines, at: number, added: string[], eol: string): YamlLines {
  const before = lines.slice(0, at);
  const last = before.at(-1);
  const ended = last === undefined || /[\r\n]$/.test(last);
  const body = added.map((line) => line + eol);
  if (ended) return [...before, ...body, ...lines.slice(at)];
  // Where the document ends without a line end, it goes on to do so.
  return [...before.slice(0, -1), last + eol, ...body.slice(0, -1), (body.at(-1) ?? '').slice(0, -eol.length)];
}

function replace(lines: YamlLines, path: KeyPath, value: unknown, text: string): YamlLines {
  const block = findBlock(lines, path);
  if (!block || path.length === 0) throw unsafe(YAML_FORMAT, path);
  if (block.inline !== '' && block.end === block.start + 1) {
    return lines.map((line, index) =>
      index === block.start
        ? line.slice(0, block.valueAt) + writeYamlLine(value) + line.slice(block.valueAt + block.inline.length)
        : line,
    );
  }
  return insert(cut(lines, block.start, block.end), path, value, text);
}

function remove(text: string, path: KeyPath): string {
  const lines = splitLines(text);
  const block = findBlock(lines, path);
  if (!block || path.length === 0) throw unsafe(YAML_FORMAT, path);
  return joinLines(cut(lines, block.start, block.end));
}

function cut(lines: YamlLines, start: number, end: number): YamlLines {
  const kept = [...lines.slice(0, start), ...lines.slice(end)];
  const unended = end === lines.length && !/[\r\n]$/.test(lines.at(-1) ?? '\n');
  return unended ? [...kept.slice(0, -1), (kept.at(-1) ?? '').replace(/(?<![\r\n])[\r\n]+$/, '')] : kept;
}

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
  const first = lines.findIndex((line) => !/^(?:%[^\r\n]*[\r\n]*|(?:---)?\s*(?:#[^\r\n]*[\r\n]*)?)$/.test(line));
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

const KEY =
  /^([ \t]*)("(?:\\.|[^"\\])*"|'(?:''|[^'])*'|(?:[^\s#"'[\]{}&*!|>%@`,-]|-[^\s:#])(?:[^:#]*[^:#\s])?)[ \t]*:(?=\s|$)/;
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
    .replace(/(?:^|\s)#.*/s, '')
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

const isBlank = (line = '') => /^\s*(?:#[^\r\n]*[\r\n]*)?$/.test(line);

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

/** What any YAML reader takes for a text, without quotes. */
const PLAIN = /^(?!(?:true|false|yes|no|on|off|null|y|n)$)[a-z_][\w./-]*$/i;

/**
 * Writes a mapping as lines of YAML in block style; lists go on one line.
 * @param value a mapping
 * @param indent of its keys
 * @param step one more of it
 * @returns lines without line ends
 */
export function writeYaml(value: unknown, indent: string, step: string): string[] {
  return Object.entries(value as Record<string, unknown>)
    .filter(([, inner]) => inner !== undefined)
    .flatMap(([key, inner]) => {
      const head = `${indent}${writeScalar(key)}:`;
      if (isMapping(inner) && Object.keys(inner).length > 0) return [head, ...writeYaml(inner, indent + step, step)];
      return [`${head} ${writeYamlLine(inner)}`];
    });
}

/** Writes a value as YAML on one line. */
export function writeYamlLine(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(writeYamlLine).join(', ')}]`;
  return typeof value === 'string' ? writeScalar(value) : JSON.stringify(value);
}

const writeScalar = (text: string) => (PLAIN.test(text) ? text : JSON.stringify(text));
