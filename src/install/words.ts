import type { Machine } from './machine.js';

/**
 * Writes words as a command line that the machine's usual shell reads back as these words.
 * @param words of the command
 */
export function quoteWords(words: readonly string[], { platform }: Pick<Machine, 'platform'>): string {
  return words.map(platform === 'win32' ? quoteForWindows : quoteForPosix).join(' ');
}

const PLAIN = /^[\w@%+=:,./-]+$/;

const quoteForPosix = (word: string) => (PLAIN.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`);

const quoteForWindows = (word: string) => (/^[\w@+=:,./\\-]+$/.test(word) ? word : `"${word.replaceAll('"', '\\"')}"`);
