import { getNodeValue, type Node, type ParseError, parseTree, printParseErrorCode, visit } from 'jsonc-parser';
import { HugwireError } from '../errors.js';
import {
  type DocumentFormat,
  indentAt,
  isMapping,
  type KeyPath,
  type Layout,
  layoutOf,
  lineEnd,
  lineStart,
  placeOf,
  setValue,
  unsafe,
} from './document.js';

/** JSON, and what editors allow beside it: comments and commas at the end. */
export const JSON_FORMAT: DocumentFormat = {
  name: 'JSON',
  parse(text) {
    const root = parse(text);
    return root ? getNodeValue(root) : undefined;
  },
  set,
  remove(text, path) {
    const node = find(parse(text), path)?.parent;
    if (!node) throw unsafe(JSON_FORMAT, path);
    return removeMember(text, node);
  },
};

/**
 * Sets a value in a JSON document; comments, indentation, line ends and all else stay byte for byte.
 * @param text of the document; may have comments; empty text is an empty document
 * @param path keys from the top; missing objects on the way are made
 * @param value anything that JSON can say
 * @throws HugwireError `invalid_arguments` when the text is broken (with the place), or something on the way is no object
 */
export function setJsonValue(text: string, path: KeyPath, value: unknown): string {
  return setValue(JSON_FORMAT, text, path, value);
}

function parse(text: string): Node | undefined {
  const errors: ParseError[] = [];
  const root = parseTree(text, errors, { allowTrailingComma: true, allowEmptyContent: true });
  const [first] = errors;
  if (first) throw broken(text, first);
  return root;
}

/** What editors allow beside JSON, and JSON itself does not: a byte order mark, comments, commas at the end. */
export type Extra = 'mark' | 'comments' | 'commas';

/**
 * What a text has that not every reader of JSON takes.
 * @param text of a document that can be parsed
 * @returns the first of each kind, and every key that stands twice in an object, each with its place
 */
export function findExtras(text: string): { kind: Extra | 'twice'; place: string; path: (string | number)[] }[] {
  const found: ReturnType<typeof findExtras> = [];
  const body = text.replace(/^\uFEFF/, '');
  const add = (kind: Extra | 'twice', offset: number, path: (string | number)[] = []) => {
    if (kind === 'twice' || !found.some((one) => one.kind === kind))
      found.push({ kind, place: placeOf(body, offset), path });
  };
  if (body !== text) add('mark', 0);
  const keys: Set<string>[] = [];
  let comma: number | undefined;
  const close = () => {
    if (comma !== undefined) add('commas', comma);
  };
  const value = () => {
    comma = undefined;
  };
  visit(
    body,
    {
      onComment: (offset) => add('comments', offset),
      onSeparator: (character, offset) => {
        if (character === ',') comma = offset;
      },
      onObjectBegin: () => {
        value();
        keys.push(new Set());
      },
      onObjectProperty: (key, offset, _length, _line, _column, path) => {
        value();
        if (keys.at(-1)?.has(key)) add('twice', offset, [...path(), key]);
        keys.at(-1)?.add(key);
      },
      onObjectEnd: () => {
        close();
        value();
        keys.pop();
      },
      onArrayBegin: value,
      onArrayEnd: () => {
        close();
        value();
      },
      onLiteralValue: value,
    },
    { allowTrailingComma: true },
  );
  return found;
}

function broken(text: string, { offset, error }: ParseError): HugwireError {
  const name = printParseErrorCode(error)
    .replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
    .trim();
  return new HugwireError('invalid_arguments', `It is not valid JSON: ${placeOf(text, offset)}: ${name}`, {
    hint: 'Correct the file first; nothing was changed.',
  });
}

function set(text: string, path: KeyPath, value: unknown): string {
  const root = parse(text);
  if (!root) return startDocument(text, nest(path, value));
  const there = find(root, path);
  if (there) return splice(text, there, value);
  const { node, rest } = nearestObject(root, path);
  const [key, ...inner] = rest;
  if (typeof key !== 'string') throw unsafe(JSON_FORMAT, path);
  if (node.type === 'null') return splice(text, node, nest(rest, value));
  return insertMember(text, node, key, nest(inner, value));
}

function splice(text: string, { offset, length }: Node, value: unknown): string {
  const written = writeJson(value, layoutOf(text), indentAt(text, offset));
  return text.slice(0, offset) + written + text.slice(offset + length);
}

function startDocument(text: string, value: unknown): string {
  const layout = layoutOf(text);
  const comments = text.trim() === '' ? '' : text.replace(/(?<![\r\n])$/, layout.eol);
  return comments + writeJson(value, layout, '') + layout.eol;
}

const nest = (path: KeyPath, value: unknown) =>
  path.reduceRight<unknown>((inner, key) => ({ [String(key)]: inner }), value);

/** The node of a value. Of equal keys the last counts, as it does for JSON.parse. */
function find(root: Node | undefined, path: KeyPath): Node | undefined {
  return path.reduce<Node | undefined>(
    (node, key) => node?.children?.findLast(({ children }) => children?.[0]?.value === key)?.children?.[1],
    root,
  );
}

/** The deepest node on the way that is there, and the keys that are missing below it. */
function nearestObject(root: Node, path: KeyPath): { node: Node; rest: KeyPath } {
  for (let depth = path.length - 1; depth >= 0; depth--) {
    const node = find(root, path.slice(0, depth));
    if (node) return { node, rest: path.slice(depth) };
  }
  return { node: root, rest: path };
}

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

/** Lists of plain values stay on a line up to this width. */
const LINE_WIDTH = 80;

/**
 * Writes a value as JSON over several lines; short lists of plain values stay on one.
 * @param value anything that JSON can say
 * @param layout of the document that it goes into
 * @param indent of the line that it begins on
 */
export function writeJson(value: unknown, layout: Layout, indent: string): string {
  const deeper = indent + layout.unit;
  const block = (open: string, items: string[], close: string) =>
    items.length === 0
      ? open + close
      : [open, items.map((item) => deeper + item).join(`,${layout.eol}`), indent + close].join(layout.eol);
  if (isMapping(value)) {
    const members = Object.entries(value)
      .filter(([, inner]) => inner !== undefined)
      .map(([key, inner]) => `${JSON.stringify(key)}: ${writeJson(inner, layout, deeper)}`);
    return block('{', members, '}');
  }
  if (!Array.isArray(value)) return JSON.stringify(value);
  const line = writeJsonLine(value, ' ');
  const plain = value.every((item) => typeof item !== 'object' || item === null);
  if (plain && line.length <= LINE_WIDTH) return line;
  return block(
    '[',
    value.map((item) => writeJson(item, layout, deeper)),
    ']',
  );
}

/**
 * Writes a value as JSON on one line.
 * @param gap what follows a comma or colon: a space, or nothing
 */
export function writeJsonLine(value: unknown, gap: string): string {
  if (Array.isArray(value)) return `[${value.map((item) => writeJsonLine(item, gap)).join(`,${gap}`)}]`;
  if (!isMapping(value)) return JSON.stringify(value);
  const members = Object.entries(value)
    .filter(([, inner]) => inner !== undefined)
    .map(([key, inner]) => `${JSON.stringify(key)}:${gap}${writeJsonLine(inner, gap)}`);
  return members.length === 0 ? '{}' : `{${gap}${members.join(`,${gap}`)}${gap}}`;
}
