import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { brotliDecompressSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PERMISSIVE } from '../../build/licences.js';
import { writeNotices } from '../../build/notices.js';

/** What the dashboard's page is built with, which is a bundle of its own. */
const PAGE = ['preact', 'uplot'];

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hugwire-notices-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Packages of which a chunk has some code, by esbuild's own account. */
function readPackages(dist: string): { name: string; version: string; license: string }[] {
  const { outputs } = JSON.parse(readFileSync(join(dist, 'metafile-esm.json'), 'utf8')) as {
    outputs: Record<string, { inputs: Record<string, { bytesInOutput: number }> }>;
  };
  const inEntry = readFileSync(join(dist, 'hugwire.cjs'), 'utf8').matchAll(/"\.\/([\w-]+\.cjs)":\(?function/g);
  const parts = JSON.parse(brotliDecompressSync(readFileSync(join(dist, 'parts.br'))).toString()) as object;
  const chunks = new Set([
    ...[...inEntry].map(([, chunk]) => chunk),
    ...Object.keys(parts).map((path) => basename(path)),
  ]);
  const files = Object.entries(outputs)
    .filter(([chunk]) => chunks.has(basename(chunk)))
    .flatMap(([, { inputs }]) => Object.keys(inputs).filter((file) => inputs[file]?.bytesInOutput));
  const folders = files.flatMap((file) => /.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? []);
  return [...new Set(folders)].map((one) => JSON.parse(readFileSync(join(one, 'package.json'), 'utf8')));
}

/** A package as npm would install it; gives its folder. */
function install(name: string, manifest: object, licence?: string): string {
  const home = join(folder, name);
  mkdirSync(home);
  writeFileSync(join(home, 'package.json'), JSON.stringify({ name, version: '1.0.0', ...manifest }));
  if (licence !== undefined) writeFileSync(join(home, 'LICENSE'), licence);
  return home;
}

describe('the notices of the bundle', () => {
  it('name every package that is in it and no other, all under permissive licences', () => {
    const tsup = resolve('node_modules/tsup/dist/cli-default.js');
    execFileSync(process.execPath, [tsup, '--silent', '--metafile', '--out-dir', folder], { stdio: 'inherit' });
    const packages = readPackages(folder);
    const notices = readFileSync(join(folder, 'THIRD-PARTY.txt'), 'utf8');
    const named = notices.match(/^(?:@[a-z\d.-]+\/)?[a-z\d._-]+ \d+\.\d+\.\d+\S*$/gm) ?? [];
    const page = PAGE.map((name) => JSON.parse(readFileSync(`node_modules/${name}/package.json`, 'utf8')));
    const bundled = new Set([...packages, ...page].map(({ name, version }) => `${name} ${version}`));
    expect([...named].sort()).toEqual([...bundled].sort());
    expect(bundled.size).toBeGreaterThan(20);
    expect(packages.filter(({ license }) => !PERMISSIVE.has(license))).toEqual([]);
  }, 60_000);

  it('say the same words once, keep every owner, and leave out no words that differ', () => {
    const text = 'Do as you like,\nbut keep this notice.';
    const notices = writeNotices([
      install('a', { license: 'MIT' }, `MIT License\n\nCopyright (c) 2020 Ada\n\n${text}\n`),
      install('b', { license: 'MIT' }, `The MIT License (MIT)\r\n\r\nCopyright © Bo\r\n\r\n${text.replace('\n', ' ')}`),
      install('c', { license: 'MIT' }, `Copyright 2021 Cy\n${text}\nAnd be kind.`),
      install('d', { license: 'MIT', author: { name: 'Di', email: 'di@example.org' } }),
    ]);
    expect(notices.match(/but keep this notice/g)).toHaveLength(2);
    expect(notices).toContain(
      'a 1.0.0\n  Copyright (c) 2020 Ada\nb 1.0.0\n  Copyright © Bo\nd 1.0.0\n  Di <di@example.org>\n',
    );
    expect(notices).toContain(`c 1.0.0\n  Copyright 2021 Cy\n\nMIT:\n\n${text}\nAnd be kind.`);
  });

  it('are not written for what may not be passed on, nor without any text', () => {
    const closed = install('closed', { license: 'GPL-3.0' }, 'Copyright Eve');
    expect(() => writeNotices([closed])).toThrow('closed 1.0.0 (GPL-3.0)');
    expect(() => writeNotices([install('bare', { license: 'ISC' })])).toThrow('No package has the text of ISC');
    expect(() => writeNotices([install('silent', {})])).toThrow('silent 1.0.0 (unknown)');
  });
});
