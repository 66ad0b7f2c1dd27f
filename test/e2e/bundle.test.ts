import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startDemoSpace } from '../../src/world/space/server.js';
import type { DemoSpace } from '../../src/world/types.js';
import { ServerProcess } from './server-process.js';
import { Shell } from './shell.js';

// What a bundle's manifest can say: a list of directories, which may be empty, and a switch in a variable.

let server: ServerProcess | undefined;
afterEach(async () => {
  await server?.dispose();
  server = undefined;
});

describe('serve --read-from', { timeout: 60_000 }, () => {
  let space: DemoSpace;
  let work: string;
  beforeAll(async () => {
    space = await startDemoSpace();
  });
  afterAll(() => space.close());
  beforeEach(() => {
    work = mkdtempSync(join(tmpdir(), 'hugwire-test-'));
    for (const name of ['letters', 'photos', 'taxes']) {
      mkdirSync(join(work, name));
      writeFileSync(join(work, name, `${name}.txt`), name);
    }
  });
  afterEach(() => rmSync(work, { recursive: true, force: true }));

  /** Gives a file to a Space that tells what it got. */
  async function send(folder: string): Promise<{ isError?: boolean; text: string }> {
    const { result } = await (server as ServerProcess).call(folder, 'space_call', {
      space: space.url,
      endpoint: '/describe_file',
      arguments: { file: join(work, folder, `${folder}.txt`) },
    });
    return { isError: result.isError, text: result.content[0].text };
  }

  it('lets Spaces have files of these directories, and of no others', async () => {
    const config = JSON.stringify({ spaces: { local: [space.url] } });
    server = new ServerProcess({ args: ['serve', '--read-from', join(work, 'letters'), join(work, 'photos')], config });
    await server.initialize();
    for (const folder of ['letters', 'photos']) {
      const { isError, text } = await send(folder);
      expect(isError, text).toBeFalsy();
      expect(text).toContain(`${folder}.txt`);
    }
    const { isError, text } = await send('taxes');
    expect(isError).toBe(true);
    expect(text).toContain('files.readFrom');
  });

  it('adds to those of the config', async () => {
    const config = JSON.stringify({ files: { readFrom: [join(work, 'letters')] }, spaces: { local: [space.url] } });
    server = new ServerProcess({ args: ['serve', '--read-from', join(work, 'photos')], config });
    await server.initialize();
    for (const folder of ['letters', 'photos']) expect(await send(folder)).not.toMatchObject({ isError: true });
  });

  it('is nothing when no directory follows', async () => {
    const config = JSON.stringify({ spaces: { local: [space.url] } });
    server = new ServerProcess({ args: ['serve', '--read-from'], config });
    await server.initialize();
    expect(await send('letters')).toMatchObject({ isError: true, text: expect.stringContaining('files.readFrom') });
  });
});

describe('HUGWIRE_READ_ONLY', { timeout: 60_000 }, () => {
  it.each([
    ['1', false],
    ['true', false],
    ['', true],
    ['0', true],
    ['false', true],
    ['No ', true],
    ['y', false],
    ['enabled', false],
    ['\u200btrue', false],
  ])('"%s": tools that run are offered: %s', async (value, offered) => {
    server = new ServerProcess({ env: { HUGWIRE_READ_ONLY: value } });
    await server.initialize();
    server.send({ id: 'list', method: 'tools/list', params: {} });
    const { result } = await server.answer('list');
    const names = result.tools.map(({ name }: { name: string }) => name);
    expect(names).toContain('hub_search');
    expect(names.includes('space_call')).toBe(offered);
  });

  it.each(['HUGWIRE_READ_ONYL', 'HUGWIRE_READONLY', 'hugwire_read_only', 'HUGWIRE_NO_WRITES'])(
    'written %s is warned about, and a slip offers nothing that runs',
    async (name) => {
      server = new ServerProcess({ env: { [name]: '1' } });
      await server.initialize();
      server.send({ id: 'list', method: 'tools/list', params: {} });
      const { result } = await server.answer('list');
      const names = result.tools.map((tool: { name: string }) => tool.name);
      expect(names.includes('space_call')).toBe(name === 'HUGWIRE_NO_WRITES');
      expect(server.stderr).toContain(`unknown variable ${name}:`);
    },
  );

  it('holds for the other commands, too', async () => {
    const shell = new Shell({ HUGWIRE_READ_ONLY: '1' });
    try {
      const { code, stderr } = await shell.run('call', 'space_call', '--args', '{"space":"a/b"}');
      expect(code).toBe(2);
      expect(stderr).toContain('Tool space_call is turned off.');
    } finally {
      shell.remove();
    }
  });
});
