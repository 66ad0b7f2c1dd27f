import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startDemoSpace } from '../../src/world/space/server.js';
import type { DemoSpace } from '../../src/world/types.js';
import { ServerProcess } from './server-process.js';
import { Shell } from './shell.js';

let space: DemoSpace;
beforeAll(async () => {
  space = await startDemoSpace();
});
afterAll(() => space.close());

const runs = () => space.seen.filter(({ url }) => url.includes('/queue/join')).length;

describe('a server that is to do nothing', { timeout: 60_000 }, () => {
  let server: ServerProcess;
  afterEach(() => server.dispose());
  const greet = async (id: string) => {
    const { result } = await server.call(id, 'space_call', {
      space: space.url,
      endpoint: '/greet',
      arguments: { name: 'Ada' },
    });
    return result.content[0].text as string;
  };

  it('says so in its instructions, and tells what it would do', async () => {
    server = new ServerProcess({
      args: ['serve', '--dry-run'],
      config: JSON.stringify({ spaces: { local: [space.url] } }),
    });
    const { result } = await server.initialize();
    expect(result.instructions).toContain('Dry run is on');
    const before = runs();
    expect(await greet('call')).toMatch(/^Dry run: nothing was done\.\nWould run \/greet of /);
    expect(runs()).toBe(before);
    server.child.stdin.end();
    await server.exited;
    const sessions = join(server.home, 'state', 'sessions');
    const [journal = ''] = readdirSync(sessions).filter((name) => name.endsWith('.jsonl'));
    const entries = readFileSync(join(sessions, journal), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(entries.find(({ type }) => type === 'FunctionCall')).toMatchObject({ tool: 'space_call', dryRun: true });
  });

  it('begins and ends to do so with the config', async () => {
    const spaces = { local: [space.url] };
    server = new ServerProcess();
    const file = join(server.home, 'config.json');
    const taken = (count: number) =>
      server.until(() => (server.stderr.match(/config applied/g) ?? []).length === count);
    const saveTo = join(server.home, 'files');
    writeFileSync(file, JSON.stringify({ files: { saveTo }, spaces }));
    expect((await server.initialize()).result.instructions).not.toContain('Dry run');
    expect(await greet('before')).toContain('Hello, Ada');
    writeFileSync(file, JSON.stringify({ files: { saveTo }, spaces, tools: { dryRun: true } }));
    await taken(1);
    expect(await greet('on')).toMatch(/^Dry run/);
    writeFileSync(file, JSON.stringify({ files: { saveTo }, spaces }));
    await taken(2);
    expect(await greet('off')).toContain('Hello, Ada');
  });
});

describe('hugwire call --dry-run', () => {
  it('tells in words and as JSON, and leaves nothing behind', async () => {
    const shell = new Shell();
    const words = ['call', 'space_call', `space=${space.url}`, 'endpoint=/greet', 'name=Ada'];
    const before = runs();
    const told = await shell.run('--dry-run', ...words);
    expect(told).toMatchObject({ code: 0, stderr: '', stdout: expect.stringMatching(/^Dry run: nothing was done/) });
    const json = await shell.run(...words, '--dry-run', '--json');
    expect(JSON.parse(json.stdout)).toMatchObject({ dryRun: true, endpoint: '/greet', arguments: { name: 'Ada' } });
    const wrong = await shell.run('--dry-run', ...words, 'nmae=Bob');
    expect(wrong).toMatchObject({ code: 2, stdout: expect.stringMatching(/^invalid_arguments/) });
    expect(runs()).toBe(before);
    expect(existsSync(join(shell.home, 'files'))).toBe(false);
    shell.remove();
  });
});
