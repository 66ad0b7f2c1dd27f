import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { glob } from '../../../src/hub/client/cache-glob.js';

const slashes = (path: string) => path.replaceAll('\\', '/');

describe('glob', () => {
  const folder = slashes(mkdtempSync(join(tmpdir(), 'hugwire-glob-')));
  beforeAll(() => {
    mkdirSync(join(folder, 'content-v2', 'sha512', 'ab'), { recursive: true });
    for (const file of ['content-v2/sha512/ab/one', 'content-v2/two', 'index-v5', 'other', 'recontent-v2']) {
      writeFileSync(join(folder, file), '');
    }
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('finds all files below a folder, and no folders', async () => {
    const found = await glob(`${folder}/content-v2/**`);
    expect(found.sort()).toEqual([`${folder}/content-v2/sha512/ab/one`, `${folder}/content-v2/two`]);
  });

  it('finds entries by their beginnings', async () => {
    const found = await glob(`${folder}/*(content-*|index-*)`);
    expect(found.sort()).toEqual([`${folder}/content-v2`, `${folder}/index-v5`]);
  });

  it.each(['**', '*(content-*|index-*)'])('finds nothing where there is no folder: %s', async (wanted) => {
    expect(await glob(`${folder}/none/${wanted}`)).toEqual([]);
  });

  it.each(['*.txt', '*(a|b*', '?'])('refuses what cacache does not ask for: %s', async (wanted) => {
    await expect(glob(`${folder}/${wanted}`)).rejects.toThrow('cacache');
  });
});
