import type { JsonSchema } from '../lib/json-schema.js';

/** Where an app is, as far as calling it and telling of it needs. */
export interface AppSite {
  /** What messages call it: `owner/name`, or its address. */
  id: string;
  /** The one origin that calls may go to, such as `https://owner-name.hf.space`. */
  origin: string;
  /** Origin and sub-path of the app, without a trailing slash. */
  base: string;
  /** `local`: on this machine, at an address that the user gave. */
  kind: 'hub' | 'local';
  /** Whether access to it is limited: it may then deny that it is there. */
  private?: boolean;
  /** What it is said to be built with, where that is known. */
  sdk?: string;
}

/** What a file parameter takes; `undefined` on a parameter means that it takes no file anywhere. */
export type FileShape = 'file' | 'files' | 'nested';

export interface EndpointParameter {
  /** The name an assistant uses; unique within the endpoint. */
  name: string;
  label: string;
  /** Gradio's component, lower case: `textbox`, `image`, … */
  component: string;
  required: boolean;
  /** Present when the component has a value to fall back on; may be null, false, 0 or "". */
  default?: unknown;
  /** What an assistant gives; valid by itself: no `$ref`, no `$defs`, every file a string. */
  schema: JsonSchema;
  /** What goes over the wire, where it is another: with Gradio's file objects, or of a shape harder to write. */
  wire?: JsonSchema;
  /** Gradio's id of the component; answers tell by it what has become of it. */
  componentId?: unknown;
  /** Set where some function of the app may change the choices: the `enum` of the schema is a hint then. */
  changes?: true;
  /** A value that the app or Gradio gives as an example, as the schema takes it; `own` where it is the author's. */
  example?: { value: unknown; own: boolean };
  /** Choices whose label is not their value: either is taken. */
  choices?: [label: string, value: unknown][];
  file?: FileShape;
  /** The only types of file that it takes: `.pdf`, or `image`, `video`, `audio`, `text`. */
  fileTypes?: string[];
  /** Index among all inputs of the function, hidden ones included. */
  slot: number;
}

export interface EndpointReturn {
  label: string;
  component: string;
  schema: JsonSchema;
  /** Gradio's id of the component. */
  componentId?: unknown;
}

export interface Endpoint {
  /** With its slash: `/infer`. */
  name: string;
  /** Gradio's `fn_index`. */
  fnIndex: number;
  description?: string;
  parameters: EndpointParameter[];
  returns: EndpointReturn[];
  /** All inputs of the function in order, for the wire: each takes a parameter, or is hidden state. */
  slots: (
    | { parameter: string }
    | { state: true; value: unknown /** Of state that the caller keeps. */; keptId?: unknown }
  )[];
  /** Index of every output among all outputs, hidden state left out. */
  outputSlots: number[];
  queue: boolean;
  /** True when the author hid it: only called when asked for by its exact name. */
  hidden: boolean;
  /** What of the page runs it: `click`, `submit`, `load`, …; empty where only an API call does. */
  events?: string[];
  /** It is told what was clicked or chosen in the page, which no call can say. */
  needsEvent?: boolean;
  /** Endpoints that the page runs after it. */
  followedBy?: string[];
  /** The endpoints with which it shares hidden state, kept for a session; none where it alone has it. */
  stateWith?: string[];
  /** Those of them that leave the state which it takes and does not leave itself. */
  stateFrom?: string[];
  /** All that it gives back is what other endpoints take. */
  prepares?: boolean;
  /** An endpoint before it that is the same function, with the same inputs and outputs. */
  twinOf?: string;
}

/** A running Gradio app, described. */
export interface App {
  site: AppSite;
  /** Gradio's version, such as 6.25.0. */
  version: string;
  title?: string;
  /** `/gradio_api` from Gradio 5 on, empty before. */
  apiPrefix: string;
  endpoints: Endpoint[];
  /** How many more there are, which are beyond what hugwire describes. */
  omitted?: number;
  /** Bytes; a larger upload is refused by the app. */
  maxFileSize?: number;
  /** The app's own `/config`, for the client library to connect without asking again. */
  config: Record<string, unknown>;
}

/** A file named by an argument, and where its FileData belongs in `data`. */
export interface InputFileSlot {
  /** The parameter's name, for messages. */
  parameter: string;
  /** Index in `data`, then the keys below it. */
  path: (string | number)[];
  /** The only types that the parameter takes. */
  types?: string[];
  /** As the assistant wrote it: a local path, `file://` URI, http(s) URL or `data:` URL. */
  source: string;
}

/** Arguments made ready for the wire. */
export interface PreparedArguments {
  /** One value per slot of the endpoint; hidden state and files still to come are null. */
  data: unknown[];
  files: InputFileSlot[];
}

/** The bytes of a file and what they are called; a `File` is one as well. */
export interface SentFile {
  name: string;
  /** MIME type. */
  type: string;
  /** Bytes. */
  size: number;
  stream(): AsyncIterable<Uint8Array>;
}

/** An input file that was let through: bytes to upload, or a link that the Space fetches by itself. */
export type InputFile =
  | { kind: 'upload'; file: SentFile /** Absolute path, when it is a local file. */; localPath?: string }
  | { kind: 'link'; url: string; name: string };

/** What happens while an endpoint runs, in the order in which it happens. */
export type CallEvent =
  /** Before there is a run: the app is starting, or its queue is full. */
  | { kind: 'waiting'; message: string }
  | { kind: 'uploading'; done: number; total: number }
  | { kind: 'queued'; position: number; size: number; etaSeconds?: number }
  | { kind: 'started'; etaSeconds?: number }
  | { kind: 'step'; fraction?: number; index?: number; length?: number; unit?: string; description?: string }
  | { kind: 'partial'; text?: string }
  | { kind: 'log'; level: string; message: string };

/** What an endpoint answered. */
export interface CallAnswer {
  /** One value per return, hidden state left out, `gr.update` unwrapped. */
  data: unknown[];
  /** What the app sent, as JSON, where it holds more values than hugwire takes apart; `data` is empty then. */
  raw?: string;
  /** What the app logged for its user, in order; bounded. */
  logs: string[];
  /** What the answer changed on the page, by the component's id: the latest properties of each. */
  changes?: ComponentChanges;
  /** From joining the queue to the last value. */
  seconds: number;
}

/** Properties of components as an answer set them (`gr.update`), by the component's id. */
export type ComponentChanges = Map<unknown, Record<string, unknown>>;
