import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkClients } from '../../../src/commands/doctor/clients.js';
import { runsScripts } from '../../platform.js';
import { brief, type MadeContext, makeContext } from './context.js';

const SECRET = 'hf_client_secret_0123456789';
let context: MadeContext;
beforeEach(() => {
  context = makeContext();
});
afterEach(() => context.remove());

const put = (text: string | object, ...parts: string[]): string => {
  const path = join(context.home, ...parts);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, typeof text === 'string' ? text : JSON.stringify(text));
  return path;
};
const program = (...parts: string[]): string => {
  const path = put('#!/bin/sh\n', ...parts);
  chmodSync(path, 0o755);
  return path;
};
const entry = (command: string, args: string[], env?: object) => ({ mcpServers: { hf: { command, args, env } } });
const desktop = (text: string | object) => put(text, '.config', 'Claude', 'claude_desktop_config.json');
const cursor = (text: string | object) => put(text, '.cursor', 'mcp.json');

/** What is found on a Linux machine whose shell has these directories on its PATH. */
const check = (path = '', offline?: string) =>
  checkClients({
    ...context,
    offline,
    machine: { env: { PATH: path }, home: context.home, platform: 'linux', cwd: '/' },
  });

// The doubles are programs of Linux; how the paths of other systems look is tested with src/install.
describe.runIf(runsScripts)('clients', () => {
  it('may be missing, or be without hugwire: no fault', async () => {
    expect(brief(await check())).toEqual(['skipped: none found on this machine']);
    cursor({ mcpServers: {} });
    desktop({});
    const found = await check();
    expect(brief(found)).toEqual(['skipped: without hugwire: Claude Desktop, Cursor']);
    expect(found[0]?.advice).toContain('hugwire install');
  });

  it('with a Node and a script that are there are fine', async () => {
    const [node, script] = [program('node-20', 'node'), put('', 'lib', 'hugwire', 'bin', 'hugwire.js')];
    desktop(entry(node, [script]));
    const found = await check();
    expect(found).toMatchObject([{ id: 'client:claude-desktop:user', title: 'Claude Desktop', status: 'ok' }]);
    expect(found[0]?.detail).toBe(`starts \`${node} ${script}\``);
  });

  it('whose Node has gone are a problem', async () => {
    const path = cursor(entry('/opt/node-18/bin/node', ['/opt/hugwire/bin/hugwire.js']));
    const [found] = await check();
    expect(found).toMatchObject({
      status: 'problem',
      detail: `/opt/node-18/bin/node is not there, so it cannot start hugwire (${path})`,
      advice: 'Set it up again: `hugwire install cursor --name hf`.',
    });
  });

  it('are set up again with what their server was told', async () => {
    const servers = { hugwire: { command: '/no/node', args: ['/no/hugwire.js', 'serve', '--profile', 'work'] } };
    cursor({ mcpServers: servers });
    expect((await check())[0]?.advice).toBe('Set it up again: `hugwire install cursor --profile work`.');
  });

  it('whose script has gone are a problem', async () => {
    cursor(entry(program('node'), ['/opt/gone/bin/hugwire.js']));
    expect(brief(await check())[0]).toContain('problem: /opt/gone/bin/hugwire.js is not there');
  });

  it('that start npx must find it somewhere', async () => {
    cursor(entry('npx-of-nowhere', ['-y', 'hugwire']));
    expect(brief(await check())[0]).toContain('problem: npx-of-nowhere is not on the PATH');
  });

  it.each<[string, string[]]>([
    ['cmd', ['/c', 'npx-of-nvm', '-y', 'hugwire']],
    ['sh', ['-c', 'npx-of-nvm -y hugwire']],
    ['env', ['HF_HOME=/x', 'npx-of-nvm', '-y', 'hugwire']],
  ])('that start npx with %s must find npx too', async (command, args) => {
    const path = join(context.home, 'bin');
    program('bin', command);
    cursor(entry(command, args));
    expect(brief(await check(path))[0]).toContain('problem: npx-of-nvm is not on the PATH');
    program('bin', 'npx-of-nvm');
    expect((await check(path))[0]?.status).toBe('ok');
  });

  it('whose paths belong to one shell or to npx are told that these go', async () => {
    const node = program('fnm_multishells', '1_2', 'bin', 'node');
    cursor(entry(node, [put('', 'lib', 'hugwire.js')]));
    expect((await check())[0]).toMatchObject({ status: 'warning', advice: expect.stringContaining('--direct') });
    cursor(entry(program('node'), [put('', '_npx', '1a', 'node_modules', 'hugwire', 'bin', 'hugwire.js')]));
    expect((await check())[0]).toMatchObject({ status: 'warning', detail: expect.stringContaining('_npx') });
  });

  it('that have hugwire in a file they cannot read are a problem', async () => {
    const path = desktop('{"mcpServers": {"hugwire": {"command": "npx", "args": ["hugwire"]}, }}');
    const [found] = await check();
    expect(found).toMatchObject({ status: 'problem', advice: expect.stringContaining('may not start any server') });
    expect(found?.detail).toMatch(
      /line 1, column \d+ has a comma with nothing after it, which Claude Desktop cannot read/,
    );
    expect(found?.detail.split(path)).toHaveLength(2);
  });

  it('whose file is no text are told so, with its path once', async () => {
    const path = desktop('');
    writeFileSync(path, Buffer.from('{"mcpServers": {}}', 'utf16le'));
    writeFileSync(path, Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from('{}', 'utf16le')]));
    const [found] = await check();
    expect(found?.detail).toBe(`${path} cannot be read: it is not UTF-8 text.`);
  });

  it('of the desktop may not find what the shell finds', async () => {
    const name = 'npx-of-nvm';
    program('nvm', name);
    const path = join(context.home, 'nvm');
    desktop(entry(name, ['hugwire']));
    cursor(entry(name, ['hugwire']));
    const found = await check(path);
    expect(found.map(({ id, status }) => [id, status])).toEqual([
      ['client:claude-desktop:user', 'warning'],
      ['client:cursor:user', 'ok'],
    ]);
    expect(found[0]?.advice).toBe(
      'If it says "spawn npx-of-nvm ENOENT": `hugwire install claude-desktop --name hf --direct`.',
    );
    desktop(entry(name, ['hugwire'], { PATH: path }));
    expect((await check(path))[0]?.status).toBe('ok');
  });

  it('that fetch hugwire with npx are told whether it is there already', async () => {
    program('bin', 'npx');
    cursor(entry('npx', ['-y', 'hugwire']));
    const path = join(context.home, 'bin');
    const [fresh] = await check(path);
    expect(fresh).toMatchObject({ status: 'ok', advice: expect.stringContaining('first start downloads it') });
    expect((await check(path, 'so set'))[0]).toMatchObject({ status: 'warning' });
    put('', '.npm', '_npx', '1a2b', 'node_modules', 'hugwire', 'package.json');
    const [kept] = await check(path, 'so set');
    expect(kept).toMatchObject({ status: 'ok', detail: 'starts `npx -y hugwire`' });
    expect(kept?.advice).toBeUndefined();
  });

  it('whose config is broken are told of', async () => {
    const path = cursor('{ "mcpServers": ');
    const [found] = await check();
    expect(found?.status).toBe('warning');
    expect(found?.detail).toContain(path);
  });

  it('are told of once where the project is the home directory', async () => {
    cursor(entry('/no/node', ['/no/hugwire.js']));
    const machine = { env: {}, home: context.home, platform: 'linux' as const, cwd: context.home };
    expect((await checkClients({ ...context, machine })).map(({ id }) => id)).toEqual(['client:cursor:user']);
    mkdirSync(join(context.home, 'project', '.cursor'), { recursive: true });
    put(entry('/no/node', ['/no/hugwire.js']), 'project', '.cursor', 'mcp.json');
    const within = { ...machine, cwd: join(context.home, 'project') };
    const found = await checkClients({ ...context, machine: within });
    expect(found.map(({ title }) => title)).toEqual(['Cursor', 'Cursor (project)']);
    expect(found[1]?.advice).toBe('Set it up again: `hugwire install cursor --project --name hf`.');
  });

  it('keep the values of their variables', async () => {
    desktop(entry('/no/node', ['/no/hugwire.js'], { HF_TOKEN: SECRET }));
    cursor(entry(program('node'), [put('', 'hugwire.js')], { HF_TOKEN: SECRET }));
    const found = await check();
    expect(found.map(({ status }) => status)).toEqual(['problem', 'ok']);
    expect(JSON.stringify(found)).not.toContain(SECRET);
  });
});
