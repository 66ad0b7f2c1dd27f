import { mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

const own = Object.getOwnPropertyDescriptor(process, 'platform') as PropertyDescriptor;

/**
 * Lets the program take this machine for another, until the test is over. Paths stay those of this machine.
 * @param platform as in `process.platform`
 */
export function pretendPlatform(platform: NodeJS.Platform): void {
  Object.defineProperty(process, 'platform', { ...own, value: platform });
  onTestFinished(() => {
    Object.defineProperty(process, 'platform', own);
  });
}

/** Whether the permissions of files are those of POSIX: Windows knows others. */
export const hasModes = process.platform !== 'win32';

/** Whether a file runs as a program because its first line names one. */
export const runsScripts = process.platform !== 'win32';

/** Whether a process can act on SIGINT and SIGTERM: on Windows it is just ended. */
export const hasSignals = process.platform !== 'win32';

/** Whether permissions hold for this user: not for root. */
export const canBeDenied = hasModes && process.getuid?.() !== 0;

/** Whether this user may make symbolic links: on Windows only some may, and Wine only seems to make them. */
export const canLink = (() => {
  const directory = mkdtempSync(join(tmpdir(), 'hugwire-links-'));
  try {
    writeFileSync(join(directory, 'file'), '');
    symlinkSync('file', join(directory, 'link'));
    return realpathSync.native(join(directory, 'link')) === realpathSync.native(join(directory, 'file'));
  } catch {
    return false;
  } finally {
    rmSync(directory, { recursive: true });
  }
})();
