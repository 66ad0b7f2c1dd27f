import { existsSync, type FSWatcher, realpathSync, unwatchFile, watch, watchFile } from 'node:fs';
import { basename, dirname, extname } from 'node:path';
import { HugwireError, toHugwireError } from '../lib/errors.js';
import { type LoadedConfig, loadConfig, readJsonFile } from './load.js';

/** A file that is being written is broken for a moment: a fault counts when it lasts. */
const GRACE_MS = 250;
/** The first look of a poll is only its yardstick: what changes before it is found by another look, after this long. */
const SECOND_LOOK_MS = 2000;

export interface WatchOptions {
  /** JSON files whose changes count as well, such as the lock of pinned Spaces; absolute paths. */
  beside?: readonly string[];
  /** What `describeState` said of the state that is in force, when it was read. */
  seen?: string;
}

type State = LoadedConfig | HugwireError;

/**
 * Watches the config file and those beside it, whether they are there yet or not, and gives each new state of them.
 * Nothing is ever written.
 * @param loaded the state that is in force; its profile stays
 * @param onChange takes the new state, or the error that says why the old one stays
 * @param options what else is watched
 * @returns a function that ends the watch
 */
export async function watchConfig(
  loaded: LoadedConfig,
  onChange: (state: State) => void,
  { beside = [], seen = describeState(loaded, beside) }: WatchOptions = {},
): Promise<() => void> {
  const { path, profile } = loaded;
  let last = seen;
  let doubt: NodeJS.Timeout | undefined;
  const check = (sure = false) => {
    const state = readState(path, profile, beside);
    const current = describeState(state, beside);
    if (current === last) return;
    clearTimeout(doubt);
    if (state instanceof HugwireError && !sure) {
      doubt = setTimeout(() => check(true), GRACE_MS).unref();
      return;
    }
    last = current;
    onChange(state);
  };

  let following: Promise<(() => void) | undefined> | undefined;
  const look = async () => {
    check();
    // Conf would create a file that is not there, so it comes in once there is one.
    if (existsSync(path)) following ??= followFile(path, () => check());
    // What conf cannot read it does not watch, and tries again at the next look.
    if (following && !(await following)) following = undefined;
  };
  const ignore = noticeFiles([path, ...beside], () => void look());
  const again = setTimeout(() => check(), SECOND_LOOK_MS).unref();
  await look();
  return () => {
    ignore();
    clearTimeout(doubt);
    clearTimeout(again);
    void following?.then((stop) => stop?.());
  };
}

/** Lets conf watch a file that exists; undefined where it cannot. */
async function followFile(path: string, onChange: () => void): Promise<(() => void) | undefined> {
  const store = await openStore(path).catch(() => undefined);
  if (!store) return undefined;
  store.events.addEventListener('change', onChange);
  return () => {
    store.events.removeEventListener('change', onChange);
    store._closeWatcher();
  };
}

async function openStore(path: string) {
  const { default: Conf } = await import('conf');
  const extension = extname(path);
  // Without `defaults` conf only reads. `deserialize` is ours, so that a broken file is reported and never thrown.
  return new Conf({
    cwd: dirname(path),
    configName: basename(path, extension),
    fileExtension: extension.slice(1),
    clearInvalidConfig: false,
    watch: true,
    deserialize: () => ({}),
  });
}

function readState(path: string, profile: string | undefined, beside: readonly string[]): State {
  try {
    const loaded = loadConfig(path, { profile });
    readBeside(beside);
    return loaded;
  } catch (error) {
    return toHugwireError(error);
  }
}

/**
 * What there is to a state, as text: two states with the same text are the same for a server.
 * @param state a state of the config
 * @param beside the other files that count, as they are now
 */
export function describeState(state: State, beside: readonly string[] = []): string {
  if (state instanceof HugwireError) return state.message;
  const { profiles: _, ...config } = state.config;
  try {
    return JSON.stringify([config, ...readBeside(beside)]);
  } catch (error) {
    return toHugwireError(error).message;
  }
}

function readBeside(paths: readonly string[]): unknown[] {
  return paths.map((path) => (existsSync(path) ? readJsonFile(path) : null));
}

const POLL_MS = 1000;
/** Saving is several steps: they are noticed as one. */
const SETTLE_MS = 40;

/**
 * Notices when something happens to files, whether they are there yet or not: at once where the system tells, and within
 * a second or so everywhere else. It may notice what changed nothing.
 * @param paths absolute; links are followed
 * @param onNotice called once for what comes together
 * @returns a function that ends it
 */
export function noticeFiles(paths: readonly string[], onNotice: () => void): () => void {
  let watchers: FSWatcher[] = [];
  let timer: NodeJS.Timeout | undefined;
  let armed = '';
  const notice = () => {
    timer = undefined;
    // A file may have become a link, or a link may lead elsewhere now.
    arm();
    onNotice();
  };
  const schedule = () => {
    timer ??= setTimeout(notice, SETTLE_MS).unref();
  };
  const disarm = () => {
    for (const watcher of watchers) watcher.close();
    watchers = [];
    armed = '';
  };
  const arm = () => {
    const places = listPlaces(paths);
    const wanted = JSON.stringify([...places].map(([directory, names]) => [directory, ...names]));
    if (wanted === armed) return;
    disarm();
    armed = wanted;
    watchers = [...places].flatMap(([directory, names]) => watchDirectory(directory, names, schedule));
  };
  const poll = () => {
    // What the poll sees first, the watch did not: its directory may be another one now.
    if (timer === undefined) disarm();
    schedule();
  };
  for (const path of paths) watchFile(path, { interval: POLL_MS, persistent: false }, poll);
  arm();
  return () => {
    for (const path of paths) unwatchFile(path, poll);
    clearTimeout(timer);
    disarm();
  };
}

/** The directories to watch, and the names in them: those of the paths, and those of what they lead to. */
function listPlaces(paths: readonly string[]): Map<string, Set<string>> {
  const places = new Map<string, Set<string>>();
  for (const path of paths.flatMap((one) => [one, follow(one)])) {
    const directory = dirname(path);
    places.set(directory, (places.get(directory) ?? new Set()).add(basename(path)));
  }
  return places;
}

function follow(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

/** Directories, since the file that an editor replaced would be watched no longer. What cannot be watched is polled. */
function watchDirectory(directory: string, names: ReadonlySet<string>, onEvent: () => void): FSWatcher[] {
  try {
    const watcher = watch(directory, { persistent: false }, (_event, name) => {
      if (name === null || names.has(name)) onEvent();
    });
    watcher.on('error', () => watcher.close());
    return [watcher];
  } catch {
    return [];
  }
}
