import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import type { Survey } from '../../../src/commands/auth/token.js';
import type { CheckContext, Finding } from '../../../src/commands/doctor/check.js';
import type { ConnectionTrace } from '../../../src/commands/doctor/connection.js';
import { resolvePaths } from '../../../src/config/paths.js';
import { configSchema } from '../../../src/config/schema.js';
import { fetchAccount } from '../../../src/hub/account/account.js';
import { HugwireError, toHugwireError } from '../../../src/lib/errors.js';
import { JobTable } from '../../../src/spaces/jobs.js';
import { SessionTable } from '../../../src/spaces/sessions.js';
import type { SpaceApp, SpaceSite, Spaces } from '../../../src/spaces/types.js';
import { FakeClient } from '../../hub/fake-client.js';

export const HEALTHY: ConnectionTrace = {
  steps: { name: 2, connection: 10, TLS: 20, answer: 30 },
  status: 200,
  skewMs: 400,
};
export const NO_TOKEN: Survey = { found: { source: 'none' }, setting: 'auto', places: [] };
export const BROKEN = new HugwireError('invalid_arguments', 'config.json: unknown key "x"', { hint: 'Correct it.' });

export interface MadeContext extends CheckContext {
  home: string;
  remove(): void;
}

const made: MadeContext[] = [];
afterEach(() => {
  for (const context of made.splice(0)) context.remove();
});

/** As `makeContext`, removed after the test. */
export function contextWith(options?: Parameters<typeof makeContext>[0]): MadeContext {
  const context = makeContext(options);
  made.push(context);
  return context;
}

/** Somebody in good health, in a home of their own; whatever is given makes them ill. */
export function makeContext(
  ills: Partial<CheckContext> & { reached?: ConnectionTrace; surveyed?: Survey } = {},
): MadeContext {
  const home = mkdtempSync(join(tmpdir(), 'hugwire-doctor-'));
  const env = { HUGWIRE_HOME: home };
  const configPath = join(home, 'config.json');
  const config = ills.config ?? configSchema.parse({ files: { saveTo: join(home, 'files') } });
  const { reached = HEALTHY, surveyed = NO_TOKEN, hub = new FakeClient(), ...given } = ills;
  return {
    home,
    env,
    paths: resolvePaths(env),
    machine: { env, home, platform: process.platform, cwd: home },
    nodeVersion: '20.20.2',
    configPath,
    loaded: { config, path: configPath, exists: true },
    config,
    said: { offline: false, quiet: false },
    trace: async () => reached,
    survey: async () => surveyed,
    hub,
    account: () => fetchAccount(hub).catch(toHugwireError),
    spaces: makeSpaces({}),
    server: { command: process.execPath, args: ['/opt/hugwire/bin/hugwire.js', 'serve'] },
    signal: new AbortController().signal,
    ...given,
    remove: () => rmSync(home, { recursive: true, force: true }),
  };
}

const unasked = () => {
  throw new Error('nobody was to ask for this');
};

/** Spaces of which only what is given may be asked. */
export function makeSpaces(given: { find?: () => Promise<SpaceSite>; open?: () => Promise<SpaceApp> }): Spaces {
  return {
    find: unasked,
    askConsent: unasked,
    open: unasked,
    beginLogin: unasked,
    plan: unasked,
    start: unasked,
    job: unasked,
    jobs: new JobTable(),
    sessions: new SessionTable(),
    openLocal: unasked,
    forget: unasked,
    hasJobs: unasked,
    settled: unasked,
    close: async () => {},
    ...given,
  };
}

/** What matters of findings, for comparison. */
export const brief = (found: Finding | Finding[]) => [found].flat().map(({ status, detail }) => `${status}: ${detail}`);
