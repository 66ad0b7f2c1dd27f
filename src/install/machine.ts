import { existsSync } from 'node:fs';
import { type PlatformPath, posix, win32 } from 'node:path';

/** The machine and place that clients are looked for on. */
export interface Machine {
  env: NodeJS.ProcessEnv;
  /** The user's home directory. */
  home: string;
  platform: NodeJS.Platform;
  /** The project directory. */
  cwd: string;
}

/** How a machine writes paths. */
export function pathsOf({ platform }: Pick<Machine, 'platform'>): PlatformPath {
  return platform === 'win32' ? win32 : posix;
}

/** A path below the home directory. */
export function inHome(machine: Machine, ...parts: string[]): string {
  return pathsOf(machine).join(machine.home, ...parts);
}

/** A path below what a variable names, else below the home directory. */
export function inVariable(machine: Machine, variable: string, fallback: string[], ...parts: string[]): string {
  const named = machine.env[variable]?.trim();
  return named ? pathsOf(machine).join(named, ...parts) : inHome(machine, ...fallback, ...parts);
}

/** A path below `~/.config`, or what stands for it. Programs that follow XDG do so on macOS and Windows too. */
export function inConfig(machine: Machine, ...parts: string[]): string {
  return inVariable(machine, 'XDG_CONFIG_HOME', ['.config'], ...parts);
}

/** A path below the directory where desktop programs keep what is the user's. */
export function inAppData(machine: Machine, ...parts: string[]): string {
  if (machine.platform === 'win32') return inVariable(machine, 'APPDATA', ['AppData', 'Roaming'], ...parts);
  if (machine.platform === 'darwin') return inHome(machine, 'Library', 'Application Support', ...parts);
  return inConfig(machine, ...parts);
}

/** The first path that exists, else the first. */
export function preferExisting(paths: readonly string[]): string | undefined {
  return paths.find((path) => existsSync(path)) ?? paths[0];
}
