import { isObject } from '../lib/json.js';
import type { JsonSchema } from '../lib/json-schema.js';
import { cleanLine } from '../lib/text.js';
import { FILE_FORMS, presentFiles } from './files.js';
import { type Props, refineChoice, refineChoices, refineNumber, refineSlider, refineText } from './refine.js';
import type { FileShape } from './types.js';
import {
  hasProperty,
  isMessage,
  type ToWire,
  toChat,
  toEditedImage,
  toGallery,
  toMessages,
  toMultimodal,
  toTable,
  toVideo,
} from './wire.js';

/** What the files of a component are. */
interface FileKind {
  /** In a description: `image`. */
  name: string;
  /** In a signature, where every word counts. */
  short: string;
  /** Name of an example. */
  example: string;
}

const IMAGE: FileKind = { name: 'image', short: 'image', example: 'picture.png' };

/** All that hugwire knows of a component of Gradio beyond what `/info` says of its values. */
export interface Component {
  /** It takes no part in calls: the app keeps its value itself, or the page does, which hugwire stands in for. */
  isState?: 'app' | 'page';
  /** People write text into it: what it takes is never null, and names the files of an answer. */
  isText?: boolean;
  /** It sets how something is done, and is hardly ever what an app is there to take or to give. */
  isSetting?: boolean;
  /** What it returns, in a signature; its schema says it where this is missing. */
  returns?: string;
  /** What its files are, where they are of one kind. */
  files?: FileKind;
  /** Gradio itself refuses other types of file than `file_types` says, from version 5 on. */
  checksFileTypes?: boolean;
  /** Whether it takes one file or several, where its schema does not show it. */
  file?: FileShape;
  /** A value to show, where the schema alone makes a poor one. */
  example?: unknown;
  /** What its properties in `/config` add to the schema that `/info` gives, or correct in it. */
  refine?(schema: JsonSchema, props: Props): JsonSchema;
  /**
   * The simpler schema that an assistant meets, of a component whose value people write in a simpler way than Gradio wants
   * it on the wire.
   * @param wire the wire's
   * @param file describes a file of this parameter
   */
  present?(wire: JsonSchema, file: string): JsonSchema;
  /** Gives what was written in that way the structure of the wire. */
  toWire?: ToWire;
  /** It holds messages, the newest last, which read like text. */
  isChat?: boolean;
  /** What it returned in words; undefined where JSON says it better. Files in it are paths by then. */
  render?(value: unknown): string | undefined;
}

const anyJson = (): JsonSchema => ({ description: 'any JSON value' });

/** By Gradio's name in lower case. A component that is not here is what its schema says, and nothing more. */
const COMPONENTS: Record<string, Component> = {
  // Text and values
  textbox: { isText: true, refine: refineText },
  multimodaltextbox: {
    isText: true,
    checksFileTypes: true,
    present: (wire, file) => ({ ...presentFiles(wire, file), description: 'text alone will do' }),
    toWire: toMultimodal,
  },
  number: { isSetting: true, refine: refineNumber },
  slider: { isSetting: true, refine: refineSlider },
  datetime: { isSetting: true, example: '2026-01-31 12:00:00' },
  radio: { isSetting: true, refine: refineChoice },
  dropdown: { isSetting: true, refine: refineChoice },
  checkboxgroup: { isSetting: true, refine: refineChoices },
  checkbox: { isSetting: true },
  colorpicker: { isSetting: true },
  button: { isSetting: true },
  // What a function expects in JSON is hardly ever plain text.
  json: { returns: 'JSON', example: { key: 'value' }, refine: anyJson },
  paramviewer: { refine: anyJson },

  // Media
  image: { returns: 'image', files: IMAGE },
  annotatedimage: { returns: 'image with regions', files: IMAGE },
  imageslider: { returns: 'two images', files: IMAGE },
  imageeditor: {
    returns: 'images',
    files: IMAGE,
    present(wire, file) {
      const { id: _, ...properties } = isObject(wire.properties) ? wire.properties : {};
      const shown = presentFiles({ ...wire, properties }, file);
      return { ...shown, description: 'the picture alone will do; a mask goes into layers' };
    },
    toWire: toEditedImage,
  },
  gallery: {
    returns: 'images',
    files: { ...IMAGE, name: 'image or video' },
    file: 'files',
    checksFileTypes: true,
    present: (_, file) => ({ type: 'array', items: { type: 'string', description: file } }),
    toWire: toGallery,
  },
  audio: { returns: 'audio', files: { name: 'audio', short: 'audio', example: 'speech.wav' } },
  video: {
    returns: 'video',
    files: { name: 'video', short: 'video', example: 'clip.mp4' },
    file: 'file',
    present: (wire, file) =>
      hasProperty(wire, 'video') ? { type: 'string', description: file } : presentFiles(wire, file),
    toWire: toVideo,
  },
  model3d: { returns: '3D model', files: { name: '3D model', short: '3D', example: 'mesh.glb' } },
  file: { returns: 'file', checksFileTypes: true },
  downloadbutton: { returns: 'file' },
  uploadbutton: { isSetting: true, returns: 'file', checksFileTypes: true },

  // Structures
  chatbot: {
    returns: 'chat',
    present: () => ({
      type: 'array',
      description: 'messages so far, oldest first',
      items: {
        type: 'object',
        properties: { role: { type: 'string', description: 'user or assistant' }, content: { type: 'string' } },
        required: ['role', 'content'],
      },
    }),
    toWire: toChat,
    isChat: true,
    render: renderChat,
  },
  dataframe: {
    returns: 'table',
    present: () => ({
      type: 'object',
      description: 'rows alone (a list of lists, or of objects) will do',
      properties: {
        headers: { type: 'array', items: { type: 'string' } },
        data: { type: 'array', items: { type: 'array', items: {} } },
      },
      required: ['data'],
    }),
    toWire: toTable,
  },
  label: { returns: 'classes', render: renderClasses },
  plot: { returns: 'plot' },
  state: { isState: 'app' },
  browserstate: { isState: 'page' },
};

const PLAIN: Component = {};

/**
 * What is known of a component.
 * @param type Gradio's name, lower case
 */
export function componentOf(type: string): Component {
  return (Object.hasOwn(COMPONENTS, type) && COMPONENTS[type]) || PLAIN;
}

const MAX_FILE_TYPES = 8;

/**
 * Says what a file parameter takes: `image file: local path, …; .png, .jpg only`.
 * @param type Gradio's name, lower case
 * @param props of the component
 */
export function describeFile(type: string, props: Props): string {
  const { files } = componentOf(type);
  const types = Array.isArray(props.file_types)
    ? props.file_types.slice(0, MAX_FILE_TYPES).map((one) => cleanLine(one, 30))
    : [];
  const only = types.filter(Boolean).join(', ');
  return `${files ? `${files.name} ` : ''}file: ${FILE_FORMS}${only ? `; ${only} only` : ''}`;
}

/** Gradio's classification: `cat 92 %, dog 5 %`. */
function renderClasses(value: unknown): string | undefined {
  const { label, confidences } = isObject(value) ? value : {};
  if (!Array.isArray(confidences) || confidences.length === 0) return cleanLine(label) || undefined;
  return confidences
    .slice(0, 20)
    .map((one) => `${cleanLine(one?.label, 60)} ${Math.round(Number(one?.confidence) * 100)} %`)
    .join(', ');
}

/** A chat of any Gradio as lines of `role: text`. */
function renderChat(value: unknown): string | undefined {
  const messages = toMessages(value);
  if (!Array.isArray(messages) || messages.length === 0 || !messages.every(isMessage)) return undefined;
  const lines = messages.map(({ role, content, metadata }) => {
    const title = isObject(metadata) ? cleanLine(metadata.title, 80) : '';
    return `${cleanLine(role, 40)}${title && ` (${title})`}: ${renderContent(content)}`;
  });
  return lines.join('\n');
}

/** What a message says: text, a file, something that a component shows, or several of these. */
function renderContent(content: unknown): string {
  if (content === null || content === undefined) return '';
  if (Array.isArray(content)) return content.map(renderContent).join('\n');
  if (!isObject(content)) return String(content);
  const { text, file, alt_text: alt, component, value } = content;
  if (typeof text === 'string') return text;
  if (file !== undefined) return [renderContent(file), cleanLine(alt)].filter(Boolean).join(', ');
  return typeof component === 'string' ? renderContent(value) : JSON.stringify(content);
}
