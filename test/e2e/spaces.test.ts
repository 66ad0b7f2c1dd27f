import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startDemoHub } from '../../src/world/hub/server.js';
import { startDemoSpace } from '../../src/world/space/server.js';
import type { DemoHub, DemoSpace } from '../../src/world/types.js';
import { BIN } from './server-process.js';
import { Shell } from './shell.js';

const SPACE = 'hugwire/demo-space';

let hub: DemoHub;
let space: DemoSpace;
let shell: Shell;
beforeAll(async () => {
  space = await startDemoSpace();
  hub = await startDemoHub({ spaceHost: new URL(space.url).host, closed: true });
});
afterAll(() => Promise.all([hub.close(), space.close()]));
afterEach(() => shell.remove());

const open = (env: NodeJS.ProcessEnv = {}) => new Shell({ HF_ENDPOINT: hub.url, ...env });

describe('a client that is connected', { timeout: 60_000 }, () => {
  it('gets a tool when a Space is pinned in another process, can call it, and loses it', async () => {
    shell = open();
    const client = new Client({ name: 'test', version: '1' });
    let changes = 0;
    const waiting = new Set<() => void>();
    client.setNotificationHandler('notifications/tools/list_changed', () => {
      changes += 1;
      for (const wake of waiting) wake();
    });
    const changed = (count: number) =>
      new Promise<void>((resolve) => {
        const check = () => changes >= count && resolve();
        waiting.add(check);
        check();
      });
    const tools = async () => (await client.listTools()).tools.map(({ name }) => name);
    /** Looks at the tools, and again whenever they are said to have changed. */
    const offered = async (expected: boolean) => {
      for (;;) {
        const seen = changes;
        if ((await tools()).includes('hello') === expected) return;
        await changed(seen + 1);
      }
    };
    const { home } = shell;
    const env = { PATH: process.env.PATH ?? '', HOME: home, HUGWIRE_HOME: home, HF_ENDPOINT: hub.url };
    await client.connect(
      new StdioClientTransport({ command: process.execPath, args: [BIN, 'serve'], env, stderr: 'ignore' }),
    );
    try {
      expect(await tools()).not.toContain('hello');

      const added = await shell.run('spaces', 'add', `${SPACE}/greet`, '--tool', 'hello', '--yes');
      expect(added).toMatchObject({ code: 0, stdout: expect.stringContaining('✓ hello') });
      await offered(true);
      const answer = await client.callTool({ name: 'hello', arguments: { name: 'Ada' } });
      expect(answer.isError).toBeFalsy();
      expect(JSON.stringify(answer.content)).toContain('Hello, Ada.');

      // What somebody has written into the record is no tool before the user has seen it.
      const lock = join(home, 'spaces.lock.json');
      writeFileSync(lock, readFileSync(lock, 'utf8').replace('Greets somebody', 'Greets anybody'));
      await offered(false);
      expect((await shell.run('spaces', 'enable', 'hello', '--yes')).code).toBe(0);
      await offered(true);
      const hello = (await client.listTools()).tools.find(({ name }) => name === 'hello');
      expect(hello?.description).toMatch(/^Greets anybody/);

      expect((await shell.run('spaces', 'disable', 'hello')).code).toBe(0);
      await offered(false);
    } finally {
      await client.close();
    }
  });
});

describe('hugwire spaces', { timeout: 60_000 }, () => {
  it('prints its result and nothing else on stdout', async () => {
    shell = open();
    const { stdout, stderr, code } = await shell.run('spaces', 'add', `${SPACE}/draw`, '--yes', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout).added).toMatchObject([{ space: SPACE, endpoint: '/draw', tool: 'demo_space_draw' }]);
    expect(stderr).toContain('What an assistant will see:');
    const list = await shell.run('spaces', 'list', '--json');
    expect(JSON.parse(list.stdout).pinned[1]).toMatchObject({ tool: 'demo_space_draw', state: 'on', differences: [] });
  });

  it('loses nothing when it is run several times at once', async () => {
    shell = open();
    const names = ['draw', 'greet', 'count'];
    const ended = await Promise.all(names.map((name) => shell.run('spaces', 'add', `${SPACE}/${name}`, '--yes')));
    expect(ended.map(({ code }) => code)).toEqual([0, 0, 0]);
    const { stdout } = await shell.run('spaces', 'list', '--offline', '--json');
    const pinned = JSON.parse(stdout).pinned.map(({ tool, state }: Record<string, string>) => `${tool} ${state}`);
    expect(pinned.sort()).toEqual([
      'demo_space_count on',
      'demo_space_draw on',
      'demo_space_greet on',
      'generate_image on',
    ]);
  });

  it('ends with 2 and the command to run where it would have to ask', async () => {
    shell = open();
    const add = await shell.run('spaces', 'add', `${SPACE}/draw`);
    expect(add).toMatchObject({ code: 2, stdout: '' });
    expect(add.stderr).toContain(`Next: hugwire spaces add ${SPACE}/draw --yes`);
    const search = await shell.run('spaces', 'add', 'draw', 'a', 'landscape');
    expect(search).toMatchObject({ code: 2, stdout: expect.stringContaining(SPACE) });
    expect(search.stderr).toContain('hugwire spaces add ');
    const remove = await shell.run('spaces', 'remove', 'generate_image');
    expect(remove).toMatchObject({ code: 2, stdout: '' });
    expect(remove.stderr).toContain('Next: hugwire spaces remove generate_image --yes');
  });

  it('keeps a proposal out of the tools until the user approves it', async () => {
    shell = open();
    writeFileSync(join(shell.home, 'config.json'), '{"tools": {"enable": ["default", "pin"]}}');
    const proposed = await shell.run('call', 'space_pin', `space=${SPACE}`, 'endpoint=/greet', 'tool=hello');
    expect(proposed).toMatchObject({ code: 0, stdout: expect.stringContaining('`hugwire spaces enable hello`') });
    expect((await shell.run('call', 'hello', 'name=Ada')).code).toBe(2);
    expect((await shell.run('spaces', 'list', '--offline')).stdout).toMatch(/STATE\nhello .* proposed\n/);
    expect(await shell.run('spaces', 'enable', 'hello')).toMatchObject({ code: 2, stdout: '' });

    const enabled = await shell.run('spaces', 'enable', 'hello', '--yes');
    expect(enabled).toMatchObject({ code: 0, stdout: 'hello is on.\n' });
    expect(enabled.stderr).toMatch(/An assistant has asked for hello: \/greet of hugwire\/demo-space\./);
    expect((await shell.run('call', 'hello', 'name=Ada')).stdout).toContain('Hello, Ada.');
  });

  it('can be tried without a network', async () => {
    shell = open({ HF_ENDPOINT: 'http://127.0.0.1:2' });
    const { stdout, code } = await shell.run('spaces', 'add', '--demo', `${SPACE}/greet`, '--yes');
    expect([code, stdout]).toEqual([0, expect.stringContaining('✓ demo_space_greet')]);
    expect((await shell.run('spaces', 'search', '--demo', 'draw', 'a', 'picture')).stdout).toContain(SPACE);
    expect((await shell.run('spaces', 'info', '--demo', `${SPACE}/greet`)).stdout).toContain('/greet(name: text');
    // The user's own list is as it was.
    expect((await shell.run('spaces', 'list', '--offline')).stdout).not.toContain('demo_space');
  });

  it('says in one line what is wrong with a broken config, and leaves it alone', async () => {
    shell = open();
    writeFileSync(join(shell.home, 'config.json'), '{"spaces": ');
    const { stdout, stderr, code } = await shell.run('spaces', 'add', `${SPACE}/draw`, '--yes');
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^hugwire: invalid_arguments: .*config\.json is not valid JSON/);
  });
});
