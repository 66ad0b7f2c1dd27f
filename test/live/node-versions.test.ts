import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { npmPackages } from './packages.js';

/** Node's own builds lie on npm, each as a package without scripts. */
const BUILD = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;
const VERSIONS = { 'node-20': '20.12.2', 'node-22': '22.23.3', 'node-24': '24.21.0' };

const builds = Object.fromEntries(Object.entries(VERSIONS).map(([name, version]) => [name, `npm:${BUILD}@${version}`]));
const directory = await npmPackages('nodes', builds);
const work = mkdtempSync(join(tmpdir(), 'hugwire-nodes-'));
afterAll(() => rmSync(work, { recursive: true, force: true }));

describe.skipIf(!directory)('the packed package', () => {
  const shell = process.platform === 'win32';
  const installed = join(work, 'prefix', 'node_modules', 'hugwire');
  beforeAll(() => {
    mkdirSync(join(work, 'prefix'));
    writeFileSync(join(work, 'prefix', 'package.json'), '{}');
    execFileSync('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', work], {
      shell,
      stdio: 'ignore',
    });
    const tarball = resolve(work, readdirSync(work).find((file) => file.endsWith('.tgz')) ?? '');
    const flags = ['--offline', '--no-audit', '--no-fund', '--ignore-scripts'];
    execFileSync('npm', ['install', ...flags, tarball], { cwd: join(work, 'prefix'), shell, stdio: 'ignore' });
  });

  it.each(Object.entries(VERSIONS))('runs its demo on %s (%s)', (name, version) => {
    const folder = join(directory as string, 'node_modules', name, 'bin');
    const node = join(folder, existsSync(join(folder, 'node.exe')) ? 'node.exe' : 'node');
    expect(execFileSync(node, ['--version'], { encoding: 'utf8' }).trim()).toBe(`v${version}`);
    const home = join(work, name);
    const env = {
      PATH: process.env.PATH,
      SystemRoot: process.env.SystemRoot,
      TMPDIR: work,
      TEMP: work,
      HUGWIRE_HOME: home,
    };
    // Twice: from 22 on, the second start has what the first one compiled.
    for (const _ of ['first', 'second']) {
      const { status, stdout, stderr } = spawnSync(node, [join(installed, 'bin', 'hugwire.js'), 'demo'], {
        env,
        encoding: 'utf8',
        timeout: 60_000,
      });
      expect(status, stderr).toBe(0);
      expect(stdout).toContain('openai/whisper');
    }
  });
});
