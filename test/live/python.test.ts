import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { pythonAvailable, pythonEnv } from './python.js';

let cache: string;
beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), 'hugwire-python-'));
  vi.stubEnv('HUGWIRE_TEST_CACHE', cache);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(cache, { recursive: true, force: true });
});

describe.skipIf(!pythonAvailable())('pythonEnv', () => {
  it('builds once for two that ask at once, and leaves nothing else behind', async () => {
    const [one, other] = await Promise.all([pythonEnv('twin', []), pythonEnv('twin', [])]);
    expect(one).toBe(other);
    expect(await readdir(cache)).toEqual([expect.stringMatching(/^twin-[0-9a-f]{16}$/)]);
    expect(await pythonEnv('twin', [])).toBe(one);
  });

  it('leaves nothing behind when pip fails', async () => {
    await expect(pythonEnv('broken', ['hugwire-no-such-package @ file:///nowhere'])).rejects.toThrow('pip');
    expect(await readdir(cache)).toEqual([]);
  });
});

describe('without Python', () => {
  beforeEach(() => {
    vi.stubEnv('PATH', cache);
    vi.spyOn(console, 'warn').mockImplementation(() => {});
  });
  afterEach(() => vi.restoreAllMocks());

  it('lets suites skip, and says why', () => {
    vi.stubEnv('CI', '');
    expect(pythonAvailable()).toBe(false);
    expect(console.warn).toHaveBeenCalledWith(expect.stringContaining('was not found'));
  });

  it('fails in CI', () => {
    vi.stubEnv('CI', 'true');
    expect(() => pythonAvailable()).toThrow('may not be skipped in CI');
  });

  it('builds no environment', async () => {
    await expect(pythonEnv('none', [])).rejects.toThrow('was not found');
  });
});
