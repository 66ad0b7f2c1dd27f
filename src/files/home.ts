import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * Replaces a leading `~` by the user's home directory.
 * @param path a path as a person writes it
 */
export function expandHome(path: string): string {
  return path === '~' || path.startsWith('~/') || path.startsWith('~\\') ? join(homedir(), path.slice(1)) : path;
}
