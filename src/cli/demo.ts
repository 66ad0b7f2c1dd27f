import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pc from 'picocolors';
import { type Paths, resolvePaths } from '../config/paths.js';
import { configPath, type LoadedConfig, loadConfig } from '../config/store.js';
import { startDemoHub } from '../demo/hub/server.js';
import { startDemoSpace } from '../demo/space/server.js';
import { runTour } from '../demo/tour.js';
import type { CommandResult } from './call.js';

/** A small Hub and a small Space on loopback ports of their own, and an environment that knows only them. */
export interface DemoWorld {
  env: NodeJS.ProcessEnv;
  paths: Paths;
  loaded: LoadedConfig;
  close(): Promise<void>;
}

// What would lead out of the demo world, or bring the user's own things into it.
const FOREIGN = /^(?:HF_|HUGGING_FACE_|HUGWIRE_|TRANSFORMERS_OFFLINE$|https?_proxy$|all_proxy$)/i;

/**
 * Starts the demo world.
 * @param env the environment of the process; what it says of the real Hub is left out
 */
export async function openDemoWorld(env: NodeJS.ProcessEnv): Promise<DemoWorld> {
  const home = await mkdtemp(join(tmpdir(), 'hugwire-demo-'));
  const space = await startDemoSpace();
  const hub = await startDemoHub({ spaceHost: new URL(space.url).host });
  const demoEnv: NodeJS.ProcessEnv = {
    ...Object.fromEntries(Object.entries(env).filter(([name]) => !FOREIGN.test(name))),
    HUGWIRE_HOME: home,
    HF_HOME: join(home, 'huggingface'),
    XDG_CACHE_HOME: join(home, 'xdg'),
    HF_ENDPOINT: hub.url,
    HF_HUB_DISABLE_IMPLICIT_TOKEN: '1',
  };
  const paths = resolvePaths(demoEnv);
  return {
    env: demoEnv,
    paths,
    loaded: loadConfig(configPath(paths.config)),
    async close() {
      await Promise.all([hub.close(), space.close()]);
      await rm(home, { recursive: true, force: true });
    },
  };
}

/**
 * `hugwire demo`: runs the real server against the demo world and prints the conversation as it happens.
 * @param env the environment of the process
 * @param print takes what is to be shown
 */
export async function runDemo(env: NodeJS.ProcessEnv, print: (text: string) => void): Promise<CommandResult> {
  const world = await openDemoWorld(env);
  try {
    print(`\n${pc.bold('hugwire demo')}  ${pc.dim('a small Hub and Space on this machine; no network, no token')}\n`);
    const script = process.argv[1] ?? '';
    const good = await runTour({ command: process.execPath, args: [script, 'serve'], env: world.env, print });
    return {
      output: `${pc.bold('Next')}  npx hugwire call --demo hub_search query=llama   ${pc.dim('try it yourself')}\n      npx hugwire                                       ${pc.dim('connect your assistant')}`,
      exitCode: good ? 0 : 1,
    };
  } finally {
    await world.close();
  }
}
