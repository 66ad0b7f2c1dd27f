import { isNothing } from '../lib/coerce.js';
import { HugwireError } from '../lib/errors.js';
import { isObject, parseJson } from '../lib/json.js';
import type { JsonSchema } from '../lib/json-schema.js';
import { cleanLine } from '../lib/text.js';
import type { FileShape } from './types.js';

/** How a file is given: one sentence part, used in every schema that takes one. */
export const FILE_FORMS = 'local path, http(s) or hf:// URL, or data: URL';

/** The mark in `meta` by which Gradio knows its file objects. */
export const FILE_MARK = 'gradio.FileData';

/** Gradio's file object as hugwire keeps it: every version and component words it at length, all mean the same. */
export const FILE_DATA: JsonSchema = {
  type: 'object',
  properties: { path: { type: 'string' }, url: { type: 'string' }, orig_name: { type: 'string' } },
};

/**
 * Whether a schema, repaired or not, describes Gradio's file object: by the mark in `meta`, or by its fields.
 * @param schema without `$ref` at its root
 */
export function isFileData(schema: unknown): boolean {
  if (!isObject(schema) || !isObject(schema.properties)) return false;
  const { meta, path, url, orig_name } = schema.properties;
  if (isObject(meta) && isObject(meta.default) && meta.default._type === FILE_MARK) return true;
  return path !== undefined && url !== undefined && orig_name !== undefined;
}

/**
 * What kind of file parameter a schema makes.
 * @param schema of the wire
 * @returns undefined when there is no file anywhere in it
 */
export function fileShape(schema: JsonSchema): FileShape | undefined {
  if (isFileData(schema)) return 'file';
  if (schema.type === 'array' && isFileData(schema.items)) return 'files';
  return holdsFile(schema) ? 'nested' : undefined;
}

function holdsFile(schema: unknown): boolean {
  return isFileData(schema) || childrenOf(schema).some(holdsFile);
}

function childrenOf(schema: unknown): unknown[] {
  if (!isObject(schema)) return [];
  const { properties, items, prefixItems, anyOf, additionalProperties } = schema;
  return [
    ...(isObject(properties) ? Object.values(properties) : []),
    ...(Array.isArray(prefixItems) ? prefixItems : []),
    ...(Array.isArray(anyOf) ? anyOf : []),
    items,
    additionalProperties,
  ];
}

/**
 * The schema as an assistant meets it: every file object is a string.
 * @param schema of the wire
 * @param what describes a file of this parameter
 */
export function presentFiles(schema: JsonSchema, what = FILE_FORMS): JsonSchema {
  if (isFileData(schema)) return { type: 'string', description: what };
  const deeper = (child: unknown) => (isObject(child) ? presentFiles(child, what) : child);
  const shown: JsonSchema = { ...schema };
  if (isObject(schema.properties)) {
    shown.properties = Object.fromEntries(Object.entries(schema.properties).map(([name, one]) => [name, deeper(one)]));
  }
  for (const keyword of ['prefixItems', 'anyOf']) {
    const list = schema[keyword];
    if (Array.isArray(list)) shown[keyword] = list.map(deeper);
  }
  for (const keyword of ['items', 'additionalProperties']) {
    if (isObject(schema[keyword])) shown[keyword] = deeper(schema[keyword]);
  }
  return shown;
}

/** Where the blocks of chats and of their APIs keep what they hold: a block within a block, an address, bytes, their type. */
const INNER = [
  'image_url',
  'source',
  'resource',
  'input_audio',
  'file',
  'inlineData',
  'inline_data',
  'fileData',
  'file_data',
];
const ADDRESSES = ['url', 'path', 'uri', 'fileUri', 'file_uri', 'file_path', 'filePath', 'image_url', 'file_id'];
const BYTES = ['data', 'blob', 'file_data', 'b64_json', 'base64', 'image', 'audio'];
const TYPES = ['mimeType', 'mime_type', 'media_type', 'format'];

/** A path by which a Gradio app keeps a file: in a directory that is named by what is in it. */
const KEPT = /[\\/][0-9a-f]{40,64}[\\/][^\\/]+$/;

/**
 * The one string that a file is given as, from the ways in which other calls and chats give one: Gradio's file object, a block
 * of MCP (image, audio, resource), of the APIs of Anthropic, OpenAI and Google, or a list of one of these.
 * @param value anything, also a block as JSON text; other values are returned unchanged
 * @param levels how deep blocks may lie in blocks
 */
export function sourceOf(value: unknown, levels = 3): unknown {
  if (levels === 0) return value;
  if (typeof value === 'string') {
    const parsed = /^\s*(?:\[\s*)?\{/.test(value) ? parseJson(value) : undefined;
    return parsed === undefined ? value : sourceOf(parsed, levels);
  }
  if (Array.isArray(value)) return value.length === 1 ? sourceOf(value[0], levels - 1) : value;
  if (!isObject(value)) return value;
  const take = (names: readonly string[]) =>
    names.map((name) => value[name]).find((one): one is string => typeof one === 'string' && one !== '');
  const bytes = take(BYTES);
  const type = take(TYPES);
  if (bytes !== undefined) {
    // Some name the format alone.
    const mime =
      type === undefined ? '' : type.includes('/') ? type : `${'image' in value ? 'image' : 'audio'}/${type}`;
    return /^(?:data|https?):/i.test(bytes) ? bytes : `data:${mime};base64,${bytes}`;
  }
  const inner = INNER.map((name) => value[name]).find((one) => isObject(one));
  if (inner !== undefined) return sourceOf(inner, levels - 1);
  const { text } = value;
  if (typeof text === 'string' && type !== undefined)
    return `data:${type};base64,${Buffer.from(text).toString('base64')}`;
  // The app's own file, which it named without an address.
  if (typeof value.path === 'string' && KEPT.test(value.path) && isNothing(value.url)) return fileRoute(value.path);
  return take(ADDRESSES) ?? take(INNER) ?? value;
}

const MAX_TYPES = 50;
const CATEGORY = /^(?:image|video|audio|text)$/;

/**
 * The types of file that a component takes, as its author wrote them: `.pdf`, or a category such as `image`.
 * @param types `file_types` of the component
 * @returns undefined when it takes every file, or says it in a way that cannot be checked
 */
export function readFileTypes(types: unknown): string[] | undefined {
  if (!Array.isArray(types) || types.length === 0 || types.length > MAX_TYPES) return undefined;
  const known = types.map((one) => cleanLine(one, 30).toLowerCase());
  return known.every((one) => /^\.[^\s/]+$/.test(one) || CATEGORY.test(one)) ? known : undefined;
}

/**
 * The route below an app's address at which it has a file of its own.
 * @param path on the app's machine
 */
export function fileRoute(path: string): string {
  return `/file=${path.split('/').map(encodeURIComponent).join('/')}`;
}

/** Of these, programs agree on what they are. */
const isMedia = (type: string | undefined) => /^(?:image|video|audio)\//.test(type ?? '');

/**
 * Refuses a file that the app would refuse, before anything is sent. Where only the app can know, it is asked.
 * @param parameter that it is for
 * @param file its name, and its type as far as it is known
 * @param accepted from `readFileTypes`
 * @throws HugwireError `invalid_arguments` that names the types
 */
export async function refuseFileType(
  parameter: string,
  { name, type }: Pick<File, 'name' | 'type'>,
  accepted: readonly string[],
): Promise<void> {
  const { lookup } = await import('mrmime');
  const types = [lookup(name), type];
  const fits = accepted.some((one) =>
    one.startsWith('.') ? name.toLowerCase().endsWith(one) : types.some((known) => known?.startsWith(`${one}/`)),
  );
  // What counts as text, or as a type that few know, each program says for itself.
  const isSure = accepted.every((one) => one.startsWith('.')) || types.some(isMedia);
  if (fits || !isSure) return;
  const last = accepted.slice(-1).join();
  const list = accepted.length > 1 ? `${accepted.slice(0, -1).join(', ')} or ${last}` : last;
  throw new HugwireError('invalid_arguments', `"${parameter}" takes ${list} files, not ${cleanLine(name, 120)}.`, {
    hint: 'Nothing was sent. Convert the file, or give another one.',
  });
}
