import { readFileSync } from 'node:fs';
import { HugwireError } from '../errors.js';

const HINT = 'Correct the file, or move it away to start with the defaults.';
const REASONS: Record<string, string> = {
  EISDIR: 'it is a directory',
  EACCES: 'this user may not',
  EPERM: 'this user may not',
};

/**
 * Reads a JSON file that a person may have written.
 * @param path of an existing file
 * @throws HugwireError `invalid_arguments` in one line, with the place of the fault; it quotes one character at most
 */
export function readJsonFile(path: string): unknown {
  return parseJson(decode(readBytes(path)), path);
}

/**
 * Reads JSON that a person may have written.
 * @param text without a byte order mark
 * @param path where it is from
 * @throws HugwireError `invalid_arguments`, as `readJsonFile`
 */
export function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new HugwireError('invalid_arguments', `${path} is no valid JSON: ${describeFault(text)}`, {
      hint: HINT,
      cause,
    });
  }
}

function readBytes(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? '';
    throw new HugwireError('invalid_arguments', `${path} cannot be read: ${REASONS[code] ?? code}`, {
      hint: HINT,
      cause,
    });
  }
}

/** Editors put a byte order mark there, and PowerShell 5 writes UTF-16. */
function decode(bytes: Buffer): string {
  const encoding = bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf16le' : 'utf8';
  return bytes.toString(encoding).replace(/^\uFEFF/, '');
}

function describeFault(text: string): string {
  if (text.trim() === '') return 'it is empty';
  const at = findFault(text);
  const character = [...text.slice(at)][0];
  const before = text.slice(0, at).split('\n');
  const place = `line ${before.length}, column ${(before.at(-1) ?? '').length + 1}`;
  if (character === undefined) return `${place}: it ends too early`;
  return `${place}: ${JSON.stringify(character)} is not expected there${describeMistake(text, at)}`;
}

/** What people who write JSON by hand get wrong most. */
function describeMistake(text: string, at: number): string {
  if (/^\/[/*]/.test(text.slice(at))) return ' (JSON has no comments)';
  if (/^[}\]]/.test(text.slice(at)) && /,\s*$/.test(text.slice(0, at))) return ' (the comma before it is one too many)';
  if (text[at] === "'") return ' (JSON has double quotes only)';
  return '';
}

/** Node 20 does not always say where: the fault is at the end of the shortest begin that nothing could complete. */
function findFault(text: string): number {
  let [good, bad] = [0, text.length + 1];
  while (bad - good > 1) {
    const middle = Math.floor((good + bad) / 2);
    if (isHopeless(text.slice(0, middle))) bad = middle;
    else good = middle;
  }
  return good;
}

function isHopeless(begin: string): boolean {
  try {
    JSON.parse(begin);
    return false;
  } catch (error) {
    const { message } = error as SyntaxError;
    const position = / at position (\d+)/.exec(message)?.[1];
    if (/^Unterminated|end of JSON input/.test(message)) return false;
    return position === undefined || Number(position) < begin.length;
  }
}
