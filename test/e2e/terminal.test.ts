import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startDemoHub } from '../../src/world/hub/server.js';
import type { DemoHub } from '../../src/world/types.js';
import { hasSignals } from '../platform.js';
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

describe('the arguments of `hugwire call`', () => {
  const piped = async (input: string | Buffer, ...args: string[]) => {
    const { child, ended } = open().start('call', ...args);
    child.stdin?.end(input);
    return ended;
  };

  it.each([
    ['are piped in', ['hub_search'], '{"query":"whisper"}'],
    [
      'are piped in with a mark of UTF-16, as PowerShell does',
      ['hub_search'],
      Buffer.from('\uFEFF{"query":"whisper"}', 'utf16le'),
    ],
    ['are read from stdin', ['hub_search', '--args', '-'], '{"query":"whisper"}\n'],
    ['are read from stdin, and others added', ['hub_search', 'kinds=model', '--args', '-'], '{"query":"whisper"}'],
    ['are not taken from stdin where some are typed', ['hub_search', 'query=whisper'], 'not JSON'],
  ])('%s', async (_, args, input) => {
    const { code, stdout } = await piped(input, ...args);
    expect(stdout).toContain('openai/whisper-large-v3');
    expect(code).toBe(0);
  });

  it('are read from a file, and from what a shell opens as stdin', async () => {
    const file = join(open().home, 'arguments.json');
    writeFileSync(file, '{"query":"whisper"}');
    expect((await shell.run('call', 'hub_search', '--args', '@arguments.json')).stdout).toContain('openai/whisper');
    const child = spawn(process.execPath, [BIN, 'call', 'hub_search'], {
      env: shell.env,
      stdio: [openSync(file, 'r'), 'pipe', 'inherit'],
    });
    let stdout = '';
    child.stdout?.on('data', (chunk) => (stdout += chunk));
    await once(child, 'close');
    expect(stdout).toContain('openai/whisper');
  });

  it.each([
    ['{"query":', [], /--args holds no valid JSON/],
    ['["whisper"]', [], /--args takes a JSON object/],
    ['', ['--args', '-'], /--args holds no valid JSON/],
    ['', ['--args', '@nowhere.json'], /nowhere\.json cannot be read/],
  ])('are refused when they are %j %j', async (input, args, message) => {
    const { code, stderr, stdout } = await piped(input, 'hub_search', ...args);
    expect({ stdout, stderr }).toEqual({ stdout: '', stderr: expect.stringMatching(message) });
    expect([1, 2]).toContain(code);
  });

  it('are not waited for by a tool that takes none', async () => {
    const { child, ended } = open().start('call', 'hub_whoami');
    // Its stdin stays open.
    expect((await ended).stdout).toContain('token');
    child.stdin?.destroy();
  });
});

describe('the config in force', () => {
  it('is what the environment, the options and the profile say', async () => {
    open({ HF_ENDPOINT: 'https://hf-mirror.example', HF_HUB_OFFLINE: '1', HUGWIRE_READ_ONLY: 'yes' });
    const config = { hub: { timeoutSeconds: 20 }, profiles: { work: { files: { maxMegabytes: 5 } } } };
    writeFileSync(join(shell.home, 'config.json'), JSON.stringify(config));
    const get = async (key: string, ...args: string[]) => {
      const { stdout, stderr } = await shell.run('config', 'get', key, ...args);
      return [stdout.trim(), stderr.trim().replace('hugwire: from: ', '')];
    };
    expect(await get('hub.endpoint')).toEqual(['https://hf-mirror.example', 'HF_ENDPOINT']);
    expect(await get('hub.offline')).toEqual(['true', 'HF_HUB_OFFLINE']);
    expect(await get('tools.readOnly')).toEqual(['true', 'HUGWIRE_READ_ONLY']);
    expect(await get('tools.readOnly', '--read-only')).toEqual(['true', '--read-only']);
    expect(await get('hub.timeoutSeconds')).toEqual(['20', 'config file']);
    expect(await get('cache.enabled')).toEqual(['true', 'default']);
    expect(await get('files.maxMegabytes', '--profile', 'work')).toEqual(['5', 'profile work']);
    const { stdout } = await shell.run('config', 'show', '--json', '--profile', 'work');
    const shown = JSON.parse(stdout);
    expect(shown.hub).toEqual({ endpoint: 'https://hf-mirror.example', timeoutSeconds: 20, offline: true });
    expect(shown.sources).toEqual({
      'hub.endpoint': 'HF_ENDPOINT',
      'hub.offline': 'HF_HUB_OFFLINE',
      'hub.timeoutSeconds': 'config file',
      'tools.readOnly': 'HUGWIRE_READ_ONLY',
      'files.maxMegabytes': 'profile work',
    });
    // What is piped is a config.
    expect(JSON.parse((await shell.run('config', 'show')).stdout)).not.toHaveProperty('sources');
  });

  it('says no password of the state, and no invalid address', async () => {
    open({ HUGWIRE_STATE: 'redis://me:secret-word@db.example:6379', HF_ENDPOINT: 'nonsense' });
    const state = await shell.run('config', 'get', 'http.state', '--json');
    expect(state.stdout + state.stderr).not.toContain('secret-word');
    expect(state.stderr).toContain('HF_ENDPOINT is "nonsense"');
    shell.env.HF_ENDPOINT = '';
    expect((await shell.run('config', 'get', 'http.state')).stdout).toBe('redis://…@db.example:6379\n');
  });
});

describe.runIf(hasSignals)('Ctrl-C', () => {
  it.each([
    ['a call', ['call', 'hub_search', 'query=interrupted']],
    ['a command about Spaces', ['spaces', 'search', 'interrupted']],
  ])('ends %s at once, without a word, with 130', async (_, args) => {
    const turnOff = hub.addFault({ path: /^\/api\//, hang: true });
    const seen = hub.seen.length;
    const { child, ended } = open().start(...args);
    child.stdin?.end();
    await expect.poll(() => hub.seen.length, { timeout: 10_000 }).toBeGreaterThan(seen);
    child.kill('SIGINT');
    expect(await ended).toEqual({ code: 130, stdout: '', stderr: '' });
    turnOff();
  });

  it.each([
    ['what follows sessions', ['sessions', 'tail']],
    ['a call that waits for its arguments', ['call', 'hub_search']],
  ])('ends %s', async (_, args) => {
    const { child, ended } = open().start(...args);
    await once(child.stderr as NodeJS.ReadableStream, 'data');
    child.kill('SIGINT');
    expect(await ended).toMatchObject({ code: 130, stdout: '' });
  });
});

/** A terminal of util-linux around a program; not everywhere. */
const hasScript = spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout?.includes('util-linux') ?? false;

describe.runIf(hasScript)('a terminal', () => {
  const start = (...args: string[]): { child: ChildProcess; shown: () => string; ended: Promise<number | null> } => {
    const line = [process.execPath, BIN, ...args].map((word) => `'${word}'`).join(' ');
    const child = spawn('script', ['-qefc', `stty cols 80; exec ${line}`, '/dev/null'], {
      env: { ...shell.env, TERM: 'xterm', SHELL: '/bin/sh' },
    });
    let text = '';
    child.stdout.on('data', (chunk) => (text += chunk));
    return { child, shown: () => text, ended: once(child, 'close').then(([code]) => code) };
  };

  it('is left without a word at Ctrl-C in a question, with 130', async () => {
    mkdirSync(join(open().home, '.cursor'));
    const { child, shown, ended } = start('install');
    await expect.poll(shown, { timeout: 15_000 }).toContain('Which client?');
    const before = shown().length;
    child.stdin?.write('\x03');
    expect(await ended).toBe(130);
    expect(shown().slice(before)).not.toMatch(/cancel|hugwire:|Error/i);
  });

  it('is told what `hugwire serve` waits for', async () => {
    open();
    const { child, shown, ended } = start('serve');
    await expect.poll(shown, { timeout: 15_000 }).toMatch(/waiting for an MCP client on stdin[\s\S]*hugwire install/);
    child.stdin?.write('\x04');
    expect(await ended).toBe(0);
  });
});
