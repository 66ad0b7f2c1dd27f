import stringWidth from 'fast-string-width';
import { type Style, styleFor } from './style.js';

/** What is drawn on: its colours and how wide it is. */
export interface Screen {
  style: Style;
  /** Columns; infinite where nothing is to be wrapped. */
  width: number;
}

const MAX_WIDTH = 120;
const MIN_WIDTH = 40;

/**
 * The screen that a stream ends on.
 * @param stream where the text will go; stdout unless told
 * @param env the environment
 */
export function screenOf(
  stream: { isTTY?: boolean; columns?: number } = process.stdout,
  env: NodeJS.ProcessEnv = process.env,
): Screen {
  const width = stream.isTTY ? Math.max(MIN_WIDTH, Math.min(stream.columns ?? MAX_WIDTH, MAX_WIDTH)) : Infinity;
  return { style: styleFor(stream, env), width };
}

/**
 * Breaks plain text between words.
 * @param text one line, without colours
 * @param width columns at most; a longer word stands alone
 */
export function wrapText(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && stringWidth(line) + 1 + stringWidth(word) > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

/**
 * Facts with their names in a column of their own; long ones go on below themselves.
 * @param facts names and plain texts
 * @param screen where they are shown
 * @param indent columns before the names
 */
export function listFacts(
  facts: readonly (readonly [name: string, text: string])[],
  screen: Screen,
  indent = 0,
): string[] {
  const { style, width } = screen;
  const column = Math.max(0, ...facts.map(([name]) => stringWidth(name))) + 2;
  const margin = ' '.repeat(indent);
  return facts.flatMap(([name, text]) =>
    wrapText(text, width - column - indent).map((line, index) =>
      index === 0
        ? `${margin}${style.dim(name)}${' '.repeat(column - stringWidth(name))}${line}`
        : `${margin}${' '.repeat(column)}${line}`,
    ),
  );
}
