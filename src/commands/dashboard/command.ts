import { once } from 'node:events';
import type { Command } from 'commander';
import { type LoadedConfig, loadConfig } from '../../config/load.js';
import { lockPath, proposalsDirectory } from '../../config/paths.js';
import { watchConfig } from '../../config/watch.js';
import { describeApproval, describeConversation, readConversation } from '../../dashboard/conversations.js';
import { readCall, readSession, searchSessions, watchJournals, watchValues } from '../../dashboard/journals.js';
import { SavedFiles } from '../../dashboard/saved-files.js';
import { type Dashboard, readAssets, startDashboard } from '../../dashboard/server.js';
import { DashboardState } from '../../dashboard/state.js';
import type { Controls, Delta, ProposalRecord, Stages } from '../../dashboard/types.js';
import { createRuntime, type Runtime } from '../../engine/runtime.js';
import { HugwireError, toHugwireError } from '../../lib/errors.js';
import { log } from '../../lib/log.js';
import { cleanLine, cleanText, redact } from '../../lib/text.js';
import { connectionsDirectory, readConnections } from '../../sessions/connections.js';
import { LOCAL_OWNER } from '../../sessions/conversations.js';
import { sessionsDirectory } from '../../sessions/names.js';
import { type Proposal, ProposalStore } from '../../sessions/proposals.js';
import type { World } from '../context.js';
import { isInteractive } from '../prompts.js';
import { openStores } from '../stores.js';
import { catchInterrupts, openBrowser, styleFor, wholeNumber } from '../terminal.js';
import { switchTools } from '../tools/switch.js';

interface Options extends Pick<DashboardCommand, 'port' | 'days'> {
  open: boolean;
  demo?: boolean;
}

/** `hugwire dashboard`. */
export function wire(command: Command, world: World): void {
  command
    .option('--port <number>', 'port to listen on; by default a free one', wholeNumber(1, 65_535))
    .option('--days <number>', 'how many days back to show; by default sessions.keepDays', wholeNumber(1, 365))
    .option('--no-open', 'print the link without opening the browser; it works once')
    .option('--demo', 'show a day of made-up sessions, without a network')
    .action(async ({ open, demo, days, ...options }: Options) => {
      const stopped = new AbortController();
      const release = catchInterrupts(() => stopped.abort());
      const onReady = async ({ makeLink }: Dashboard) => {
        const style = styleFor();
        const note =
          'The link works once, on this machine only. Run `hugwire dashboard` again for another. Ctrl-C stops it.';
        // Only its user reads a terminal, maybe later; everybody on the machine can read the arguments of a program.
        const printed = makeLink(Number.POSITIVE_INFINITY);
        process.stdout.write(`${style.bold('hugwire dashboard')}  ${style.cyan(printed)}\n`);
        process.stderr.write(`${style.dim(note)}\n`);
        if (open && isInteractive(world.env)) await openBrowser(makeLink(BROWSER_MS));
      };
      const shared = { ...options, demo, signal: stopped.signal, onReady };
      try {
        if (!demo) return await runDashboard({ world, days, ...shared });
        const { openDemoDay } = await import('./demo.js');
        const made = await openDemoDay(world.env, days ?? 1);
        const place = { ...world, ...made, load: () => made.loaded };
        await runDashboard({ world: place, days: days ?? 1, ...shared }).finally(() => made.close());
      } finally {
        release();
      }
    });
}

interface DashboardCommand {
  world: World;
  port?: number;
  /** How far back sessions are shown; as long as they are kept unless given. */
  days?: number;
  demo?: boolean;
  /** Ends it. */
  signal: AbortSignal;
  /** Called as soon as it answers. */
  onReady(dashboard: Dashboard): void | Promise<void>;
}

/** Older ones are left out. */
const MAX_CONVERSATIONS = 1000;
/** A browser that is started opens its link at once. */
const BROWSER_MS = 30_000;
const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * `hugwire dashboard`: serves the page until the signal. It reads the journals; the servers know nothing of it.
 * @param command the options
 * @throws HugwireError when the config is broken or the port is taken
 */
async function runDashboard(command: DashboardCommand): Promise<void> {
  const { world, signal, demo } = command;
  let loaded = world.load();
  const days = command.days ?? loaded.config.sessions.keepDays;
  const runtime = createRuntime({ loaded, env: world.env, paths: world.paths, log });
  const files = new SavedFiles(await runtime.savedFiles());
  const fileUrl = (path: string) => files.add(path);
  const state = new DashboardState({ fileUrl });
  const stores = await openStores(world);
  const listApprovals = async () => (await Promise.all(stores.approvals.map((store) => store.list()))).flat();
  const listConversations = async () => {
    const found = await Promise.all(stores.conversations.map((store) => store.list({ limit: MAX_CONVERSATIONS })));
    return found.flat().sort((one, other) => other.lastAt - one.lastAt);
  };
  const waiting = new ProposalStore(proposalsDirectory(world.paths));
  const directory = sessionsDirectory(world.paths.state);
  let problem: string | undefined;
  /** What is replaced as a whole. */
  let lists: Pick<Delta, 'servers' | 'proposals' | 'approvals' | 'conversations'> = {};
  const controls = () => describeControls(loaded, runtime, problem);

  const dashboard = await startDashboard({
    assets: readAssets(),
    files,
    port: command.port,
    snapshot: () => ({ days, demo, ...state.all, controls: controls(), ...lists }),
    readCall: (session, id) => readCall(directory, session, id, fileUrl),
    readSession: (session, after) => readSession(directory, session, after, fileUrl),
    searchSessions: (text, left) => searchSessions(directory, text, left),
    stages: () =>
      askStages(
        runtime,
        loaded.config.spaces.pinned.map(({ space }) => space),
      ),
    readConversation: (id, owner) => readConversation(stores.conversations, id, owner),
    decide: async (request) => {
      const { id, approve } = request;
      const holds = await Promise.all(
        stores.approvals.map((store) =>
          store.get(id).then(
            () => true,
            () => false,
          ),
        ),
      );
      // Where none has it, the first says so.
      await stores.approvals[Math.max(0, holds.indexOf(true))]?.decide(request, { approve }, LOCAL_OWNER);
      return {};
    },
    switchTool: async ({ name, on }) => {
      const { path, profile } = loaded;
      await switchTools([name], on, { path, profile, style: styleFor({ isTTY: false }) });
      loaded = loadConfig(path, { profile });
      runtime.update(loaded);
      return controls();
    },
  }).catch(async (error: unknown) => {
    await stores.close();
    throw error;
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
      onDescribed: (info) => dashboard.publish(state.describe(info)),
    });
    const connections = connectionsDirectory(world.paths.state);
    const watched = watchValues(
      ends,
      {
        servers: () => readConnections(connections),
        proposals: async () => (await waiting.list()).map(describeProposal),
        approvals: async () => (await listApprovals()).filter(({ decision }) => !decision).map(describeApproval),
        conversations: async () => (await listConversations()).map(describeConversation),
      },
      (news) => {
        lists = { ...lists, ...news };
        dashboard.publish(news);
      },
    );
    reading = Promise.all([journals, watched]);
    await command.onReady(dashboard);
    if (!signal.aborted) await once(signal, 'abort');
  } finally {
    unwatch?.();
    over.abort();
    await Promise.allSettled([reading, dashboard.close(), runtime.close()]);
    await stores.close();
  }
}

/** A change that waits, without what only its application needs. */
const describeProposal = ({ id, tool, message, createdAt }: Proposal): ProposalRecord => ({
  id,
  tool: cleanLine(tool, 64),
  message: redact(cleanText(message, MAX_MESSAGE)),
  createdAt,
});

const MAX_MESSAGE = 4000;

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
