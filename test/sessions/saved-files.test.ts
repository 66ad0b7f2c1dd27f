import {
  appendFileSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SavedFileIndex } from '../../src/sessions/saved-files.js';
import { canLink, hasModes } from '../platform.js';

let home: string;
let path: string;
beforeEach(() => {
  home = realpathSync(mkdtempSync(join(tmpdir(), 'hugwire-index-')));
  path = join(home, 'saved-files.jsonl');
});
afterEach(() => rmSync(home, { recursive: true }));

function save(name: string) {
  const file = join(home, name);
  writeFileSync(file, name);
  return { path: file, bytes: name.length, sha256: 'a'.repeat(64), mimeType: 'text/plain' };
}

describe('the index of saved files', () => {
  it('knows what this process and others have saved, by its path', async () => {
    const [one, other] = [new SavedFileIndex(path, 's_one'), new SavedFileIndex(path, 's_other')];
    const [a, b] = [save('a.txt'), save('b.txt')];
    await one.add(a);
    expect(await other.find(a.path)).toMatchObject({
      ...a,
      session: 's_one',
      savedAt: expect.stringMatching(/^\d{4}-/),
    });
    await other.add(b);
    expect(await one.find(b.path)).toMatchObject(b);
    expect(await one.find(join(home, 'c.txt'))).toBeUndefined();
    expect((await one.list('s_other')).map((file) => file.path)).toEqual([b.path]);
    expect(statSync(path).mode & 0o777).toBe(hasModes ? 0o600 : 0o666);
  });

  it('loses nothing when many add at once', async () => {
    const writers = Array.from({ length: 5 }, (_, at) => new SavedFileIndex(path, `s_${at}`));
    const files = Array.from({ length: 40 }, (_, at) => save(`${at}.txt`));
    await Promise.all(files.map((file, at) => writers[at % 5]?.add(file)));
    for (const file of files) expect(await writers[0]?.find(file.path), file.path).toMatchObject(file);
    for (const line of readFileSync(path, 'utf8').trim().split('\n')) JSON.parse(line);
  });

  it.runIf(canLink)('takes the real path, and the last that was said of one', async () => {
    const index = new SavedFileIndex(path);
    const file = save('a.txt');
    symlinkSync(home, join(home, 'link'));
    await index.add({ ...file, path: join(home, 'link', 'a.txt') });
    await index.add({ ...file, sha256: 'b'.repeat(64) });
    expect(await index.find(file.path)).toMatchObject({ sha256: 'b'.repeat(64) });
    expect(await index.list('s_none')).toEqual([]);
  });

  it('passes over lines that make no sense, and half lines of a process that died', async () => {
    const index = new SavedFileIndex(path, 's_one');
    writeFileSync(
      path,
      'nonsense\n{"path": 1}\n{"path":"relative","bytes":1,"sha256":"","mimeType":"","savedAt":""}\n[]\n',
    );
    appendFileSync(path, '{"path":"/half');
    const file = save('a.txt');
    await index.add(file);
    expect((await new SavedFileIndex(path).list('s_one')).map((one) => basename(one.path))).toEqual(['a.txt']);
  });

  it('keeps the newest ten thousand, and its file small', async () => {
    const line = (at: number) =>
      JSON.stringify({
        path: `/gone/${at}`,
        bytes: 1,
        sha256: 'c'.repeat(64),
        mimeType: 'x'.repeat(700),
        savedAt: '',
        session: 's_old',
      });
    writeFileSync(path, Array.from({ length: 11_000 }, (_, at) => `${line(at)}\n`).join(''));
    const index = new SavedFileIndex(path, 's_new');
    const before = statSync(path).size;
    const file = save('a.txt');
    await index.add(file);
    expect(await index.find(file.path)).toMatchObject(file);
    expect(await index.find('/gone/0')).toBeUndefined();
    expect(await index.find('/gone/10999')).toBeDefined();
    expect(statSync(path).size).toBeLessThan(before);
    expect(readFileSync(path, 'utf8').trim().split('\n')).toHaveLength(10_000);
  });
});
