import { existsSync, type FSWatcher, realpathSync, watch } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { HugwireError, toHugwireError } from '../lib/errors.js';
import { type LoadedConfig, loadConfig, readJsonFile } from './load.js';

/** Saving is several steps: they are noticed as one. */
const SETTLE_MS = 40;
/** How often is looked where the system tells nothing: on network disks, and in directories that are not there yet. */
const POLL_MS = 1000;
/** A file that is being written is broken for a moment: a fault counts when it lasts. */
const GRACE_MS = 250;

export interface WatchOptions {
  /** JSON files whose changes count as well, such as the lock of pinned Spaces; absolute paths. */
  beside?: readonly string[];
  /** What `describeState` said of the state that is in force, when it was read. */
  seen?: string;
  /** Whether the profiles count too that are not laid over the file. */
  profiles?: boolean;
}

type State = LoadedConfig | HugwireError;

/**
 * Watches the config file and those beside it, whether they are there yet or not, and gives each new state of them.
 * Nothing is ever written, and nothing here keeps the process alive.
 * @param loaded the state that is in force; its profile stays
 * @param onChange takes the new state, or the error that says why the old one stays
 * @param options what else is watched
 * @returns a function that ends the watch: `onChange` is not called any more
 */
export function watchConfig(
  loaded: LoadedConfig,
  onChange: (state: State) => void,
  { beside = [], profiles = false, seen = describeState(loaded, beside, profiles) }: WatchOptions = {},
): () => void {
  const { path, profile } = loaded;
  let last = seen;
  let doubt: NodeJS.Timeout | undefined;
  const check = (sure = false) => {
    const state = readState(path, profile, beside);
    const current = describeState(state, beside, profiles);
    if (current === last) return;
    clearTimeout(doubt);
    if (state instanceof HugwireError && !sure) {
      doubt = setTimeout(() => check(true), GRACE_MS).unref();
      return;
    }
    last = current;
    onChange(state);
  };
  const ignore = watchFiles([path, ...beside], () => check());
  check();
  return () => {
    ignore();
    clearTimeout(doubt);
  };
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
export function describeState(state: State, beside: readonly string[] = [], all = false): string {
  if (state instanceof HugwireError) return state.message;
  const { profiles, ...config } = state.config;
  try {
    return JSON.stringify([config, all ? profiles : undefined, ...readBeside(beside)]);
  } catch (error) {
    return toHugwireError(error).message;
  }
}

function readBeside(paths: readonly string[]): unknown[] {
  return paths.map((path) => (existsSync(path) ? readJsonFile(path) : null));
}

/**
 * Notices when something happens to files: at once where the system tells, and within a second or so everywhere else. It
 * may notice what changed nothing, and looks once a while after it began.
 * @param paths absolute; links are followed
 * @param onNotice called once for what comes together
 * @returns a function that ends it
 */
function watchFiles(paths: readonly string[], onNotice: () => void): () => void {
  let watchers: FSWatcher[] = [];
  let armed = '';
  let settling: NodeJS.Timeout | undefined;
  const notice = () => {
    settling = undefined;
    // A file may have become a link, or a link may lead elsewhere now.
    arm();
    onNotice();
  };
  const schedule = () => {
    settling ??= setTimeout(notice, SETTLE_MS).unref();
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

  let over = false;
  // The first look finds what changed before the watch began to tell.
  let known: string | undefined;
  const look = async () => {
    const found = await describeFiles(paths);
    if (over) return;
    if (found !== known) {
      known = found;
      // What the poll sees first, the watch did not: its directory may be another one now.
      if (settling === undefined) disarm();
      schedule();
    }
    // Only then: on a disk that hangs, looks must not pile up.
    next = setTimeout(look, POLL_MS).unref();
  };
  let next = setTimeout(look, POLL_MS).unref();
  arm();
  return () => {
    over = true;
    clearTimeout(next);
    clearTimeout(settling);
    disarm();
  };
}

/** What changes when one of the files does. */
async function describeFiles(paths: readonly string[]): Promise<string> {
  const states = paths.map((path) =>
    stat(path).then(
      ({ dev, ino, size, mtimeMs, ctimeMs }) => [dev, ino, size, mtimeMs, ctimeMs].join(),
      () => 'none',
    ),
  );
  return (await Promise.all(states)).join(' ');
}

/**
 * The directories to watch, and the names in them: those of the paths, and those of what they lead to. Directories by their real
 * names: by a short one such as PROGRA~1, watching can end the process on Windows. Where the system tells none, there is the poll.
 */
function listPlaces(paths: readonly string[]): Map<string, Set<string>> {
  const places = new Map<string, Set<string>>();
  for (const path of paths.flatMap((one) => [one, follow(one) ?? one])) {
    const directory = follow(dirname(path));
    if (directory === undefined) continue;
    places.set(directory, (places.get(directory) ?? new Set()).add(basename(path)));
  }
  return places;
}

function follow(path: string): string | undefined {
  try {
    return realpathSync.native(path);
  } catch {
    return undefined;
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
