import { EventEmitter } from 'node:events';
import {
  closeSync,
  type FSWatcher,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  watch as watchDirectory,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type LoadedConfig, loadConfig } from '../../src/config/load.js';
import { describeState, type WatchOptions, watchConfig } from '../../src/config/watch.js';
import { HugwireError } from '../../src/lib/errors.js';
import { canLink } from '../platform.js';

vi.mock('node:fs', async (load) => {
  const fs = await load<typeof import('node:fs')>();
  return { ...fs, watch: vi.fn(fs.watch) };
});

let directory: string;
let file: string;
let stop: (() => void) | undefined;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'hugwire-watch-'));
  file = join(directory, 'config.json');
});
afterEach(() => {
  stop?.();
  rmSync(directory, { recursive: true, force: true });
});

type State = LoadedConfig | HugwireError;

/** Watches the file as it is, and hands out each new state. */
function watch(loaded = loadConfig(file), options?: WatchOptions): () => Promise<State> {
  const states: State[] = [];
  let wake = () => {};
  stop = watchConfig(
    loaded,
    (state) => {
      states.push(state);
      wake();
    },
    options,
  );
  return async () => {
    while (states.length === 0) await new Promise<void>((resolve) => (wake = resolve));
    return states.shift() as State;
  };
}

const write = (text: string) => writeFileSync(file, text);

const secondsOf = (state: State) => (state instanceof HugwireError ? state : state.config.hub.timeoutSeconds);
const isOffline = (state: State) => (state instanceof HugwireError ? state : state.config.hub.offline);

describe('the watch', () => {
  it('goes on when something that cannot be read takes the place of the file', async () => {
    const next = watch();
    mkdirSync(file);
    expect(await next()).toMatchObject({ message: expect.stringContaining('it is a directory') });
    rmSync(file, { recursive: true });
    write('{"hub":{"offline":true}}');
    expect(isOffline(await next())).toBe(true);
  });

  it('begins while the file cannot be read', async () => {
    const loaded = loadConfig(file);
    mkdirSync(file);
    const next = watch(loaded);
    expect(await next()).toMatchObject({ message: expect.stringContaining('it is a directory') });
  });

  it('tells of a change, of a fault, and of its repair', async () => {
    writeFileSync(file, '{}');
    const next = watch();
    writeFileSync(file, '{"hub":{"offline":true}}');
    expect(isOffline(await next())).toBe(true);
    writeFileSync(file, '{"hub":');
    expect(isOffline(await next())).toMatchObject({ code: 'invalid_arguments' });
    writeFileSync(file, '{"hub":{"offline":false}}');
    expect(isOffline(await next())).toBe(false);
  });

  it('tells of a file that another one replaced, as editors do', async () => {
    writeFileSync(file, '{}');
    const next = watch();
    writeFileSync(`${file}.new`, '{"hub":{"offline":true}}');
    renameSync(`${file}.new`, file);
    expect(isOffline(await next())).toBe(true);
  });

  it('tells of a file that was not there, and of its end', async () => {
    const next = watch();
    writeFileSync(file, '{"hub":{"offline":true}}');
    expect(isOffline(await next())).toBe(true);
    writeFileSync(file, '{"hub":{"offline":true,"timeoutSeconds":20}}');
    expect(await next()).toMatchObject({ exists: true, config: { hub: { timeoutSeconds: 20 } } });
    rmSync(file);
    expect(await next()).toMatchObject({ exists: false, config: { hub: { offline: false } } });
  });

  it('misses nothing that changed before it began', async () => {
    writeFileSync(file, '{}');
    const loaded = loadConfig(file);
    writeFileSync(file, '{"hub":{"offline":true}}');
    expect(isOffline(await watch(loaded)())).toBe(true);
  });

  it('tells of the end of a file that came before it began', async () => {
    const loaded = loadConfig(file);
    writeFileSync(file, '{"hub":{"offline":true}}');
    const next = watch(loaded);
    expect(isOffline(await next())).toBe(true);
    writeFileSync(file, '{"hub":{"timeoutSeconds":20}}');
    expect(isOffline(await next())).toBe(false);
    rmSync(file);
    expect(await next()).toMatchObject({ exists: false });
  });

  it('writes nothing, neither into the file nor beside it', async () => {
    const text = '{ "hub" : {"offline":true} }\n';
    writeFileSync(file, text);
    const before = statSync(file);
    const next = watch();
    writeFileSync(join(directory, 'other.json'), '{}');
    expect(readFileSync(file, 'utf8')).toBe(text);
    expect(statSync(file).mtimeMs).toBe(before.mtimeMs);
    writeFileSync(file, text.replace('true', 'false'));
    expect(isOffline(await next())).toBe(false);
    expect(readFileSync(file, 'utf8')).toBe(text.replace('true', 'false'));
  });

  it('says nothing of a change that changes nothing', async () => {
    writeFileSync(file, '{}');
    const next = watch();
    writeFileSync(file, '{ "hub": {} }\n');
    writeFileSync(file, '{ "cache": {"enabled": false} }\n');
    const state = await next();
    expect(state).toMatchObject({ config: { cache: { enabled: false } } });
  });

  it('tells of several quick saves by the state that they leave', async () => {
    write('{}');
    const next = watch();
    for (let seconds = 1; seconds <= 50; seconds++) write(`{"hub":{"timeoutSeconds":${seconds}}}`);
    let state = await next();
    while (secondsOf(state) !== 50) state = await next();
  });

  it('says nothing of a file that is being written', async () => {
    write('{}');
    const next = watch();
    const text = '{"hub":{"offline":true}}';
    const half = openSync(file, 'w');
    writeSync(half, text.slice(0, 9));
    // Long enough to be noticed, and shorter than a fault has to last.
    await setTimeout(150);
    writeSync(half, text.slice(9));
    closeSync(half);
    expect(isOffline(await next())).toBe(true);
  });

  it.runIf(canLink)('follows a link to where it leads, and to where it leads next', async () => {
    const [one, two] = ['one', 'two'].map((name) => join(directory, name, 'real.json')) as [string, string];
    for (const real of [one, two]) {
      mkdirSync(dirname(real));
      writeFileSync(real, '{}');
    }
    symlinkSync(one, file);
    const next = watch();
    writeFileSync(one, '{"hub":{"timeoutSeconds":11}}');
    expect(secondsOf(await next())).toBe(11);
    writeFileSync(two, '{"hub":{"timeoutSeconds":12}}');
    symlinkSync(two, `${file}.new`);
    renameSync(`${file}.new`, file);
    expect(secondsOf(await next())).toBe(12);
    writeFileSync(two, '{"hub":{"timeoutSeconds":13}}');
    expect(secondsOf(await next())).toBe(13);
  });

  it('finds a directory that is made later', async () => {
    file = join(directory, 'not', 'yet', 'config.json');
    const next = watch();
    mkdirSync(dirname(file), { recursive: true });
    write('{"hub":{"timeoutSeconds":11}}');
    expect(secondsOf(await next())).toBe(11);
    write('{"hub":{"timeoutSeconds":12}}');
    expect(secondsOf(await next())).toBe(12);
  });

  it('finds a directory again that was taken away and put back', async () => {
    file = join(directory, 'inner', 'config.json');
    mkdirSync(dirname(file));
    write('{"hub":{"timeoutSeconds":11}}');
    const next = watch();
    rmSync(dirname(file), { recursive: true });
    expect(await next()).toMatchObject({ exists: false });
    mkdirSync(dirname(file));
    write('{"hub":{"timeoutSeconds":12}}');
    expect(secondsOf(await next())).toBe(12);
  });

  it.runIf(canLink)(
    'watches a directory by its real name alone, and looks once a while where there is none',
    async () => {
      // A link stands for the short name of a directory.
      const short = `${directory}-SHORT~1`;
      symlinkSync(directory, short);
      try {
        writeFileSync(file, '{}');
        const loaded = loadConfig(join(short, 'config.json'));
        vi.mocked(watchDirectory).mockClear();
        watch(loaded);
        expect(vi.mocked(watchDirectory).mock.calls.map(([path]) => path)).toEqual([realpathSync(directory)]);
        stop?.();
        const unknown = vi.spyOn(realpathSync, 'native').mockImplementation(() => {
          throw Object.assign(new Error('UNKNOWN'), { code: 'UNKNOWN' });
        });
        vi.mocked(watchDirectory).mockClear();
        const next = watch(loaded);
        writeFileSync(file, '{"hub":{"offline":true}}');
        expect(await next()).toMatchObject({ config: { hub: { offline: true } } });
        expect(watchDirectory).not.toHaveBeenCalled();
        unknown.mockRestore();
      } finally {
        rmSync(short);
      }
    },
  );

  it('says nothing once it has ended', async () => {
    write('{}');
    const states: State[] = [];
    const end = watchConfig(loadConfig(file), (state) => states.push(state));
    write('{"hub":');
    await setTimeout(150);
    end();
    write('{"hub":{"offline":true}}');
    await setTimeout(1500);
    expect(states).toEqual([]);
  });

  it('keeps the profile, and tells when it is gone', async () => {
    write('{"profiles":{"work":{"hub":{"timeoutSeconds":11}}}}');
    const next = watch(loadConfig(file, { profile: 'work' }));
    write('{"profiles":{"work":{"hub":{"timeoutSeconds":12}},"home":{}}}');
    expect(await next()).toMatchObject({ profile: 'work', config: { hub: { timeoutSeconds: 12 } } });
    write('{"profiles":{"home":{}}}');
    expect(await next()).toMatchObject({
      message: 'There is no profile "work" in the config.',
      hint: 'There are: home.',
    });
  });
});

describe('where the system tells of nothing', () => {
  afterEach(() => vi.mocked(watchDirectory).mockReset());

  it.each<[string, () => FSWatcher]>([
    [
      'and says so',
      () => {
        throw Object.assign(new Error('no'), { code: 'ENOSYS' });
      },
    ],
    ['as on network disks', () => Object.assign(new EventEmitter(), { close() {} }) as FSWatcher],
  ])('%s, a change is found all the same', async (_, silent) => {
    vi.mocked(watchDirectory).mockImplementation(silent);
    write('{}');
    const next = watch();
    write('{"hub":{"timeoutSeconds":11}}');
    expect(secondsOf(await next())).toBe(11);
    writeFileSync(`${file}.new`, '{"hub":{"timeoutSeconds":12}}');
    renameSync(`${file}.new`, file);
    expect(secondsOf(await next())).toBe(12);
    expect(watchDirectory).toHaveBeenCalled();
  });
});

describe('a file beside the config', () => {
  const lock = () => join(directory, 'lock.json');
  const open = (seen?: string) => watch(loadConfig(file), { beside: [lock()], seen });

  it('counts as well, and a broken one is told of while the config stays', async () => {
    write('{}');
    const next = open();
    writeFileSync(lock(), '{"version":1}');
    expect(isOffline(await next())).toBe(false);
    writeFileSync(lock(), '{"version":');
    expect(await next()).toMatchObject({ message: expect.stringContaining('lock.json is not valid JSON') });
    writeFileSync(lock(), '{"version":2}');
    expect(isOffline(await next())).toBe(false);
    rmSync(lock());
    expect(isOffline(await next())).toBe(false);
  });

  it('that changed between the start and the watch is told of', async () => {
    write('{}');
    const seen = describeState(loadConfig(file), [lock()]);
    writeFileSync(lock(), '{"version":1}');
    expect(isOffline(await open(seen)())).toBe(false);
  });
});
