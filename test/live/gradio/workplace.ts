import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { type Config, configSchema } from '../../../src/config/schema.js';
import { AppLogins } from '../../../src/spaces/logins.js';
import { createSpaces } from '../../../src/spaces/spaces.js';
import type { Job, SpaceCall, Spaces } from '../../../src/spaces/types.js';
import type { ToolContext } from '../../../src/tools/tool.js';
import { FakeClient } from '../../hub/fake-client.js';
import { type AppName, type GradioApp, startGradio } from './apps.js';
import type { GradioVersion } from './requirements.js';
import { writeSamples } from './samples.js';

/** hugwire's Spaces as the server has them, with a temporary folder in place of the user's own. */
export interface Workplace {
  spaces: Spaces;
  /** The logins of apps; none is stored at first. */
  logins: AppLogins;
  config: Config;
  /** Holds the samples; files may be read from it, and answers are saved below it. */
  folder: string;
  /** What tools run with. */
  context(change?: Partial<ToolContext>): ToolContext;
  close(): Promise<void>;
}

/** A real app and hugwire beside it; both are there from the first test on. */
export interface World {
  app: GradioApp;
  workplace: Workplace;
}

/**
 * Starts an app before the tests of a `describe` block, and ends it after them.
 * @param version which Gradio
 * @param name which app
 */
export function useApp(version: GradioVersion, name: AppName): World {
  const world = {} as World;
  // A first run installs Gradio.
  beforeAll(async () => {
    world.workplace = await openWorkplace();
    world.app = await startGradio(version, name);
  }, 600_000);
  afterAll(async () => {
    await world.workplace?.close();
    await world.app?.stop();
  });
  return world;
}

/**
 * Opens hugwire's Spaces over an empty folder with the samples in it.
 * @param net what requests go through; the platform's own unless told
 * @param local apps that an assistant may use; without any, it is as if a person typed every call
 */
export async function openWorkplace(net: typeof fetch = fetch, local?: string[]): Promise<Workplace> {
  const folder = await mkdtemp(join(tmpdir(), 'hugwire-live-'));
  await writeSamples(folder);
  const config = configSchema.parse({
    files: { readFrom: [folder], saveTo: join(folder, 'saved') },
    spaces: { local },
  });
  const hub = new FakeClient();
  const path = join(folder, 'state', 'logins.json');
  const logins = new AppLogins({ path, listed: () => config.spaces.logins, env: process.env });
  const spaces = createSpaces({ hub: () => hub, net, config: () => config, logins, typed: !local });
  const context: Workplace['context'] = (change) => {
    return { hub, spaces, config, signal: new AbortController().signal, progress: () => {}, ...change };
  };
  const close = async () => {
    await spaces.close();
    await rm(folder, { recursive: true, force: true });
  };
  return { spaces, logins, config, folder, context, close };
}

/**
 * Calls an endpoint of the world's app and waits for its end.
 * @param call all but the address
 * @returns the job, over
 */
export async function runJob({ app, workplace }: World, call: Omit<SpaceCall, 'space'>): Promise<Job> {
  const job = workplace.spaces.start({ ...call, space: app.url });
  await job.wait(110);
  return job;
}
