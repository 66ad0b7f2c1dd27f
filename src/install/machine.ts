import { constants, existsSync, readdirSync } from 'node:fs';
import { access, readdir, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { type PlatformPath, posix, win32 } from 'node:path';

/** The machine and project that clients are looked for in. */
export interface Machine {
  env: NodeJS.ProcessEnv;
  /** The user's home directory. */
  home: string;
  platform: NodeJS.Platform;
  /** The project directory. */
  cwd: string;
}

/**
 * The machine that hugwire runs on.
 * @param env the environment
 */
export function thisMachine(env: NodeJS.ProcessEnv): Machine {
  const home = homedir();
  return { env, home, platform: process.platform, cwd: currentDirectory() ?? home };
}

/** Undefined when somebody has removed it meanwhile. */
function currentDirectory(): string | undefined {
  try {
    return process.cwd();
  } catch {
    return undefined;
  }
}

/** How a machine writes paths. */
export function pathsOf({ platform }: Pick<Machine, 'platform'>): PlatformPath {
  return platform === 'win32' ? win32 : posix;
}

/** A path below the home directory. */
export function inHome(machine: Machine, ...parts: string[]): string {
  return pathsOf(machine).join(machine.home, ...parts);
}

/** A path below the directory that a variable names, else below the home directory. */
export function inVariable(machine: Machine, variable: string, fallback: string[], ...parts: string[]): string {
  const named = machine.env[variable]?.trim();
  return named ? pathsOf(machine).join(named, ...parts) : inHome(machine, ...fallback, ...parts);
}

/** A path below `~/.config`, or what XDG_CONFIG_HOME names. Programs that follow XDG do so on macOS and Windows too. */
export function inConfig(machine: Machine, ...parts: string[]): string {
  return inVariable(machine, 'XDG_CONFIG_HOME', ['.config'], ...parts);
}

/** A path below the directory where desktop programs keep the user's settings. */
export function inAppData(machine: Machine, ...parts: string[]): string {
  if (machine.platform === 'win32') return inVariable(machine, 'APPDATA', ['AppData', 'Roaming'], ...parts);
  if (machine.platform === 'darwin') return inHome(machine, 'Library', 'Application Support', ...parts);
  return inConfig(machine, ...parts);
}

/**
 * Paths below the roaming directories that programs from the Windows Store have to themselves, in place of the user's.
 * @param name of the packages
 */
export function inPackages(machine: Machine, name: RegExp, ...parts: string[]): string[] {
  if (machine.platform !== 'win32') return [];
  const root = inVariable(machine, 'LOCALAPPDATA', ['AppData', 'Local'], 'Packages');
  const packages = namesIn(root).filter((one) => name.test(one));
  return packages.map((one) => pathsOf(machine).join(root, one, 'LocalCache', 'Roaming', ...parts));
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory).sort();
  } catch {
    // It does not exist, or cannot be read.
    return [];
  }
}

/** The first path that exists, else the first of all. */
export function preferExisting(paths: readonly string[]): string | undefined {
  return paths.find((path) => existsSync(path)) ?? paths[0];
}

/**
 * The PATH of a program that was started from the desktop: on macOS that of launchd, on Linux that of systemd's user
 * manager. Neither has the directories of nvm, Homebrew, mise or npm.
 */
const DESKTOP_PATHS: Partial<Record<NodeJS.Platform, string>> = {
  darwin: '/usr/bin:/bin:/usr/sbin:/sbin',
  linux: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
};

/**
 * The PATH of programs that are started from the desktop. On Windows all programs have the same.
 * @param machine whose
 */
export function desktopPath({ env, platform }: Machine): string {
  return DESKTOP_PATHS[platform] ?? pathOf(env);
}

/**
 * The PATH of a shell, under whatever capitals Windows has it.
 * @param env the environment
 */
export function pathOf(env: NodeJS.ProcessEnv): string {
  return env.PATH ?? env.Path ?? '';
}

/**
 * Finds the program that a command starts, as a client does.
 * @param command a name, or a path
 * @param path directories to look in, as in PATH
 * @param machine whose
 * @returns undefined when there is none
 */
export async function findCommand(command: string, path: string, machine: Machine): Promise<string | undefined> {
  const { join, delimiter, isAbsolute } = pathsOf(machine);
  const endings = machine.platform === 'win32' ? ['', '.exe', '.cmd', '.bat'] : [''];
  const directories = path.split(delimiter).filter(Boolean);
  const bases = isAbsolute(command) ? [command] : directories.map((directory) => join(directory, command));
  for (const candidate of bases.flatMap((base) => endings.map((ending) => `${base}${ending}`))) {
    if (await isProgram(candidate)) return candidate;
  }
  return undefined;
}

/**
 * Whether npx has hugwire in its cache, so that it starts without a network.
 * @param machine whose
 */
export async function isInNpxCache({ env, home, platform }: Machine): Promise<boolean> {
  const { join } = pathsOf({ platform });
  const root =
    env.npm_config_cache ??
    (platform === 'win32' ? join(env.LOCALAPPDATA ?? join(home, 'AppData', 'Local'), 'npm-cache') : join(home, '.npm'));
  const names = await readdir(join(root, '_npx')).catch(() => []);
  const there = names.map((name) => exists(join(root, '_npx', name, 'node_modules', 'hugwire')));
  return (await Promise.all(there)).includes(true);
}

/**
 * Whether there is something at a path.
 * @param path absolute
 */
export function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

async function isProgram(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}
