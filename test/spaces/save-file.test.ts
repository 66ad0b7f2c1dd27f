import { createHash } from 'node:crypto';
import { chmod, mkdtemp, open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { draftFile, QUARANTINE } from '../../src/spaces/save-file.js';
import { runsScripts } from '../platform.js';

/** Set to make the file system one without hard links. */
let linkFailure: string | undefined;

vi.mock('node:fs/promises', async (importOriginal) => {
  const real = await importOriginal<typeof import('node:fs/promises')>();
  const link: typeof real.link = async (from, to) => {
    if (linkFailure) throw Object.assign(new Error('no links here'), { code: linkFailure });
    return real.link(from, to);
  };
  return { ...real, link };
});

let directory: string;

beforeEach(async () => {
  linkFailure = undefined;
  directory = await mkdtemp(join(tmpdir(), 'hugwire-save-'));
});
afterEach(async () => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  await rm(directory, { recursive: true, force: true });
});

async function saveText(text: string, stem = 'a') {
  const draft = await draftFile(directory);
  await draft.write(Buffer.from(text));
  const { path } = await draft.publish(stem, 'txt');
  await draft.discard();
  return path;
}

describe.each([undefined, 'EPERM', 'ENOTSUP'])('where links fail with %s', (failure) => {
  beforeEach(() => {
    linkFailure = failure;
  });

  it('shows nothing before it is whole, and takes the next number that is free', async () => {
    await writeFile(join(directory, 'a_1.txt'), 'older');
    const draft = await draftFile(directory);
    await draft.write(Buffer.from('one '));
    await draft.write(Buffer.from('two'));
    expect((await readdir(directory)).filter((name) => !name.startsWith('.'))).toEqual(['a_1.txt']);
    expect(await draft.publish('a', 'txt')).toEqual({
      path: join(directory, 'a_2.txt'),
      bytes: 7,
      sha256: createHash('sha256').update('one two').digest('hex'),
    });
    expect(await readFile(join(directory, 'a_2.txt'), 'utf8')).toBe('one two');
    expect(await readFile(join(directory, 'a_1.txt'), 'utf8')).toBe('older');
    expect((await readdir(directory)).sort()).toEqual(['a_1.txt', 'a_2.txt']);
  });

  it('gives every one of many writers a name of its own', async () => {
    const paths = await Promise.all(Array.from({ length: 20 }, (_, index) => saveText(String(index))));
    expect(new Set(paths).size).toBe(20);
    const texts = await Promise.all(paths.map((path) => readFile(path, 'utf8')));
    expect(texts).toEqual(Array.from({ length: 20 }, (_, index) => String(index)));
    expect(await readdir(directory)).toHaveLength(20);
  });
});

describe('draftFile', () => {
  it('leaves nothing when it is discarded, also twice', async () => {
    const draft = await draftFile(directory);
    await draft.write(Buffer.from('x'));
    await draft.discard();
    await draft.discard();
    expect(await readdir(directory)).toEqual([]);
  });

  it.each([
    ['ENOSPC', /the disk is full/],
    ['EDQUOT', /quota is used up/],
    ['EIO', /the system says EIO/],
  ])('says why %s keeps it from writing', async (code, words) => {
    const handle = await open(join(directory, 'probe'), 'w');
    const prototype = Object.getPrototypeOf(handle);
    await handle.close();
    vi.spyOn(prototype, 'writeFile').mockRejectedValueOnce(Object.assign(new Error('write'), { code }));
    const draft = await draftFile(directory);
    await expect(draft.write(Buffer.from('x'))).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(words),
      hint: expect.stringMatching(/files\.saveTo/),
    });
    await draft.discard();
    expect(await readdir(directory)).toEqual(['probe']);
  });
});

describe('the mark of a file from elsewhere', () => {
  it('is written as browsers do it on Windows', async () => {
    const path = join(directory, 'a.part');
    await QUARANTINE.win32?.(path);
    expect(await readFile(`${path}:Zone.Identifier`, 'utf8')).toBe('[ZoneTransfer]\r\nZoneId=3\r\n');
  });

  it.runIf(runsScripts)('is set with the tool of the system on macOS, which sees no token', async () => {
    await writeFile(
      join(directory, 'xattr'),
      `#!/bin/sh\necho "$@" > ${directory}/said\necho "[$HF_TOKEN]" >> ${directory}/said\n`,
    );
    await chmod(join(directory, 'xattr'), 0o755);
    vi.stubEnv('PATH', `${directory}:${process.env.PATH}`);
    vi.stubEnv('HF_TOKEN', 'hf_secret');
    await QUARANTINE.darwin?.('/some/file');
    const said = await readFile(join(directory, 'said'), 'utf8');
    expect(said).toMatch(/^-w com\.apple\.quarantine 0081;[0-9a-f]{8};hugwire; \/some\/file\n\[\]\n$/);
  });

  it('costs no file where it cannot be set', async () => {
    vi.spyOn(process, 'platform', 'get').mockReturnValue('darwin');
    vi.stubEnv('PATH', '');
    const draft = await draftFile(directory);
    await draft.write(Buffer.from('x'));
    expect((await draft.publish('a', 'txt')).path).toBe(join(directory, 'a_1.txt'));
  });
});
