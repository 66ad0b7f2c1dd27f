import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { loadConfig } from '../../src/config/load.js';
import { configPath, resolvePaths } from '../../src/config/paths.js';
import { watchConfig } from '../../src/config/watch.js';
import { createService, type RunningService } from '../../src/engine/service.js';

let home: string;
let path: string;
let logged: string[];
let service: RunningService;
let toolsChanged: ReturnType<typeof vi.fn<() => void>>;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'hugwire-service-'));
  const env = { HUGWIRE_HOME: home };
  const paths = resolvePaths(env);
  path = configPath(paths.config);
  logged = [];
  toolsChanged = vi.fn();
  service = createService({ loaded: loadConfig(path), env, paths, log: (line) => logged.push(line) });
  service.follow(toolsChanged);
  service.onList?.();
});
afterEach(async () => {
  await service.close();
  await service.end('done');
  rmSync(home, { recursive: true, force: true });
});

const names = () => service.tools().map(({ name }) => name);

describe('a service that follows its config', () => {
  it('takes a change over and tells the clients', async () => {
    expect(names()).toContain('hub_search');
    writeFileSync(path, '{"tools":{"disable":["hub_search"]}}');
    await vi.waitFor(() => expect(toolsChanged).toHaveBeenCalledOnce(), 5000);
    expect(names()).not.toContain('hub_search');
    expect(logged).toContain('config applied');
  });

  it('says why it does not take a broken one over, and keeps the last good state', async () => {
    const before = names();
    writeFileSync(path, '{"tools":');
    await vi.waitFor(() => expect(logged.join('\n')).toContain('config not applied: '), 5000);
    expect(names()).toEqual(before);
    expect(toolsChanged).not.toHaveBeenCalled();
  });

  it('takes nothing over once it is closed', async () => {
    const witness = vi.fn();
    const stop = watchConfig(loadConfig(path), witness);
    await service.close();
    writeFileSync(path, '{"tools":{"readOnly":true}}');
    await vi.waitFor(() => expect(witness).toHaveBeenCalled(), 5000);
    stop();
    expect(logged).toEqual([]);
    expect(toolsChanged).not.toHaveBeenCalled();
  });
});
