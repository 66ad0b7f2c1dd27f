import { describe, expect, it } from 'vitest';
import { wrapLine } from '../../src/commands/terminal.js';

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
