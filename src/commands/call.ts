import type { Command } from 'commander';
import type { LoadedConfig } from '../config/load.js';
import type { Config } from '../config/schema.js';
import { findTool, runCall } from '../engine/call.js';
import { createRuntime, type Runtime } from '../engine/runtime.js';
import { HugwireError, toHugwireError } from '../lib/errors.js';
import { toAbsolute } from '../lib/files.js';
import { formatBytes } from '../lib/format.js';
import { isObject, parseJson } from '../lib/json.js';
import { log } from '../lib/log.js';
import { hide } from '../lib/text.js';
import type { AnyTool, ToolResult } from '../tools/tool.js';
import type { World } from './context.js';
import { askAtTerminal, openPrompts } from './prompts.js';
import type { ServeOptions } from './serve.js';
import {
  alignColumns,
  type CommandResult,
  catchInterrupts,
  collect,
  type JsonOption,
  print,
  type Style,
  styleFor,
} from './terminal.js';
import { unknownTool } from './tools/info.js';
import { listInventory } from './tools/list.js';

interface Options extends Omit<CallCommand, 'tool' | 'pairs'>, JsonOption {
  demo?: boolean;
  readFrom?: string[];
}

/** `hugwire call`. */
export function wire(command: Command, world: World): void {
  command
    .argument('[tool]', 'such as hub_search; without one, the tools are listed')
    .argument('[key=value...]', 'its arguments; key:=JSON for anything but text')
    .option('--args <json>', 'its arguments as a JSON object')
    .option('--json', 'print the typed result as JSON')
    .option('--read-from <directory>', 'let Spaces have files of this directory; may be given several times', collect)
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
      const readFrom = options.readFrom?.map((path) => toAbsolute(path, '--read-from'));
      print(await callOnce({ tool, pairs, ...options }, { ...place, readOnly, dryRun, readFrom }), { json });
    });
}

interface CallCommand {
  tool: string;
  /** `key=value` words. */
  pairs: readonly string[];
  /** `--args` */
  args?: string;
}

/**
 * `hugwire call`: runs one tool as the server would, in a runtime of its own, to its end; Ctrl-C cancels it.
 * @param command what to call
 * @param world the config and environment to run in
 * @returns exit code 0, or 1 when the tool failed, or 2 when the arguments were wrong
 * @throws HugwireError `invalid_arguments` for a tool that is not there
 */
async function callOnce(
  { tool: name, pairs, args }: CallCommand,
  { loaded, env, paths, readOnly, dryRun, readFrom, close }: ServeOptions,
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
    readFrom,
    typed: true,
    log,
  });
  const controller = new AbortController();
  const release = catchInterrupts(() => controller.abort());
  try {
    const tool = findNamedTool(name, runtime, config);
    const { wait_seconds, ...given } = readPairs(pairs, args);
    if (wait_seconds !== undefined) log('wait_seconds is left out: a job would end with this command.');
    const prompts = openPrompts(env);
    const tell = (text: string) => process.stderr.write(`${text}\n`);
    const result = await runCall(runtime, tool, given, {
      signal: controller.signal,
      progress: ({ message }) => message && log(message),
      ask: prompts && ((question) => askAtTerminal(prompts, question, tell)),
    });
    const data = [...(await runtime.secrets())].reduce(hide, JSON.stringify(result.data ?? null));
    return {
      text: render(result),
      data: JSON.parse(data) as unknown,
      exitCode: result.isError ? (isUsageError(result) ? 2 : 1) : 0,
    };
  } finally {
    release();
    // In turn: the runtime may still write where the other removes.
    await runtime.close().finally(close);
  }
}

function render({ text, images = [] }: ToolResult): string {
  const notes = images.map(({ data, mimeType }) => `[image ${mimeType}, ${formatBytes((data.length * 3) / 4)}]`);
  return [text, ...notes].join('\n');
}

function isUsageError({ data }: ToolResult): boolean {
  const error = (data as { error?: { code?: string } } | undefined)?.error;
  return error?.code === 'invalid_arguments';
}

/** Finds a tool that is on; what is wrong otherwise is told in commands. */
function findNamedTool(name: string, runtime: Runtime, { spaces }: Config): AnyTool {
  try {
    return findTool(runtime, name);
  } catch (error) {
    const isPinned = spaces.pinned.some(({ tool }) => tool === name);
    if (!isPinned && toHugwireError(error).code !== 'disabled')
      throw unknownTool(
        name,
        runtime.tools().map((tool) => tool.name),
      );
    const list = isPinned ? 'hugwire spaces list' : 'hugwire tools list';
    throw new HugwireError('invalid_arguments', `Tool ${name} is turned off.`, { hint: `\`${list}\` says why.` });
  }
}

/**
 * The arguments of a tool as typed in a shell: `key=value` is text (which the tool bends as it needs), `key:=json` is
 * JSON, a repeated key makes a list.
 * @param pairs the words of the command line
 * @param json `--args`: an object that the pairs add to
 * @throws HugwireError `invalid_arguments`
 */
export function readPairs(pairs: readonly string[], json?: string): Record<string, unknown> {
  const given = json === undefined ? {} : readObject(json);
  const typed = [...groupPairs(pairs)].map(([key, list]) => [key, list.length === 1 ? list[0] : list]);
  return { ...given, ...Object.fromEntries(typed) };
}

function groupPairs(pairs: readonly string[]): Map<string, unknown[]> {
  const groups = new Map<string, unknown[]>();
  for (const pair of pairs) {
    const match = pair.match(/^([\w.-]+)(:?=)(.*)$/s);
    if (!match?.[1]) {
      throw new HugwireError('invalid_arguments', `"${pair}" is not an argument.`, {
        hint: 'Write key=value, or key:=JSON.',
      });
    }
    const [, key, sign, value = ''] = match;
    groups.set(key, [...(groups.get(key) ?? []), sign === ':=' ? readJson(value, pair) : value]);
  }
  return groups;
}

function readObject(text: string): Record<string, unknown> {
  const value = readJson(text, '--args');
  if (isObject(value)) return value;
  throw new HugwireError('invalid_arguments', '--args takes a JSON object.', {
    hint: 'Or leave it out, and write each argument as key=value: `hugwire call hub_search query=bert`.',
  });
}

function readJson(text: string, where: string): unknown {
  const value = parseJson(text);
  if (value === undefined) throw new HugwireError('invalid_arguments', `${where} holds no valid JSON.`);
  return value;
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
