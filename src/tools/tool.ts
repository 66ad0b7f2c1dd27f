import type * as z from 'zod';
import type { Config } from '../config/schema.js';
import type { Downloads } from '../hub/download/downloads.js';
import type { HubClient, RepoKind } from '../hub/types.js';
import type { JsonSchema } from '../lib/json-schema.js';
import type { History } from '../sessions/history.js';
import type { FileMemory } from '../sessions/memory/memory.js';
import type { ProposalStore } from '../sessions/proposals.js';
import type { SessionWriter } from '../sessions/recorder.js';
import type { PinStore } from '../spaces/pins.js';
import type { SavedFileRecords, Spaces } from '../spaces/types.js';

/** One step of a long call. `progress` rises strictly; the server drops what does not, and what comes too fast. */
export interface Progress {
  progress: number;
  total?: number;
  message?: string;
}

/** All that a tool may touch. Tools never reach for globals, `process.env` or `fetch`. */
export interface ToolContext {
  /** The Hub, bound to this call's signal. */
  hub: HubClient;
  /** Gradio Spaces and the jobs that run on them; lives as long as the process. */
  spaces: Spaces;
  config: Config;
  /** Aborted when the client cancels this call or the server stops. */
  signal: AbortSignal;
  /** Reports progress to the client, if it asked for any. */
  progress(step: Progress): void;
  /**
   * Asks the user, one question at a time; missing where there is nobody to ask, or no way to. The call goes on where it was
   * once the answer is there.
   * @throws HugwireError `timeout`, `cancelled`, or `unavailable` when the answer cannot be had: never a yes
   */
  ask?(question: Question): Promise<Answer>;
  /** Opens the pinned Spaces; missing where they cannot be changed. */
  pins?(): Promise<PinStore>;
  /** Opens the index of the files that were saved from Spaces; missing where there is none. */
  savedFiles?(): Promise<SavedFileRecords>;
  /** Adds a directory to `files.readFrom` for good, as the user has just agreed to; missing where nothing is to be changed. */
  allowFolder?(directory: string): Promise<void>;
  /** The journal of this session; missing where nothing is recorded. */
  session?: SessionWriter;
  /** What was called in this session and earlier ones; missing where nothing is recorded. */
  history?: History;
  /** Opens what waits for the user's decision; missing where nothing can wait. */
  proposals?(): Promise<ProposalStore>;
  /** The commits at which files of the Hub were read in this session, by `readKey`; missing where that is not noted. */
  reads?: Map<string, string>;
  /** Opens what is remembered across sessions; missing where nothing is. */
  memory?(): Promise<FileMemory>;
  /** Opens the downloads of this machine; missing where nothing is to be fetched to it. */
  downloads?(): Promise<Downloads>;
}

export interface ToolImage {
  /** The image's bytes, base64. */
  data: string;
  mimeType: string;
}

export interface ToolResult<Data = unknown> {
  /** What the assistant reads. */
  text: string;
  images?: ToolImage[];
  /** The same, typed: what `hugwire call --json` prints. */
  data: Data;
  /** True when every part of the answer failed; the text then says how. */
  isError?: boolean;
}

export type Effect = AnyTool['effect'];
export type Toolset = 'search' | 'read' | 'spaces' | 'account' | 'memory' | 'pin' | 'write' | 'jobs' | 'download';

/** Toolsets that are off until the config names them, or `all`: no part of `default`. */
export const OPT_IN: readonly Toolset[] = ['memory', 'pin', 'write', 'jobs', 'download'];

/** What a tool may do, as hosts read it in the list. */
export interface Hints {
  readOnlyHint: boolean;
  destructiveHint: boolean;
  idempotentHint: boolean;
  openWorldHint: boolean;
}

export interface ToolBase<Schema extends z.ZodObject> {
  name: string;
  title: string;
  toolset: Toolset;
  /**
   * Of a tool that only follows up what another has started: whether anything is left to follow up. As long as there is,
   * `tools.readOnly` does not take the tool away.
   */
  isNeeded?(ctx: Pick<ToolContext, 'spaces'>): boolean;
  /** Where the truth is milder than the effect alone tells. */
  hints?: Partial<Hints>;
  /** First sentence: what it does and when to use it. */
  description: string;
  /** In its place where a guest calls, who has no files of this machine. */
  guestDescription?: string;
  /** Describes well-formed input; `forgive.ts` bends near misses into it before it is checked. */
  input: Schema;
  /**
   * Shown in place of what `input` says, where the schema comes from elsewhere (a pinned Space). `input` then takes any
   * object, and `run` checks it.
   */
  inputSchema?: JsonSchema;
  /** Other names for arguments and values, folded (`fold`): a model's frequent near misses. */
  aliases?: { names?: Record<string, string>; values?: Record<string, Record<string, string>> };
  /** Gives the arguments the shape that is asked for, where models like to send another; before anything else reads them. */
  bend?(given: Record<string, unknown>): Record<string, unknown>;
  /** What the journal keeps of the arguments, where that is not all; they are as a client sent them. */
  recorded?(args: unknown): unknown;
  /** The argument (an object) that takes what is no argument of the tool and looks like none. */
  rest?: string;
  run(input: z.output<Schema>, ctx: ToolContext): Promise<ToolResult>;
}

/** A tool that only reads runs the same when `tools.dryRun` is set. */
interface ReadingTool {
  effect: 'read';
  plan?: never;
  prepare?: never;
}

/** A change of the Hub or of this computer that is ready to be made, once the user agrees. */
export interface WritePlan {
  /** What the user is asked, in whole lines. What others wrote is clean and in quotation marks. */
  message: string;
  /** The box that the user ticks. */
  title: string;
  /** What the change is about: `write.allow` may name it. Missing: the user is always asked. */
  repo?: { kind: RepoKind; id: string };
  /** Set where the config lets it be done without a question. */
  isAgreed?: boolean;
  /** What it would do, typed. A proposal stands for this and nothing else. */
  data: Record<string, unknown>;
  /** The arguments that lead to the same change later, or to an error where it is no longer the same. */
  input: Record<string, unknown>;
  /** Makes the change. */
  apply(): Promise<ToolResult>;
}

/** A tool that does something must be able to tell what it would do. */
interface ActingTool<Schema extends z.ZodObject> {
  effect: 'run' | 'write';
  /**
   * Called in place of `run` when `tools.dryRun` is set: checks all that `run` would check, does nothing, and tells what
   * would be done (`toldOnly` of dry-run.ts).
   */
  plan(input: z.output<Schema>, ctx: ToolContext): Promise<ToolResult>;
  /** Of a tool whose changes may wait for the user (writing.ts): checks everything, changes nothing. */
  prepare?(input: z.output<Schema>, ctx: ToolContext): Promise<WritePlan | ToolResult>;
}

export type ToolDefinition<Schema extends z.ZodObject = z.ZodObject> = ToolBase<Schema> &
  (ReadingTool | ActingTool<Schema>);

/** A tool of any input, as the table and the server hold it. */
// biome-ignore lint/suspicious/noExplicitAny: the input of each tool is checked by its own schema before `run`.
export type AnyTool = ToolDefinition<any>;

/**
 * Declares a tool. The identity function: it is here for the types.
 * @param tool the definition
 */
export function defineTool<Schema extends z.ZodObject>(tool: ToolDefinition<Schema>): ToolDefinition<Schema> {
  return tool;
}

/** One thing to be filled in. */
export type Field =
  /** `optional`: the rest is agreed to without it. */
  | { type: 'yes-no'; title: string; description?: string; initial?: boolean; optional?: boolean }
  | { type: 'text'; title: string; description?: string; initial?: string; optional?: boolean }
  | { type: 'choice'; title: string; description?: string; initial?: string; choices: readonly Choice[] };

interface Choice {
  value: string;
  label: string;
}

/** Something that only the user can tell. Never a secret: clients show and keep what is typed. */
export interface Question {
  /** What it is about; what third parties wrote must have been cleaned. */
  message: string;
  /** What is to be filled in, by name; none where yes or no to the message is all that is wanted. */
  fields: Readonly<Record<string, Field>>;
  /** Stands for what is agreed to, also where the words are the same: an answer holds for nothing else. It is not shown. */
  about?: string;
}

/** What the user did: `decline` is a no, `cancel` was no answer at all. */
export type Answer =
  | { action: 'accept'; values: Record<string, string | boolean | undefined> }
  | { action: 'decline' | 'cancel' };
