import { fstatSync } from 'node:fs';
import type { Command } from 'commander';
import type { LoadedConfig } from '../config/load.js';
import type { Config } from '../config/schema.js';
import { findTool, runCall } from '../engine/call.js';
import { createRuntime, type Runtime } from '../engine/runtime.js';
import { cancelled, HugwireError, toHugwireError } from '../lib/errors.js';
import { toAbsolute } from '../lib/files.js';
import { formatBytes } from '../lib/format.js';
import { isObject, parseJson } from '../lib/json.js';
import { log } from '../lib/log.js';
import { hide } from '../lib/text.js';
import { describeTool } from '../tools/describe.js';
import type { AnyTool, ToolResult } from '../tools/tool.js';
import type { World } from './context.js';
import { nameCommands, nameInData } from './name-commands.js';
import { askAtTerminal, openPrompts } from './prompts.js';
import type { ServeOptions } from './serve.js';
import {
  alignColumns,
  type CommandResult,
  catchInterrupts,
  collect,
  type JsonOption,
  print,
  readInput,
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
    .argument('[tool]', 'such as hub_search; lists the tools if left out')
    .argument('[key=value...]', 'its arguments; key:=JSON for anything but text, and a repeated key makes a list')
    .option('--args <json>', 'its arguments as a JSON object; @FILE reads a file, - reads stdin')
    .option('--json', 'print the result as JSON')
    .option('--read-from <directory>', 'allow files in this directory to be sent to Spaces; repeatable', collect)
    .option('--demo', 'call the tool in the demo world')
    .addHelpText('after', HELP)
    .action(async (tool: string | undefined, pairs: string[], { demo, json, ...options }: Options) => {
      if (tool === undefined) {
        return print(offerTools(world.load(), styleFor()), { json });
      }
      const { env, paths } = world;
      const { readOnly, dryRun } = world.options();
      const place = demo ? await (await import('./demo.js')).openDemoWorld(env) : { loaded: world.load(), env, paths };
      const readFrom = options.readFrom?.map((path) => toAbsolute(path, '--read-from'));
      print(await callOnce({ tool, pairs, ...options }, { ...place, readOnly, dryRun, readFrom }), { json });
    });
}

const HELP = `
Without arguments, a JSON object that is piped in is read as with --args -.

Exit code 0: done. 1: the tool failed. 2: wrong arguments.`;

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
 * @throws HugwireError `invalid_arguments` for a tool that does not exist; `cancelled` at Ctrl-C
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
    const { wait_seconds, ...given } = readPairs(pairs, await readArgs(tool, pairs, args));
    if (wait_seconds !== undefined) log('wait_seconds is ignored: a job ends with this command.');
    const prompts = openPrompts(env);
    const tell = (text: string) => process.stderr.write(`${text}\n`);
    const result = await runCall(runtime, tool, given, {
      signal: controller.signal,
      progress: ({ message }) => message && log(message),
      ask: prompts && ((question) => askAtTerminal(prompts, question, tell)),
    });
    const error = codeOf(result);
    if (error === 'cancelled' && process.exitCode) throw cancelled();
    const data = [...(await runtime.secrets())].reduce(hide, JSON.stringify(result.data ?? {}));
    return {
      text: result.isError ? nameCommands(render(result)) : render(result),
      data: nameInData(JSON.parse(data) as object),
      exitCode: result.isError ? (error === 'invalid_arguments' ? 2 : 1) : 0,
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

/** The code of a result's error, if it is one. */
export function codeOf({ data }: ToolResult): string | undefined {
  return (data as { error?: { code?: string } } | undefined)?.error?.code;
}

/** Milliseconds until a person is told why nothing happens. */
const PATIENCE_MS = 1000;

/**
 * The JSON of `--args`. Without any argument it is what is piped in, if anything is; a tool that takes none reads nothing, and
 * neither does a call with arguments, which may stand in a loop over lines of stdin.
 */
async function readArgs(tool: AnyTool, pairs: readonly string[], args?: string): Promise<string | undefined> {
  if (args?.startsWith('@')) return readInput(args.slice(1), '--args');
  if (args === '-') return readInput('-', '--args');
  const takesNone = Object.keys(describeTool(tool).inputSchema.properties ?? {}).length === 0;
  if (args !== undefined || pairs.length > 0 || takesNone || !isPipedIn()) return args;
  const timer = setTimeout(() => log('waiting for the arguments on stdin; add < /dev/null to give none'), PATIENCE_MS);
  const text = await readInput('-', '--args').finally(() => clearTimeout(timer));
  return text.trim() === '' ? undefined : text;
}

/** A pipe, a file, or what Node makes of a pipe between programs; not a terminal, nor /dev/null. */
function isPipedIn(): boolean {
  try {
    const stat = fstatSync(0);
    return stat.isFIFO() || stat.isFile() || stat.isSocket();
  } catch {
    // It is closed.
    return false;
  }
}

/** Finds a tool that is on. */
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
 * @param json the text of an object that the pairs add to
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
    hint: 'Or write each argument as key=value: `hugwire call hub_search query=bert`.',
  });
}

function readJson(text: string, where: string): unknown {
  const value = parseJson(text);
  if (value === undefined) {
    throw new HugwireError('invalid_arguments', `${where} holds no valid JSON.`, {
      hint: `An object looks like '{"query": "whisper"}'; the quotes around it keep the shell from changing it.`,
    });
  }
  return value;
}

/**
 * `hugwire call` without a tool: lists those that are on.
 * @param loaded the config
 * @param style of the text
 * @returns exit code 2, since nothing was called
 */
function offerTools(loaded: Pick<LoadedConfig, 'config' | 'path'>, style: Style): CommandResult {
  const tools = listInventory(loaded).filter(({ on }) => on);
  const rows = tools.map(({ tool }) => [`  ${style.cyan(tool.name)}`, tool.title]);
  const next = style.dim('To see the arguments of a tool: hugwire tools info NAME');
  return {
    text: [...alignColumns(rows), '', next].join('\n'),
    data: { tools: tools.map(({ tool: { name, title } }) => ({ name, title })) },
    note: 'name a tool to call:',
    exitCode: 2,
  };
}
