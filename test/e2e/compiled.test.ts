import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { resolvePaths } from '../../src/config/paths.js';
import { ServerProcess } from './server-process.js';

const posix = process.platform !== 'win32';

describe('the compiled form of the program', () => {
  let home: string;
  let directory: string;
  let server: ServerProcess | undefined;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'hugwire-compiled-'));
    directory = join(resolvePaths({ HUGWIRE_HOME: home }).cache, 'compiled');
  });
  afterEach(async () => {
    await stop();
    rmSync(home, { recursive: true, force: true });
  });

  /** Starts a server that works, whatever lies in the cache. */
  async function start(): Promise<void> {
    server = new ServerProcess({ env: { HUGWIRE_HOME: home } });
    const { result } = await server.initialize();
    expect(result.serverInfo.name).toBe('hugwire');
  }

  async function stop(): Promise<void> {
    await server?.dispose();
    server = undefined;
  }

  const kept = () => (existsSync(directory) ? readdirSync(directory) : []).filter((name) => name.endsWith('.bin'));
  const untilKept = () => vi.waitFor(() => expect(kept()).toHaveLength(1), { timeout: 15_000, interval: 50 });

  it('is kept by the first start, and taken by the next', async () => {
    await start();
    await untilKept();
    await stop();
    const [name = ''] = kept();
    expect(name).toMatch(new RegExp(`^[0-9a-f]{32}-${process.version}-${process.arch}\\.bin$`));
    expect(readdirSync(directory)).toEqual([name]);
    const bytes = readFileSync(join(directory, name));
    await start();
    await stop();
    expect(readFileSync(join(directory, name))).toEqual(bytes);
  });

  it('is refused and made anew when it is broken', async () => {
    await start();
    await untilKept();
    await stop();
    const file = join(directory, kept()[0] ?? '');
    const broken = Buffer.concat([readFileSync(file).subarray(0, 5000), Buffer.alloc(5000, 7)]);
    writeFileSync(file, broken);
    await start();
    await vi.waitFor(() => expect(readFileSync(file).length).toBeGreaterThan(broken.length), { timeout: 15_000 });
  });

  it.runIf(posix)('is neither taken from nor put where others can write', async () => {
    await start();
    await untilKept();
    await stop();
    const file = join(directory, kept()[0] ?? '');
    writeFileSync(file, 'not ours');
    chmodSync(directory, 0o777);
    await start();
    // It would have been replaced by the time that a place of our own has it.
    const other = mkdtempSync(join(tmpdir(), 'hugwire-compiled-'));
    const second = new ServerProcess({ env: { HUGWIRE_HOME: other } });
    try {
      await second.initialize();
      await vi.waitFor(() => expect(existsSync(join(other, 'cache', 'compiled'))).toBe(true), { timeout: 15_000 });
      expect(readFileSync(file, 'utf8')).toBe('not ours');
    } finally {
      await second.dispose();
      rmSync(other, { recursive: true, force: true });
    }
  });

  it.runIf(posix)('is done without where nothing can be written', async () => {
    mkdirSync(join(home, 'cache'));
    writeFileSync(directory, 'a file in its place');
    await start();
    await stop();
    expect(readFileSync(directory, 'utf8')).toBe('a file in its place');
  });
});
