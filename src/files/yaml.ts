import { loadAll, YAMLException } from 'js-yaml';
import { HugwireError } from '../errors.js';
import { type DocumentFormat, unsafe } from './document.js';
import { layoutOf } from './layout.js';
import { type KeyPath, valueAt } from './value.js';
import { findBlock, joinLines, splitLines, type YamlLines } from './yaml-blocks.js';
import { writeYaml, writeYamlLine } from './yaml-text.js';

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
    throw new HugwireError('invalid_arguments', `It is no valid YAML: ${place}${reason}`, {
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
  return unended ? [...kept.slice(0, -1), (kept.at(-1) ?? '').replace(/[\r\n]+$/, '')] : kept;
}
