import { hostScope } from '../lib/hosts.js';
import { isObject } from '../lib/json.js';
import { alternativesOf, isShallow, isWithin, type JsonSchema, typesOf } from '../lib/json-schema.js';
import { cleanText } from '../lib/text.js';
import { componentOf } from './components.js';
import { FILE_FORMS, fileRoute } from './files.js';
import type { EndpointParameter } from './types.js';

/** What is looked at of all tables of examples. */
const MAX_TABLES = 50;
const MAX_COLUMNS = 200;
const MAX_ROWS = 20;
const MAX_TEXT = 300;
const MAX_ITEMS = 10;
const MAX_URL = 500;

/** A table of examples, as the web page shows one below a form. */
export interface Rows {
  /** The components that a row is for, by Gradio's ids. */
  ids: unknown[];
  samples: unknown[][];
}

/**
 * The tables of examples of an app.
 * @param components of `/config`
 */
export function readRows(components: unknown): Rows[] {
  const tables = (Array.isArray(components) ? components : []).filter((one) => isObject(one) && one.type === 'dataset');
  return tables.slice(0, MAX_TABLES).flatMap(({ props }): Rows[] => {
    const { component_ids: ids, samples } = isObject(props) ? props : {};
    if (!Array.isArray(ids) || !Array.isArray(samples)) return [];
    return [
      {
        ids: ids.slice(0, MAX_COLUMNS),
        samples: samples.slice(0, MAX_ROWS).filter((row) => Array.isArray(row) && isShallow(row)),
      },
    ];
  });
}

/**
 * The row of examples that says most of the inputs of a function.
 * @param tables of the app
 * @param inputs ids of the components
 * @returns the values by id
 */
export function chooseExamples(tables: readonly Rows[], inputs: readonly unknown[]): Map<unknown, unknown> {
  const wanted = new Set(inputs);
  const fits = tables.map(({ ids, samples }) => ({ ids, samples, count: ids.filter((id) => wanted.has(id)).length }));
  const [table] = fits.sort((one, other) => other.count - one.count);
  const rows = (table?.samples ?? []).map((sample) => {
    const pairs = (table?.ids ?? []).map((id, at) => [id, sample[at]] as const);
    return new Map(pairs.filter(([id, value]) => wanted.has(id) && !isEmpty(value)));
  });
  const [fullest] = rows.sort((one, other) => other.size - one.size);
  return fullest ?? new Map();
}

/** What Gradio shows for every component of a kind: it says nothing of this app. */
const STAND_INS = new Set(['Hello!!', 'sample text', '...', '']);

/**
 * The example of a parameter, as its schema takes it.
 * @param parameter described
 * @param row the value in a row of the author's examples
 * @param others values that Gradio gives, best first
 * @param filesAt where the app's own files are, up to `/file=`
 * @returns undefined where none of them can be given
 */
export function readExample(
  { schema, file, default: value, wire, component }: EndpointParameter,
  row: unknown,
  others: readonly unknown[],
  filesAt: string,
): EndpointParameter['example'] {
  const { isText } = componentOf(component);
  const tell = (raw: unknown) => conform(raw, schema, { filesAt, file: file !== undefined });
  const isStandIn = (raw: unknown) =>
    isText === true && STAND_INS.has(String(isObject(raw) && !(raw.files as unknown[])?.length ? raw.text : raw));
  const own = isEmpty(row) ? undefined : tell(row);
  if (own !== undefined) return { value: own, own: true };
  for (const raw of [...(wire ? [value] : []), ...others].filter(isShallow)) {
    const told = isEmpty(raw) || isStandIn(raw) ? undefined : tell(raw);
    if (told !== undefined) return { value: told, own: false };
  }
  return undefined;
}

/** Whether a value is what an empty form sends. */
export function isEmpty(value: unknown): boolean {
  if (isObject(value)) return Object.values(value).every(isEmpty);
  return value === undefined || value === null || value === '' || (Array.isArray(value) && value.every(isEmpty));
}

interface Place {
  filesAt: string;
  /** There are files within. */
  file: boolean;
}

/**
 * A value of the wire in the shape of the simpler schema that an assistant meets, text cleaned and cut.
 * @returns undefined where it does not fit
 */
function conform(value: unknown, schema: JsonSchema, place: Place): unknown {
  const alternatives = alternativesOf(schema);
  if (alternatives.length > 0) {
    return alternatives.map((one) => conform(value, one, place)).find((one) => one !== undefined);
  }
  const [type] = typesOf(schema);
  if (type === 'array' && Array.isArray(value)) return conformList(value, schema, place);
  if (type === 'object' && isObject(value)) return conformObject(value, schema, place);
  if (type === 'string' && place.file && String(schema.description ?? '').includes(FILE_FORMS)) {
    return fileAddress(value, place.filesAt);
  }
  if (typeof value === 'string' && schema.enum === undefined) {
    const text = cleanText(value, MAX_TEXT);
    return isWithin(text, schema) ? text : undefined;
  }
  if (value === null || (type !== undefined && typeof value === 'object') || !isWithin(value, schema)) return undefined;
  const written = JSON.stringify(value);
  return written.length <= MAX_TEXT && cleanText(written) === written ? value : undefined;
}

function conformList(list: unknown[], { items, prefixItems }: JsonSchema, place: Place): unknown {
  const tuple = Array.isArray(prefixItems) ? prefixItems : [];
  const told = list.slice(0, MAX_ITEMS).map((one, at) => conform(one, (tuple[at] ?? items ?? {}) as JsonSchema, place));
  return told.includes(undefined) ? undefined : told;
}

function conformObject(value: Record<string, unknown>, schema: JsonSchema, place: Place): unknown {
  const { properties, required } = schema;
  if (!isObject(properties)) return JSON.stringify(value).length <= MAX_TEXT ? value : undefined;
  const told = Object.entries(properties).flatMap(([name, one]) => {
    const inner = Object.hasOwn(value, name) && isObject(one) ? conform(value[name], one, place) : undefined;
    return inner === undefined || (isEmpty(inner) && !(required as string[])?.includes(name)) ? [] : [[name, inner]];
  });
  const names = told.map(([name]) => name);
  return names.length > 0 && ((required as string[]) ?? []).every((name) => names.includes(name))
    ? Object.fromEntries(told)
    : undefined;
}

/** Where a file is that the app itself has, or that it names on the web; never a path, which would be one of this machine. */
function fileAddress(value: unknown, filesAt: string): string | undefined {
  if (typeof value === 'string') return isPublic(value) ? value : undefined;
  if (!isObject(value)) return undefined;
  const { path, url } = value;
  for (const one of [url, path]) if (typeof one === 'string' && isPublic(one) && !one.includes('/file=')) return one;
  if (typeof path === 'string' && path !== '' && path.length <= MAX_URL && !/^[a-z]+:\/\//i.test(path)) {
    return filesAt === '' ? undefined : `${filesAt}${fileRoute(path)}`;
  }
  // As an item of a gallery, or as a film with its subtitles.
  for (const inner of [value.image, value.video, value.background, value.composite]) {
    if (isObject(inner)) return fileAddress(inner, filesAt);
  }
  return undefined;
}

function isPublic(address: string): boolean {
  if (address.length > MAX_URL || !/^https?:\/\//i.test(address) || !URL.canParse(address)) return false;
  const { hostname, username, password } = new URL(address);
  return hostScope(hostname) === 'public' && !username && !password;
}
