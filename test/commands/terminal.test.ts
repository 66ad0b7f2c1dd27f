import { chmodSync, mkdtempSync, readFileSync, rmSync, watch, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { InvalidArgumentError } from 'commander';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  alignColumns,
  type CommandResult,
  catchInterrupts,
  formatResult,
  listFacts,
  openBrowser,
  print,
  screenOf,
  styleFor,
  wholeNumber,
  wrapLine,
} from '../../src/commands/terminal.js';
import { runsScripts } from '../platform.js';

describe('what a command leaves', () => {
  afterEach(() => {
    vi.restoreAllMocks();
    process.exitCode = undefined;
  });

  const shown = (json: boolean, result: Partial<CommandResult>) => {
    const out: unknown[] = [];
    const err: unknown[] = [];
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => Boolean(out.push(text)));
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => Boolean(err.push(text)));
    print({ text: 'two\nlines\n', exitCode: 1, ...result }, { json });
    return [out.join(''), err.join(''), process.exitCode];
  };

  it('is text for people, with a remark and the exit code', () => {
    expect(shown(false, { data: {}, hint: 'more' })).toEqual(['two\nlines\n', 'hugwire: more\n', 1]);
    expect(shown(false, { note: 'some' })).toEqual(['two\nlines\n', 'hugwire: some\n', 1]);
  });

  it('is JSON for programs, without what goes with the text', () => {
    expect(shown(true, { data: { a: [1] }, hint: 'more' })).toEqual(['{\n  "a": [\n    1\n  ]\n}\n', '', 1]);
    expect(shown(true, { data: {}, note: 'some' })).toEqual(['{}\n', 'hugwire: some\n', 1]);
  });

  it('is text for all where there is no data', () => {
    expect(formatResult({ text: 'x', exitCode: 0 }, { json: true })).toBe('x');
    expect(shown(true, { hint: 'more' })).toEqual(['two\nlines\n', 'hugwire: more\n', 1]);
  });
});

it('lines cells up, wide characters too, and widens no column beyond its cells', () => {
  expect(
    alignColumns([
      ['a', '2026-11-20', 'x'],
      ['東京', 'b'],
    ]),
  ).toEqual(['a     2026-11-20  x', '東京  b']);
});

it('cuts the widest column where the terminal ends', () => {
  expect(alignColumns([['id', 'a text that is too long for it', 'end']], 30)).toEqual([
    'id  a text that is too l…  end',
  ]);
});

describe('wrapLine', () => {
  it('breaks between words, and indents what follows', () => {
    expect(wrapLine('one two three four', 9, '  ')).toEqual(['one two', '  three', '  four']);
  });

  it('leaves a line whole where there is room, or no width', () => {
    expect(wrapLine('one two', 7)).toEqual(['one two']);
    expect(wrapLine('one two')).toEqual(['one two']);
    expect(wrapLine('', 5)).toEqual(['']);
  });

  it('does not break a word, and never stops', () => {
    expect(wrapLine('a incomprehensible b', 5, '      ')).toEqual(['a', '      incomprehensible', '      b']);
  });

  it('counts columns, not characters, and no colours', () => {
    expect(wrapLine('日本 語', 6)).toEqual(['日本', '語']);
    expect(wrapLine('\u001b[36mab\u001b[39m cd', 5)).toEqual(['\u001b[36mab\u001b[39m cd']);
  });
});

const FACTS = [
  ['One', 'a few words that are too long for one line'],
  ['Second', 'short'],
] as const;

it.each([
  [{}, {}, false],
  [{ isTTY: true }, {}, true],
  [{ isTTY: true }, { NO_COLOR: '1' }, false],
  [{ isTTY: true }, { TERM: 'dumb' }, false],
  [{}, { FORCE_COLOR: '1' }, true],
  [{}, { FORCE_COLOR: '0' }, false],
  [{}, { FORCE_COLOR: '' }, false],
  [{}, { FORCE_COLOR: 'false' }, false],
  [{}, { CI: '1' }, false],
])('paints a stream %j with %j: %s', (stream, env, painted) => {
  expect(styleFor(stream, env).red('x') !== 'x').toBe(painted);
});

it('lines facts up, and goes on below them', () => {
  const screen = { style: styleFor({}, { FORCE_COLOR: '1' }), width: 30 };
  const lines = listFacts(FACTS, screen, 2);
  expect(lines[0]).toContain('\u001b[');
  expect(lines.map(stripVTControlCharacters)).toEqual([
    '  One     a few words that are',
    '          too long for one',
    '          line',
    '  Second  short',
  ]);
});

it('wraps nothing where nobody looks, and at no width that is too large to read', () => {
  const widths = [
    {},
    { isTTY: true, columns: 80 },
    { isTTY: true, columns: 300 },
    { isTTY: true, columns: 5 },
    { isTTY: true },
  ];
  expect(widths.map((stream) => screenOf(stream, {}).width)).toEqual([Number.POSITIVE_INFINITY, 80, 120, 40, 120]);
});

it.each(['1', '7', '100'])('a whole number is read: %s', (text) => {
  expect(wholeNumber(1, 100)(text)).toBe(Number(text));
});

it.each(['', ' ', '0', '-1', '1.5', '101', 'ten', '1e999'])(
  'anything else is refused, with what is allowed: "%s"',
  (text) => {
    expect(() => wholeNumber(1, 100)(text)).toThrow(InvalidArgumentError);
    expect(() => wholeNumber(1, 100)(text)).toThrow('from 1 to 100.');
  },
);

it('may have no greatest value', () => {
  expect(wholeNumber(0)('123456')).toBe(123_456);
  expect(() => wholeNumber(0)('')).toThrow('from 0 on.');
});

describe('an interrupt', () => {
  let release = () => {};
  afterEach(() => {
    release();
    process.exitCode = undefined;
    vi.restoreAllMocks();
  });

  it('does what was asked at the first signal, and is still listening while it does', () => {
    const before = process.listenerCount('SIGTERM');
    let called = 0;
    release = catchInterrupts(() => {
      called += 1;
    });
    process.emit('SIGTERM', 'SIGTERM');
    expect([called, process.listenerCount('SIGTERM') - before]).toEqual([1, 1]);
    expect(process.exitCode).toBe(143);
    release();
    expect(process.listenerCount('SIGTERM')).toBe(before);
  });

  it('ends the process at the second signal, with the code of a shell', () => {
    const exit = vi.spyOn(process, 'exit').mockImplementation((() => {}) as never);
    release = catchInterrupts(() => {});
    process.emit('SIGINT', 'SIGINT');
    expect(exit).not.toHaveBeenCalled();
    process.emit('SIGINT', 'SIGINT');
    expect([exit.mock.calls.length, process.exitCode]).toEqual([1, 130]);
  });
});

describe('the browser', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'hugwire-browser-'));
    vi.stubEnv('PATH', directory);
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    rmSync(directory, { recursive: true, force: true });
  });

  it.each(['linux', 'darwin', 'win32'] as const)('says that nothing opens a page on %s', async (platform) => {
    expect(await openBrowser('https://hub.test', platform)).toBe(false);
  });

  it.runIf(runsScripts).each([
    ['linux', 'xdg-open'],
    ['darwin', 'open'],
  ] as const)('gives the address as it is to what opens pages on %s', async (platform, name) => {
    const seen = join(directory, 'seen');
    writeFileSync(
      join(directory, name),
      `#!/bin/sh\nprintf '%s' "$1" > "${seen}.part"\n/bin/mv "${seen}.part" "${seen}"\n`,
    );
    chmodSync(join(directory, name), 0o755);
    const written = new Promise<void>((resolve) => {
      const watcher = watch(directory, (_event, file) => {
        if (file !== 'seen') return;
        watcher.close();
        resolve();
      });
    });
    const url = 'https://hub.test/device?code=A&x=$(touch%20y);`id`';
    expect(await openBrowser(url, platform)).toBe(true);
    await written;
    expect(readFileSync(seen, 'utf8')).toBe(url);
  });
});
