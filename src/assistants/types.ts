import type { JsonSchema } from '../lib/json-schema.js';
import type { Item, Usage } from '../sessions/items.js';

/** What an assistant may do with a tool: run it, ask first, or nothing. */
export type Permission = 'allow' | 'ask' | 'deny';

/** Where a model runs. Without any of these, `assistants.model` of the config counts, then whatever is found. */
export interface ModelChoice {
  /** As its server calls it, such as Qwen/Qwen3-32B; `demo` is the scripted one. */
  model?: string;
  /** Of the Hugging Face router: `auto`, a policy such as `cheapest`, or a provider such as `groq`. */
  provider?: string;
  /** Base address of a server that speaks chat completions, such as http://127.0.0.1:8080/v1. It never gets the token of the Hub. */
  endpointUrl?: string;
  /** Key of that server. */
  apiKey?: string;
}

/** How far one turn may go. */
export interface TurnLimits {
  /** Requests to the model that may call tools. */
  steps: number;
  seconds: number;
  /** Tokens of a turn, both ways; no bound where left out. */
  tokens?: number;
  /** Tokens of a day of this assistant, in all conversations; no bound where left out. */
  tokensPerDay?: number;
}

/** A program that offers more tools over MCP: it runs only after a yes of its own. */
export interface ToolServer {
  name: string;
  /** As agent.json has it. */
  launch:
    | { type: 'stdio'; command: string; args: string[]; env?: Record<string, string>; cwd?: string }
    | { type: 'http' | 'sse'; url: string; headers?: Record<string, string> };
  allowedTools?: string[];
}

/** An assistant that is ready to be talked to. */
export interface Assistant {
  /** Its id in `/v1/models`, and in the terminal. */
  name: string;
  title?: string;
  description?: string;
  /** What AGENTS.md says. */
  instructions: string;
  model: ModelChoice;
  /** Whether somebody else wrote it: it can then only narrow what the config allows. */
  isShared: boolean;
  /** By tool or toolset, or `*`; what is not named is decided by the config, and then by what the tool does. */
  tools: Readonly<Record<string, Permission>>;
  /** Tools of hugwire that it has at all; all that are on where left out. */
  allowedTools?: readonly string[];
  /** It has only tools that read, whatever else is said. */
  readOnly?: boolean;
  /** Spaces that it may run; any where left out. */
  spaces?: readonly string[];
  memory: 'off' | 'read' | 'write';
  limits: Partial<TurnLimits>;
  /** Characters/3.6 of what is sent at most, below the window of the model. In tokens. */
  contextTokens?: number;
  greeting?: string;
  examples: readonly string[];
  /** Those that the user has agreed to. */
  servers: readonly ToolServer[];
}

/** One message as chat completions have it. */
export type ChatMessage =
  | { role: 'system'; content: string }
  | { role: 'user'; content: string | ChatPart[] }
  | { role: 'assistant'; content: string | null; tool_calls?: ChatToolCall[]; reasoning_content?: string }
  | { role: 'tool'; tool_call_id: string; content: string };

export type ChatPart =
  | { type: 'text'; text: string }
  | { type: 'image_url'; image_url: { url: string; detail?: string } };

export interface ChatToolCall {
  id: string;
  type: 'function';
  function: { name: string; arguments: string };
}

/** A tool as a model is told of it. */
export interface ModelTool {
  name: string;
  description?: string;
  /** Without `$schema`. */
  parameters: JsonSchema;
  strict?: boolean | null;
}

export interface ModelRequest {
  messages: readonly ChatMessage[];
  tools: readonly ModelTool[];
  toolChoice?: 'auto' | 'none' | 'required' | { name: string };
  parallelToolCalls?: boolean;
  maxOutputTokens?: number;
  temperature?: number;
  topP?: number;
  /** As `response_format` of chat completions has it. */
  responseFormat?: unknown;
  reasoningEffort?: string;
}

/** A call that a model asks for; `arguments` is whatever it wrote, often JSON. */
export interface ModelCall {
  id: string;
  name: string;
  arguments: string;
}

/** What comes from a model, in order; `end` is last, and comes once. */
export type ModelPiece =
  | { type: 'text'; text: string }
  | { type: 'reasoning'; text: string }
  /** Whole: it is given once its arguments are. */
  | ({ type: 'call' } & ModelCall)
  | { type: 'end'; finish: 'stop' | 'length' | 'content_filter'; usage?: Usage };

export interface ModelInfo {
  /** Tokens of question and answer together, where the server tells. */
  contextLength?: number;
  /** Whether it calls tools and reads pictures, where the server tells. */
  callsTools?: boolean;
  readsImages?: boolean;
}

/** A model on a server. */
export interface Model {
  /** As its server calls it. */
  readonly id: string;
  /** For people: `the Hugging Face router`, or its address. */
  readonly where: string;
  /** Asks the server once; what cannot be learned is left out. Never throws. */
  info(signal: AbortSignal): Promise<ModelInfo>;
  /**
   * One request.
   * @throws HugwireError `too_large` when the messages do not fit the model's window; `unauthorized quota_exceeded not_found
   *   rate_limited unavailable offline timeout cancelled` in words that tell the next step. What was given before stays said.
   */
  stream(request: ModelRequest, signal: AbortSignal): AsyncGenerator<ModelPiece>;
}

/** What happens within a turn. Items are as they are at that moment; `done` gives them as they stay. */
export type TurnEvent =
  | { type: 'item.added'; item: Item }
  | { type: 'text.delta'; item: Item; delta: string }
  | { type: 'item.done'; item: Item }
  /** Of a tool that runs. */
  | { type: 'progress'; item: Item; message?: string; progress?: number; total?: number }
  /** The model thinks aloud; it is kept in no item. */
  | { type: 'reasoning.delta'; delta: string }
  /** Something that whoever reads along should know: older answers were left out, a summary was made. */
  | { type: 'notice'; text: string };

/** How a turn ended. */
export interface TurnOutcome {
  status: 'completed' | 'incomplete' | 'failed' | 'cancelled';
  /** Of an incomplete one. */
  reason?: 'max_tool_calls' | 'max_output_tokens' | 'content_filter' | 'max_tokens' | 'max_seconds';
  error?: { code: string; message: string; hint?: string };
  usage: Usage;
  /** Tokens that the last request took of the model's window, and how many there are, where that is known. */
  context: { used: number; window?: number };
  /** The model that answered. */
  model: string;
}
