import stringWidth from 'fast-string-width';

/**
 * Breaks a line between words, for a terminal.
 * @param text one line without colours
 * @param width columns that a line may take; unset: the line stays whole
 * @param indent what every line but the first begins with
 * @returns the lines; a word that is longer than a line is not broken
 */
export function wrapLine(text: string, width = Number.POSITIVE_INFINITY, indent = ''): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line.trim() === '' || stringWidth(longer) <= width) line = longer;
    else {
      lines.push(line);
      line = `${indent}${word}`;
    }
  }
  return [...lines, line];
}
