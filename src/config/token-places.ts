import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { expandHome } from '../files/home.js';
import { redact } from '../text/redact.js';
import { expandPath, ownTokenFile, type Paths, tilde } from './paths.js';
import type { Config } from './schema.js';

/** What a look at a place shows. The value never leaves the process. */
export type TokenLook =
  | { state: 'found'; value: string }
  | { state: 'not set' | 'missing' | 'empty' | 'unreadable' | 'invalid' };

/** Somewhere a token may be. */
export interface TokenPlace {
  kind: 'env' | 'file';
  /** The variable, or the path as a person writes it. */
  name: string;
  look(): Promise<TokenLook>;
}

/**
 * The places that are looked at, in order: the first that holds something wins.
 * @param config the `token` section
 * @param env the environment
 * @param paths where hugwire's own token file is
 * @returns none where the source is a command, or `none`
 */
export function tokenPlaces(config: Config['token'], env: NodeJS.ProcessEnv, paths: Paths): TokenPlace[] {
  switch (config.source) {
    case 'auto':
      return [
        variable(env, 'HF_TOKEN'),
        variable(env, 'HUGGING_FACE_HUB_TOKEN'),
        ...tokenFiles(env, paths).map((path) => file(path)),
      ];
    case 'env':
      return [variable(env, config.name ?? 'HF_TOKEN')];
    case 'file':
      return [file(expandHome(config.path ?? ''))];
    default:
      return [];
  }
}

/**
 * The files that may hold a token, in the order in which they are asked.
 * @param env the environment
 * @param paths hugwire's directories
 */
export function tokenFiles(env: NodeJS.ProcessEnv, paths: Paths): string[] {
  const below = (directory: string | undefined, ...parts: string[]) => (directory ? [join(directory, ...parts)] : []);
  const read = (name: string) => expandPath(env[name], env);
  const files = [
    ...below(read('HF_TOKEN_PATH')),
    ...below(read('HF_HOME'), 'token'),
    ...below(read('XDG_CACHE_HOME'), 'huggingface', 'token'),
    ...below(homedir(), '.cache', 'huggingface', 'token'),
    ownTokenFile(paths),
  ];
  return [...new Set(files)];
}

/**
 * Cleans a token as huggingface_hub does.
 * @param text as it was found
 * @returns `empty` for nothing, `invalid` for what could not stand in a header
 */
export function readToken(text: string): TokenLook {
  const value = text.replace(/[\r\n]/g, '').trim();
  if (value === '') return { state: 'empty' };
  return /^[\x21-\x7e]{1,4096}$/.test(value) ? { state: 'found', value } : { state: 'invalid' };
}

function variable(env: NodeJS.ProcessEnv, name: string): TokenPlace {
  return {
    kind: 'env',
    // Some write the token itself where the name of its variable belongs.
    name: redact(name),
    look: async () => (env[name] === undefined ? { state: 'not set' } : readToken(env[name])),
  };
}

function file(path: string): TokenPlace {
  return {
    kind: 'file',
    name: tilde(path),
    async look() {
      try {
        return readToken(await readFile(path, 'utf8'));
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        // A file that is there and may not be read is worth a word; one that is not there is the usual case.
        return { state: code === 'EACCES' || code === 'EPERM' ? 'unreadable' : 'missing' };
      }
    },
  };
}
