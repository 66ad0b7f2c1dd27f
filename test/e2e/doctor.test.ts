import { once } from 'node:events';
import { readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startDemoHub } from '../../src/world/hub/server.js';
import { startDemoSpace } from '../../src/world/space/server.js';
import type { DemoHub, DemoSpace } from '../../src/world/types.js';
import { Shell } from './shell.js';

const GOOD = 'hf_demo_read_maya';
const BAD = 'hf_demo_nobody_knows_this_one';

let hub: DemoHub;
let space: DemoSpace;
const shells: Shell[] = [];
beforeAll(async () => {
  space = await startDemoSpace();
  hub = await startDemoHub({ spaceHost: new URL(space.url).host, quotas: { api: 10_000 } });
});
afterAll(() => Promise.all([hub.close(), space.close()]));
afterEach(() => {
  for (const shell of shells.splice(0)) shell.remove();
});

interface Found {
  id: string;
  status: string;
  detail: string;
  advice?: string;
}

/** What the doctor finds in a home of its own. */
async function examine(env: NodeJS.ProcessEnv = {}, config?: unknown) {
  const shell = new Shell({ HF_ENDPOINT: hub.url, ...env });
  shells.push(shell);
  if (config !== undefined) {
    writeFileSync(join(shell.home, 'config.json'), typeof config === 'string' ? config : JSON.stringify(config));
  }
  const before = listFiles(shell.home);
  const { code, stdout, stderr } = await shell.run('doctor', '--json');
  expect(stderr).toBe('');
  // It looks, and leaves nothing behind.
  expect(listFiles(shell.home)).toEqual(before);
  const { findings } = JSON.parse(stdout) as { findings: Found[] };
  const of = (id: string) => findings.find((one) => one.id === id);
  const bad = findings.filter(({ status }) => status === 'problem').map(({ id }) => id);
  return { shell, code, stdout, findings, of, bad };
}

function listFiles(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((path) => statSync(join(directory, path)).isFile())
    .sort();
}

const PINNED_NONE = { spaces: { pinned: [] } };

describe('hugwire doctor', () => {
  it('finds nothing wrong in a fresh home', async () => {
    const { code, of, bad } = await examine({}, PINNED_NONE);
    expect({ code, bad }).toEqual({ code: 0, bad: [] });
    expect(of('self-test')?.detail).toMatch(/^\d+ tools in \d+ ms, about \d+ tokens$/);
    expect(of('hub')?.detail).toContain(`${hub.url} in`);
    expect(of('token')?.detail).toBe('none: public repositories and Spaces work');
    expect(of('clock')?.status).toBe('ok');
    expect(of('limits')?.detail).toContain('(api)');
  });

  it('tells whose token it is, and shows it nowhere', async () => {
    const { shell, code, of, stdout } = await examine({ HF_TOKEN: GOOD }, PINNED_NONE);
    expect(code).toBe(0);
    expect(of('token')).toMatchObject({
      status: 'ok',
      detail: expect.stringContaining('maya (PRO) from env HF_TOKEN'),
    });
    expect(of('limits')?.detail).toContain('(api)');
    expect(stdout).not.toContain(GOOD);
    const text = await shell.run('doctor');
    expect(text.code).toBe(0);
    expect(`${text.stdout}${text.stderr}`).not.toContain(GOOD);
    expect(text.stdout).toContain('All is well');
    for (const file of listFiles(shell.home)) expect(readFileSync(join(shell.home, file), 'utf8')).not.toContain(GOOD);
  });

  it('finds a token that the Hub turns down', async () => {
    const { code, bad, stdout } = await examine({ HF_TOKEN: BAD }, PINNED_NONE);
    expect({ code, bad }).toEqual({ code: 1, bad: ['token'] });
    expect(stdout).not.toContain(BAD);
  });

  it('says in one line that it is offline, and looks at the rest', async () => {
    const { code, findings, of } = await examine({ HF_HUB_OFFLINE: '1', HF_TOKEN: GOOD });
    expect(code).toBe(0);
    expect(of('hub')).toMatchObject({ status: 'skipped', detail: expect.stringContaining('HF_HUB_OFFLINE is set') });
    expect(findings.filter(({ id }) => /^(?:clock|limits|space:)/.test(id))).toEqual([]);
    expect(of('self-test')?.status).toBe('ok');
    expect(of('token')?.detail).toContain('not checked');
  });

  it('does not wait long for a Hub that says nothing', async () => {
    const silence = createServer((socket) => socket.on('error', () => {}).resume());
    await once(silence.listen(0, '127.0.0.1'), 'listening');
    const { port } = silence.address() as AddressInfo;
    const { code, bad, of } = await examine({ HF_ENDPOINT: `http://127.0.0.1:${port}`, HF_TOKEN: GOOD });
    silence.close();
    expect({ code, bad }).toEqual({ code: 1, bad: ['hub'] });
    expect(of('hub')?.detail).toContain('no answer. ');
    expect(of('token')?.detail).toContain('not checked');
  });

  it('finds a Hub that is not there', async () => {
    const { code, bad, of } = await examine({ HF_ENDPOINT: 'http://127.0.0.1:2' });
    expect({ code, bad }).toEqual({ code: 1, bad: ['hub'] });
    expect(of('hub')?.detail).toContain('no connection');
  });

  it.each([
    ['is no JSON', '{ "tools": '],
    ['has a key that there is not', { tols: {} }],
  ])('goes on with a config that %s', async (_name, config) => {
    const { code, bad, of } = await examine({}, config);
    expect({ code, bad }).toEqual({ code: 1, bad: ['config'] });
    expect(of('self-test')?.status).toBe('skipped');
    expect(of('hub')?.status).toBe('ok');
    expect(of('directory:state')?.status).toBe('ok');
  });

  it('goes on with an environment that is wrong', async () => {
    const { code, bad, of } = await examine({ HF_ENDPOINT: 'huggingface.co' });
    expect({ code, bad }).toEqual({ code: 1, bad: ['environment'] });
    expect(of('hub')?.status).toBe('skipped');
  });

  it('finds a directory that cannot be made', async () => {
    const shell = new Shell();
    shells.push(shell);
    const file = join(shell.home, 'a-file');
    writeFileSync(file, '');
    const { bad, of } = await examine({}, { ...PINNED_NONE, files: { saveTo: join(file, 'below') } });
    expect(bad).toEqual(['directory:files']);
    expect(of('directory:files')?.advice).toContain('files.saveTo');
  });

  it('finds a proxy that is not there, and does not show its password', async () => {
    const proxy = { HTTPS_PROXY: 'http://me:hunter2hunter2@127.0.0.1:2' };
    const { bad, of, stdout } = await examine({ ...proxy, HF_ENDPOINT: 'https://hub.invalid' }, PINNED_NONE);
    expect(bad).toEqual(['hub']);
    expect(of('hub')?.detail).toContain('through the proxy 127.0.0.1:2');
    expect(stdout).not.toContain('hunter2');
  });

  it('looks at pinned Spaces, and finds one that is not there', async () => {
    const pinned = [{ space: 'nobody/nothing', endpoint: '/x', tool: 'nothing' }];
    const { bad, of } = await examine({}, { spaces: { pinned } });
    expect(bad).toEqual(['lock', 'space:nothing']);
    expect(of('space:nothing')?.detail).toContain('nobody/nothing');
  });

  it('notices what else prints on the stdout of the server', async () => {
    const shell = new Shell();
    shells.push(shell);
    const noise = join(shell.home, 'noise.cjs');
    writeFileSync(noise, `if (process.argv.includes('serve')) process.stdout.write('debugger attached\\n');`);
    const { bad, of } = await examine({ NODE_OPTIONS: `--require "${noise.replaceAll('\\', '/')}"` }, PINNED_NONE);
    expect(bad).toEqual(['self-test']);
    expect(of('self-test')?.detail).toContain('debugger attached');
  });

  it('gives the server the same config', async () => {
    const { of } = await examine({}, { ...PINNED_NONE, tools: { disable: ['all'] } });
    expect(of('self-test')).toMatchObject({
      status: 'warning',
      detail: expect.stringMatching(/^0 tools .*every tool is off$/),
    });
  });

  it('repairs with --fix, says so, and finds nothing more to repair', async () => {
    const { shell, of } = await examine({}, PINNED_NONE);
    expect(of('left-lock')).toBeUndefined();
    const lock = join(shell.home, 'config.json.lock');
    writeFileSync(lock, '{}');
    utimesSync(lock, 1, 1);
    const told = await shell.run('--dry-run', 'doctor', '--fix', '--json');
    expect(JSON.parse(told.stdout)).toMatchObject({ repairs: [{ id: 'left-lock', done: false }] });
    const { repairs, findings } = JSON.parse((await shell.run('doctor', '--fix', '--json')).stdout);
    expect(repairs).toMatchObject([{ id: 'left-lock', done: true }]);
    expect(findings.filter(({ fixable }: { fixable?: boolean }) => fixable)).toEqual([]);
    expect(listFiles(shell.home)).not.toContain('config.json.lock');
  });
});
