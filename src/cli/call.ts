import { HugwireError } from '../errors.js';
import { nearest } from '../schema/nearest.js';
import { formatBytes } from '../text/format.js';
import type { Answer, Question } from '../tools/question.js';
import { runTool } from '../tools/run.js';
import type { ToolContext, ToolResult } from '../tools/tool.js';
import { readPairs } from './arguments.js';
import { catchInterrupts } from './interrupt.js';
import { type CommandResult, log } from './output.js';
import { createRuntime, type Runtime } from './runtime.js';
import type { ServeOptions } from './serve.js';
import { isInteractive, openPrompts } from './terminal/prompts.js';

export interface CallOptions {
  tool: string;
  /** `key=value` words. */
  pairs: readonly string[];
  /** `--args` */
  args?: string;
  /** `--json`: print the typed result. */
  json?: boolean;
}

/**
 * `hugwire call`: runs one tool in a runtime of its own, to its end; Ctrl-C cancels it.
 * @param options what to call
 * @param world the config and environment to run in
 */
export async function runCall(
  options: CallOptions,
  { loaded, env, paths, readOnly, dryRun, close }: ServeOptions,
): Promise<CommandResult> {
  const { spaces } = loaded.config;
  // No host ends a command of the shell, and a job handle would be worth nothing once the process is gone.
  const config = { ...loaded.config, spaces: { ...spaces, waitSeconds: spaces.maxSeconds } };
  const runtime = createRuntime({
    loaded: { ...loaded, config },
    env,
    paths,
    readOnly,
    dryRun,
    log,
  });
  const controller = new AbortController();
  const release = catchInterrupts(() => controller.abort());
  try {
    const ask = isInteractive(env) ? askHere : undefined;
    return await callTool(options, runtime, { signal: controller.signal, onProgress: log, ask });
  } finally {
    release();
    // In turn: the runtime may still write where the other removes.
    await runtime.close().finally(close);
  }
}

async function askHere(question: Question): Promise<Answer> {
  const { askAtTerminal } = await import('./terminal/ask.js');
  return askAtTerminal(await openPrompts(), question, (text) => process.stderr.write(`${text}\n`));
}

/** The person who called. */
export interface Caller {
  /** Aborted when the person gives up. */
  signal: AbortSignal;
  /** Takes a line for people. */
  onProgress(line: string): void;
  /** Missing where nobody can be asked. */
  ask?: ToolContext['ask'];
}

/**
 * Runs one tool as the server would.
 * @param options what to call
 * @param runtime the tools and what they run with
 * @param caller whom the tool may tell and ask
 * @returns exit code 0, or 1 when the tool failed, or 2 when the arguments were wrong
 * @throws HugwireError `invalid_arguments` for a tool that is not there
 */
export async function callTool(
  { tool: name, pairs, args, json }: CallOptions,
  runtime: Runtime,
  { signal, onProgress, ask }: Caller,
): Promise<CommandResult> {
  const tool = runtime.tools().find((one) => one.name === name);
  if (!tool) throw unknownTool(name, runtime);
  const context = runtime.context(signal, ({ message }) => message && onProgress(message));
  const { wait_seconds, ...given } = readPairs(pairs, args);
  if (wait_seconds !== undefined) onProgress('wait_seconds is left out: a job would end with this command.');
  const result = await runTool(tool, given, ask ? { ...context, ask } : context);
  const output = json ? JSON.stringify(result.data, null, 2) : render(result);
  return { output, exitCode: result.isError ? (isUsageError(result) ? 2 : 1) : 0 };
}

function render({ text, images = [] }: ToolResult): string {
  const notes = images.map(({ data, mimeType }) => `[image ${mimeType}, ${formatBytes((data.length * 3) / 4)}]`);
  return [text, ...notes].join('\n');
}

function isUsageError({ data }: ToolResult): boolean {
  const error = (data as { error?: { code?: string } } | undefined)?.error;
  return error?.code === 'invalid_arguments';
}

function unknownTool(name: string, runtime: Runtime): HugwireError {
  const names = runtime.tools().map((tool) => tool.name);
  const { pinned } = runtime.context(new AbortController().signal, () => {}).config.spaces;
  const pin = pinned.find(({ tool }) => tool === name);
  if (pin !== undefined || runtime.knownTools().some((tool) => tool.name === name)) {
    const list = pin ? 'hugwire spaces list' : 'hugwire tools list';
    return new HugwireError('invalid_arguments', `Tool ${name} is turned off.`, { hint: `\`${list}\` says why.` });
  }
  const meant = nearest(name, names);
  return new HugwireError('invalid_arguments', `There is no tool "${name}".`, {
    hint: meant ? `Did you mean ${meant}?` : `There are ${names.join(', ')}.`,
  });
}
