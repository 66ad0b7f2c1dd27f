import { resolve } from 'node:path';
import { type EditedConfig, editConfig } from '../../config/edit.js';
import type { Paths } from '../../config/paths.js';
import type { Config } from '../../config/schema.js';
import { HugwireError } from '../../lib/errors.js';
import { nearest } from '../../lib/nearest.js';
import { redact } from '../../lib/text.js';
import type { CommandResult } from '../terminal.js';
import { surveyToken } from './token.js';

type Source = Config['token']['source'];

/** Each source, and the key of the config that says which one of its kind. */
const KEYS: Record<Source, 'name' | 'path' | 'command' | undefined> = {
  auto: undefined,
  env: 'name',
  file: 'path',
  command: 'command',
  none: undefined,
};
const SOURCES = Object.keys(KEYS) as Source[];

export interface SourceOptions {
  /** What to set; unset: only show. */
  source?: string;
  /** Name of the variable, path of the file, or the command. */
  detail?: string;
}

interface SourceWorld {
  env: NodeJS.ProcessEnv;
  paths: Paths;
  configPath: string;
  profile?: string;
  /** Reads the config in force. */
  load(): Config;
}

/**
 * `hugwire auth source`: shows where the token is read from, or sets it and looks there at once.
 * @param options what to set, if anything
 * @param world the config and where it is
 * @returns exit code 1 when the new source has no token
 * @throws HugwireError `invalid_arguments` for an unknown source, and for what looks like a token
 */
export async function runSource(options: SourceOptions, world: SourceWorld): Promise<CommandResult> {
  const { env, paths } = world;
  const edited = options.source === undefined ? undefined : await setSource(options.source, options.detail, world);
  const config = (edited?.config ?? world.load()).token;
  const survey = await surveyToken({ config, env, paths });
  const given = survey.found.value !== undefined;
  const exitCode = edited && !given && config.source !== 'none' && config.source !== 'auto' ? 1 : 0;
  const { source, name, path, command } = config;
  const data = { source, name, path, command, found: survey.found.source, given };
  const setting = describeSetting(config);
  const lines = [
    edited ? `${edited.written ? 'Set' : 'Already set'}: token.source is ${setting}` : `token.source is ${setting}`,
    given ? `A token comes from ${survey.found.source}.` : `No token: ${survey.found.source}.`,
  ];
  return { text: lines.join('\n'), data, exitCode };
}

function setSource(word: string, detail: string | undefined, world: SourceWorld): Promise<EditedConfig> {
  const source = readSource(word);
  const key = KEYS[source];
  if (key === undefined && detail !== undefined) {
    throw new HugwireError('invalid_arguments', `The source "${source}" takes no detail.`, {
      hint: `hugwire auth source ${source}`,
    });
  }
  if ((key === 'path' || key === 'command') && detail === undefined) {
    throw new HugwireError('invalid_arguments', `The source "${source}" needs a ${key}.`, { hint: EXAMPLES });
  }
  refuseToken(detail);
  const value = key === 'path' && detail !== undefined ? absolutePath(detail) : detail;
  const others = (['name', 'path', 'command'] as const).filter((one) => one !== key);
  const edits = [
    { path: ['token', 'source'], value: source },
    ...(key ? [{ path: ['token', key], value }] : []),
    // What another source needed is removed.
    ...others.map((one) => ({ path: ['token', one], value: undefined })),
  ];
  return editConfig(world.configPath, edits, { profile: world.profile });
}

/** Clients start hugwire in any directory, so a relative path would mean something else in each. */
const absolutePath = (path: string) => (path.startsWith('~') ? path : resolve(path));

const EXAMPLES =
  'For example: `hugwire auth source env MY_HF_TOKEN`, `hugwire auth source file ~/secrets/hf`, `hugwire auth source command "pass show hf"`.';

function readSource(word: string): Source {
  const source = SOURCES.find((one) => one === word);
  if (source) return source;
  refuseToken(word);
  const meant = nearest(word, SOURCES);
  throw new HugwireError('invalid_arguments', `"${word.slice(0, 60)}" is not a source of tokens.`, {
    hint: meant ? `Did you mean ${meant}?` : `The sources are ${SOURCES.join(', ')}.`,
  });
}

/**
 * Refuses a token that was typed as an argument.
 * @param word of the command line
 * @throws HugwireError `invalid_arguments`, without the word
 */
export function refuseToken(word: string | undefined): void {
  if (word === undefined || redact(word) === word) return;
  throw new HugwireError(
    'invalid_arguments',
    'That looks like a token. Tokens are not accepted as arguments, since the history of your shell keeps them and other users of this machine can see them.',
    { hint: 'Revoke it on the Hub if others use this machine. Then run `hugwire auth login`, which asks for a token.' },
  );
}

function describeSetting({ source, name, path, command }: Config['token']): string {
  const detail = { env: name ?? 'HF_TOKEN', file: path, command, auto: undefined, none: undefined }[source];
  return detail === undefined ? `"${source}"` : `"${source}" (${redact(detail)})`;
}
