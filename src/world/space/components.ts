import type { FileStore, StoredFile } from './files.js';

type Schema = Record<string, unknown>;

/** What a component may ask for while it reads a value. */
interface ReadContext {
  files: FileStore;
}

/** A Gradio component, as `/config` and `/info` describe it and as the app reads its value. */
export interface DemoComponent {
  /** Gradio's lower case name, such as `textbox`. */
  type: string;
  label: string;
  /** What `/config` adds for this type; a `value` here is the default of the parameter. */
  props: Record<string, unknown>;
  schema: Schema;
  pythonType: string;
  example: unknown;
  /** Checks and converts what a caller sent, as Gradio's `preprocess` does; throws when it cannot. */
  read(value: unknown, context: ReadContext): unknown;
}

/** A refusal in the app's own words: what `raise gr.Error(message, title=…)` is in Python. */
export class AppError extends Error {
  constructor(
    message: string,
    readonly title = 'Error',
  ) {
    super(message);
  }
}

/** What Gradio's component cannot read at all; the runner adds which input it was. */
export class UnreadableValue extends Error {
  constructor(
    readonly expected: string,
    readonly value: unknown,
  ) {
    super(`Expected a \`${expected}\``);
  }
}

const keep = (value: unknown): unknown => value;

/** One line of text. */
export function textbox(label: string, props: Record<string, unknown> = {}): DemoComponent {
  const read = (value: unknown) => (value === null || typeof value === 'string' ? value : String(value));
  return {
    type: 'textbox',
    label,
    props: { lines: 1, type: 'text', ...props },
    schema: { type: 'string' },
    pythonType: 'str',
    example: 'Hello!!',
    read,
  };
}

/** Yes or no. */
export function checkbox(label: string, value: boolean): DemoComponent {
  return {
    type: 'checkbox',
    label,
    props: { value },
    schema: { type: 'boolean' },
    pythonType: 'bool',
    example: true,
    read: Boolean,
  };
}

interface NumberProps {
  value?: number;
  minimum?: number;
  maximum?: number;
  step?: number;
  /** 0 makes it an integer. */
  precision?: number;
}

/** A number; `precision: 0` makes it an integer. */
export function number(label: string, props: NumberProps): DemoComponent {
  const integer = props.precision === 0;
  return {
    type: 'number',
    label,
    props: { step: 1, ...props },
    schema: { type: integer ? 'integer' : 'number' },
    pythonType: integer ? 'int' : 'float',
    example: props.minimum ?? 3,
    read(value) {
      if (value === null) return null;
      const number = withinBounds(value, props, 'float | None');
      return integer ? Math.round(number) : number;
    },
  };
}

/** A number with bounds, which Gradio tells in the schema's description only. */
export function slider(label: string, props: NumberProps & { minimum: number; maximum: number }): DemoComponent {
  return {
    type: 'slider',
    label,
    props: { ...props },
    schema: { type: 'number', description: `numeric value between ${props.minimum} and ${props.maximum}` },
    pythonType: 'float',
    example: props.minimum,
    read: (value) => withinBounds(value, props, 'float'),
  };
}

/** Any JSON, with the schema that Gradio gives for it: `type` there is not valid JSON Schema. */
export function json(label: string): DemoComponent {
  return {
    type: 'json',
    label,
    props: { open: false },
    schema: { type: {}, description: 'any valid json' },
    pythonType: 'str | float | bool | list | dict',
    example: { foo: 'bar' },
    read: keep,
  };
}

/** A value of the session that callers neither see nor send. */
export function state(value: unknown): DemoComponent {
  return { type: 'state', label: '', props: { value }, schema: {}, pythonType: '', example: null, read: keep };
}

function withinBounds(value: unknown, { minimum, maximum }: NumberProps, expected: string): number {
  if (typeof value !== 'number') throw new UnreadableValue(expected, value);
  if (minimum !== undefined && value < minimum)
    throw new AppError(`Value ${value} is less than minimum value ${minimum}.`);
  if (maximum !== undefined && value > maximum)
    throw new AppError(`Value ${value} is greater than maximum value ${maximum}.`);
  return value;
}

const PREFIX = '/gradio_api/file=';
const META = { _type: 'gradio.FileData' };

const optional = (type: string, title: string) => ({ anyOf: [{ type }, { type: 'null' }], default: null, title });

const IMAGE_SCHEMA = {
  title: 'ImageData',
  type: 'object',
  properties: {
    path: optional('string', 'Path'),
    url: optional('string', 'Url'),
    size: optional('integer', 'Size'),
    orig_name: optional('string', 'Orig Name'),
    mime_type: optional('string', 'Mime Type'),
    is_stream: { type: 'boolean', default: false, title: 'Is Stream' },
    meta: { type: 'object', additionalProperties: true, default: META, title: 'Meta' },
  },
};

const FILE_SCHEMA = {
  title: 'FileData',
  type: 'object',
  $defs: {
    FileDataMeta: {
      title: 'FileDataMeta',
      type: 'object',
      properties: { _type: { type: 'string', const: 'gradio.FileData', title: 'Type' } },
      required: ['_type'],
    },
  },
  properties: {
    ...IMAGE_SCHEMA.properties,
    path: { type: 'string', title: 'Path' },
    meta: { $ref: '#/$defs/FileDataMeta' },
  },
  required: ['path'],
};

/** A file as it travels: Gradio's FileData. */
export interface FileData {
  path: string;
  url: string | null;
  size: number | null;
  orig_name: string | null;
  mime_type: string | null;
  is_stream: boolean;
  meta: { _type: string };
}

/** A picture, given as a file. */
export function image(label: string): DemoComponent {
  return fileComponent('image', label, { format: 'png', type: 'filepath' }, IMAGE_SCHEMA);
}

/** Any one file. */
export function file(label: string): DemoComponent {
  return fileComponent('file', label, { file_count: 'single', type: 'filepath' }, FILE_SCHEMA);
}

/**
 * Describes a file of the app for a caller.
 * @param stored where it is kept
 * @param root the app's address, which the file's URL starts with
 */
export function toFileData(stored: StoredFile, root: string): FileData {
  const url = `${root}${PREFIX}${stored.path.split('/').map(encodeURIComponent).join('/')}`;
  const { path, name } = stored;
  return { path, url, size: null, orig_name: name, mime_type: null, is_stream: false, meta: META };
}

function fileComponent(type: string, label: string, props: object, schema: Record<string, unknown>): DemoComponent {
  return {
    type,
    label,
    props: { ...props },
    schema,
    pythonType: 'filepath',
    example: { path: 'https://example.org/sample.png', meta: META, orig_name: 'sample.png' },
    read(value, { files }) {
      if (value === null) return null;
      const { path, meta } = (typeof value === 'object' ? value : {}) as Partial<FileData>;
      if (meta?._type !== META._type || typeof path !== 'string') {
        throw new Error(
          "1 validation error for FileData\n  Value error, The 'meta' field must be explicitly provided in the input data " +
            "and be equal to {'_type': 'gradio.FileData'}.",
        );
      }
      if (/^https?:/.test(path)) throw new AppError(`Hostname ${hostOf(path)} failed validation`);
      const stored = files.get(path);
      if (!stored)
        throw new Error(`Cannot move ${path} to the gradio cache dir because it was not uploaded by a user.`);
      return stored;
    },
  };
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).hostname : url;
}
