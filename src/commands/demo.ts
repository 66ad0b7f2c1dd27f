import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { type LoadedConfig, loadConfig } from '../config/load.js';
import { configPath, LOCK_FILE, type Paths, resolvePaths } from '../config/paths.js';
import { createRuntime, type RuntimeOptions } from '../engine/runtime.js';
import { chooseEndpoint } from '../gradio/choose.js';
import { makeTemporary } from '../lib/files.js';
import { writeLock } from '../spaces/lock.js';
import { pinSpace } from '../spaces/pinned.js';
import { startDemoHub } from '../world/hub/server.js';
import { startDemoSpace } from '../world/space/server.js';
import { runTour } from '../world/tour.js';
import type { World } from './context.js';
import { type CommandResult, catchInterrupts, print, styleFor } from './terminal.js';

/** `hugwire demo`. */
export function wire(command: Command, { env }: World): void {
  command.action(async () => print(await runDemo(env, (text) => process.stdout.write(`${text}\n`))));
}

/** A small Hub and a small Space on loopback ports of their own, and an environment that knows only them. */
interface DemoWorld {
  env: NodeJS.ProcessEnv;
  paths: Paths;
  loaded: LoadedConfig;
  /** A file that may be sent to a Space. */
  file: string;
  /** Stops the Hub and the Space; the files stay. */
  cutNetwork(): Promise<void>;
  close(): Promise<void>;
}

const PINNED = { space: 'hugwire/demo-space', endpoint: '/draw', tool: 'generate_image' };

// Variables that lead out of the demo world, or bring the user's own things into it.
const FOREIGN = /^(?:HF_|HUGGING_FACE_|HUGGINGFACE_|HUGWIRE_|TRANSFORMERS_OFFLINE$|https?_proxy$|all_proxy$)/i;

/**
 * Starts the demo world. The files that Spaces return are kept after it has ended, so that the user can look at them.
 * @param env the environment of the process, from which the real Hub is left out
 */
export async function openDemoWorld(env: NodeJS.ProcessEnv): Promise<DemoWorld> {
  const home = await makeTemporary('hugwire-demo');
  const documents = join(home, 'documents');
  const file = join(documents, 'shopping-list.txt');
  await mkdir(documents);
  await writeFile(file, 'apples\nbread\na second monitor\n');
  const saveTo = join(home, 'files');
  const config = {
    files: { readFrom: [documents], saveTo },
    spaces: { pinned: [PINNED] },
    assistants: { model: 'demo' },
  };
  await writeFile(join(home, 'config.json'), JSON.stringify(config, null, 2));

  const space = await startDemoSpace();
  const hub = await startDemoHub({ spaceHost: new URL(space.url).host, closed: true });
  const demoEnv: NodeJS.ProcessEnv = {
    ...Object.fromEntries(Object.entries(env).filter(([name]) => !FOREIGN.test(name))),
    HUGWIRE_HOME: home,
    HF_HOME: join(home, 'huggingface'),
    XDG_CACHE_HOME: join(home, 'xdg'),
    HF_ENDPOINT: hub.url,
    HF_HUB_DISABLE_IMPLICIT_TOKEN: '1',
    NODE_DISABLE_COMPILE_CACHE: '1', // nothing starts twice in this world
  };
  const paths = resolvePaths(demoEnv);
  const loaded = loadConfig(configPath(paths.config));
  await pinDemoSpace({ loaded, env: demoEnv, paths, log: () => {} }, home);
  let running = true;
  const cutNetwork = async () => {
    if (running) await Promise.all([hub.close(), space.close()]);
    running = false;
  };
  return {
    env: demoEnv,
    paths,
    loaded,
    file,
    cutNetwork,
    async close() {
      await cutNetwork();
      await removeAllBut(home, saveTo);
    },
  };
}

/** Pins the demo Space instead of the one that a fresh install has, which is not in the demo. */
async function pinDemoSpace(options: RuntimeOptions, home: string): Promise<void> {
  const runtime = createRuntime(options);
  try {
    const { spaces } = runtime.context(new AbortController().signal, () => {});
    const app = await spaces.open(PINNED.space);
    await writeLock(join(home, LOCK_FILE), [pinSpace(app, chooseEndpoint(app, PINNED.endpoint), PINNED.tool)]);
  } finally {
    await runtime.close();
  }
}

/** Removes a directory, except for one inside it that is kept unless it is empty. */
async function removeAllBut(directory: string, kept: string): Promise<void> {
  const files = await readdir(kept).catch(() => []);
  if (files.length === 0) return rm(directory, { recursive: true, force: true });
  for (const name of await readdir(directory)) {
    const path = join(directory, name);
    if (path !== kept) await rm(path, { recursive: true, force: true });
  }
}

/**
 * `hugwire demo`: runs the real server against the demo world and prints the conversation as it happens.
 * @param env the environment of the process
 * @param print takes what is to be shown
 */
async function runDemo(env: NodeJS.ProcessEnv, print: (text: string) => void): Promise<CommandResult> {
  const world = await openDemoWorld(env);
  const release = catchInterrupts(() => void world.close().finally(() => process.exit()));
  try {
    const style = styleFor(process.stdout, env);
    const note = style.dim('a small Hub and Space on this machine; no network, no token');
    print(`\n${style.bold('hugwire demo')}  ${note}\n`);
    const script = process.argv[1] ?? '';
    const good = await runTour({ ...world, command: process.execPath, args: [script, 'serve'], print, style });
    const next = [
      ['npx hugwire call --demo hub_search query=llama', 'ask something yourself'],
      ['npx hugwire install', 'set up your assistant'],
    ];
    const lines = next.map(([command = '', why = '']) => `  ${style.cyan(command.padEnd(50))}${style.dim(why)}`);
    return { text: [style.bold('Next'), ...lines].join('\n'), exitCode: good ? 0 : 1 };
  } finally {
    release();
    await world.close();
  }
}
