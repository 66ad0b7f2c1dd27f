import { isObject, type JsonSchema } from '../lib/json-schema.js';
import { cleanLine } from '../lib/text.js';
import { FILE_FORMS, presentFiles } from './file-data.js';
import { typeOfAll } from './schema.js';
import type { FileShape } from './types.js';

type Props = Record<string, unknown>;

/** A choice as people see it, and the value that goes over the wire for it. */
type Choice = [label: string, value: unknown];

const MAX_CHOICES = 1000;
const MAX_EXAMPLES = 8;

/** What the properties of a component add to the schema that `/info` gives, or correct in it. */
const REFINEMENTS: Record<string, (schema: JsonSchema, props: Props) => JsonSchema> = {
  textbox: (schema, props) => ({ ...schema, ...pickCount(props, 'max_length', 'maxLength') }),
  // Gradio 4 says "number" even of whole ones.
  number: (schema, props) => ({
    ...schema,
    type: props.precision === 0 ? 'integer' : 'number',
    ...pickBounds(props),
  }),
  slider: (_, props) => {
    const whole = Number.isInteger(props.step) && Number.isInteger(props.minimum ?? 0);
    return { type: whole ? 'integer' : 'number', ...pickBounds(props), ...describeStep(props.step) };
  },
  radio: (_, props) => chooseOne(props),
  dropdown: (_, props) => (props.multiselect === true ? chooseMany(props) : chooseOne(props)),
  checkboxgroup: (_, props) => chooseMany(props),
  json: () => ({ description: 'any JSON value' }),
  paramviewer: () => ({ description: 'any JSON value' }),
};

/** What a file of a component is, for its description. */
const FILE_KINDS: Record<string, string> = {
  image: 'image',
  imageeditor: 'image',
  imageslider: 'image',
  annotatedimage: 'image',
  gallery: 'image or video',
  audio: 'audio',
  video: 'video',
  model3d: '3D model',
};

/**
 * Corrects the schema of a parameter by what its component says in `/config`: bounds, whole numbers, choices of their
 * true type, choices that are only suggestions.
 * @param component lower case
 * @param schema repaired
 * @param props of the component
 */
export function refineSchema(component: string, schema: JsonSchema, props: Props): JsonSchema {
  const refine = Object.hasOwn(REFINEMENTS, component) ? REFINEMENTS[component] : undefined;
  return refine ? refine(schema, props) : schema;
}

/**
 * Says what a file parameter takes: `image file: local path, …; .png, .jpg only`.
 * @param component lower case
 * @param props of the component
 */
export function describeFile(component: string, props: Props): string {
  const kind = Object.hasOwn(FILE_KINDS, component) ? `${FILE_KINDS[component]} file` : 'file';
  const types = Array.isArray(props.file_types)
    ? props.file_types.slice(0, MAX_EXAMPLES).map((one) => cleanLine(one, 30))
    : [];
  const only = types.filter(Boolean).join(', ');
  return `${kind}: ${FILE_FORMS}${only ? `; ${only} only` : ''}`;
}

/**
 * The choices of a component, as label and value.
 * @param props of the component
 */
export function choicesOf(props: Props): Choice[] {
  if (!Array.isArray(props.choices)) return [];
  return props.choices.flatMap((choice): Choice[] => {
    const [label, value] = Array.isArray(choice) && choice.length === 2 ? choice : [choice, choice];
    return isObject(value) || Array.isArray(value) ? [] : [[cleanLine(String(label)), value]];
  });
}

function chooseOne(props: Props): JsonSchema {
  const choices = choicesOf(props);
  const values = choices.map(([, value]) => value);
  const type = typeOfAll(values);
  if (values.length === 0) return { description: 'choices are filled while the app runs' };
  const examples = values.slice(0, MAX_EXAMPLES).map((value) => cleanLine(String(value), 60));
  // An enum would forbid what the app allows.
  if (props.allow_custom_value === true) {
    return { ...(type === 'string' ? { type } : {}), description: `any value, such as ${examples.join(', ')}` };
  }
  if (values.length > MAX_CHOICES) {
    return {
      ...(type ? { type } : {}),
      description: `one of ${values.length} choices, such as ${examples.join(', ')}`,
    };
  }
  return { ...(type ? { type } : {}), enum: [...new Set(values)], ...describeLabels(choices) };
}

function chooseMany(props: Props): JsonSchema {
  const { description, ...items } = chooseOne(props);
  return {
    type: 'array',
    items,
    ...(description === undefined ? {} : { description }),
    ...pickCount(props, 'max_choices', 'maxItems'),
  };
}

function describeLabels(choices: Choice[]): JsonSchema {
  const telling = choices.filter(([label, value]) => label !== String(value)).slice(0, MAX_EXAMPLES);
  if (telling.length === 0) return {};
  return { description: telling.map(([label, value]) => `${cleanLine(String(value), 60)} = ${label}`).join(', ') };
}

function describeStep(step: unknown): JsonSchema {
  return typeof step === 'number' && step !== 1 && step > 0 ? { description: `step ${step}` } : {};
}

function pickBounds(props: Props): JsonSchema {
  const { minimum, maximum } = props;
  const bounds: JsonSchema = {};
  if (typeof minimum === 'number') bounds.minimum = minimum;
  if (typeof maximum === 'number') bounds.maximum = maximum;
  return (minimum as number) > (maximum as number) ? {} : bounds;
}

function pickCount(props: Props, name: string, keyword: string): JsonSchema {
  const count = props[name];
  return Number.isInteger(count) && (count as number) > 0 ? { [keyword]: count } : {};
}

/** A component whose value people write in a simpler way than Gradio wants it on the wire. */
interface Shape {
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
function toMessages(value: unknown): unknown {
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

function isMessage(value: unknown): value is Message {
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
