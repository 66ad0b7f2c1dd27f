import { randomUUID } from 'node:crypto';

/** Tokens of one or several requests to a model. */
export interface Usage {
  input: number;
  cached: number;
  output: number;
  reasoning: number;
}

type ItemStatus = 'in_progress' | 'completed' | 'incomplete' | 'failed';

export type ContentPart =
  | { type: 'input_text'; text: string }
  | { type: 'input_image'; image_url: string; detail?: string }
  | { type: 'input_file'; filename?: string; file_data?: string; file_url?: string; file_id?: string }
  | { type: 'output_text'; text: string; annotations: unknown[]; logprobs: unknown[] }
  | { type: 'refusal'; refusal: string };

/** What a person (`user`), the assistant, or hugwire (`developer`: a notice, a summary) says. */
export interface MessageItem {
  type: 'message';
  id: string;
  status: ItemStatus;
  role: 'user' | 'assistant' | 'developer' | 'system';
  content: ContentPart[];
}

/** A tool that hugwire runs, with its answer. */
export interface ToolCallItem {
  type: 'mcp_call';
  id: string;
  /** `hugwire`, or the name of another MCP server of the assistant. */
  server_label: string;
  name: string;
  arguments: string;
  output: string | null;
  error: string | null;
  status: ItemStatus;
  approval_request_id: string | null;
  /** Pictures of the answer, as data URLs. hugwire's own key, as `step`: other clients pass it by. */
  images?: string[];
  step?: number;
}

/** A tool that the caller of the API runs: control goes back to it. */
export interface FunctionCallItem {
  type: 'function_call';
  id: string;
  call_id: string;
  name: string;
  arguments: string;
  status: ItemStatus;
  step?: number;
}

interface FunctionOutputItem {
  type: 'function_call_output';
  id: string;
  call_id: string;
  output: string | ContentPart[];
  status: ItemStatus;
}

/** Somebody must agree before a tool runs. */
export interface ApprovalRequestItem {
  type: 'mcp_approval_request';
  id: string;
  server_label: string;
  name: string;
  arguments: string;
  /** What is agreed to, in whole lines. */
  message?: string;
  /** Stands for the call, its exact arguments and the question: a yes holds for nothing else. */
  digest?: string;
  /** The request that was agreed to before, where one call asks several things. */
  after?: string;
  step?: number;
}

interface ApprovalResponseItem {
  type: 'mcp_approval_response';
  id: string;
  approval_request_id: string;
  approve: boolean;
  reason?: string;
}

/** What a conversation is made of: the items of Open Responses, with `mcp_call` and the approvals of the Responses API. */
export type Item =
  | MessageItem
  | ToolCallItem
  | FunctionCallItem
  | FunctionOutputItem
  | ApprovalRequestItem
  | ApprovalResponseItem;

/** @param prefix tells what has the id: `msg`, `mcp`, `mcpr`, `fc`, `conv`, … */
export const newId = (prefix: string): string => `${prefix}_${randomUUID().replaceAll('-', '')}`;

/**
 * A conversation is a log that is only added to: its head, then what was said and done, in order. Readers skip lines that
 * they do not know, and a last line without an end.
 */
export interface ConversationHead {
  type: 'conversation';
  version: 1;
  /** `conv_…`, or whatever a caller invented. */
  id: string;
  /** Whose it is: `local` for the user of this machine, else the owner of the key that made it. Nobody else sees it. */
  owner: string;
  assistant: string;
  /** Milliseconds since 1970. */
  createdAt: number;
  metadata: Record<string, string>;
}

/** A turn as it is kept: what the API tells of a response again. */
export interface StoredResponse {
  id: string;
  /** What it went on from, where that was another response. */
  previous?: string;
  status: 'in_progress' | 'completed' | 'incomplete' | 'failed' | 'cancelled';
  /** Milliseconds since 1970; of one that is over. */
  endedAt?: number;
  model: string;
  usage?: Usage;
  context?: { used: number; window?: number };
  error?: { code: string; message: string; hint?: string };
  reason?: string;
  /** The response object as the API gives it, without its items. */
  shown?: Record<string, unknown>;
}

type Timed<Line> = Line & {
  /** Its place in the log, from 1 on: counted, not written. */
  seq: number;
  /** Milliseconds since 1970. */
  time: number;
};

export type ConversationLine =
  | ConversationHead
  /** The latest of an id counts, of items and of responses, at the place of its first. */
  | Timed<{ type: 'item'; item: Item; response?: string; isInput?: boolean }>
  | Timed<{ type: 'response'; response: StoredResponse }>
  /** Stands for all items up to `upTo` (a seq) where the model is concerned; they stay in the log. */
  | Timed<{ type: 'summary'; upTo: number; text: string }>
  | Timed<{ type: 'metadata'; metadata: Record<string, string> }>
  /** An item, or a response with its items, that is shown and sent no more. */
  | Timed<{ type: 'removed'; item?: string; response?: string }>
  /** The user agreed to something for the rest of the conversation, such as running a Space. */
  | Timed<{ type: 'granted'; key: string }>;

/** A line before it has its place. */
export type NewLine = ConversationLine extends infer Line
  ? Line extends { seq: number }
    ? Omit<Line, 'seq' | 'time'>
    : never
  : never;

/** A conversation that is open. */
export interface Conversation {
  readonly head: ConversationHead;
  /** All lines after the head, read anew. */
  read(): Promise<ConversationLine[]>;
  /** Adds lines; on disk when it resolves. */
  append(lines: readonly NewLine[]): Promise<void>;
  /**
   * One turn at a time, whichever process takes it.
   * @throws HugwireError `unavailable` when another one is not over within `waitMs`
   */
  exclusively<Result>(work: () => Promise<Result>, waitMs: number): Promise<Result>;
}

/** What lists show of a conversation. */
export interface ConversationInfo extends Omit<ConversationHead, 'type' | 'version'> {
  lastAt: number;
  /** Of people and assistants. */
  messages: number;
  calls: number;
  usage: Usage;
  /** Of the model's window, after the last turn. */
  context?: { used: number; window?: number };
  /** The first words of the user, clean. */
  title: string;
  /** Status of the last turn. */
  status?: StoredResponse['status'];
  bytes: number;
}

/** Where conversations are kept: files of this machine, or the shared store. */
export interface ConversationStore {
  /**
   * @param id an invented one; made up when left out
   * @throws HugwireError `invalid_arguments` for an id that cannot be one, or is taken
   */
  create(options: {
    owner: string;
    assistant: string;
    id?: string;
    metadata?: Record<string, string>;
  }): Promise<Conversation>;
  /** @returns undefined when there is none of that owner */
  open(id: string, owner: string): Promise<Conversation | undefined>;
  /** The newest first. Without an owner: everybody's, for the user of this machine. */
  list(filter?: { owner?: string; metadata?: Record<string, string>; limit?: number }): Promise<ConversationInfo[]>;
  /** @returns whether there was one */
  remove(id: string, owner: string): Promise<boolean>;
}
