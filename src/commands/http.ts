import type { Command } from 'commander';
import { addKey, type Key, keysFile, readKeys, removeKey } from '../http/keys.js';
import { HugwireError } from '../lib/errors.js';
import { nearest } from '../lib/nearest.js';
import type { World } from './context.js';
import { type CommandResult, JSON_OPTION, type JsonOption, print, wholeNumber } from './terminal.js';

interface AddOptions extends JsonOption {
  perMinute?: number;
  atOnce?: number;
  approve?: boolean;
  assistant?: string[];
}

/** `hugwire http`. */
export function wire(command: Command, world: World): void {
  const keys = command.command('keys').description('manage the keys that callers over HTTP need');
  keys
    .command('list')
    .description('list the keys and their limits')
    .option(...JSON_OPTION)
    .action((options: JsonOption) => print(listKeys(world), options));
  keys
    .command('add <name>')
    .description('make a key and print it, once; --profile says what its holder may do')
    .option('--per-minute <number>', 'how many calls may start within a minute', wholeNumber(1, 10_000))
    .option('--at-once <number>', 'how many calls may run at the same time', wholeNumber(1, 100))
    .option('--approve', 'its holder may approve what assistants ask for; the default without --profile')
    .option('--no-approve', 'its holder may not approve anything')
    .option('--assistant <names...>', 'it is valid for these assistants only')
    .option(...JSON_OPTION)
    .action(async (name: string, options: AddOptions) => print(await makeKey(name, options, world), options));
  keys
    .command('remove <name>')
    .description('remove a key; its holder is no longer let in')
    .option(...JSON_OPTION)
    .action(async (name: string, options: JsonOption) => print(await takeKey(name, world), options));
}

async function makeKey(name: string, options: AddOptions, world: World): Promise<CommandResult> {
  const { perMinute, atOnce, approve, assistant: assistants } = options;
  const { profile } = world.load();
  const limits = perMinute === undefined && atOnce === undefined ? undefined : { all: { perMinute, atOnce } };
  const key = await addKey(world.paths.state, { name, profile, limits, approve, assistants });
  return {
    text: `${key}\n\nCopy it now: hugwire stores only its hash. Clients send it as "Authorization: Bearer ${key}".`,
    data: { name, profile, limits, approve, assistants, key },
    exitCode: 0,
  };
}

function listKeys(world: World): CommandResult {
  const { config } = world.load();
  const keys = readKeys(world.paths.state, config).map(({ sha256: _, ...key }) => ({
    ...key,
    from: Object.hasOwn(config.http.keys, key.name) ? 'http.keys in the config' : keysFile(world.paths.state),
  }));
  const lines = keys.map((key) => [key.name, describeKey(key), `from ${key.from}`].filter(Boolean).join(', '));
  return {
    text: lines.join('\n') || 'There are no keys yet. The first `hugwire serve --http` makes one.',
    data: { keys },
    exitCode: 0,
  };
}

function describeKey({ profile, limits = {}, approve, assistants }: Omit<Key, 'sha256'>): string {
  const counts = Object.entries(limits).flatMap(([what, { perMinute, atOnce }]) => [
    perMinute !== undefined && `${perMinute} calls a minute (${what})`,
    atOnce !== undefined && `${atOnce} at once (${what})`,
  ]);
  return [
    profile && `profile ${profile}`,
    ...counts,
    approve !== undefined && `may ${approve ? '' : 'not '}approve`,
    assistants && `assistants ${assistants.join(', ')}`,
  ]
    .filter(Boolean)
    .join(', ');
}

async function takeKey(name: string, world: World): Promise<CommandResult> {
  const { config } = world.load();
  if (Object.hasOwn(config.http.keys, name)) {
    throw new HugwireError('invalid_arguments', `The key ${name} is set in the config.`, {
      hint: `\`hugwire config unset http.keys.${name}\` removes it.`,
    });
  }
  if (await removeKey(world.paths.state, name)) {
    return {
      text: `Removed the key ${name}. Running servers refuse it from now on.`,
      data: { name },
      exitCode: 0,
    };
  }
  const meant = nearest(
    name,
    readKeys(world.paths.state, config).map((key) => key.name),
  );
  throw new HugwireError('not_found', `There is no key named ${name.slice(0, 40)}.`, {
    hint: meant ? `Did you mean ${meant}?` : '`hugwire http keys list` shows all keys.',
  });
}
