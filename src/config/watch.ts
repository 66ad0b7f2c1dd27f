import { existsSync } from 'node:fs';
import { basename, dirname, extname } from 'node:path';
import { HugwireError, toHugwireError } from '../errors.js';
import { readJsonFile } from './json-file.js';
import { noticeFiles } from './notice.js';
import { type LoadedConfig, loadConfig } from './store.js';

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
