import { mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type LoadedConfig, loadConfig } from '../../src/config/store.js';
import { watchConfig } from '../../src/config/watch.js';
import { HugwireError } from '../../src/errors.js';

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
async function watch(loaded = loadConfig(file)): Promise<() => Promise<State>> {
  const states: State[] = [];
  let wake = () => {};
  stop = await watchConfig(loaded, (state) => {
    states.push(state);
    wake();
  });
  return async () => {
    while (states.length === 0) await new Promise<void>((resolve) => (wake = resolve));
    return states.shift() as State;
  };
}

const isOffline = (state: State) => (state instanceof HugwireError ? state : state.config.hub.offline);

// Polls and debounces add up, the more on a busy machine.
describe('the watch', { timeout: 60_000 }, () => {
  it('tells of a change, of a fault, and of its repair', async () => {
    writeFileSync(file, '{}');
    const next = await watch();
    writeFileSync(file, '{"hub":{"offline":true}}');
    expect(isOffline(await next())).toBe(true);
    writeFileSync(file, '{"hub":');
    expect(isOffline(await next())).toMatchObject({ code: 'invalid_arguments' });
    writeFileSync(file, '{"hub":{"offline":false}}');
    expect(isOffline(await next())).toBe(false);
  });

  it('tells of a file that another one replaced, as editors do', async () => {
    writeFileSync(file, '{}');
    const next = await watch();
    writeFileSync(`${file}.new`, '{"hub":{"offline":true}}');
    renameSync(`${file}.new`, file);
    expect(isOffline(await next())).toBe(true);
  });

  it('tells of a file that was not there, and of its end', async () => {
    const next = await watch();
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
    expect(isOffline(await (await watch(loaded))())).toBe(true);
  });

  it('tells of the end of a file that came before it began', async () => {
    const loaded = loadConfig(file);
    writeFileSync(file, '{"hub":{"offline":true}}');
    const next = await watch(loaded);
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
    const next = await watch();
    writeFileSync(join(directory, 'other.json'), '{}');
    expect(readFileSync(file, 'utf8')).toBe(text);
    expect(statSync(file).mtimeMs).toBe(before.mtimeMs);
    writeFileSync(file, text.replace('true', 'false'));
    expect(isOffline(await next())).toBe(false);
    expect(readFileSync(file, 'utf8')).toBe(text.replace('true', 'false'));
  });

  it('says nothing of a change that changes nothing', async () => {
    writeFileSync(file, '{}');
    const next = await watch();
    writeFileSync(file, '{ "hub": {} }\n');
    writeFileSync(file, '{ "cache": {"enabled": false} }\n');
    const state = await next();
    expect(state).toMatchObject({ config: { cache: { enabled: false } } });
  });
});
