import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pythonEnv } from '../python.js';
import { type GradioVersion, REQUIREMENTS } from './requirements.js';

const FOLDER = join(import.meta.dirname, 'apps');

/** The apps of the suites: files in `apps/`. */
export type AppName =
  | 'answers'
  | 'changing'
  | 'described'
  | 'discreet'
  | 'kitchen_sink'
  | 'locked'
  | 'mounted'
  | 'narrow'
  | 'rooted'
  | 'slow'
  | 'tools'
  | 'validated'
  | 'wired';

export interface GradioApp {
  /** Where the app is, such as `http://127.0.0.1:40231`; with its sub-path when it has one. */
  url: string;
  /** Everything that the app wrote, on both streams. */
  log(): string;
  /** Ends the app with all that it started, and removes its folder. */
  stop(): Promise<void>;
}

/**
 * Starts a real Gradio app in a process of its own, on a free loopback port, in an empty folder, without a network.
 * Gradio is installed at the first use.
 * @param version which Gradio
 * @param app which of the apps
 * @param env variables of its own: PORT for a port that it had before
 * @returns the app, as soon as it answers
 * @throws Error with the app's own words when it ends before that
 */
export async function startGradio(
  version: GradioVersion,
  app: AppName,
  env: Record<string, string> = {},
): Promise<GradioApp> {
  const python = await pythonEnv(`gradio-${version}`, REQUIREMENTS[version]);
  const folder = await mkdtemp(join(tmpdir(), `hugwire-gradio-${app}-`));
  // A group of its own, so that what the app starts ends with it.
  const child = spawn(python, [join(FOLDER, `${app}.py`)], {
    cwd: folder,
    env: { ...environment(folder), ...env },
    detached: true,
  });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (log += text));
  const stop = async () => {
    await endGroup(child);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    return { url: await addressOf(child), log: () => log, stop };
  } catch (error) {
    await stop();
    throw new Error(`The app ${app} did not start with Gradio ${version}:\n${log}`, { cause: error });
  }
}

function environment(folder: string): NodeJS.ProcessEnv {
  return {
    ...process.env,
    GRADIO_ANALYTICS_ENABLED: 'False',
    GRADIO_TEMP_DIR: join(folder, 'gradio'),
    HF_HOME: join(folder, 'hf'),
    HF_HUB_OFFLINE: '1',
    HOME: folder,
    MPLCONFIGDIR: join(folder, 'matplotlib'),
    NO_PROXY: '127.0.0.1,localhost',
    PYTHONDONTWRITEBYTECODE: '1',
    PYTHONUNBUFFERED: '1',
    TMPDIR: folder,
  };
}

/** The address in the line with which the app says that it is ready. */
async function addressOf(child: ChildProcess): Promise<string> {
  if (!child.stdout) throw new Error('The app has no output.');
  for await (const line of createInterface({ input: child.stdout })) {
    const [, url] = /^READY (\S+)$/.exec(line) ?? [];
    if (url) return url;
  }
  throw new Error('The app ended before it was ready.');
}

async function endGroup(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  process.kill(-child.pid, 'SIGKILL');
  await ended;
}
