import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nodeBuilds } from './nodes.js';

const builds = await nodeBuilds();
const work = mkdtempSync(join(tmpdir(), 'hugwire-nodes-'));
afterAll(() => rmSync(work, { recursive: true, force: true }));

describe.skipIf(builds.length === 0)('the packed package', () => {
  const shell = process.platform === 'win32';
  const installed = join(work, 'prefix', 'node_modules', 'hugwire');
  beforeAll(() => {
    mkdirSync(join(work, 'prefix'));
    writeFileSync(join(work, 'prefix', 'package.json'), '{}');
    const { HUGWIRE_TARBALL: made } = process.env;
    if (made === undefined) {
      execFileSync('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', work], {
        shell,
        stdio: 'ignore',
      });
    }
    // A release tests the very file that it made.
    const tarball = made ?? resolve(work, readdirSync(work).find((file) => file.endsWith('.tgz')) ?? '');
    const flags = ['--offline', '--no-audit', '--no-fund', '--ignore-scripts'];
    execFileSync('npm', ['install', ...flags, tarball], { cwd: join(work, 'prefix'), shell, stdio: 'ignore' });
  });

  it.each(builds)('runs its demo on Node $version', ({ version, path: node }) => {
    expect(execFileSync(node, ['--version'], { encoding: 'utf8' }).trim()).toBe(`v${version}`);
    const home = join(work, version);
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
    const bin = join(installed, 'bin', 'hugwire.js');
    const told = execFileSync(node, [bin, '--version'], { env, encoding: 'utf8' });
    expect(told.trim()).toBe(JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')).version);
  });
});
