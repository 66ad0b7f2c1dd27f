import { realpathSync } from 'node:fs';
import { HugwireError } from '../lib/errors.js';
import { VERSION } from '../lib/version.js';
import type { Machine } from './machine.js';

/** The command by which a client starts hugwire. */
export interface Launch {
  command: string;
  args: string[];
}

export interface LaunchOptions {
  /** Start this script with this Node, without npx. */
  direct?: boolean;
  /** Let npx start this version, not the latest. */
  exact?: boolean;
  /** Absolute path of a config file. */
  config?: string;
  profile?: string;
  readOnly?: boolean;
  /** Absolute path of Node. */
  node: string;
  /** Path of hugwire's script. */
  script: string;
}

/** Directories that package runners may empty at any time, or that a version manager makes for one shell. */
const THROWAWAY = /[\\/](?:_npx|dlx-[^\\/]*|dlx|bunx-[^\\/]*|fnm_multishells)[\\/]/;

/** What has a meaning to cmd: between words, within them, and some of it even in quotes. */
const CMD_SPECIAL = /[&|<>^%!"();,=\p{Cc}]/u;

/**
 * The command that a client is given.
 * @throws HugwireError `invalid_arguments` when `direct` is asked for and the script may be deleted at any time, or cmd
 *   would misread a word
 */
export function launchOf(options: LaunchOptions, { platform }: Pick<Machine, 'platform'>): Launch {
  const { direct, exact } = options;
  const extra = serverFlags(options);
  const serve = extra.length > 0 ? ['serve', ...extra] : [];
  if (direct) return { command: realPath(options.node), args: [stablePath(options.script), ...serve] };
  const words = ['npx', '-y', exact ? `hugwire@${VERSION}` : 'hugwire', ...serve];
  if (platform !== 'win32') return { command: 'npx', args: words.slice(1) };
  // On Windows npx is a script, which only a shell can start.
  const misread = words.find((word) => CMD_SPECIAL.test(word));
  if (misread === undefined) return { command: 'cmd', args: ['/c', ...words] };
  throw new HugwireError(
    'invalid_arguments',
    `${misread} cannot be passed through cmd, which starts npx on Windows: "${CMD_SPECIAL.exec(misread)?.[0]}" means something to it.`,
    {
      hint: 'Add --direct (after `npm install -g hugwire`), which does not need cmd; or use a path without that character.',
    },
  );
}

/** Options for the server itself, as words. */
export function serverFlags({ config, profile, readOnly }: Partial<LaunchOptions>): string[] {
  return [
    ...(config === undefined ? [] : ['--config', config]),
    ...(profile === undefined ? [] : ['--profile', profile]),
    ...(readOnly ? ['--read-only'] : []),
  ];
}

const afterFirst = (words: readonly string[], pattern: RegExp) =>
  words.slice(words.findIndex((word) => pattern.test(word)) + 1 || words.length);
const inShell = (words: readonly string[]) => afterFirst(words, /^-\w*c$/).slice(0, 1);

/** Programs that start another: where its command begins among their words. */
const STARTERS: Record<string, (words: readonly string[]) => readonly string[]> = {
  cmd: (words) => afterFirst(words, /^\/[ck]$/i),
  env: (words) => words.slice(words.findIndex((word) => !/^-|^\w+=/.test(word))),
  sh: inShell,
  bash: inShell,
  zsh: inShell,
};

/**
 * What a client starts, step by step: `npx` comes last where its config says `cmd /c npx …`, `sh -c "npx …"` or `env A=b npx …`.
 * @param launch as it stands in the config
 * @returns at least the launch itself
 */
export function resolveLaunch(launch: Launch): [Launch, ...Launch[]] {
  const starter = baseName(launch.command)
    .replace(/\.exe$/i, '')
    .toLowerCase();
  const inner = (Object.hasOwn(STARTERS, starter) && STARTERS[starter]?.(launch.args)) || [];
  // A shell gets its command as one word.
  const words = inner.length === 1 ? (inner[0]?.match(/"[^"]*"|'[^']*'|\S+/g) ?? []).map(unquote) : inner;
  const [command, ...args] = words[0] === 'exec' ? words.slice(1) : words;
  return command === undefined ? [launch] : [launch, ...resolveLaunch({ command, args })];
}

const unquote = (word: string) => word.replace(/^(["'])(.*)\1$/, '$2');

/** Whether a path lies where it may be deleted at any time. */
export function isThrowaway(path: string): boolean {
  return THROWAWAY.test(path);
}

/**
 * Whether a script of hugwire stays where it is: it was installed or cloned, and is not in the cache of npx.
 * @param script its path
 */
export function isInstalled(script: string): boolean {
  return !isThrowaway(realPath(script));
}

function realPath(script: string): string {
  try {
    return realpathSync(script);
  } catch {
    // A path of another machine, in tests.
    return script;
  }
}

function stablePath(script: string): string {
  const path = realPath(script);
  if (isInstalled(path)) return path;
  throw new HugwireError('invalid_arguments', `--direct would write ${path}, which npx may remove any day.`, {
    hint: 'Run `npm install -g hugwire` first, then `hugwire install … --direct`.',
  });
}

/**
 * Whether a command in a client's config starts hugwire, and how.
 * @returns undefined when it does not
 */
export function launchKind(launch: Launch): 'npx' | 'direct' | 'other' | undefined {
  const { command, args } = resolveLaunch(launch).at(-1) ?? launch;
  const words = [command, ...args];
  if (words.some((word) => /^npx(?:\.cmd)?$/.test(baseName(word))) && words.some(isPackage)) return 'npx';
  const script = args.some((word) => baseName(word) === 'hugwire.js');
  if (script || /[\\/]hugwire(?:\.js|\.cmd|\.exe)?$/.test(command)) return 'direct';
  return words.some(isPackage) ? 'other' : undefined;
}

const isPackage = (word: string) => /^hugwire(?:@[\w.^~-]+)?$/.test(word);

const baseName = (path: string) => path.split(/[\\/]/).at(-1) ?? '';
