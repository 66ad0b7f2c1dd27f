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
  /** Start this very script with this very Node, instead of npx. */
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

/** Directories that package runners empty when they like. */
const THROWAWAY = /[\\/](?:_npx|dlx-[^\\/]*|dlx|bunx-[^\\/]*)[\\/]/;

/**
 * The command that a client is given.
 * @throws HugwireError `invalid_arguments` when `direct` is asked for of a script that may vanish any day
 */
export function launchOf(options: LaunchOptions, { platform }: Pick<Machine, 'platform'>): Launch {
  const { direct, exact } = options;
  const extra = serverFlags(options);
  const serve = extra.length > 0 ? ['serve', ...extra] : [];
  if (direct) return { command: options.node, args: [stablePath(options.script), ...serve] };
  const words = ['npx', '-y', exact ? `hugwire@${VERSION}` : 'hugwire', ...serve];
  // On Windows npx is a script, which only a shell can start.
  const [command = '', ...args] = platform === 'win32' ? ['cmd', '/c', ...words] : words;
  return { command, args };
}

/** Options for the server itself, as words. */
export function serverFlags({ config, profile, readOnly }: Partial<LaunchOptions>): string[] {
  return [
    ...(config === undefined ? [] : ['--config', config]),
    ...(profile === undefined ? [] : ['--profile', profile]),
    ...(readOnly ? ['--read-only'] : []),
  ];
}

/**
 * Whether a script of hugwire stays where it is: it was installed or cloned, and does not lie in the cache of npx.
 * @param script its path
 */
export function isInstalled(script: string): boolean {
  return !THROWAWAY.test(realPath(script));
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
export function launchKind({ command, args }: Launch): 'npx' | 'direct' | 'other' | undefined {
  const words = [command, ...args];
  if (words.some((word) => /^npx(?:\.cmd)?$/.test(baseName(word))) && words.some(isPackage)) return 'npx';
  const script = args.some((word) => baseName(word) === 'hugwire.js');
  if (script || /[\\/]hugwire(?:\.js|\.cmd|\.exe)?$/.test(command)) return 'direct';
  return words.some(isPackage) ? 'other' : undefined;
}

const isPackage = (word: string) => /^hugwire(?:@[\w.^~-]+)?$/.test(word);

const baseName = (path: string) => path.split(/[\\/]/).at(-1) ?? '';

/**
 * Writes words as a command line that the machine's usual shell reads back as these words.
 * @param words of the command
 */
export function quoteWords(words: readonly string[], { platform }: Pick<Machine, 'platform'>): string {
  return words.map(platform === 'win32' ? quoteForWindows : quoteForPosix).join(' ');
}

const PLAIN = /^[\w@%+=:,./-]+$/;

const quoteForPosix = (word: string) => (PLAIN.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`);

const quoteForWindows = (word: string) => (/^[\w@+=:,./\\-]+$/.test(word) ? word : `"${word.replaceAll('"', '\\"')}"`);
