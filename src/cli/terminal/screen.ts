import stringWidth from 'fast-string-width';
import { type Style, styleFor } from './style.js';
import { wrapLine } from './wrap.js';

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
    wrapLine(text, width - column - indent).map((line, index) =>
      index === 0
        ? `${margin}${style.dim(name)}${' '.repeat(column - stringWidth(name))}${line}`
        : `${margin}${' '.repeat(column)}${line}`,
    ),
  );
}
