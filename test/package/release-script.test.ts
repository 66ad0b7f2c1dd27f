import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { closeChangelog, nextVersion, readNotes, setVersion } from '../../build/release.mjs';

const work = mkdtempSync(join(tmpdir(), 'hugwire-release-test-'));
afterAll(() => rmSync(work, { recursive: true, force: true }));

describe('the version of a release', () => {
  it.each([
    ['0.1.0', 'patch', '0.1.1'],
    ['0.1.4', 'minor', '0.2.0'],
    ['0.9.4', 'major', '1.0.0'],
    ['0.9.0', '0.10.0', '0.10.0'],
    ['1.2.3', '2.0.0', '2.0.0'],
  ])('after %s, %s is %s', (current, wanted, expected) => {
    expect(nextVersion(current, wanted)).toBe(expected);
  });

  it.each(['0.1.0', '0.0.9', 'v0.2.0', '0.2', '0.2.0-beta', '01.0.0', 'next', ' '])(
    'cannot be %o after 0.1.0',
    (wanted) => {
      expect(() => nextVersion('0.1.0', wanted)).toThrow(`${wanted}`);
    },
  );

  it('is set wherever it stands, and nowhere else', () => {
    const files = ['package.json', 'package-lock.json', 'server.json', '.mcpb/manifest.json'];
    const texts = files.map((name) => readFileSync(name, 'utf8'));
    const { version } = JSON.parse(texts[0] ?? '');
    for (const [index, name] of files.entries()) {
      mkdirSync(dirname(join(work, name)), { recursive: true });
      writeFileSync(join(work, name), texts[index] ?? '');
    }
    setVersion(work, version, '7.8.9');
    const changed = files.map((name) => readFileSync(join(work, name), 'utf8'));
    const versions = changed.map((text) => JSON.parse(text)).map((one) => [one.version, one.packages?.[0]?.version]);
    expect(versions).toEqual([
      ['7.8.9', undefined],
      ['7.8.9', undefined],
      ['7.8.9', '7.8.9'],
      ['7.8.9', undefined],
    ]);
    expect(JSON.parse(changed[1] ?? '').packages[''].version).toBe('7.8.9');
    const back = changed.map((text) => text.replaceAll('"version": "7.8.9"', `"version": "${version}"`));
    expect(back).toEqual(texts);
    expect(() => setVersion(work, version, '7.9.0')).toThrow('package.json has');
  });
});

describe('the changelog of a release', () => {
  const text = '# Changelog\n\n## Unreleased\n\n- New.\n\n## 0.1.0\n\n- First.\n';

  it('is closed under the version, with a new part for what comes', () => {
    const closed = closeChangelog(text, '0.2.0', '2026-12-01');
    expect(closed).toBe(text.replace('## Unreleased\n', '## Unreleased\n\n## 0.2.0 (2026-12-01)\n'));
    expect(readNotes(closed, '0.2.0')).toBe('- New.');
    expect(readNotes(closed, '0.1.0')).toBe('- First.');
    expect(readNotes(closed, 'Unreleased')).toBe('');
    expect(() => closeChangelog(closed, '0.3.0', '2026-12-02')).toThrow('nothing');
    expect(() => readNotes(closed, '0.1')).toThrow('no part');
  });

  it('is the one of this repository', () => {
    expect(readNotes(readFileSync('CHANGELOG.md', 'utf8'), '0.1.0')).not.toBe('');
  });
});

it('a release that is refused leaves everything as it was', () => {
  const run = () => execFileSync(process.execPath, ['build/release.mjs', '0.0.1'], { encoding: 'utf8', stdio: 'pipe' });
  expect(run).toThrow('0.0.1 is not newer');
});
