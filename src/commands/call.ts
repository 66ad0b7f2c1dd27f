import type { Command } from 'commander';
import type { LoadedConfig } from '../config/load.js';
import { createRuntime, type Runtime } from '../engine/runtime.js';
import { HugwireError } from '../lib/errors.js';
import { formatBytes } from '../lib/format.js';
import { isObject } from '../lib/json.js';
import { log } from '../lib/log.js';
import { nearest } from '../lib/nearest.js';
import { runTool } from '../tools/run.js';
import type { ToolContext, ToolResult } from '../tools/tool.js';
import type { World } from './context.js';
import { askAtTerminal, openPrompts } from './prompts.js';
import type { ServeOptions } from './serve.js';
import {
  alignColumns,
  type CommandResult,
  catchInterrupts,
  type JsonOption,
  print,
  type Style,
  styleFor,
} from './terminal.js';
import { listInventory } from './tools/list.js';

interface Options extends Omit<CallCommand, 'tool' | 'pairs'>, JsonOption {
  demo?: boolean;
}

/** `hugwire call`. */
export function wire(command: Command, world: World): void {
  command
    .argument('[tool]', 'such as hub_search; without one, the tools are listed')
    .argument('[key=value...]', 'its arguments; key:=JSON for anything but text')
    .option('--args <json>', 'its arguments as a JSON object')
    .option('--json', 'print the typed result as JSON')
    .option('--demo', 'call it in the demo world')
    .addHelpText(
      'after',
      '\nExit code 0: done. 1: the tool failed. 2: wrong arguments.\n\nExample: hugwire call hub_search query=whisper kinds=model kinds=space',
    )
    .action(async (tool: string | undefined, pairs: string[], { demo, json, ...options }: Options) => {
      if (tool === undefined) {
        return print(offerTools(world.load(), styleFor()));
      }
      const { env, paths } = world;
      const { readOnly, dryRun } = world.options();
      const place = demo ? await (await import('./demo.js')).openDemoWorld(env) : { loaded: world.load(), env, paths };
      print(await runCall({ tool, pairs, ...options }, { ...place, readOnly, dryRun }), { json });
    });
}

export interface CallCommand {
  tool: string;
  /** `key=value` words. */
  pairs: readonly string[];
  /** `--args` */
  args?: string;
}

/**
 * `hugwire call`: runs one tool in a runtime of its own, to its end; Ctrl-C cancels it.
 * @param options what to call
 * @param world the config and environment to run in
 */
export async function runCall(
  options: CallCommand,
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
    const prompts = openPrompts(env);
    const tell = (text: string) => process.stderr.write(`${text}\n`);
    const ask: ToolContext['ask'] = prompts && ((question) => askAtTerminal(prompts, question, tell));
    return await callTool(options, runtime, { signal: controller.signal, onProgress: log, ask });
  } finally {
    release();
    // In turn: the runtime may still write where the other removes.
    await runtime.close().finally(close);
  }
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
  { tool: name, pairs, args }: CallCommand,
  runtime: Runtime,
  { signal, onProgress, ask }: Caller,
): Promise<CommandResult> {
  const tool = runtime.tools().find((one) => one.name === name);
  if (!tool) throw unknownTool(name, runtime);
  const context = runtime.context(signal, ({ message }) => message && onProgress(message));
  const { wait_seconds, ...given } = readPairs(pairs, args);
  if (wait_seconds !== undefined) onProgress('wait_seconds is left out: a job would end with this command.');
  const result = await runTool(tool, given, ask ? { ...context, ask } : context);
  return { text: render(result), data: result.data, exitCode: result.isError ? (isUsageError(result) ? 2 : 1) : 0 };
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

/**
 * The arguments of a tool as typed in a shell: `key=value` is text (which the tool bends as it needs), `key:=json` is
 * JSON, a repeated key makes a list.
 * @param pairs the words of the command line
 * @param json `--args`: an object that the pairs add to
 * @throws HugwireError `invalid_arguments`
 */
export function readPairs(pairs: readonly string[], json?: string): Record<string, unknown> {
  const given = json === undefined ? {} : parseObject(json);
  const typed = [...groupPairs(pairs)].map(([key, list]) => [key, list.length === 1 ? list[0] : list]);
  return { ...given, ...Object.fromEntries(typed) };
}

function groupPairs(pairs: readonly string[]): Map<string, unknown[]> {
  const groups = new Map<string, unknown[]>();
  for (const pair of pairs) {
    const match = pair.match(/^([\w.-]+)(:?=)(.*)$/s);
    if (!match?.[1]) {
      throw new HugwireError('invalid_arguments', `"${pair}" is no argument.`, {
        hint: 'Write key=value, or key:=JSON.',
      });
    }
    const [, key, sign, value = ''] = match;
    groups.set(key, [...(groups.get(key) ?? []), sign === ':=' ? parseJson(value, pair) : value]);
  }
  return groups;
}

function parseObject(json: string): Record<string, unknown> {
  const value = parseJson(json, '--args');
  if (!isObject(value)) {
    throw new HugwireError('invalid_arguments', '--args takes a JSON object.', {
      hint: `Such as --args '{"query":"bert"}'.`,
    });
  }
  return value;
}

function parseJson(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new HugwireError('invalid_arguments', `${where} holds no valid JSON.`, { cause });
  }
}

/**
 * `hugwire call` without a tool: which there are.
 * @param loaded the config
 * @param style of the text
 * @returns exit code 2, since nothing was called
 */
function offerTools(loaded: Pick<LoadedConfig, 'config' | 'path'>, style: Style): CommandResult {
  const rows = listInventory(loaded)
    .filter(({ on }) => on)
    .map(({ tool }) => [`  ${style.cyan(tool.name)}`, tool.title]);
  const hint = style.dim('What one takes: hugwire tools info NAME');
  return { text: [...alignColumns(rows), '', hint].join('\n'), note: 'which tool? There are:', exitCode: 2 };
}
