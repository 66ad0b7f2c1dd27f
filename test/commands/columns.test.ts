import { expect, it } from 'vitest';
import { alignColumns } from '../../src/commands/terminal.js';

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
