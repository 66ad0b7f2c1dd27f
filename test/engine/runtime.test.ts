import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { loadConfig } from '../../src/config/load.js';
import { configPath, resolvePaths } from '../../src/config/paths.js';
import { createRuntime } from '../../src/engine/runtime.js';
import type { CachedHubClient } from '../../src/hub/client/cache.js';

const opened = vi.hoisted((): CachedHubClient[] => []);
vi.mock('../../src/hub/client/cache.js', async (importOriginal) => {
  const original = await importOriginal<typeof import('../../src/hub/client/cache.js')>();
  const withCache: typeof original.withCache = (...given) => {
    const cached = original.withCache(...given);
    vi.spyOn(cached, 'settled');
    opened.push(cached);
    return cached;
  };
  return { ...original, withCache };
});

it('waits for the answers of every connection to the Hub that it has had, before it is closed', async () => {
  const home = mkdtempSync(join(tmpdir(), 'hugwire-runtime-'));
  const env = { HUGWIRE_HOME: home };
  const paths = resolvePaths(env);
  const loaded = loadConfig(configPath(paths.config));
  const runtime = createRuntime({ loaded, env, paths, log: () => {} });
  const { config } = loaded;
  runtime.update({ ...loaded, config: { ...config, tools: { ...config.tools, disable: ['hub_read'] } } });
  expect(opened).toHaveLength(1);
  runtime.update({ ...loaded, config: { ...config, hub: { ...config.hub, timeoutSeconds: 20 } } });
  expect(opened).toHaveLength(2);
  await runtime.close();
  for (const { settled } of opened) expect(settled).toHaveBeenCalledOnce();
  rmSync(home, { recursive: true, force: true });
});
