import { readFile } from 'node:fs/promises';
import { constants } from 'node:os';
import { buffer as readAll } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { stripVTControlCharacters } from 'node:util';
import { InvalidArgumentError } from 'commander';
import stringWidth from 'fast-string-width';
import pc from 'picocolors';
import { startProgram } from '../lib/children.js';
import { cancelled, HugwireError } from '../lib/errors.js';
import { decodeText, fileFailure, toAbsolute } from '../lib/files.js';
import { log } from '../lib/log.js';
import { systemCode } from '../lib/system-errors.js';

/** What a command leaves. */
export interface CommandResult {
  /** For people, on stdout. */
  text: string;
  /** The same for programs: `--json` prints this object (never a list, which nothing can be added to) instead of the text;
   * `docs/json.md` describes it. Missing: the text. */
  data?: object;
  /** A remark for people, on stderr. */
  note?: string;
  /** A remark on the text, on stderr; left out with `--json`. */
  hint?: string;
  exitCode: 0 | 1 | 2;
}

/** The option of every command that has data for programs. */
export const JSON_OPTION = ['--json', 'print JSON'] as const;

export interface JsonOption {
  json?: boolean;
}

/**
 * What a command prints on stdout.
 * @param result of the command
 * @param options of the command
 */
export function formatResult({ text, data }: CommandResult, { json }: JsonOption = {}): string {
  return json && data !== undefined ? JSON.stringify(data, null, 2) : text;
}

/**
 * Prints what a command leaves, and sets the exit code of the process.
 * @param result of the command
 * @param options of the command
 */
export function print(result: CommandResult, options: JsonOption = {}): void {
  const { data, note, hint, exitCode } = result;
  const told = options.json && data !== undefined ? note : (note ?? hint);
  if (told) log(told);
  process.stdout.write(`${formatResult(result, options).replace(/\n$/, '')}\n`);
  process.exitCode = exitCode;
}

/**
 * Prints text on stdout as it comes, and no faster than it is taken.
 * @param pieces of the text, with their line ends
 * @throws whatever the pieces throw
 */
export async function printPieces(pieces: AsyncIterable<string>): Promise<void> {
  try {
    await pipeline(joinPieces(pieces), process.stdout, { end: false });
  } catch (error) {
    // `hugwire … | head` closes the pipe early, which is no failure.
    if (systemCode(error) !== 'EPIPE') throw error;
  }
}

const WRITE_CHARACTERS = 64 * 1024;

/** Each piece alone would be a call of the system. */
async function* joinPieces(pieces: AsyncIterable<string>): AsyncGenerator<string> {
  let text = '';
  for await (const piece of pieces) {
    text += piece;
    if (text.length < WRITE_CHARACTERS) continue;
    yield text;
    text = '';
  }
  yield text;
}

export type Style = ReturnType<typeof pc.createColors>;

/**
 * Colours for text that goes to a stream: none where nobody looks, or where NO_COLOR asks for none. FORCE_COLOR wins.
 * @param stream where the text will go
 * @param env the environment
 * @see https://no-color.org
 */
export function styleFor(stream: { isTTY?: boolean } = process.stdout, env: NodeJS.ProcessEnv = process.env): Style {
  const forced = !['', '0', 'false'].includes(env.FORCE_COLOR ?? '');
  const wanted = stream.isTTY === true && !env.NO_COLOR && env.TERM !== 'dumb';
  return pc.createColors(forced || wanted);
}

/** How a table is shown. */
export interface View {
  style: Style;
  /** Of the terminal, in columns; unset: nothing is cut. */
  width?: number;
}

/**
 * How tables are shown on a stream.
 * @param stream where the text will go; stdout unless told
 * @param env the environment
 */
export function viewOf(
  stream: { isTTY?: boolean; columns?: number } = process.stdout,
  env: NodeJS.ProcessEnv = process.env,
): View {
  return { style: styleFor(stream, env), width: stream.isTTY ? stream.columns : undefined };
}

/** What text is wrapped for: its colours and how wide it is. */
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

const GAP = 2;
/** A column is not cut below this. */
const MIN_COLUMN = 12;

/**
 * Lines up cells in columns, for a terminal. Cells may hold colours. Where the lines are wider than the terminal, the
 * widest column is cut.
 * @param rows cells, from left to right; a missing cell is empty
 * @param width of the terminal in columns; unset: nothing is cut
 * @returns one line each, without spaces at the end
 */
export function alignColumns(rows: readonly (readonly string[])[], width = Number.POSITIVE_INFINITY): string[] {
  const count = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: count }, (_, at) =>
    Math.max(0, ...rows.map((row) => stringWidth(row[at] ?? ''))),
  );
  const total = () => widths.reduce((sum, one) => sum + one, 0) + GAP * (count - 1);
  const widest = widths.indexOf(Math.max(...widths));
  const excess = total() - width;
  if (excess > 0) widths[widest] = Math.max(Math.min(MIN_COLUMN, widths[widest] ?? 0), (widths[widest] ?? 0) - excess);
  return rows.map((row) =>
    row
      .map((cell, at) => padTo(cell, widths[at] ?? 0))
      .join(' '.repeat(GAP))
      .trimEnd(),
  );
}

function padTo(cell: string, width: number): string {
  const excess = stringWidth(cell) - width;
  if (excess <= 0) return cell + ' '.repeat(-excess);
  // Colours would be cut in the middle: a cell that is too long goes without.
  let plain = stripVTControlCharacters(cell);
  while (stringWidth(plain) > width - 1) plain = [...plain].slice(0, -1).join('');
  return `${plain}…${' '.repeat(Math.max(0, width - stringWidth(plain) - 1))}`;
}

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

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Does something when the user or the system wants the process to end, instead of ending it at once; a second signal ends it
 * all the same. The exit code becomes that of the signal: 130 after Ctrl-C. What is then thrown as `cancelled` is not told.
 * @param onInterrupt what to do
 * @returns a function that takes it back
 */
export function catchInterrupts(onInterrupt: () => void): () => void {
  let caught = false;
  // Not `once`: libraries that clean up at a signal end the process when nobody else listens to it.
  const listener = (signal: NodeJS.Signals) => {
    process.exitCode = 128 + constants.signals[signal];
    if (caught) process.exit();
    caught = true;
    // Whoever still reads it would wait for its end.
    process.stdin.destroy();
    onInterrupt();
  };
  for (const signal of SIGNALS) process.on(signal, listener);
  return () => {
    for (const signal of SIGNALS) process.off(signal, listener);
  };
}

/**
 * Makes what reads the value of an option that is a whole number.
 * @param min least value
 * @param max greatest value
 * @returns a reader for commander, which says what is wrong when the reader throws
 */
export function wholeNumber(min: number, max = Number.POSITIVE_INFINITY): (text: string) => number {
  const allowed = max === Number.POSITIVE_INFINITY ? `from ${min} on` : `from ${min} to ${max}`;
  return (text) => {
    const value = Number(text);
    if (text.trim() !== '' && Number.isInteger(value) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`It must be a whole number ${allowed}.`);
  };
}

export const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
export const FRAME_MS = 80;
export const CLEAR_LINE = '\r\x1b[2K';

/** Where a spinner turns. */
interface SpinnerStream {
  isTTY?: boolean;
  write(text: string): unknown;
}

/**
 * Shows on a terminal that something is being waited for; nothing anywhere else.
 * @param message what for
 * @param work what is waited for; may tell another message
 * @param stream stderr unless told
 * @returns what the work gives
 */
export async function withSpinner<Result>(
  message: string,
  work: (tell: (message: string) => void) => Promise<Result>,
  stream: SpinnerStream = process.stderr,
): Promise<Result> {
  if (stream.isTTY !== true) return work(() => {});
  const style = styleFor(stream);
  let current = message;
  let frame = 0;
  const draw = () => {
    stream.write(`${CLEAR_LINE}${style.cyan(FRAMES[frame++ % FRAMES.length] ?? '')} ${current}`);
  };
  draw();
  const timer = setInterval(draw, FRAME_MS);
  try {
    return await work((text) => {
      current = text;
    });
  } finally {
    clearInterval(timer);
    stream.write(CLEAR_LINE);
  }
}

/** What opens an address on each platform. None of them goes through a shell, which would read the address. */
const OPENERS: Partial<Record<NodeJS.Platform, [command: string, ...args: string[]]>> = {
  darwin: ['open'],
  win32: ['rundll32', 'url.dll,FileProtocolHandler'],
};

/**
 * Opens a web page in the user's browser.
 * @param url http or https
 * @param platform of this machine
 * @returns false when there is nothing to open it with
 */
export function openBrowser(url: string, platform: NodeJS.Platform = process.platform): Promise<boolean> {
  const [command, ...args] = OPENERS[platform] ?? ['xdg-open'];
  return new Promise((resolve) => {
    const child = startProgram(command, [...args, url], {
      env: process.env,
      stdio: 'ignore',
      detached: true,
      windowsHide: true,
    });
    child.once('error', () => resolve(false));
    child.once('spawn', () => {
      child.unref();
      resolve(true);
    });
  });
}

/**
 * Reads text that a person gave in a file or piped in, in whatever encoding.
 * @param source path of the file, or - for stdin
 * @param option that names it, for errors
 * @throws HugwireError when the file cannot be read, or nothing can be piped in from a terminal
 */
export async function readInput(source: string, option: string): Promise<string> {
  if (source === '-' && process.stdin.isTTY) {
    throw new HugwireError('invalid_arguments', `${option} reads stdin, and nothing is piped in.`, {
      hint: `Pipe the text in, such as \`… | hugwire …\`, or name a file.`,
    });
  }
  try {
    const bytes = source === '-' ? await readAll(process.stdin) : await readFile(toAbsolute(source, option));
    return decodeText(bytes).replace(/^\uFEFF/, '');
  } catch (cause) {
    if (source === '-' && process.exitCode) throw cancelled(cause);
    throw cause instanceof HugwireError ? cause : fileFailure(source, 'read', cause);
  }
}

/** No token or password is longer, nor is what a password manager prints with one. */
const MAX_STDIN = 64 * 1024;

/** Reads a secret that was piped in. */
export async function readStdin(): Promise<string> {
  let text = '';
  try {
    for await (const chunk of process.stdin) {
      text += chunk;
      if (text.length > MAX_STDIN) break;
    }
  } catch (cause) {
    throw process.exitCode ? cancelled(cause) : cause;
  }
  return text;
}

/** Of an option that may be given several times. */
export const collect = (value: string, before: string[] = []): string[] => [...before, value];
