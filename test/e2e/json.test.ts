import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createProgram, wireAll } from '../../src/commands/program.js';
import { configSchema } from '../../src/config/schema.js';
import { TOOLS } from '../../src/tools/index.js';
import { startDemoHub } from '../../src/world/hub/server.js';
import { startDemoSpace } from '../../src/world/space/server.js';
import { Shell } from './shell.js';

const page = readFileSync(join(import.meta.dirname, '../../docs/json.md'), 'utf8');
/** What the page says of each command: its forms, of which each is a list of keys. */
const documented = new Map(
  [...page.matchAll(/^\| `([\w ]+)` \| (.*) \|$/gm)].map(([, name = '', keys = '']) => [
    name,
    keys.split('; ').map((form) => [...form.matchAll(/`(\w+)(\?)?`/g)].map(([, key = '', open]) => ({ key, open }))),
  ]),
);

function listCommands(command: Command, path = ''): [string, Command][] {
  const name = path === '' ? command.name() : `${path} ${command.name()}`;
  return command.commands.length > 0
    ? command.commands.flatMap((one) => listCommands(one, command.parent ? name : ''))
    : [[name, command]];
}

let shell: Shell;
let close: () => Promise<unknown>;
beforeAll(async () => {
  const space = await startDemoSpace();
  const hub = await startDemoHub({ spaceHost: new URL(space.url).host });
  close = () => Promise.all([hub.close(), space.close()]);
  shell = new Shell({ HF_ENDPOINT: hub.url, HOME: undefined });
  shell.env.HOME = shell.home;
  mkdirSync(join(shell.home, '.cursor'));
  writeFileSync(join(shell.home, 'notes.jsonl'), '{"text":"one"}\n');
});
afterAll(async () => {
  shell.remove();
  await close();
});

describe('docs/json.md', async () => {
  const program = await wireAll(createProgram({}), {});
  const commands = listCommands(program).filter(([, { options }]) => options.some(({ long }) => long === '--json'));

  it('has every command that prints JSON, and no other', () => {
    const names = commands.map(([name]) => name);
    const tools: readonly string[] = TOOLS.map(({ name }) => name);
    expect([...documented.keys()].filter((name) => !tools.includes(name)).sort()).toEqual(names.sort());
  });

  it('has every code of an error', async () => {
    const { ERROR_CODES } = await import('../../src/lib/errors.js');
    const [, list = ''] = /`code` is one of ([\s\S]*?)\. After/.exec(page) ?? [];
    expect([...list.matchAll(/`(\w+)`/g)].map(([, code]) => code)).toEqual([...ERROR_CODES]);
  });

  /** Runs one after the other, since some need what others leave. */
  const RUNS: [command: string, args: string[], code?: number][] = [
    ['install', ['cursor']],
    ['install', ['cursor', '--write']],
    ['install', ['--list']],
    ['install', ['vscode', '--link']],
    ['uninstall', ['cursor', '--yes']],
    ['chat', ['-m', 'demo', 'hello']],
    ['write list', []],
    ['download', ['openai-community/gpt2', 'config.json', '--dry-run']],
    ['download', ['openai-community/gpt2', 'config.json']],
    ['downloads list', []],
    ['downloads remove', ['openai-community/gpt2', '--yes']],
    ['spaces add', ['hugwire/demo-space/greet', '--tool', 'greet', '--yes']],
    ['spaces add', ['draw', 'a', 'picture'], 2],
    ['spaces list', []],
    ['spaces disable', ['greet']],
    ['spaces enable', ['greet', '--yes']],
    ['spaces refresh', ['greet', '--check']],
    ['spaces remove', ['greet', '--yes']],
    ['spaces info', ['hugwire/demo-space']],
    ['spaces search', ['draw']],
    ['tools list', []],
    ['tools info', ['hub_search']],
    ['tools enable', ['memory']],
    ['tools disable', ['memory']],
    ['config path', []],
    ['config get', ['hub.endpoint']],
    ['config get', ['hub']],
    ['config get', ['token.path'], 1],
    ['config set', ['hub.timeoutSeconds', '20']],
    ['config unset', ['hub.timeoutSeconds']],
    ['config validate', []],
    ['http keys add', ['anna']],
    ['http keys list', []],
    ['http keys remove', ['anna']],
    ['doctor', [], -1],
    ['auth status', []],
    ['auth source', []],
    ['memory add', ['one', 'thing']],
    ['memory list', []],
    ['memory search', ['thing']],
    ['memory import', ['notes.jsonl']],
    ['memory remove', ['--all', '--yes']],
    ['sessions list', []],
    ['sessions prune', ['--all', '--yes']],
    ['cache info', []],
    ['cache clear', []],
    ['install', ['claude-code', '--skill']],
    ['uninstall', ['claude-code', '--skill']],
    ['skill', []],
    ['doctor', ['--fix'], -1],
    ['call', [], 2],
    ['hub_search', ['query=whisper']],
    ['hub_repo', ['ids=openai/whisper-large-v3']],
    ['hub_read', ['uris=openai/whisper-large-v3/README.md']],
    ['space_call', ['space=hugwire/demo-space', 'endpoint=/greet', 'arguments:={"name":"Ada"}']],
  ];
  it.each(RUNS)('says what `%s %j` prints', async (command, args, code = 0) => {
    const words = TOOLS.some(({ name }) => name === command) ? ['call', command] : command.split(' ');
    const outcome = await shell.run(...words, ...args, '--json');
    // What the doctor finds depends on the machine.
    if (code >= 0) expect(outcome).toMatchObject({ code });
    const keys = Object.keys(JSON.parse(outcome.stdout));
    expect(Array.isArray(JSON.parse(outcome.stdout))).toBe(false);
    const forms = documented.get(command) ?? [];
    const fits = forms.some((form) => {
      const named = form.map(({ key }) => key);
      return keys.every((key) => named.includes(key)) && form.every(({ key, open }) => open || keys.includes(key));
    });
    if (command === 'space_call') expect(keys).toEqual(expect.arrayContaining(['job', 'state', 'space']));
    else expect(fits, `${command} prints ${keys.join(', ')}`).toBe(true);
  });

  it('says what `config show` prints', async () => {
    const { stdout } = await shell.run('config', 'show', '--json');
    const sections = Object.keys(configSchema.shape).filter((key) => key !== '$schema');
    expect(
      Object.keys(JSON.parse(stdout))
        .filter((key) => key !== '$schema')
        .sort(),
    ).toEqual([...sections, 'sources'].sort());
  });

  it.each([
    [['spaces', 'info', 'no/no'], 1, 'not_visible'],
    [['sessions', 'show', 'nothing'], 1, 'not_found'],
    [['config', 'get', 'no.key'], 2, 'invalid_arguments'],
    [['memory', 'remove'], 2, 'invalid_arguments'],
    [['call', 'hub_read', 'uris=no/no'], 1, 'not_visible'],
  ])('says what %j prints when it fails', async (args, code, error) => {
    const outcome = await shell.run(...args, '--json');
    expect(outcome.code).toBe(code);
    expect(JSON.parse(outcome.stdout)).toMatchObject({ error: { code: error, message: expect.any(String) } });
    expect(outcome.stdout).not.toMatch(/"hint": "[^"]*(?<!call )hub_\w+ /);
  });
});
