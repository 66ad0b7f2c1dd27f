import { isObject, type JsonSchema } from '../../schema/json-schema.js';
import type { FileShape } from '../types.js';
import { presentFiles } from './file-data.js';
import { fromMessages, toMessages } from './messages.js';

/** A component whose value people write in a simpler way than Gradio wants it on the wire. */
export interface Shape {
  /** Set where the schema that an assistant meets does not show it by itself. */
  file?: FileShape;
  /**
   * The simpler schema that an assistant meets.
   * @param wire the wire's
   * @param file describes a file of this parameter
   */
  present(wire: JsonSchema, file: string): JsonSchema;
  /**
   * Gives a value the structure of the wire; what it does not know comes back as it is, for the validator to refuse.
   * @param wire the wire's schema
   * @param fallback the component's own value
   */
  shape(value: unknown, wire: JsonSchema, fallback: unknown): unknown;
}

/** By component, lower case. */
export const SHAPES: Record<string, Shape> = {
  chatbot: {
    present: () => ({
      type: 'array',
      description: 'messages so far, oldest first',
      items: {
        type: 'object',
        properties: { role: { type: 'string', description: 'user or assistant' }, content: { type: 'string' } },
        required: ['role', 'content'],
      },
    }),
    shape: (value, wire) => fromMessages(toMessages(value), wire),
  },

  gallery: {
    file: 'files',
    present: (_, file) => ({ type: 'array', items: { type: 'string', description: file } }),
    shape: (value, wire) => (isNothing(value) ? value : asList(value).map((item) => shapeGalleryItem(item, wire))),
  },

  // Before Gradio 6 a video travels with its subtitles.
  video: {
    file: 'file',
    present: (wire, file) =>
      hasProperty(wire, 'video') ? { type: 'string', description: file } : presentFiles(wire, file),
    shape: (value, wire) => (hasProperty(wire, 'video') && isFile(value) ? { video: value, subtitles: null } : value),
  },

  imageeditor: {
    present: (wire, file) => {
      const { id: _, ...properties } = isObject(wire.properties) ? wire.properties : {};
      const shown = presentFiles({ ...wire, properties }, file);
      return { ...shown, description: 'the picture alone will do; a mask goes into layers' };
    },
    shape: (value) => {
      const given = isFile(value) ? { background: value } : value;
      if (!isObject(given)) return given;
      const layers = isNothing(given.layers) ? [] : asList(given.layers);
      // The web page sends the picture as it looks; without layers that is the background.
      const composite = given.composite ?? (layers.length === 0 ? given.background : undefined) ?? null;
      return { ...given, layers, composite };
    },
  },

  multimodaltextbox: {
    present: (wire, file) => ({ ...presentFiles(wire, file), description: 'text alone will do' }),
    shape: (value) => {
      if (typeof value === 'string') return { text: value, files: [] };
      return isObject(value) ? { ...value, text: value.text ?? '', files: value.files ?? [] } : value;
    },
  },

  dataframe: {
    present: () => ({
      type: 'object',
      description: 'rows alone (a list of lists, or of objects) will do',
      properties: {
        headers: { type: 'array', items: { type: 'string' } },
        data: { type: 'array', items: { type: 'array', items: {} } },
      },
      required: ['data'],
    }),
    shape: (value, _, fallback) => shapeTable(value, isObject(fallback) ? fallback.headers : undefined),
  },
};

const VIDEO = /^data:video\/|\.(?:mp4|webm|mov|mkv|avi|m4v|mpg|mpeg|ogv)(?:[?#].*)?$/i;

function shapeGalleryItem(item: unknown, wire: JsonSchema): unknown {
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

function hasProperty(schema: unknown, name: string): boolean {
  return isObject(schema) && isObject(schema.properties) && Object.hasOwn(schema.properties, name);
}

function asList(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [value];
}

function isNothing(value: unknown): boolean {
  return value === null || value === undefined;
}
