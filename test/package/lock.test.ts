import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

interface Locked {
  resolved?: string;
  optional?: boolean;
  os?: string[];
  cpu?: string[];
  optionalDependencies?: Record<string, string>;
}

const text = readFileSync('package-lock.json', 'utf8');
const packages = Object.entries(JSON.parse(text).packages as Record<string, Locked>);

/** Packages that come with a binary for each platform, by name, and these binaries. */
const native = packages.flatMap(([path, { optionalDependencies = {} }]) => {
  const binaries = Object.keys(optionalDependencies).flatMap((name) => {
    const found = packages.find(([other, { os, cpu }]) => other.endsWith(`node_modules/${name}`) && os && cpu)?.[1];
    return found ? [found] : [];
  });
  return binaries.length > 1 ? [{ name: path.replace(/^.*node_modules\//, ''), binaries }] : [];
});

describe('the lock file', () => {
  it('knows which packages bring binaries', () => {
    const names = native.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['@biomejs/biome', 'esbuild', 'rollup']));
  });

  it.each(native)('has the binaries of $name for every platform', ({ binaries }) => {
    for (const os of ['darwin', 'linux', 'win32']) {
      for (const cpu of ['arm64', 'x64']) {
        const fits = binaries.some((one) => one.os?.includes(os) && one.cpu?.includes(cpu));
        expect(fits, `${os} ${cpu}`).toBe(true);
      }
    }
  });

  it('names no registry but the usual one', () => {
    const hosts = [...text.matchAll(/"resolved": "(https?:\/\/[^/"]+)/g)].map(([, host]) => host);
    expect(hosts.filter((host) => host !== 'https://registry.npmjs.org')).toEqual([]);
  });
});
