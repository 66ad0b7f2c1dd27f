/**
 * What a session's journal holds: JSON Lines, one entry each, in `<state>/sessions/<session id>.jsonl`. Every server
 * process writes a file of its own. Readers skip what they do not know, and a last line without an end.
 */
export type Entry =
  | SessionStart
  | SessionEnd
  | FunctionCall
  | FunctionResponse
  | ToolMessage
  | HumanMessage
  | AssistantMessage;

/** An entry before it has its place: what happened, without number and time. */
export type NewEntry = {
  [Type in Entry['type']]: Omit<Extract<Entry, { type: Type }>, 'id' | 'time' | 'order'>;
}[Entry['type']];

interface EntryBase {
  /** Unique within the session: `e1`, `e2`, … */
  id: string;
  /** ISO 8601 with milliseconds, UTC. */
  time: string;
  /** From 1 on, without gaps: the order in which things happened. */
  order: number;
  /** Id of the entry that it belongs to: the call of a response, of a progress message. */
  parent?: string;
}

/** The first entry; written when the first client has said who it is, or the first call begins. */
export interface SessionStart extends EntryBase {
  type: 'SessionStart';
  /** `s_20261120T213353_4711_k3f9tz`: start (UTC), process id, chance. */
  session: string;
  /** hugwire's version. */
  version: string;
  pid: number;
  node: string;
  profile?: string;
  /** As the client names itself, cleaned; missing where it said nothing. */
  client?: { name: string; version?: string; title?: string };
  /** Protocol revision. */
  protocol?: string;
  /** What the client can do, such as `elicitation`, `roots`, `sampling`. */
  capabilities?: string[];
  /** Names of the tools that were on. */
  tools: string[];
}

/** The last entry; missing when the process was killed. */
export interface SessionEnd extends EntryBase {
  type: 'SessionEnd';
  /** Why, such as `end of input`, `SIGTERM`. */
  reason: string;
  calls: number;
  failed: number;
}

/** A tool was called. */
export interface FunctionCall extends EntryBase {
  type: 'FunctionCall';
  tool: string;
  /** Secrets taken out, long values cut. */
  arguments: unknown;
  /** Nothing was done: the server was started to tell what it would do. */
  dryRun?: boolean;
}

/** Its answer; `parent` is the call. */
export interface FunctionResponse extends EntryBase {
  type: 'FunctionResponse';
  tool: string;
  /** The begin of the text that the assistant got; secrets taken out. */
  summary: string;
  /** Of the whole text, in UTF-8 bytes. */
  bytes: number;
  images?: number;
  milliseconds: number;
  failed: boolean;
  /** Code of the error, see errors.ts. */
  error?: string;
  /** Absolute paths of files that were saved. */
  files?: { path: string; bytes: number; mimeType: string }[];
}

/** Something that hugwire told its client, or that happened to it. */
export interface ToolMessage extends EntryBase {
  type: 'ToolMessage';
  kind: 'progress' | 'log' | 'list_changed' | 'list_read' | 'config' | 'notice' | 'limits';
  text: string;
  /** Numbers for a chart: `progress`/`total`, rate limits left, quota left. */
  data?: Record<string, unknown>;
}

/** What the user said, where the assistant chose to record it. */
export interface HumanMessage extends EntryBase {
  type: 'HumanMessage';
  text: string;
}

/** What the assistant said, where it chose to record it. */
export interface AssistantMessage extends EntryBase {
  type: 'AssistantMessage';
  text: string;
}

/** Writes into the journal of the session what an assistant wants kept there. */
export interface SessionWriter {
  /**
   * Records what was said.
   * @returns whether it was recorded
   */
  record(entry: { type: 'HumanMessage' | 'AssistantMessage'; text: string }): boolean;
}
