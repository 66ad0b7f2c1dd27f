import { existsSync, unwatchFile, watchFile } from 'node:fs';
import { basename, dirname, extname } from 'node:path';
import { HugwireError, toHugwireError } from '../errors.js';
import { type LoadedConfig, loadConfig } from './store.js';

const POLL_MS = 1000;

/**
 * Watches the config file, whether it is there yet or not, and gives each new state of it. Nothing is ever written.
 * @param loaded the state that is in force
 * @param onChange takes the new state, or the error that says why the old one stays
 * @returns a function that ends the watch
 */
export async function watchConfig(
  loaded: LoadedConfig,
  onChange: (state: LoadedConfig | HugwireError) => void,
): Promise<() => void> {
  const { path } = loaded;
  let last = describeState(loaded);
  const check = () => {
    const state = tryLoad(path);
    const current = describeState(state);
    if (current === last) return;
    last = current;
    onChange(state);
  };

  let following: Promise<() => void> | undefined;
  let again: NodeJS.Timeout | undefined;
  const look = async () => {
    // Conf would create a file that is not there, so it comes in once there is one.
    if (existsSync(path)) following ??= followFile(path, check);
    await following;
    check();
  };
  const lookTwice = async () => {
    await look();
    // The first look of a poll is only its yardstick: what changes before it would be missed.
    clearTimeout(again);
    again = setTimeout(look, 2 * POLL_MS).unref();
  };
  // Node polls a path at the pace of its first listener: this one, since conf's own asks every five seconds only.
  watchFile(path, { interval: POLL_MS, persistent: false }, () => {
    if (!following) void lookTwice();
  });
  await lookTwice();
  return () => {
    unwatchFile(path);
    clearTimeout(again);
    void following?.then((stop) => stop());
  };
}

/** Lets conf watch a file that exists. */
async function followFile(path: string, onChange: () => void): Promise<() => void> {
  const { default: Conf } = await import('conf');
  const extension = extname(path);
  // Without `defaults` conf only reads. `deserialize` is ours, so that a broken file is reported and never thrown.
  const store = new Conf({
    cwd: dirname(path),
    configName: basename(path, extension),
    fileExtension: extension.slice(1),
    clearInvalidConfig: false,
    watch: true,
    deserialize: () => ({}),
  });
  store.events.addEventListener('change', onChange);
  return () => {
    store.events.removeEventListener('change', onChange);
    store._closeWatcher();
  };
}

function tryLoad(path: string): LoadedConfig | HugwireError {
  try {
    return loadConfig(path);
  } catch (error) {
    return toHugwireError(error);
  }
}

function describeState(state: LoadedConfig | HugwireError): string {
  return state instanceof HugwireError ? state.message : JSON.stringify(state.config);
}
