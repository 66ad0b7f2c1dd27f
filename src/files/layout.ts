/** How a text is laid out, so that what is added looks like the rest. */
export interface Layout {
  eol: string;
  /** One step of indentation. */
  unit: string;
}

const UNIT = '  ';

/**
 * Reads line ends and indentation off a text; two spaces and line feeds where it has none.
 * @param text of a document
 */
export function layoutOf(text: string): Layout {
  const eol = /\r\n|\n|\r/.exec(text)?.[0] ?? '\n';
  // The first indented line that opens no comment is one step deep in all but the oddest files.
  const unit = /(?:^|[\r\n])([ \t]+)(?=[^\s/*#])/.exec(text)?.[1] ?? UNIT;
  return { eol, unit };
}

/** The white space that the line of an offset begins with. */
export function indentAt(text: string, offset: number): string {
  return /^[ \t]*/.exec(text.slice(lineStart(text, offset)))?.[0] ?? '';
}

/** Where the line of an offset begins. */
export function lineStart(text: string, offset: number): number {
  let at = offset;
  while (at > 0 && text[at - 1] !== '\n' && text[at - 1] !== '\r') at--;
  return at;
}

/** Where the line of an offset ends; what ends it is not part of it. */
export function lineEnd(text: string, offset: number): number {
  let at = offset;
  while (at < text.length && text[at] !== '\n' && text[at] !== '\r') at++;
  return at;
}

/**
 * A place in words, for a message.
 * @returns such as `line 3, column 7`, counted from 1
 */
export function placeOf(text: string, offset: number): string {
  const lines = text.slice(0, offset).split(/\r\n|\n|\r/);
  return `line ${lines.length}, column ${(lines.at(-1) ?? '').length + 1}`;
}
