import { describe, expect, it } from 'vitest';
import { checkStoredPath, checkTogether } from '../../../src/hub/download/place.js';
import { covers } from '../../../src/hub/download/plan.js';
import { pretendPlatform } from '../../platform.js';

describe('a pattern of files', () => {
  // As Python's fnmatch has them, which `hf download` asks.
  it.each([
    ['*.gguf', 'model.gguf', true],
    ['*.gguf', 'q4/model.gguf', true],
    ['*.gguf', 'model.gguf.txt', false],
    ['q4/*', 'q4/a/b.bin', true],
    ['q4/', 'q4/a/b.bin', true],
    ['q4', 'q4/a/b.bin', true],
    ['q4', 'q40/a.bin', false],
    ['model-?.bin', 'model-1.bin', true],
    ['model-?.bin', 'model-12.bin', false],
    ['model-[12].bin', 'model-2.bin', true],
    ['model-[!12].bin', 'model-2.bin', false],
    ['model-[!12].bin', 'model-3.bin', true],
    ['model-[0-4].bin', 'model-3.bin', true],
    ['model-[0-4].bin', 'model-5.bin', false],
    ['[]x].bin', '].bin', true],
    ['[x.bin', '[x.bin', true],
    ['*a*b*c', 'xxaxxbxxc', true],
    ['*a*b*c', 'xxaxxcxxb', false],
    ['**', 'anything/at all', true],
    ['*', '', true],
    ['?', '', false],
    ['a.c', 'abc', false],
    ['README.md', 'readme.md', false],
  ])('%s %s: %s', (pattern, path, expected) => {
    expect(covers(pattern, path)).toBe(expected);
  });
});

describe('a path that the Hub lists', () => {
  it.each(['config.json', 'onnx/model.onnx', '.gitattributes', '.cache/other/x', 'a b/ü.txt', '..hidden', 'x..y/z'])(
    'may be %s',
    (path) => {
      expect(() => checkStoredPath(path)).not.toThrow();
    },
  );

  it.each([
    '',
    '/etc/passwd',
    '../up',
    'a/../../up',
    'a/./b',
    'a//b',
    'a/',
    'C:\\Windows\\x',
    'C:x',
    'a\\..\\..\\b',
    '.git/hooks/post-commit',
    '.g\u200cit/config',
    '.cache/hugging\ufeffface/x',
    'sub/.GIT/config',
    'sub/git~1/config',
    '.cache/huggingface/download/x.metadata',
    'a\0b',
    'a\nb',
  ])('may not be %j', (path) => {
    expect(() => checkStoredPath(path)).toThrow(/The repository names a file/);
  });
});

describe('paths that the Hub lists together', () => {
  it.each([
    ['linux', ['a', 'A', 'b/c', 'b/C', 'bc'], true],
    ['linux', ['a', 'a'], false],
    ['linux', ['a', 'a/b'], false],
    ['linux', ['a/b/c', 'x', 'a/b'], false],
    ['darwin', ['README.md', 'docs/README.md', 'readme.txt'], true],
    ['darwin', ['README.md', 'readme.md'], false],
    ['darwin', ['\u00e9.txt', 'e\u0301.txt'], false],
    ['win32', ['Models/a.bin', 'models/A.bin'], false],
    ['win32', ['Data', 'data/x'], false],
  ] as const)('on %s: %j may be had: %s', (platform, paths, isFine) => {
    pretendPlatform(platform);
    const check = () => checkTogether(paths);
    if (isFine) expect(check).not.toThrow();
    else expect(check).toThrow(/cannot both be files/);
  });
});
