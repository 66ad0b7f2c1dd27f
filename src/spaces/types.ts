import type { JsonSchema } from '../schema/json-schema.js';

export type { JsonSchema } from '../schema/json-schema.js';

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
  hardware?: string;
  title?: string;
  /** The Space's commit on the Hub. */
  sha?: string;
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
  /** Valid by itself: no `$ref`, no `$defs`. */
  schema: JsonSchema;
  file?: FileShape;
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

/** The Spaces side of hugwire: one for the whole process, since jobs outlive the call that started them. */
export interface Spaces {
  /** Cancels every running job at its Space and lets go of everything. */
  close(): Promise<void>;
}
