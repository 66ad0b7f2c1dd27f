import * as z from 'zod';

/** Any text of which `Date.parse` makes a time; hugwire writes ISO 8601 with milliseconds, UTC. */
const time = z.string().refine((text) => !Number.isNaN(Date.parse(text)));

const base = {
  /** Unique within the session: `e1`, `e2`, … */
  id: z.string(),
  time,
  /** From 1 on, without gaps: the order in which things happened. */
  order: z.number(),
  /** Id of the entry that it belongs to: the call of a response, of a progress message. */
  parent: z.string().optional(),
  /** Ids of the conversation of an assistant that it belongs to, and of the turn. */
  conversation: z.string().optional(),
  response: z.string().optional(),
};

/** The first entry; written when the first client has said who it is, or the first call begins. */
const sessionStart = z.object({
  ...base,
  type: z.literal('SessionStart'),
  /** `s_20261120T213353_4711_k3f9tz`: start (UTC), process id, chance. */
  session: z.string(),
  /** hugwire's version. */
  version: z.string(),
  pid: z.number(),
  node: z.string(),
  profile: z.string().optional(),
  /** As the client names itself, cleaned; missing where it said nothing. */
  client: z.object({ name: z.string(), version: z.string().optional(), title: z.string().optional() }).optional(),
  /** Protocol revision. */
  protocol: z.string().optional(),
  /** What the client can do, such as `elicitation`, `roots`, `sampling`. */
  capabilities: z.array(z.string()).optional(),
  /** Names of the tools that were on. */
  tools: z.array(z.string()),
});

/** The last entry; missing when the process was killed. */
const sessionEnd = z.object({
  ...base,
  type: z.literal('SessionEnd'),
  /** Why, such as `end of input`, `SIGTERM`. */
  reason: z.string(),
  calls: z.number(),
  failed: z.number(),
  /** Of people and assistants; missing where nothing was said. */
  messages: z.number().optional(),
  /** That models took and gave; missing where none was asked. */
  tokens: z.number().optional(),
});

/** A tool was called. */
const functionCall = z.object({
  ...base,
  type: z.literal('FunctionCall'),
  tool: z.string(),
  /** Secrets taken out, long values cut. */
  arguments: z.unknown(),
  /** Nothing was done: the server was started to tell what it would do. */
  dryRun: z.boolean().optional(),
});

/** The answer to a call; `parent` is the call. */
const functionResponse = z.object({
  ...base,
  type: z.literal('FunctionResponse'),
  tool: z.string(),
  /** The beginning of the text that the assistant got; secrets taken out. */
  summary: z.string(),
  /** Of the whole text, in UTF-8 bytes. */
  bytes: z.number(),
  images: z.number().optional(),
  milliseconds: z.number(),
  failed: z.boolean(),
  /** Code of the error, see errors.ts. */
  error: z.string().optional(),
  /** Files that were saved; their paths are absolute. */
  files: z.array(z.object({ path: z.string(), bytes: z.number(), mimeType: z.string() })).optional(),
  /** The job that it started or asked about, as it was then. */
  job: z.object({ id: z.string(), state: z.custom<JobState>((state) => typeof state === 'string') }).optional(),
});

type JobState = 'running' | 'done' | 'failed' | 'cancelled';

type MessageKind =
  | 'progress'
  | 'log'
  | 'list_changed'
  | 'list_read'
  | 'config'
  | 'notice'
  | 'limits'
  | 'job'
  | 'approval'
  | 'usage'
  | 'summary';

/** Something that hugwire told its client, or that happened to it. */
const toolMessage = z.object({
  ...base,
  type: z.literal('ToolMessage'),
  /** A later version may write other kinds: they are shown all the same. */
  kind: z.custom<MessageKind>((kind) => typeof kind === 'string'),
  text: z.string(),
  /** Numbers for a chart: `progress`/`total`, rate limits left, quota left, tokens of a turn. */
  data: z.record(z.string(), z.unknown()).optional(),
});

/** What the user said: to an assistant of hugwire's, or to another one that chose to record it. */
const humanMessage = z.object({ ...base, type: z.literal('HumanMessage'), text: z.string() });

/** What the assistant said: one of hugwire's, or another one that chose to record it. */
const assistantMessage = z.object({ ...base, type: z.literal('AssistantMessage'), text: z.string() });

const anyEntry = z.discriminatedUnion('type', [
  sessionStart,
  sessionEnd,
  functionCall,
  functionResponse,
  toolMessage,
  humanMessage,
  assistantMessage,
]);

/**
 * What a session's journal holds: JSON Lines, one entry each, in `<state>/sessions/<session id>.jsonl`. Every server
 * process writes a file of its own. Readers skip entries and fields that they do not know, and a last line without an end.
 */
export type Entry = z.infer<typeof anyEntry>;
export type SessionStart = z.infer<typeof sessionStart>;
export type FunctionCall = z.infer<typeof functionCall>;
export type FunctionResponse = z.infer<typeof functionResponse>;
export type ToolMessage = z.infer<typeof toolMessage>;

/** The conversation that an entry belongs to, and the turn. */
export type TurnMark = Pick<FunctionCall, 'conversation' | 'response'>;

/** An entry before it has its place: what happened, without number and time. */
export type NewEntry = {
  [Type in Entry['type']]: Omit<Extract<Entry, { type: Type }>, 'id' | 'time' | 'order'>;
}[Entry['type']];

/**
 * Reads one line of a journal. Others than hugwire may have written there, so every field is checked.
 * @param line without its end
 * @returns the entry with all its fields, known or not; undefined for a line that was cut off, or that is no entry of a
 *   known type
 */
export function parseEntry(line: string): Entry | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return anyEntry.safeParse(value).success ? (value as Entry) : undefined;
  } catch {
    // A process that was killed leaves half a line.
    return undefined;
  }
}
