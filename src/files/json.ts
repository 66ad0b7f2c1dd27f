import { getNodeValue, type Node, type ParseError, parseTree, printParseErrorCode } from 'jsonc-parser';
import { HugwireError } from '../errors.js';
import { type DocumentFormat, removeValue, setValue, unsafe } from './document.js';
import { insertMember, removeMember } from './json-members.js';
import { writeJson } from './json-text.js';
import { indentAt, layoutOf, placeOf } from './layout.js';
import type { KeyPath } from './value.js';

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

/**
 * Takes a value out of a JSON document; all else stays byte for byte. Objects on the way stay, even when empty.
 * @param text of the document; may have comments
 * @param path keys from the top; where nothing is there, the text stays
 * @throws HugwireError `invalid_arguments` when the text is broken (with the place)
 */
export function removeJsonValue(text: string, path: KeyPath): string {
  return removeValue(JSON_FORMAT, text, path);
}

function parse(text: string): Node | undefined {
  const errors: ParseError[] = [];
  const root = parseTree(text, errors, { allowTrailingComma: true, allowEmptyContent: true });
  const [first] = errors;
  if (first) throw broken(text, first);
  return root;
}

function broken(text: string, { offset, error }: ParseError): HugwireError {
  const name = printParseErrorCode(error)
    .replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
    .trim();
  return new HugwireError('invalid_arguments', `It is no valid JSON: ${placeOf(text, offset)}: ${name}`, {
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
