import { once } from 'node:events';
import type { Command } from 'commander';
import { type LoadedConfig, loadConfig } from '../config/load.js';
import { lockPath } from '../config/paths.js';
import { watchConfig } from '../config/watch.js';
import { watchJournals, watchServers } from '../dashboard/journals.js';
import { SavedFiles } from '../dashboard/saved-files.js';
import { type Dashboard, readAssets, startDashboard } from '../dashboard/server.js';
import { DashboardState } from '../dashboard/state.js';
import type { Controls, Stages } from '../dashboard/types.js';
import { createRuntime, type Runtime } from '../engine/runtime.js';
import { HugwireError, toHugwireError } from '../lib/errors.js';
import { log } from '../lib/log.js';
import { cleanLine, cleanText } from '../lib/text.js';
import { connectionsDirectory, type ListedServer } from '../sessions/connections.js';
import type { Entry } from '../sessions/entries.js';
import { readSessionName, sessionFile, sessionsDirectory } from '../sessions/names.js';
import { readEntries } from '../sessions/reader.js';
import type { World } from './context.js';
import { isInteractive } from './prompts.js';
import { catchInterrupts, openBrowser, styleFor, wholeNumber } from './terminal.js';
import { switchTools } from './tools/switch.js';

interface Options extends Pick<DashboardCommand, 'port' | 'days'> {
  open: boolean;
}

/** `hugwire dashboard`. */
export function wire(command: Command, world: World): void {
  command
    .option('--port <number>', 'port to listen on; by default a free one', wholeNumber(1, 65_535))
    .option('--days <number>', 'show the sessions of the last days', wholeNumber(1, 365), 7)
    .option('--no-open', 'print the link without opening the browser; it works once')
    .action(async ({ open, ...options }: Options) => {
      const stopped = new AbortController();
      const release = catchInterrupts(() => stopped.abort());
      const onReady = async ({ makeLink }: Dashboard) => {
        const style = styleFor();
        const note = 'The link works once, and only on this machine. Ctrl-C stops the dashboard.';
        // Only its user reads a terminal, maybe late; everybody on the machine can read a program's arguments.
        const printed = makeLink(Number.POSITIVE_INFINITY);
        process.stdout.write(`${style.bold('hugwire dashboard')}  ${style.cyan(printed)}\n`);
        process.stderr.write(`${style.dim(note)}\n`);
        if (open && isInteractive(world.env)) await openBrowser(makeLink(BROWSER_MS));
      };
      try {
        await runDashboard({ world, ...options, signal: stopped.signal, onReady });
      } finally {
        release();
      }
    });
}

interface DashboardCommand {
  world: World;
  port?: number;
  /** How far back sessions are shown. */
  days: number;
  /** Ends it. */
  signal: AbortSignal;
  /** Told of it as soon as it can be asked. */
  onReady(dashboard: Dashboard): void | Promise<void>;
}

/** A browser opens its link at once. */
const BROWSER_MS = 30_000;
const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * `hugwire dashboard`: serves the page until the signal. It reads the journals; the servers know nothing of it.
 * @param command the options
 * @throws HugwireError when the config is broken or the port is taken
 */
async function runDashboard(command: DashboardCommand): Promise<void> {
  const { world, signal, days } = command;
  let loaded = world.load();
  const runtime = createRuntime({ loaded, env: world.env, paths: world.paths, log });
  const files = new SavedFiles(await runtime.savedFiles());
  const state = new DashboardState({ fileUrl: (path) => files.add(path) });
  const directory = sessionsDirectory(world.paths.state);
  let problem: string | undefined;
  let servers: ListedServer[] = [];
  const controls = () => describeControls(loaded, runtime, problem);

  const dashboard = await startDashboard({
    assets: readAssets(),
    files,
    port: command.port,
    snapshot: () => ({ ...state.all, controls: controls(), servers }),
    describeCall: (session, id) => readCall(directory, session, id),
    stages: () =>
      askStages(
        runtime,
        loaded.config.spaces.pinned.map(({ space }) => space),
      ),
    switchTool: async (name, on) => {
      const { path, profile } = loaded;
      await switchTools([name], on, { path, profile, style: styleFor({ isTTY: false }) });
      loaded = loadConfig(path, { profile });
      runtime.update(loaded);
      return controls();
    },
  });
  // Whatever goes wrong from here on must not keep the process alive.
  const over = new AbortController();
  let unwatch: (() => void) | undefined;
  let reading: Promise<unknown> | undefined;
  try {
    unwatch = watchConfig(
      loaded,
      (current) => {
        problem = current instanceof HugwireError ? current.message : undefined;
        if (!(current instanceof HugwireError)) {
          loaded = current;
          runtime.update(current);
        }
        dashboard.publish({ controls: controls() });
      },
      { beside: [lockPath(loaded.path)] },
    );
    const ends = AbortSignal.any([signal, over.signal]);
    const journals = watchJournals({
      directory,
      since: new Date(Date.now() - days * DAY_MS),
      signal: ends,
      onEntries: (session, entries) => dashboard.publish(state.add(session, entries)),
      onGone: (session) => dashboard.publish(state.end(session)),
      onEarlier: (count) => dashboard.publish(state.addEarlier(count)),
    });
    const connections = watchServers(connectionsDirectory(world.paths.state), ends, (found) => {
      servers = found;
      dashboard.publish({ servers });
    });
    reading = Promise.all([journals, connections]);
    await command.onReady(dashboard);
    if (!signal.aborted) await once(signal, 'abort');
  } finally {
    unwatch?.();
    over.abort();
    await Promise.allSettled([reading, dashboard.close(), runtime.close()]);
  }
}

/**
 * What the config turns on and off, for the switches.
 * @param loaded the state of the config that is in force
 * @param runtime made of it
 * @param problem why the file as it is now is not in force
 */
function describeControls(
  { config, path }: LoadedConfig,
  runtime: Pick<Runtime, 'tools' | 'knownTools'>,
  problem?: string,
): Controls {
  const { pinned } = config.spaces;
  const on = new Set(runtime.tools().map(({ name }) => name));
  const tools = runtime.knownTools().filter(({ name }) => !pinned.some(({ tool }) => tool === name));
  return {
    path,
    readOnly: config.tools.readOnly,
    tools: tools.map(({ name, title, toolset, effect }) => ({ name, title, toolset, effect, on: on.has(name) })),
    spaces: pinned.map(({ tool, space, endpoint, enabled, proposed }) => ({
      tool,
      space,
      endpoint,
      on: enabled && on.has(tool),
      proposed: proposed === true,
    })),
    problem,
  };
}

const TIMEOUT_MS = 10_000;

/**
 * Asks the Hub for the stages of Spaces, all at the same time.
 * @param runtime the way to the Hub
 * @param spaces ids, or URLs of apps on this machine, which have none
 * @returns one for each Space; where it cannot be known, why
 */
async function askStages(runtime: Pick<Runtime, 'context'>, spaces: readonly string[]): Promise<Stages> {
  const { spaces: directory } = runtime.context(AbortSignal.timeout(TIMEOUT_MS), () => {});
  const ask = async (space: string): Promise<[string, Stages[string]]> => {
    try {
      const { kind, stage, hardware } = await directory.find(space);
      return [space, kind === 'local' ? { stage: 'on this machine' } : { stage, hardware }];
    } catch (error) {
      return [space, { problem: cleanLine(toHugwireError(error).code.replaceAll('_', ' '), 80) }];
    }
  };
  return Object.fromEntries(await Promise.all([...new Set(spaces)].map(ask)));
}

/** Of one call; a Space may log without end. */
const MAX_ENTRIES = 500;

/**
 * Everything that a journal has of one call.
 * @param directory of the journals
 * @param session id
 * @param call id of its entry
 * @throws HugwireError `not_found`
 */
export async function readCall(directory: string, session: string, call: string): Promise<Entry[]> {
  const missing = new HugwireError('not_found', 'This call is in no journal any more.');
  // Only what has the form of an id may become a part of a path.
  if (!readSessionName(session)) throw missing;
  const entries: Entry[] = [];
  try {
    for await (const entry of readEntries(sessionFile(directory, session))) {
      if (entry.id !== call && entry.parent !== call) continue;
      if (entries.length < MAX_ENTRIES || entry.type === 'FunctionResponse') entries.push(entry);
      if (entry.type === 'FunctionResponse') break;
    }
  } catch {
    throw missing;
  }
  if (entries.length === 0) throw missing;
  return cleanDeep(entries) as Entry[];
}

/** Whoever can write a journal may have put anything into it. */
function cleanDeep(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value), (_, inner) => (typeof inner === 'string' ? cleanText(inner) : inner));
}
