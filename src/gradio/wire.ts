import { isObject } from '../lib/json.js';
import type { JsonSchema } from '../lib/json-schema.js';

/** Gives a value the structure of the wire; what it does not know comes back as it is, for the validator to refuse. */
export type ToWire = (value: unknown, wire: JsonSchema, fallback: unknown) => unknown;

/** A chat history, however it is written, as the Gradio that is called wants it. */
export const toChat: ToWire = (value, wire) => fromMessages(toMessages(value), wire);

/** Pictures and films as the items of a gallery. */
export const toGallery: ToWire = (value, wire) =>
  isNothing(value) ? value : asList(value).map((item) => toGalleryItem(item, wire));

/** A film; before Gradio 6 it travels with its subtitles. Either form is taken. */
export const toVideo: ToWire = (value, wire) => {
  if (hasProperty(wire, 'video')) return isFile(value) ? { video: value, subtitles: null } : value;
  return isObject(value) && isFile(value.video) ? value.video : value;
};

/** A picture with its layers; the picture alone will do. */
export const toEditedImage: ToWire = (value) => {
  const given = isFile(value) ? { background: value } : value;
  if (!isObject(given)) return given;
  const layers = isNothing(given.layers) ? [] : asList(given.layers);
  // The web page sends the picture as it looks; without layers that is the background.
  const composite = given.composite ?? (layers.length === 0 ? given.background : undefined) ?? null;
  return { ...given, layers, composite };
};

/** Text with files; the text alone will do. */
export const toMultimodal: ToWire = (value) => {
  if (typeof value === 'string') return { text: value, files: [] };
  return isObject(value) ? { ...value, text: value.text ?? '', files: value.files ?? [] } : value;
};

/** A table: rows as lists or as objects, columns as pandas writes them, or Gradio's own form. */
export const toTable: ToWire = (value, _, fallback) =>
  shapeTable(value, isObject(fallback) ? fallback.headers : undefined);

const VIDEO = /^data:video\/|\.(?:mp4|webm|mov|mkv|avi|m4v|mpg|mpeg|ogv)(?:[?#]|$)/i;

function toGalleryItem(item: unknown, wire: JsonSchema): unknown {
  if (!isFile(item)) return item;
  const source = typeof item === 'string' ? item : String(item.path ?? item.url);
  const kinds = isObject(wire.items) && Array.isArray(wire.items.anyOf) ? wire.items.anyOf : [];
  const kind = VIDEO.test(source) && kinds.some((one) => hasProperty(one, 'video')) ? 'video' : 'image';
  return { [kind]: item, caption: null };
}

function shapeTable(value: unknown, known: unknown): unknown {
  if (Array.isArray(value)) return tableOfRows(value, known);
  if (!isObject(value)) return value;
  if (!Object.hasOwn(value, 'data')) return tableOfColumns(value);
  const rows = Array.isArray(value.data) ? value.data : [];
  return { ...value, headers: value.headers ?? headersFor(rows, known), metadata: value.metadata ?? null };
}

function tableOfRows(rows: unknown[], known: unknown): unknown {
  if (rows.length > 0 && rows.every(isObject)) {
    const headers = [...new Set(rows.flatMap((row) => Object.keys(row)))];
    const data = rows.map((row) => headers.map((name) => (Object.hasOwn(row, name) ? row[name] : null)));
    return { headers, data, metadata: null };
  }
  const data = rows.some(Array.isArray) ? rows : rows.map((cell) => [cell]);
  return { headers: headersFor(data, known), data, metadata: null };
}

// As pandas writes a table: a list of values per column.
function tableOfColumns(columns: Record<string, unknown>): unknown {
  const headers = Object.keys(columns);
  const lists = Object.values(columns);
  if (headers.length === 0 || !lists.every(Array.isArray)) return columns;
  const length = widest(lists);
  const data = Array.from({ length }, (_, row) => lists.map((list) => (list[row] === undefined ? null : list[row])));
  return { headers, data, metadata: null };
}

function headersFor(rows: unknown[], known: unknown): string[] {
  const width = widest(rows);
  if (Array.isArray(known) && (known.length === width || rows.length === 0)) return known.map(String);
  return Array.from({ length: width }, (_, index) => String(index + 1));
}

// Not Math.max(...): a long table has more rows than a call may have arguments.
function widest(rows: unknown[]): number {
  return rows.reduce<number>((width, row) => Math.max(width, Array.isArray(row) ? row.length : 1), 0);
}

/** Whether a value names a file: text, or a file object as another call returned it. */
function isFile(value: unknown): value is string | Record<string, unknown> {
  if (typeof value === 'string') return value !== '';
  return isObject(value) && (typeof value.path === 'string' || typeof value.url === 'string');
}

/** Whether a schema of an object names a property. */
export function hasProperty(schema: unknown, name: string): boolean {
  return isObject(schema) && isObject(schema.properties) && Object.hasOwn(schema.properties, name);
}

function asList(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [value];
}

function isNothing(value: unknown): boolean {
  return value === null || value === undefined;
}

interface Message {
  role: string;
  content: unknown;
  [more: string]: unknown;
}

/**
 * Reads a chat history however it is written: one text, messages with a role, pairs of user and assistant as Gradio 4
 * has them, or a mix.
 * @param value the history
 * @returns the messages, or the value itself when it is no history
 */
export function toMessages(value: unknown): unknown {
  if (typeof value === 'string') return value === '' ? [] : [{ role: 'user', content: value }];
  const list = isObject(value) && isMessage(value) ? [value] : value;
  if (!Array.isArray(list)) return value;
  return list.flatMap((item: unknown): unknown[] => {
    if (typeof item === 'string') return [{ role: 'user', content: item }];
    if (!Array.isArray(item) || item.length !== 2) return [item];
    const [user, assistant] = item;
    return [
      { role: 'user', content: user },
      { role: 'assistant', content: assistant },
    ].filter(({ content }) => content !== null);
  });
}

/**
 * Writes messages as the wire wants them: pairs (Gradio 4), messages with text (5) or with a list of parts (6).
 * @param messages from `toMessages`
 * @param wire the schema of the history
 */
function fromMessages(messages: unknown, wire: JsonSchema): unknown {
  if (!Array.isArray(messages) || !messages.every(isMessage)) return messages;
  const item = isObject(wire.items) ? wire.items : {};
  if (Array.isArray(item.prefixItems)) return toPairs(messages);
  const content = isObject(item.properties) ? item.properties.content : undefined;
  const inParts = isObject(content) && content.type === 'array';
  return messages.map((message) => ({
    ...message,
    content: inParts ? toParts(message.content) : fromParts(message.content),
  }));
}

/** Whether a value is one message of a chat. */
export function isMessage(value: unknown): value is Message {
  return isObject(value) && typeof value.role === 'string' && Object.hasOwn(value, 'content');
}

function toParts(content: unknown): unknown {
  if (Array.isArray(content)) return content.map((part) => (typeof part === 'string' ? textPart(part) : part));
  return [typeof content === 'string' ? textPart(content) : content];
}

function textPart(text: string): unknown {
  return { type: 'text', text };
}

function fromParts(content: unknown): unknown {
  if (!Array.isArray(content)) return isTextPart(content) ? content.text : content;
  if (content.every((part) => typeof part === 'string' || isTextPart(part))) {
    return content.map((part) => (typeof part === 'string' ? part : part.text)).join('\n');
  }
  return content.length === 1 ? content[0] : content;
}

function isTextPart(part: unknown): part is { text: string } {
  return (
    isObject(part) && typeof part.text === 'string' && Object.keys(part).every((key) => /^(?:text|type)$/.test(key))
  );
}

function toPairs(messages: Message[]): unknown[] {
  const pairs: [unknown, unknown][] = [];
  for (const { role, content } of messages) {
    const text = fromParts(content);
    const last = pairs.at(-1);
    if (role !== 'assistant') pairs.push([text, null]);
    else if (last && last[1] === null) last[1] = text;
    else pairs.push([null, text]);
  }
  return pairs;
}
