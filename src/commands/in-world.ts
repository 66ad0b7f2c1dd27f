import type { LoadedConfig } from '../config/load.js';
import type { Paths } from '../config/paths.js';
import { createRuntime } from '../engine/runtime.js';
import { HugwireError, toHugwireError } from '../lib/errors.js';
import type { ToolContext } from '../tools/tool.js';
import type { World } from './context.js';
import { openPrompts, type Prompts } from './prompts.js';
import {
  type CommandResult,
  catchInterrupts,
  type JsonOption,
  print,
  type Style,
  styleFor,
  type View,
  viewOf,
  withSpinner,
} from './terminal.js';

export interface RunOptions extends JsonOption {
  demo?: boolean;
}

/** What a command works in that looks things up and asks about them. */
export interface Place extends View {
  loaded: LoadedConfig;
  /** Of the user's world, or of the demo's. */
  env: NodeJS.ProcessEnv;
  paths: Paths;
  ctx: ToolContext;
  prompts?: Prompts;
  /** Writes to stderr, where the questions are. */
  tell(text: string): void;
  toldStyle: Style;
  wait: typeof withSpinner;
}

/**
 * Runs a command in the user's world or in the demo world, and prints its result; Ctrl-C cancels it.
 * @param world of the command
 * @param options of the command
 * @param work what it does
 */
export async function runInWorld(
  world: World,
  { demo, json }: RunOptions,
  work: (place: Place) => Promise<CommandResult>,
): Promise<void> {
  const demoWorld = demo ? await (await import('./demo.js')).openDemoWorld(world.env) : undefined;
  const { loaded, env, paths } = demoWorld ?? { loaded: world.load(), env: world.env, paths: world.paths };
  const { readOnly } = world.options();
  // The commands themselves say what is wrong with the config of what they are about.
  const runtime = createRuntime({ loaded, env, paths, readOnly, typed: true, log: () => {} });
  const controller = new AbortController();
  const release = catchInterrupts(() => controller.abort());
  try {
    const result = await work({
      loaded,
      env,
      paths,
      ctx: runtime.context(controller.signal, () => {}),
      prompts: openPrompts(world.env),
      tell: (text) => process.stderr.write(`${text}\n`),
      wait: withSpinner,
      ...viewOf(process.stdout, world.env),
      toldStyle: styleFor(process.stderr, world.env),
    });
    print(result, { json });
  } catch (error) {
    const failure = toHugwireError(error);
    throw failure.code === 'cancelled' ? new HugwireError('cancelled', 'Nothing was changed.') : failure;
  } finally {
    release();
    await runtime.close().finally(demoWorld?.close);
  }
}
