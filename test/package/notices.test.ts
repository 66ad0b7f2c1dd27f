import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bundledPackages, PERMISSIVE, writeNotices } from '../../build/notices.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hugwire-notices-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Folders of the packages in a build: esbuild writes above the code of each module which file it is from. */
function packagesIn(dist: string): string[] {
  const files = readdirSync(dist, { recursive: true, encoding: 'utf8' }).filter((file) => /\.(?:c?js|css)$/.test(file));
  const modules = files.flatMap((file) => [
    ...readFileSync(join(dist, file), 'utf8').matchAll(
      /^\s*(?:\/\/|\/\*) (\S*node_modules\/(?:@[^/]+\/)?[^/]+)\/\S+(?: \*\/)?$/gm,
    ),
  ]);
  return [...new Set(modules.flatMap(([, home]) => home ?? []))];
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
    const notices = readFileSync('dist/THIRD-PARTY.txt', 'utf8');
    const named = notices.match(/^(?:@[a-z\d.-]+\/)?[a-z\d._-]+ \d+\.\d+\.\d+\S*$/gm) ?? [];
    const packages = packagesIn('dist').map((home) => JSON.parse(readFileSync(join(home, 'package.json'), 'utf8')));
    const bundled = new Set(packages.map(({ name, version }) => `${name} ${version}`));
    expect([...named].sort()).toEqual([...bundled].sort());
    expect(bundled.size).toBeGreaterThan(20);
    expect(packages.filter(({ license }) => !PERMISSIVE.has(license))).toEqual([]);
  });

  it('count no package of which nothing is left in the bundle', () => {
    const inputs = { 'node_modules/a/x.js': { bytesInOutput: 1 }, 'node_modules/@b/c/d/x.js': { bytesInOutput: 0 } };
    const output = { bytes: 1, inputs, imports: [], exports: [] };
    const outputs = { one: output, two: { ...output, inputs: { 'a/node_modules/@b/d/x.js': { bytesInOutput: 2 } } } };
    expect(bundledPackages({ inputs: {}, outputs })).toEqual(new Set(['node_modules/a', 'a/node_modules/@b/d']));
  });

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
