import { chmodSync, mkdtempSync, readFileSync, rmSync, watch, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { openBrowser } from '../../src/commands/terminal.js';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'hugwire-browser-'));
  vi.stubEnv('PATH', directory);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(directory, { recursive: true, force: true });
});

it.each(['linux', 'darwin', 'win32'] as const)('says that nothing opens a page on %s', async (platform) => {
  expect(await openBrowser('https://hub.test', platform)).toBe(false);
});

it.skipIf(process.platform === 'win32').each([
  ['linux', 'xdg-open'],
  ['darwin', 'open'],
] as const)('gives the address as it is to what opens pages on %s', async (platform, name) => {
  const seen = join(directory, 'seen');
  writeFileSync(
    join(directory, name),
    `#!/bin/sh\nprintf '%s' "$1" > "${seen}.part"\n/bin/mv "${seen}.part" "${seen}"\n`,
  );
  chmodSync(join(directory, name), 0o755);
  const written = new Promise<void>((resolve) => {
    const watcher = watch(directory, (_event, file) => {
      if (file !== 'seen') return;
      watcher.close();
      resolve();
    });
  });
  const url = 'https://hub.test/device?code=A&x=$(touch%20y);`id`';
  expect(await openBrowser(url, platform)).toBe(true);
  await written;
  expect(readFileSync(seen, 'utf8')).toBe(url);
});
