import { existsSync, promises, rmSync } from 'node:fs';
import { mkdir, mkdtemp, realpath, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { changeFile, decodeText, fileFailure, readText, realPath, withPatience } from '../../src/lib/files.js';
import { canLink, pretendPlatform } from '../platform.js';

let home: string;
beforeEach(async () => {
  home = await realpath(await mkdtemp(join(tmpdir(), 'hugwire-files-')));
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  rmSync(home, { recursive: true });
});

const refusal = (code: string, syscall = 'rename') => Object.assign(new Error(code), { code, syscall });

/** Does something that fails so many times, on a clock that runs by itself. */
async function tryIt(error: Error, failures: number) {
  vi.useFakeTimers();
  let tries = 0;
  const done = withPatience(async () => {
    tries += 1;
    if (tries <= failures) throw error;
    return 'done';
  }).catch((thrown) => thrown);
  await vi.runAllTimersAsync();
  return { result: await done, tries, waited: performance.now() };
}

describe('a file that another program has open', () => {
  it.each(['EPERM', 'EACCES', 'EBUSY'])('is waited for on Windows, where that is called %s', async (code) => {
    pretendPlatform('win32');
    expect(await tryIt(refusal(code), 5)).toMatchObject({ result: 'done', tries: 6 });
  });

  it('is given up after about two seconds', async () => {
    pretendPlatform('win32');
    const error = refusal('EBUSY');
    vi.useFakeTimers({ now: 0 });
    const start = performance.now();
    const { result, tries } = await tryIt(error, Number.POSITIVE_INFINITY);
    expect(result).toBe(error);
    expect(tries).toBeGreaterThan(10);
    expect(performance.now() - start).toBeGreaterThan(1900);
    expect(performance.now() - start).toBeLessThan(2500);
  });

  it.each([
    ['linux', 'EACCES'],
    ['darwin', 'EPERM'],
    ['win32', 'ENOENT'],
    ['win32', 'ENOSPC'],
  ] as const)('is not what %s means with %s', async (platform, code) => {
    pretendPlatform(platform);
    expect((await tryIt(refusal(code), Number.POSITIVE_INFINITY)).tries).toBe(1);
  });

  it('is called that, and not a lack of rights', () => {
    const words = (code: string, syscall?: string) => fileFailure('f', 'written', refusal(code, syscall)).message;
    pretendPlatform('linux');
    expect(words('EPERM')).toBe('f cannot be written: permission denied.');
    expect(words('EBUSY')).toMatch(/another program has it open/);
    pretendPlatform('win32');
    expect(words('EPERM')).toMatch(/another program has it open/);
    expect(words('EACCES', 'unlink')).toMatch(/another program has it open/);
    // Making a file needs rights to the directory.
    expect(words('EPERM', 'open')).toBe('f cannot be written: permission denied.');
  });

  it('is read once the other has let go of it', async () => {
    pretendPlatform('win32');
    await writeFile(join(home, 'a'), 'text');
    const read = vi.spyOn(promises, 'readFile').mockRejectedValueOnce(refusal('EBUSY', 'open'));
    expect(await readText(join(home, 'a'))).toBe('text');
    expect(read).toHaveBeenCalledTimes(2);
  });
});

it('a directory that cannot be written is told of at once', async () => {
  await writeFile(join(home, 'file'), '');
  const waits = vi.spyOn(globalThis, 'setTimeout');
  await expect(changeFile(join(home, 'file', 'config.json'), () => 'text')).rejects.toThrow(/is a file|not there/);
  expect(waits).not.toHaveBeenCalled();
});

describe('text that a person wrote', () => {
  const text = '\uFEFF{"a": "Zoë 日本"}\r\n';
  it.each([
    ['UTF-8', Buffer.from(text.slice(1)), text.slice(1)],
    ['UTF-8 with a byte order mark', Buffer.from(text), text],
    ['UTF-16, as PowerShell 5 writes it', Buffer.from(text, 'utf16le'), text],
    ['UTF-16, the other way round', Buffer.from(text, 'utf16le').swap16(), text],
    ['nothing', Buffer.alloc(0), ''],
  ])('may be %s', (_, bytes, expected) => {
    expect(decodeText(bytes)).toBe(expected);
  });

  it.each([
    ['Latin-1', Buffer.from('Zoë', 'latin1')],
    ['half a character of UTF-16', Buffer.from([0xff, 0xfe, 0x41])],
    ['a picture', Buffer.from([0x89, 0x50, 0x4e, 0x47])],
  ])('is not %s', (_, bytes) => {
    expect(() => decodeText(bytes)).toThrow(TypeError);
  });
});

describe('where a path leads', () => {
  it.runIf(canLink)('is found out link by link where the system cannot tell', async () => {
    await mkdir(join(home, 'real'));
    await symlink('real', join(home, 'link'));
    for (const code of ['EISDIR', 'UNKNOWN', 'EINVAL', 'ENAMETOOLONG']) {
      vi.spyOn(promises, 'realpath').mockRejectedValueOnce(refusal(code, 'realpath'));
      expect(await realPath(join(home, 'link'))).toBe(join(home, 'real'));
    }
  });

  it('is not guessed where a short name may stand for a hidden one', async () => {
    await mkdir(join(home, 'SSH~1'));
    pretendPlatform('win32');
    vi.spyOn(promises, 'realpath').mockRejectedValueOnce(refusal('UNKNOWN', 'realpath'));
    await expect(realPath(join(home, 'SSH~1'))).rejects.toThrow('UNKNOWN');
  });

  it('is nowhere when nothing is there', async () => {
    await expect(realPath(join(home, 'none'))).rejects.toMatchObject({ code: 'ENOENT' });
    expect(existsSync(join(home, 'none'))).toBe(false);
  });
});
