import { AppError, type Component } from './component.js';
import type { StoredFile } from './files.js';

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
export function image(label: string): Component {
  return fileComponent('image', label, { format: 'png', type: 'filepath' }, IMAGE_SCHEMA);
}

/** Any one file. */
export function file(label: string): Component {
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

function fileComponent(type: string, label: string, props: object, schema: Record<string, unknown>): Component {
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
