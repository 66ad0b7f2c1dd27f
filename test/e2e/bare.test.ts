import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SCRIPTS } from './scripts.js';
import { BIN } from './server-process.js';

// Where there is next to nothing: no home, no directory to be in, no system.

const work = mkdtempSync(join(tmpdir(), 'hugwire-bare-'));
afterAll(() => rmSync(work, { recursive: true, force: true }));
const isLinux = process.platform === 'linux';

describe('without a home', () => {
  it.skipIf(process.platform === 'win32').each(['', 'not/absolute'])('HOME=%o is read as left out', (HOME) => {
    const told = execFileSync(process.execPath, [BIN, 'config', 'path'], {
      env: { HOME },
      cwd: work,
      encoding: 'utf8',
    });
    expect(told).toMatch(/^\//);
  });
});

it.skipIf(process.platform === 'win32')('without a directory for what is temporary, it says so', () => {
  const env = { HOME: work, TMPDIR: join(work, 'nowhere') };
  const { status, stderr } = spawnSync(process.execPath, [BIN, 'demo'], { env, encoding: 'utf8' });
  expect(status).toBe(1);
  expect(stderr).toContain(`unavailable: ${env.TMPDIR} cannot be written to`);
});

describe.skipIf(!isLinux)('in a directory that is gone', () => {
  const run = (command: string) =>
    spawnSync('sh', ['-c', `mkdir gone && cd gone && rmdir ../gone && "${process.execPath}" "${BIN}" ${command}`], {
      cwd: work,
      env: { PATH: process.env.PATH, HUGWIRE_HOME: join(work, 'home'), HOME: work, HF_HUB_OFFLINE: '1' },
      encoding: 'utf8',
    });

  it.each(['install --list', 'install cursor', 'doctor', 'config validate', 'skill'])('%s works', (command) => {
    const { status, stdout, stderr } = run(command);
    expect(`${stdout}${stderr}`).not.toContain('uv_cwd');
    expect(status).toBe(0);
  });

  it('a path that would lead from there is refused in plain words', () => {
    const { status, stderr } = run('--config x.json config path');
    expect(status).toBe(1);
    expect(stderr).toContain('does not exist any more');
  });
});

/** Only root may change the root directory. */
describe.skipIf(!isLinux || process.getuid?.() !== 0)('with nothing but Node', () => {
  const root = join(work, 'root');
  const chroot = ['/usr/sbin/chroot', '/usr/bin/chroot'].find(existsSync) ?? 'chroot';
  const run = (args: string[], input = '') =>
    spawnSync(chroot, [root, '/node', '/hugwire/bin/hugwire.js', ...args], { env: {}, input, encoding: 'utf8' });

  beforeAll(() => {
    const copy = (path: string, to = path) => {
      mkdirSync(join(root, dirname(to)), { recursive: true });
      copyFileSync(realpathSync(path), join(root, to));
    };
    copy(process.execPath, 'node');
    chmodSync(join(root, 'node'), 0o755);
    const libraries = execFileSync('ldd', [process.execPath], { encoding: 'utf8' }).match(/\/[^ ()]+/g) ?? [];
    for (const library of libraries) copy(library);
    for (const name of ['tmp', 'dev']) mkdirSync(join(root, name));
    // Every container has it.
    execFileSync('mknod', ['-m', '666', join(root, 'dev', 'null'), 'c', '1', '3']);
    for (const name of ['bin', 'dist'])
      cpSync(join(dirname(BIN), '..', name), join(root, 'hugwire', name), { recursive: true });
    copy(join(dirname(BIN), '..', 'package.json'), 'hugwire/package.json');
  });

  it('serves a client, which nobody has told anything', () => {
    const { status, stdout } = run([], SCRIPTS['all in one piece']?.sends.join(''));
    expect(status).toBe(0);
    expect(stdout).toContain('"name":"hub_search"');
  });

  it('runs its demo', () => {
    const { status, stdout, stderr } = run(['demo']);
    expect(stderr).toBe('');
    expect(status).toBe(0);
    expect(stdout).toContain('openai/whisper-large-v3');
  });

  it.each([
    ['install', '--list'],
    ['install', 'cursor', '--direct', '--write'],
    ['tools', 'list'],
    ['config', 'set', 'hub.offline', 'true'],
    ['doctor'],
  ])('%s %s', (...args) => {
    const { status, stderr, stdout } = run(args);
    expect(stderr).not.toMatch(/internal|\n +at /);
    expect(status, stdout).toBe(0);
  });
});
