import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import pc from 'picocolors';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { World } from '../../../src/commands/context.js';
import type { InstallContext, InstallOptions } from '../../../src/commands/install/command.js';
import { listClients, openInstallContext, runInstall, runUninstall } from '../../../src/commands/install/command.js';
import type { Prompts } from '../../../src/commands/prompts.js';
import { formatResult } from '../../../src/commands/terminal.js';
import { cancelled } from '../../../src/lib/errors.js';
import { VERSION } from '../../../src/lib/version.js';
import { runsScripts } from '../../platform.js';

/** Where npx keeps what it runs. */
const THROWAWAY = '/home/me/.npm/_npx/1a2b/node_modules/hugwire/bin/hugwire.js';

let home: string;
let place: InstallContext;
let shown: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'hugwire-install-'));
  shown = '';
  place = {
    machine: { env: {}, home, platform: 'linux', cwd: join(home, 'project') },
    node: '/usr/bin/node',
    script: '/opt/hugwire/bin/hugwire.js',
    style: pc.createColors(false),
    show: (text) => {
      shown += text;
    },
    installGlobally: () => '/usr/lib/node_modules/hugwire/bin/hugwire.js',
  };
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

/** A person who answers as told; anything else that is asked fails. */
function person(answers: { confirm?: boolean; choose?: string }): Prompts {
  const unasked = async () => {
    throw cancelled();
  };
  return {
    confirm: async () => answers.confirm ?? unasked(),
    choose: async (_, choices) => choices.find(({ value }) => value === answers.choose)?.value ?? unasked(),
    chooseSeveral: unasked,
    text: unasked,
    secret: unasked,
  };
}

const install = (options: Partial<InstallOptions>) => runInstall({ name: 'hugwire', ...options }, place);
const uninstall = (options: Partial<InstallOptions>) => runUninstall({ name: 'hugwire', ...options }, place);
const file = (...parts: string[]) => join(home, ...parts);
const put = (path: string, text: string) => {
  mkdirSync(join(home, path, '..'), { recursive: true });
  writeFileSync(file(path), text);
};

describe('hugwire install', () => {
  it('shows what it would write, and writes nothing', async () => {
    put('.cursor/mcp.json', '{\n  "mcpServers": {\n    "x": { "env": { "API_KEY": "sk-1234" } }\n  }\n}\n');
    const { text, exitCode } = await install({ client: 'cursor' });
    expect(exitCode).toBe(0);
    expect(text).toContain(file('.cursor', 'mcp.json'));
    expect(text).toMatch(/^\+ {5}"hugwire": \{$/m);
    expect(text).toContain('npx hugwire install cursor --write');
    expect(text).not.toContain('sk-1234');
    expect(readFileSync(file('.cursor/mcp.json'), 'utf8')).not.toContain('hugwire');
  });

  it('repeats the options in the next step, and names the client’s own command', async () => {
    const options = { client: 'claude', project: true, direct: true, name: 'hf', profile: 'my work', readOnly: true };
    const { text } = await install(options);
    const flags = "--project --direct --name hf --profile 'my work' --read-only";
    expect(text).toContain(`npx hugwire install claude-code ${flags} --write`);
    expect(text).toContain(
      "claude mcp add --scope project hf -- /usr/bin/node /opt/hugwire/bin/hugwire.js serve --profile 'my work' --read-only",
    );
    expect(text).toContain('It asks before it starts the servers of a project.');
  });

  it('says of a file that others share what is of this machine alone', async () => {
    const shared = /Everybody who shares this project gets this file/;
    expect((await install({ client: 'cursor', project: true })).text).not.toMatch(shared);
    expect((await install({ client: 'cursor', direct: true })).text).not.toMatch(shared);
    for (const options of [{ direct: true }, { config: '/home/me/hw.json' }]) {
      expect((await install({ client: 'cursor', project: true, ...options })).text).toMatch(shared);
    }
    place.machine.platform = 'win32';
    const { text, data } = await install({ client: 'cursor', project: true });
    expect(text).toMatch(/`cmd` starts on Windows alone/);
    expect(JSON.stringify(data)).toMatch(shared);
  });

  it('refuses what cmd would misread before it asks anything', async () => {
    place.machine.platform = 'win32';
    await expect(install({ client: 'cursor', config: 'C:\\R&D\\hw.json', write: true })).rejects.toMatchObject({
      code: 'invalid_arguments',
      message: expect.stringContaining('"&"'),
      hint: expect.stringContaining('--direct'),
    });
    expect(existsSync(file('.cursor'))).toBe(false);
  });

  it.each(['write', 'yes'])('writes with --%s, once', async (option) => {
    const first = await install({ client: 'codex', [option]: true });
    expect(first.text).toMatch(/^✓ hugwire was added to Codex/);
    expect(readFileSync(file('.codex/config.toml'), 'utf8')).toContain('[mcp_servers.hugwire]\ncommand = "npx"\n');
    const second = await install({ client: 'codex', [option]: true });
    expect(second.text).toMatch(/already there, nothing changed/);
  });

  it('asks at a terminal, after it has shown', async () => {
    place.prompts = person({ confirm: false });
    expect((await install({ client: 'cursor' })).text).toBe('Nothing was changed.');
    expect(shown).toContain('"hugwire"');
    expect(existsSync(file('.cursor'))).toBe(false);
    place.prompts = person({ confirm: true });
    expect((await install({ client: 'cursor' })).text).toMatch(/^✓ hugwire was added to Cursor/);
    expect(existsSync(file('.cursor/mcp.json'))).toBe(true);
    // Where there is nothing to do, there is nothing to ask.
    place.prompts = person({});
    expect((await install({ client: 'cursor' })).text).toMatch(/already there/);
  });

  it.each([
    ['/opt/hugwire/bin/hugwire.js', /^npx costs .*Start this hugwire without it\?$/, '/opt/hugwire/bin/hugwire.js'],
    [THROWAWAY, /^npx costs .*Run `npm install -g hugwire`/, '/usr/lib/node_modules/hugwire/bin/hugwire.js'],
  ])('asks at a terminal whether npx is to start it: %s', async (script, question, direct) => {
    place.script = script;
    const questions: string[] = [];
    const answers = (first: boolean): Prompts => ({
      ...person({}),
      confirm: async (message) => questions.push(message) > 1 || first,
    });
    place.prompts = answers(false);
    await install({ client: 'cursor' });
    expect(questions).toEqual([expect.stringMatching(question), expect.stringMatching(/^Write it to/)]);
    const entries = () => JSON.parse(readFileSync(file('.cursor/mcp.json'), 'utf8')).mcpServers;
    expect(entries().hugwire).toEqual({ command: 'npx', args: ['-y', 'hugwire'] });
    questions.length = 0;
    place.prompts = answers(true);
    await install({ client: 'cursor', name: 'hf' });
    expect(entries().hf).toEqual({ command: '/usr/bin/node', args: [direct] });
  });

  it.each([{ direct: true }, { exact: true }, { project: true }])(
    'does not ask where it is clear how it starts: %j',
    async (options) => {
      const questions: string[] = [];
      place.prompts = { ...person({}), confirm: async (message) => questions.push(message) > 1 };
      await install({ client: 'cursor', ...options });
      expect(questions).toEqual([expect.stringMatching(/^Write it to/)]);
    },
  );

  it('asks nothing where hugwire is there already, however it starts', async () => {
    place.prompts = person({});
    for (const direct of [false, true]) {
      await install({ client: 'cursor', write: true, direct });
      expect((await install({ client: 'cursor' })).text).toMatch(/already there/);
    }
  });

  it('says what npx costs, and how to do without it', async () => {
    const [here, elsewhere] = [
      /`--direct` starts this hugwire without it/,
      /`npm install -g hugwire`, then `hugwire i/,
    ];
    for (const [script, note] of [
      [place.script, here],
      [THROWAWAY, elsewhere],
    ] as const) {
      place.script = script;
      expect((await install({ client: 'cursor' })).text).toMatch(note);
      expect((await install({ client: 'amp' })).text).toMatch(note);
      expect((await install({ client: 'cursor' })).data).toMatchObject({
        how: 'npx',
        notes: [expect.stringMatching(note)],
      });
    }
    place.script = '/opt/hugwire/bin/hugwire.js';
    const { text, data } = await install({ client: 'cursor', direct: true });
    expect(text).not.toContain('npx costs');
    expect(data).toMatchObject({ how: 'direct', notes: [] });
    expect((await install({ client: 'cursor', write: true })).text).toMatch(here);
    expect((await install({ client: 'cursor', project: true })).text).not.toContain('npx costs');
  });

  it('names the version with --exact', async () => {
    const { text } = await install({ client: 'cursor', exact: true });
    expect(text).toContain(`"hugwire@${VERSION}"`);
    expect(text).toContain('npx hugwire install cursor --exact --write');
  });

  it('lets a person choose of the clients on the machine', async () => {
    put('.gemini/settings.json', '{}');
    place.prompts = person({ choose: 'gemini', confirm: true });
    expect((await install({})).text).toMatch(/added to Gemini CLI/);
    place.prompts = person({ choose: 'cursor' });
    await expect(install({})).rejects.toMatchObject({ code: 'cancelled' });
  });

  it.each([
    [{}, 'invalid_arguments', /Which client\?/],
    [{ client: 'cursr' }, 'invalid_arguments', /no client "cursr"/],
    [{ client: 'windsurf', project: true }, 'invalid_arguments', /no file for a project/],
    [{ client: 'jetbrains', write: true }, 'invalid_arguments', /not set up by a file/],
    [{ client: 'claude-desktop', link: true }, 'invalid_arguments', /no install link/],
    [{ client: 'cursor', name: 'my server' }, 'invalid_arguments', /cannot be the name/],
    [{ client: 'cursor', name: '__proto__' }, 'invalid_arguments', /cannot be the name/],
  ])('refuses %j', async (options, code, message) => {
    await expect(install(options)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });

  it('says when hugwire is there under another name', async () => {
    await install({ client: 'cursor', write: true, name: 'hf' });
    const note = 'Cursor has hugwire as "hf", not as "hugwire"; --name hf means that one.';
    expect(await install({ client: 'cursor' })).toMatchObject({ note });
    expect(await uninstall({ client: 'cursor' })).toMatchObject({ note, text: expect.stringMatching(/not there/) });
    expect((await install({ client: 'cursor', name: 'hf' })).note).toBeUndefined();
    expect((await install({ client: 'cursor', write: true })).note).toBe(note);
    expect((await install({ client: 'cursor', write: true })).note).toBeUndefined();
    expect((await uninstall({ client: 'cursor' })).note).toBeUndefined();
  });

  it('says what to do where no file will do', async () => {
    expect((await install({ client: 'amp' })).text).toContain('amp mcp add hugwire -- npx -y hugwire');
    const { text } = await install({ client: 'jetbrains' });
    expect(text).toMatch(/Settings \| Tools \| AI Assistant/);
    expect(text).toContain('"mcpServers"');
  });

  it('prints links alone', async () => {
    const { text } = await install({ client: 'vscode', link: true });
    expect(text.split('\n').map((link) => link.replace(/[?].*/, ''))).toEqual([
      'vscode:mcp/install',
      'https://vscode.dev/redirect/mcp/install',
    ]);
  });

  it('prints JSON without the values of variables, and asks nothing', async () => {
    const before = [process.stdin.isTTY, process.stderr.isTTY] as const;
    [process.stdin.isTTY, process.stderr.isTTY] = [true, true];
    const world = { env: {} } as World;
    expect(openInstallContext(world, {}).prompts).toBeDefined();
    place.prompts = openInstallContext(world, { json: true }).prompts;
    [process.stdin.isTTY, process.stderr.isTTY] = before;
    expect(place.prompts).toBeUndefined();
    put('.cursor/mcp.json', '{"mcpServers":{"hugwire":{"command":"old","env":{"HF_TOKEN":"hf_secretsecret"}}}}');
    for (const write of [false, true]) {
      const text = formatResult(await install({ client: 'cursor', write }), { json: true });
      expect(text).not.toContain('hf_secret');
      expect(JSON.parse(text)).toMatchObject({
        client: 'cursor',
        path: file('.cursor/mcp.json'),
        status: 'updated',
        written: write,
        entry: { command: 'npx', args: ['-y', 'hugwire'], env: { HF_TOKEN: '…' } },
      });
    }
    expect(JSON.parse(formatResult(await install({ client: 'amp' }), { json: true }))).toMatchObject({
      written: false,
      command: 'amp mcp add hugwire -- npx -y hugwire',
      entry: { command: 'npx' },
    });
  });

  it('shows hidden and coloured text of a file as text', async () => {
    put('.cursor/mcp.json', '{\n  // \u001b[31mred\n  "a": "\u202e\u200b"\n}\n');
    const { text } = await install({ client: 'cursor' });
    expect(text).toBe(stripVTControlCharacters(text));
    expect(text).not.toMatch(/[\u202e\u200b]/);
  });
});

describe.runIf(runsScripts)('installing hugwire for good', () => {
  /** An npm that does as told. */
  function putNpm(code: number, installed: boolean): NodeJS.ProcessEnv {
    put(
      'bin/npm',
      `#!/bin/sh\n[ "$1" = root ] && echo ${home}/lib && exit 0\n[ "$*" = "install -g hugwire" ] && exit ${code}\n`,
    );
    chmodSync(file('bin/npm'), 0o755);
    if (installed) put('lib/hugwire/bin/hugwire.js', '');
    return { PATH: file('bin') };
  }
  const run = (env: NodeJS.ProcessEnv) => openInstallContext({ env } as World, {}).installGlobally();

  it('gives the script that npm has installed', () => {
    expect(run(putNpm(0, true))).toBe(file('lib/hugwire/bin/hugwire.js'));
  });

  it('says what to do where npm fails', () => {
    const failure = expect.objectContaining({ code: 'unavailable', hint: expect.stringContaining('answer no') });
    expect(() => run(putNpm(0, false))).toThrow(failure);
    expect(() => run(putNpm(1, true))).toThrow(failure);
    expect(() => run({ PATH: file('nowhere') })).toThrow(failure);
  });
});

describe('hugwire uninstall', () => {
  it('takes out what install put in, and says so', async () => {
    await install({ client: 'goose', write: true });
    expect((await uninstall({ client: 'goose' })).text).toMatch(/removed from Goose; the file held nothing else/);
    expect(existsSync(file('.config/goose/config.yaml'))).toBe(false);
    expect((await uninstall({ client: 'goose' })).text).toMatch(/hugwire is not there, nothing changed/);
  });

  it('asks at a terminal', async () => {
    await install({ client: 'cursor', write: true });
    place.prompts = person({ confirm: false });
    expect((await uninstall({ client: 'cursor' })).text).toBe('Nothing was changed.');
    expect(shown).toContain('- ');
    place.prompts = person({ choose: 'cursor', confirm: true });
    expect((await uninstall({})).text).toMatch(/removed from Cursor/);
    await expect(uninstall({})).rejects.toMatchObject({ code: 'not_found' });
  });

  it('only shows with --dry-run', async () => {
    expect((await uninstall({ client: 'cursor', dryRun: true })).text).toMatch(
      /hugwire is not there; nothing to change/,
    );
    await install({ client: 'cursor', write: true });
    expect((await uninstall({ client: 'cursor', dryRun: true, yes: true })).text).toMatch(/The file will be removed:/);
    expect((await install({ client: 'cursor', dryRun: true, yes: true })).text).toMatch(/hugwire is already there/);
    expect(existsSync(file('.cursor/mcp.json'))).toBe(true);
  });

  it('cannot reach into settings without a file', async () => {
    await expect(uninstall({ client: 'amp' })).rejects.toThrow(/not set up by a file/);
  });
});

describe('hugwire install --list', () => {
  it('shows the clients on the machine', async () => {
    expect((await listClients(place)).text).toMatch(/^No client was found/);
    mkdirSync(file('.gemini'));
    await install({ client: 'cursor', write: true, name: 'hf' });
    put('.codex/config.toml', 'a = ');
    mkdirSync(file('.qwen', 'settings.json'), { recursive: true });
    const { text } = await listClients(place);
    const rows = text.split('\n').map((line) => line.replace(/ {2,}/g, ' | '));
    expect(rows).toEqual([
      'client | hugwire | file',
      'cursor | yes, npx as hf | ~/.cursor/mcp.json',
      expect.stringMatching(/^codex \| It is not valid TOML: line 1, .* \| ~\/\.codex\/config\.toml$/),
      'gemini | no | ~/.gemini/settings.json',
      'qwen | cannot be read: it is a directory. | ~/.qwen/settings.json',
      '',
      'Next: npx hugwire install gemini',
    ]);
  });

  it('shortens only what lies in the home directory', async () => {
    const codex = `${home}-of-another`;
    const machine = { ...place.machine, env: { CODEX_HOME: codex } };
    mkdirSync(codex);
    const { text } = await listClients({ ...place, machine });
    rmSync(codex, { recursive: true });
    expect(text).toContain(join(codex, 'config.toml'));
  });

  it('prints JSON of all', async () => {
    const { clients } = JSON.parse(formatResult(await listClients(place), { json: true }));
    expect(clients.length).toBeGreaterThanOrEqual(15);
    expect(clients[0]).toMatchObject({ id: 'claude-desktop', present: false, scope: 'user' });
  });
});
