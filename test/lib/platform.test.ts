import { describe, expect, it } from 'vitest';
import { expandVariables, explainPathTrap, isOnNetwork } from '../../src/lib/platform.js';
import { pretendPlatform } from '../platform.js';

describe('what Windows takes for something else', () => {
  it.each<[string, RegExp]>([
    ['CON', /Windows device \(CON\)/],
    ['nul', /device/],
    ['NUL.txt', /device/],
    ['C:\\pictures\\aux.png', /device/],
    ['C:\\com1\\a.txt', /device/],
    ['LPT¹', /device/],
    ['conin$', /device/],
    ['con .txt', /device/],
    ['CON:', /device/],
    ['a.txt.', /ends in a dot or a space/],
    ['C:\\secret \\a.txt', /ends in a dot or a space/],
    ['C:\\a\\...\\b.txt', /ends in a dot/],
    ['file.txt:stream', /stream/],
    ['C:\\a\\file.txt::$DATA', /stream/],
    ['C:\\a\\C:\\b', /stream/],
    ['\\\\?\\C:\\a.txt', /of the system itself/],
    ['//?/C:/a.txt', /of the system itself/],
    ['\\\\.\\PhysicalDrive0', /of the system itself/],
    ['\\\\.\\pipe\\x', /of the system itself/],
    ['\\\\?\\UNC\\server\\share', /of the system itself/],
    ['\\??\\C:\\a.txt', /of the system itself/],
    ['C:a.txt', /drive C:/],
    ['d:', /drive d:/],
    ['C:..\\a.txt', /drive C:/],
    ['C:\\a\\*.png', /character/],
  ])('%s', (path, words) => {
    pretendPlatform('linux');
    expect(explainPathTrap(path)).toBeUndefined();
    pretendPlatform('win32');
    expect(explainPathTrap(path)).toMatch(words);
  });

  it.each([
    'C:\\Users\\Zoë\\a.txt',
    'C:/Users/me/a b.txt',
    'a.txt',
    '..\\a.txt',
    '.\\console.log',
    'C:\\',
    'contents\\auxiliary.txt',
    'com10.txt',
    '\\\\server\\share\\a.txt',
    'C:\\PROGRA~1\\a.txt',
    '',
  ])('is not %j', (path) => {
    pretendPlatform('win32');
    expect(explainPathTrap(path)).toBeUndefined();
  });

  it('but paths on other computers are known as such', () => {
    pretendPlatform('linux');
    expect(isOnNetwork('//server/share')).toBe(false);
    pretendPlatform('win32');
    expect(['\\\\server\\share', '//server/share', 'C:\\a', '\\a'].map(isOnNetwork)).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });
});

/** As Python's `ntpath.expandvars` and `posixpath.expandvars` answer. */
describe('variables in a path', () => {
  const env = { Name: 'x', A: 'C:\\a', 'B-C': 'dash' };

  it.each([
    ['%Name%\\y', 'x\\y'],
    ['%NAME%', 'x'],
    ['$A\\b', 'C:\\a\\b'],
    ['$' + '{A}b', 'C:\\ab'],
    ['$B-C', 'dash'],
    ['%none%', '%none%'],
    ['100%', '100%'],
    ['%%Name%%', '%Name%'],
    ['$$A', '$A'],
    ["'%A%' %A%", "'%A%' C:\\a"],
    ['$', '$'],
    ['$' + '{A', '$' + '{A'],
  ])('on Windows: %s', (text, expected) => {
    pretendPlatform('win32');
    expect(expandVariables(text, env)).toBe(expected);
  });

  it.each([
    ['$Name/y', 'x/y'],
    ['%Name%', '%Name%'],
    ['$NAME', '$NAME'],
    ["'$Name'", "'x'"],
    ['$$Name', '$x'],
  ])('elsewhere: %s', (text, expected) => {
    pretendPlatform('linux');
    expect(expandVariables(text, env)).toBe(expected);
  });
});
