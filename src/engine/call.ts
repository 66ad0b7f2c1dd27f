import { HugwireError, toHugwireError } from '../lib/errors.js';
import { nearest } from '../lib/nearest.js';
import { hide } from '../lib/text.js';
import { describeTool, type ToolListing } from '../tools/describe.js';
import { findBreach } from '../tools/host-rules.js';
import { failureResult, runTool } from '../tools/run.js';
import type { Answer, AnyTool, Progress, Question, ToolContext, ToolResult } from '../tools/tool.js';

/** What calls run with, whichever transport they came by. */
export interface CallHost {
  /** The tools that are on now, sorted by name. */
  tools(): readonly AnyTool[];
  /** Every tool there is, so that a call of one that is off can be explained. */
  knownTools(): readonly AnyTool[];
  /** Whether it is somebody else than the user of this machine who calls, and who can agree to nothing in their place. */
  isForOthers?: boolean;
  /** Says of a tool that is off what has turned it off, if that is not the config. */
  whyOff?(tool: AnyTool): string | undefined;
  context(signal: AbortSignal, progress: (step: Progress) => void): ToolContext;
  /**
   * Lets a call begin.
   * @returns what is to be called when it has ended
   * @throws HugwireError when a limit is reached
   */
  admit?(tool: AnyTool): () => void;
  /** The tokens that were found so far; more may come in. They go out in no answer. */
  secrets?(): Promise<ReadonlySet<string>>;
  /** Records a call that begins. */
  record?(tool: AnyTool, args: unknown): CallRecording;
  /** Told of every call that ended; for the log. */
  onCall?(call: { tool: string; milliseconds: number; failed: boolean; signal: AbortSignal }): void;
}

/** A call that goes into the journal. */
export interface CallRecording {
  /** The context of the call, with whatever it tells recorded. */
  observe(ctx: ToolContext): ToolContext;
  end(result: ToolResult, milliseconds: number): void;
}

/** What ties a call to its client. */
export interface CallLink {
  signal: AbortSignal;
  progress(step: Progress): void;
  /**
   * Asks the user; missing where the client cannot.
   * @param signal gives the question up
   * @throws HugwireError `timeout`, `cancelled`, or `unavailable` when the client cannot ask or answers nonsense
   */
  ask?(question: Question, signal: AbortSignal): Promise<Answer>;
}

/** The listing of each tool, or null where some host would not take it: a server is asked for its list again and again. */
const listings = new WeakMap<AnyTool, ToolListing | null>();

/** The tool list as clients get it, whatever their host: what some host would not take is not in it. */
export function listTools(host: Pick<CallHost, 'tools'>): ToolListing[] {
  return host.tools().flatMap((tool) => {
    let listing = listings.get(tool);
    if (listing === undefined) {
      const described = describeTool(tool);
      listing = findBreach(described) === undefined ? described : null;
      listings.set(tool, listing);
    }
    return listing ?? [];
  });
}

/**
 * Finds a tool that is on.
 * @param host with the tools
 * @param name as the client sent it
 * @throws HugwireError `disabled` when it is off, `not_found` when there is none of that name; the message says which there are
 */
export function findTool(host: Pick<CallHost, 'tools' | 'knownTools' | 'whyOff'>, name: string): AnyTool {
  const found = host.tools().find((tool) => tool.name === name);
  if (found) return found;
  const known = host.knownTools().find((tool) => tool.name === name);
  if (known) {
    throw new HugwireError(
      'disabled',
      `Tool ${name} is turned off ${host.whyOff?.(known) ?? "in hugwire's config (tools.enable, tools.disable, tools.readOnly)"}.`,
    );
  }
  const names = host.tools().map((tool) => tool.name);
  const meant = nearest(name, names);
  throw new HugwireError(
    'not_found',
    `Unknown tool "${name.slice(0, 100)}". ${meant ? `Did you mean ${meant}? ` : ''}Tools: ${names.join(', ')}`,
  );
}

/**
 * Runs a call from its admission to its record. Never throws: a failure, or a limit that is reached, is a result that says
 * what to do next.
 * @param host what the call runs with
 * @param tool found by `findTool`
 * @param args as they came
 * @param link to the client
 */
export async function runCall(host: CallHost, tool: AnyTool, args: unknown, link: CallLink): Promise<ToolResult> {
  const recording = host.record?.(tool, args);
  const started = performance.now();
  let end: (() => void) | undefined;
  let result: ToolResult;
  let secrets: ReadonlySet<string> = new Set();
  /** Whatever the words come from: an app, a file, a note, the client itself. */
  const clean = (text: string) => [...secrets].reduce(hide, text);
  try {
    const { progress } = link;
    const ask = host.isForOthers ? undefined : link.ask;
    // Before anything is waited for: a server that is about to end lets the call finish.
    const context = host.context(link.signal, (step) =>
      progress(step.message === undefined ? step : { ...step, message: clean(step.message) }),
    );
    secrets = (await host.secrets?.()) ?? secrets;
    const ctx = { ...context, ask: ask && ((question: Question) => ask(question, context.signal)) };
    const observed = recording?.observe(ctx) ?? ctx;
    end = host.admit?.(tool);
    result = await runTool(tool, args, observed);
  } catch (error) {
    result = failureResult(toHugwireError(error));
  } finally {
    end?.();
  }
  result = { ...result, text: clean(result.text) };
  const milliseconds = performance.now() - started;
  recording?.end(result, milliseconds);
  const failed = result.isError === true;
  host.onCall?.({ tool: tool.name, milliseconds: Math.round(milliseconds), failed, signal: link.signal });
  return result;
}
