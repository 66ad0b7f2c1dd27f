import type { HugwireError } from '../lib/errors.js';
import type { JsonSchema } from '../lib/json-schema.js';

export type { JsonSchema } from '../lib/json-schema.js';

/** A Space that was looked up: where it is and what the Hub says of it. */
export interface SpaceSite {
  /** `owner/name`, or the URL of an app that is no Space of the Hub. */
  id: string;
  /** The one origin that calls may go to, such as `https://owner-name.hf.space`. */
  origin: string;
  /** Origin and sub-path of the app, without a trailing slash. */
  base: string;
  /** `local`: a loopback address given by the user; it never gets a token. */
  kind: 'hub' | 'local';
  private: boolean;
  zeroGpu: boolean;
  sdk?: string;
  /** The Hub's stage, such as RUNNING or SLEEPING. */
  stage?: string;
  /** Why it is in that stage, in the Hub's words, where it says so. */
  stageReason?: string;
  hardware?: string;
  title?: string;
  /** One sentence of its author on what it does. */
  summary?: string;
  /** The Space's commit on the Hub. */
  sha?: string;
  likes?: number;
  /** Whether the token may go to this Space, by the token rule. */
  sendToken: boolean;
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
  slots: ({ parameter: string } | { state: true; value: unknown })[];
  /** Index of every output among all outputs, hidden state left out. */
  outputSlots: number[];
  queue: boolean;
  /** True when the author hid it: only called when asked for by its exact name. */
  hidden: boolean;
}

/** A running Gradio app, described. */
export interface App {
  site: SpaceSite;
  /** Gradio's version, such as 6.25.0. */
  version: string;
  title?: string;
  /** `/gradio_api` from Gradio 5 on, empty before. */
  apiPrefix: string;
  endpoints: Endpoint[];
  /** Bytes; a larger upload is refused by the app. */
  maxFileSize?: number;
  /** The raw `/config` and `/info`, for the client to connect without asking again. */
  raw: { config: Record<string, unknown>; info: Record<string, unknown> };
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

/** A file of an answer, saved on this machine. */
export interface SavedFile {
  /** Absolute. */
  path: string;
  bytes: number;
  mimeType: string;
  /** Where it stood in the answer: index of the return, then the keys below it. */
  at: (string | number)[];
  /** True when it holds the text or JSON of a long value, which is in the answer as well. */
  whole?: boolean;
}

/** What happens while an endpoint runs, in the order in which it happens. */
export type CallEvent =
  /** Before there is a run: the Space is waking, or its queue is full. */
  | { kind: 'waiting'; message: string }
  | { kind: 'uploading'; done: number; total: number }
  | { kind: 'queued'; position: number; size: number; etaSeconds?: number }
  | { kind: 'started'; etaSeconds?: number }
  | { kind: 'step'; fraction?: number; index?: number; length?: number; unit?: string; description?: string }
  | { kind: 'partial'; text?: string }
  | { kind: 'log'; level: string; message: string }
  | { kind: 'saving'; done: number; total: number };

/** What an endpoint answered. */
export interface CallAnswer {
  /** One value per return, hidden state left out, `gr.update` unwrapped. */
  data: unknown[];
  /** What the app logged for its user, in order; bounded. */
  logs: string[];
  /** From joining the queue to the last value. */
  seconds: number;
}

/** A wish to run an endpoint. */
export interface SpaceCall {
  /** `owner/name`, a Space's URL, or the URL of a local app. */
  space: string;
  /** With or without its slash; chosen among the visible ones when missing. */
  endpoint?: string;
  /** An object by parameter name; a list by place or JSON text of either do as well. */
  arguments: unknown;
  /** Calls with the same word share the app's state. */
  session?: string;
  /** True for the tool of a pinned Space: `spaces.others` is not about it. */
  pinned?: boolean;
  /**
   * Looks at the app before anything is sent to it, and fits the arguments to what it is now.
   * @throws HugwireError to stop the call
   */
  adapt?(app: App): Promise<AdaptedCall>;
  /** Seconds that the run may take at most; `spaces.maxSeconds` unless told. */
  maxSeconds?: number;
  /** Told of every line that the app logs for its user, as long as the run lasts. */
  onLog?(line: string): void;
}

/** A call fitted to an app that has changed since the call was thought of. */
export interface AdaptedCall {
  arguments: unknown;
  /** What has changed: for the answer, and for the hint of an argument error. */
  notes: string[];
}

/** A finished call with its files on disk. */
export interface SpaceOutcome extends CallAnswer {
  site: SpaceSite;
  endpoint: Endpoint;
  files: SavedFile[];
  /** Local files that were sent, and links that were passed on. */
  sent: string[];
  /** Notes for the assistant: which files could not be saved and why, and the like. */
  notes: string[];
}

/** What a call would do, checked as far as it can be without making it. */
export interface SpacePlan {
  site: SpaceSite;
  /** Missing, with all that depends on it, where the Space would have to be woken to know. */
  endpoint?: Endpoint;
  /** By name, defaults filled in; files left out. */
  values?: Record<string, unknown>;
  /** What would be sent: absolute paths and links. */
  files: { parameter: string; source: string }[];
  /** Whether the account's token would go along. */
  sentToken: boolean;
  notes: string[];
}

export type JobState = 'running' | 'done' | 'failed' | 'cancelled';

/** A call that goes on whether or not anyone waits for it. */
export interface Job {
  /** `j_` and 128 random bits. */
  readonly id: string;
  readonly space: string;
  readonly endpoint?: string;
  readonly state: JobState;
  /** The last thing that happened, in words. */
  readonly status: string;
  readonly startedAt: number;
  readonly outcome?: SpaceOutcome;
  readonly error?: HugwireError;
  /**
   * Waits until the job is over, the time is up or the signal fires; never throws.
   * @param seconds at most
   */
  wait(seconds: number, options?: JobWait): Promise<JobState>;
  /** Cancels the run at the Space; resolves when the Space was told. */
  cancel(): Promise<void>;
}

export interface JobWait {
  signal?: AbortSignal;
  onProgress?(step: { progress: number; total: number; message: string }): void;
}

export interface FindOptions {
  signal?: AbortSignal;
  /** Whether the token may go there, where the user has just said so; otherwise the config decides. */
  token?: 'auto' | 'always' | 'never';
  onEvent?(event: CallEvent): void;
}

/** The Spaces side of hugwire: one for the whole process, since jobs outlive the call that started them. */
export interface Spaces {
  /** Looks a Space up without waking it. */
  find(space: string, options?: FindOptions): Promise<SpaceSite>;
  /** Describes a Space's app, waking it when it sleeps; kept in memory for an hour per commit. */
  open(space: string, options?: FindOptions): Promise<App>;
  /**
   * Checks a call without making it; a Space that sleeps is not woken.
   * @throws HugwireError whatever the call would fail with before anything is sent
   */
  plan(call: SpaceCall, options?: FindOptions): Promise<SpacePlan>;
  /** Starts a call as a job; it fails, rather than this, when anything is wrong. */
  start(call: SpaceCall): Job;
  /** A job that runs or whose result is still kept. */
  job(id: string): Job | undefined;
  /** Whether there is any such job. */
  hasJobs(): boolean;
  /** Cancels every running job at its Space and lets go of everything. */
  close(): Promise<void>;
}
