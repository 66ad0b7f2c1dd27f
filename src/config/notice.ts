import { type FSWatcher, realpathSync, unwatchFile, watch, watchFile } from 'node:fs';
import { basename, dirname } from 'node:path';

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
