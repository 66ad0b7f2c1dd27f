import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import packageJson from '../../package.json';
import { startDemoHub } from '../../src/world/hub/server.js';
import type { DemoHub } from '../../src/world/types.js';
import { BIN } from './server-process.js';
import { Shell } from './shell.js';

let hub: DemoHub;
beforeAll(async () => {
  hub = await startDemoHub();
});
afterAll(() => hub.close());

let shell: Shell;
const open = (env: NodeJS.ProcessEnv = {}) => {
  shell = new Shell({ HF_ENDPOINT: hub.url, ...env });
  return shell;
};
afterEach(() => shell.remove());

describe('the command line itself', () => {
  it.skipIf(!existsSync('/dev/full'))('says when what it prints cannot be written', async () => {
    const { home } = open();
    const full = openSync('/dev/full', 'w');
    const env = { PATH: process.env.PATH, HOME: home, HUGWIRE_HOME: home };
    const child = spawn(process.execPath, [BIN, 'config', 'schema'], { env, stdio: ['ignore', full, 'pipe'] });
    closeSync(full);
    const [[code], stderr] = await Promise.all([once(child, 'close'), text(child.stderr as Readable)]);
    expect([code, stderr]).toEqual([1, 'hugwire: the output cannot be written (ENOSPC).\n']);
  });

  it.each([
    [['spaces', 'add'], "missing required argument 'space'", 'hugwire spaces add --help'],
    [['install', '--wriet'], "unknown option '--wriet'", 'hugwire install --help'],
  ])('%j points to the help of the command', async (args, fault, help) => {
    const { code, stderr } = await open().run(...args);
    expect(code).toBe(2);
    expect(stderr).toContain(fault);
    expect(stderr).toMatch(new RegExp(`See: ${help}\\n$`));
  });

  it.each([
    ['auth', 'source', 'none', '--dry-run'],
    ['--dry-run', 'config', 'set', 'hub.offline', 'true'],
    ['tools', 'disable', 'hub_read', '--dry-run'],
  ])('%s %s … changes nothing with --dry-run, which it does not know', async (...args) => {
    const { code, stdout, stderr } = await open().run(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/--dry-run is for [\s\S]*Nothing was done/);
    expect(existsSync(join(shell.home, 'config.json'))).toBe(false);
  });

  it.each(['--version', '-V'])('%s prints the version', async (option) => {
    expect(await open().run(option)).toEqual({ code: 0, stdout: `${packageJson.version}\n`, stderr: '' });
  });

  it.each([['--help'], ['-h'], ['help'], ['call', '--help'], ['config', '--help']])(
    '%s %s explains',
    async (...args) => {
      const { code, stdout } = await open().run(...args);
      expect(code).toBe(0);
      expect(stdout).toMatch(/^Usage: hugwire/);
    },
  );

  it.each([
    [['serv'], "error: unknown command 'serv'\n(Did you mean serve?)\n"],
    [['xyzzy'], "error: unknown command 'xyzzy'\n"],
    [['--hepl'], "error: unknown option '--hepl'\n(Did you mean --help?)\n"],
    [
      ['call', 'hub_search', '--jsno'],
      "error: unknown option '--jsno'\n(Did you mean --json?)\nSee: hugwire call --help\n",
    ],
    [['--config'], "error: option '--config <file>' argument missing\n"],
  ])('%j is wrong: exit code 2', async (args, stderr) => {
    expect(await open().run(...args)).toEqual({ code: 2, stdout: '', stderr });
  });

  it('explains a subcommand that is not there', async () => {
    const { code, stderr } = await open().run('config', 'shwo');
    expect(code).toBe(2);
    expect(stderr).toMatch(/unknown command 'shwo'.*Did you mean show/s);
  });

  it('lets hosts add arguments of their own to serve', async () => {
    const { code, stdout, stderr } = await open().run('serve', '--transport', 'stdio', 'extra', '/home/ann/demo');
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    for (const word of ['--transport', 'stdio', 'extra', '/home/ann/demo']) expect(stderr).toContain(`"${word}"`);
  });

  it.each([
    '--read-onyl',
    '--readonly',
    '--READ-ONLY',
    '--no-read-only',
    '--read-only=false',
    '--read-only=true',
    '-read-only',
    '—read-only',
    'read-only',
    '/read-only',
    'read_only=1',
    '--dry-rum',
    '--dryrun=false',
    '--config-file',
    '--proflie',
  ])('serve refuses %s, and answers nothing before', async (word) => {
    const { child, ended } = open().start('serve', '--port', '1', word);
    const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'test', version: '1' } };
    child.stdin?.end(
      ['initialize', 'tools/list']
        .map((method, id) => `${JSON.stringify({ jsonrpc: '2.0', id, method, params })}\n`)
        .join(''),
    );
    const { code, stdout, stderr } = await ended;
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/Did you mean --(?:read-only|dry-run|config|profile)\?/);
  });

  it.each([
    ['cache', 'clear'],
    ['spaces', 'list'],
    ['install', 'cursor'],
    ['uninstall', 'cursor'],
    ['doctor'],
    ['demo'],
  ])('%s %s refuses a word that it does not take', async (...args) => {
    const { code, stderr } = await open().run(...args, 'dry-run');
    expect(code).toBe(2);
    expect(stderr).toContain('too many arguments');
  });

  it.skipIf(process.platform !== 'linux' || !existsSync('/usr/bin/script'))(
    'in a terminal alone prints a guide',
    async () => {
      const command = `'${process.execPath}' '${BIN}'`;
      const child = spawn('/usr/bin/script', ['-qec', command, '/dev/null'], {
        env: { ...process.env, HUGWIRE_HOME: open().home },
        stdio: ['pipe', 'pipe', 'ignore'],
      });
      let text = '';
      child.stdout.on('data', (chunk) => {
        text += chunk;
      });
      await once(child, 'close');
      expect(text).toContain('npx hugwire demo');
      expect(text).toContain('mcpServers');
    },
  );
});

describe('hugwire call', () => {
  it('without a tool lists those that are on', async () => {
    const { code, stdout, stderr } = await open().run('call');
    expect({ code, stderr }).toEqual({ code: 2, stderr: 'hugwire: name a tool to call:\n' });
    expect(stdout).toMatch(/^ {2}hub_search +Search the Hub$/m);
  });

  it('prints the text: exit code 0, and nothing on stderr', async () => {
    const { code, stdout, stderr } = await open().run('call', 'hub_search', 'query=llama', 'limit=2');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^2 models, by downloads:\nid \|.*\nmeta-llama\//);
  });

  it('prints JSON with --json', async () => {
    const { code, stdout } = await open().run('call', 'hub_search', 'query=whisper', 'limit:=1', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout).results.model.rows).toHaveLength(1);
  });

  it('takes lists, JSON and --args, and lets the single words win', async () => {
    const args = JSON.stringify({ kinds: ['model'], limit: 9 });
    const words = ['kinds:=["dataset"]', 'limit=1', 'query=squad'];
    const { stdout } = await open().run('call', 'hub_search', '--args', args, ...words, '--json');
    const { results } = JSON.parse(stdout);
    expect(Object.keys(results)).toEqual(['dataset']);
    expect(results.dataset.rows).toHaveLength(1);
    const both = await shell.run('call', 'hub_search', 'kinds=model', 'kinds=space', 'limit=1', '--json');
    expect(Object.keys(JSON.parse(both.stdout).results)).toEqual(['model', 'space']);
  });

  it('that fails ends with exit code 1, in words or in JSON', async () => {
    open({ HF_ENDPOINT: 'http://127.0.0.1:2' });
    const words = await shell.run('call', 'hub_search', 'query=bert');
    expect(words.code).toBe(1);
    expect(words.stdout).toMatch(/^offline: 127\.0\.0\.1:2 cannot be reached/);
    const json = await shell.run('call', 'hub_search', 'query=bert', '--json');
    expect(json.code).toBe(1);
    expect(JSON.parse(json.stdout).error).toMatchObject({ code: 'offline', hint: expect.any(String) });
  });

  it.each([
    [['hub_search', 'limit=many'], /^invalid_arguments: hub_search: "limit"/, 'stdout'],
    [['hub_search', 'querry=x'], /did you mean "query"/, 'stdout'],
    [['hub_serach'], /There is no tool "hub_serach"\.\nNext: Did you mean hub_search\?/, 'stderr'],
    [['hub_search', 'word'], /"word" is not an argument\.\nNext: Write key=value, or key:=JSON/, 'stderr'],
    [['hub_search', 'limit:=ten'], /limit:=ten holds no valid JSON/, 'stderr'],
    [['hub_search', '--args', '[1]'], /--args takes a JSON object/, 'stderr'],
    [['hub_search', '--args', '{'], /--args holds no valid JSON/, 'stderr'],
  ] as const)('%j is wrong: exit code 2', async (args, message, stream) => {
    const outcome = await open().run('call', ...args);
    expect(outcome.code).toBe(2);
    expect(outcome[stream]).toMatch(message);
  });

  it('tells a tool that is off from one that is not there', async () => {
    open();
    const config = JSON.stringify({
      tools: { disable: ['hub_whoami'] },
      spaces: { pinned: [{ space: 'a/b', tool: 'draw', enabled: false }] },
    });
    writeFileSync(join(shell.home, 'config.json'), config);
    const off = await shell.run('call', 'hub_whoami');
    expect(off.code).toBe(2);
    expect(off.stderr).toMatch(/Tool hub_whoami is turned off.\nNext: `hugwire tools list` says why/);
    expect((await shell.run('call', 'draw')).stderr).toMatch(/Tool draw is turned off.\nNext: `hugwire spaces list`/);
    const readOnly = await shell.run('--read-only', 'call', 'space_call', 'space=a/b');
    expect(readOnly.stderr).toMatch(/Tool space_call is turned off/);
  });

  it('does not mind that nobody reads to the end', async () => {
    const { child, ended } = open().start('call', 'hub_search', 'limit=50', '--json');
    child.stdout?.destroy();
    const { code, stderr } = await ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });

  it('works in the demo world without any Hub, and leaves nothing behind', async () => {
    open();
    const temporary = join(shell.home, 'tmp');
    mkdirSync(temporary);
    const own = new Shell({ TMPDIR: temporary, TEMP: temporary, TMP: temporary });
    const { code, stdout } = await own.run('call', '--demo', 'hub_search', 'query=llama', 'limit=1');
    own.remove();
    expect(code).toBe(0);
    expect(stdout).toMatch(/^1 model/);
    expect(readdirSync(temporary)).toEqual([]);
  });
});

describe('hugwire config', () => {
  it('path says where the file is, or would be', async () => {
    expect(await open().run('config', 'path')).toMatchObject({
      code: 0,
      stdout: `${join(shell.home, 'config.json')}\n`,
    });
    expect((await shell.run('config', 'path', '--config', 'mine.json')).stdout).toBe(
      `${join(shell.home, 'mine.json')}\n`,
    );
    expect((await shell.run('--config', '/x/y.json', 'config', 'path')).stdout).toBe('/x/y.json\n');
  });

  it('show prints JSON that a program can read, and says where it is from', async () => {
    const none = await open().run('config', 'show');
    expect(JSON.parse(none.stdout).hub.timeoutSeconds).toBe(10);
    expect(none.stderr).toMatch(/all defaults: .*config\.json does not exist/);
    writeFileSync(join(shell.home, 'config.json'), '{"hub":{"timeoutSeconds":20}}');
    const some = await shell.run('config', 'show');
    expect(JSON.parse(some.stdout).hub.timeoutSeconds).toBe(20);
    expect(some.stderr).toMatch(/read from .*config\.json/);
  });

  it.each([
    [{ tools: { enable: ['hub_serch'] } }, 1, /did you mean "hub_search"/],
    [{ spaces: { pinned: [{ space: 'a/b', tool: 'hub_search' }] } }, 1, /pinned as hub_search/],
    [{ files: { readFrom: ['documents'] } }, 1, /"files\.readFrom\.0" is "documents"; must be absolute/],
    [{ files: { readFrom: ['~/documents'] } }, 0, /is valid/],
  ])('validate tells what a server would leave out: %j', async (config, code, words) => {
    writeFileSync(join(open().home, 'config.json'), JSON.stringify(config));
    const outcome = await shell.run('config', 'validate');
    expect(outcome.code).toBe(code);
    expect(outcome.stdout + outcome.stderr).toMatch(words);
  });

  it('validate minds --config', async () => {
    const { code, stdout } = await open().run('--config', '/nowhere/config.json', 'config', 'validate');
    expect(code).toBe(1);
    expect(stdout).toMatch(/\/nowhere\/config\.json: 1 problem\n {2}it does not exist/);
  });

  it('validate says whether the file is good', async () => {
    const file = join(open().home, 'config.json');
    expect(await shell.run('config', 'validate')).toMatchObject({
      code: 0,
      stdout: `${file} does not exist; all defaults apply.\n`,
    });
    writeFileSync(file, '{}');
    expect(await shell.run('config', 'validate')).toEqual({ code: 0, stdout: `${file} is valid.\n`, stderr: '' });
    const bad = '{"hub":{"ofline":true},"spaces":{"others":"x"}}';
    writeFileSync(file, bad);
    expect(await shell.run('config', 'validate')).toEqual({
      code: 1,
      stdout: `${file}: 2 problems\n  unknown key "hub.ofline"\n  "spaces.others" is "x"; allowed: "allow", "pinned-only", "off"\n`,
      stderr: '',
    });
    expect(readFileSync(file, 'utf8')).toBe(bad);
  });

  it('schema prints the JSON Schema of the file', async () => {
    const { code, stdout } = await open().run('config', 'schema');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ type: 'object', properties: { hub: { type: 'object' } } });
  });
});

describe('a start that cannot be', () => {
  it.each([
    ['a broken file', '{"hub":', [], {}, /config\.json is not valid JSON: line 1, column 8: it ends too early/],
    ['a wrong file', '{"spaces":{"others":"x"}}', [], {}, /"spaces\.others" is "x"; allowed: "allow"/],
    ['a file that is not there', '{}', ['--config', '/none/x.json'], {}, /\/none\/x\.json does not exist/],
    ['an address that is none', '{}', [], { HF_ENDPOINT: 'hf-mirror.com' }, /HF_ENDPOINT is "hf-mirror\.com"/],
  ] as const)('%s is told in a line, nothing on stdout, exit code 2', async (_title, text, args, env, message) => {
    open(env);
    writeFileSync(join(shell.home, 'config.json'), text);
    const { code, stdout, stderr } = await shell.run(...args, 'serve');
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr.split('\n')[0]).toMatch(message);
    expect(stderr).not.toMatch(/\n\s+at /);
    expect(readFileSync(join(shell.home, 'config.json'), 'utf8')).toBe(text);
  });
});
