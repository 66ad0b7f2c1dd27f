import { once } from 'node:events';
import { loadConfig } from '../../config/store.js';
import { watchConfig } from '../../config/watch.js';
import { readAssets } from '../../dashboard/assets.js';
import { Board } from '../../dashboard/board.js';
import { watchJournals } from '../../dashboard/journals.js';
import { SavedFiles } from '../../dashboard/saved-files.js';
import { startDashboard } from '../../dashboard/server.js';
import { HugwireError } from '../../errors.js';
import { expandHome } from '../../files/home.js';
import { sessionsDirectory } from '../../sessions/names.js';
import { lockPath } from '../../spaces/lock.js';
import { log } from '../output.js';
import { createRuntime } from '../runtime.js';
import { styleFor } from '../terminal/style.js';
import { switchTools } from '../tools/switch.js';
import type { World } from '../world.js';
import { readCall } from './call-entries.js';
import { describeControls } from './controls.js';
import { askStages } from './stages.js';

export interface DashboardCommand {
  world: World;
  port?: number;
  /** How far back sessions are shown. */
  days: number;
  /** Ends it. */
  signal: AbortSignal;
  /** Told of the address as soon as it can be asked. */
  onReady(url: string): void | Promise<void>;
}

const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * `hugwire dashboard`: serves the page until the signal. It reads the journals; the servers know nothing of it.
 * @param command the options
 * @throws HugwireError when the config is broken or the port is taken
 */
export async function runDashboard(command: DashboardCommand): Promise<void> {
  const { world, signal, days } = command;
  let loaded = world.load();
  const runtime = createRuntime({ loaded, env: world.env, paths: world.paths, log });
  const files = new SavedFiles(() => expandHome(loaded.config.files.saveTo));
  const board = new Board({ fileUrl: (path, mimeType) => files.add(path, mimeType) });
  const directory = sessionsDirectory(world.paths.state);
  let problem: string | undefined;
  const controls = () => describeControls(loaded, runtime, problem);

  const dashboard = await startDashboard({
    assets: readAssets(),
    files,
    port: command.port,
    snapshot: () => ({ ...board.all, controls: controls() }),
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
  // Whatever goes wrong from here on, nothing may keep the process alive.
  const over = new AbortController();
  let unwatch: (() => void) | undefined;
  let reading: Promise<void> | undefined;
  try {
    unwatch = await watchConfig(
      loaded,
      (state) => {
        problem = state instanceof HugwireError ? state.message : undefined;
        if (!(state instanceof HugwireError)) {
          loaded = state;
          runtime.update(state);
        }
        dashboard.publish({ controls: controls() });
      },
      { beside: [lockPath(loaded.path)] },
    );
    reading = watchJournals({
      directory,
      since: new Date(Date.now() - days * DAY_MS),
      signal: AbortSignal.any([signal, over.signal]),
      onEntries: (session, entries) => dashboard.publish(board.add(session, entries)),
      onGone: (session) => dashboard.publish(board.end(session)),
    });
    await command.onReady(dashboard.url);
    if (!signal.aborted) await once(signal, 'abort');
  } finally {
    unwatch?.();
    over.abort();
    await Promise.allSettled([reading, dashboard.close(), runtime.close()]);
  }
}
