import { createInterface, type Interface } from 'node:readline';
import type { ReadStream, WriteStream } from 'node:tty';

/** A second Ctrl-C within this time leaves. */
export const TWICE_MS = 2000;
/** The lines of a text that is pasted come within this time of each other. */
const PASTE_MS = 25;

type Input = Pick<ReadStream, 'isTTY' | 'setRawMode'> & NodeJS.ReadableStream;
type Output = Pick<WriteStream, 'isTTY' | 'columns'> & NodeJS.WritableStream;

export interface LineOptions {
  prompt: string;
  /** Before the lines that follow the first one. */
  more: string;
  /** Stands in the line already. */
  initial?: string;
  /** What was written before, the newest first; what is written now is put there. */
  history: string[];
  complete(line: string): string[];
  /** When Ctrl-C stopped an answer, by the clock of `performance`. */
  interruptedAt?: number;
  /** Told that Ctrl-C was pressed on an empty line. */
  onInterrupt(): void;
}

/**
 * Reads what a person writes: a line, several that end in `\`, or all lines of a text that is pasted.
 * @returns undefined when they leave: at the end of the input, or at the second Ctrl-C
 */
export function readWords(input: Input, output: Output, options: LineOptions): Promise<string | undefined> {
  const { prompt, more, initial, history, complete, onInterrupt } = options;
  return new Promise((resolve) => {
    const lines: string[] = [];
    let timer: NodeJS.Timeout | undefined;
    let { interruptedAt = Number.NEGATIVE_INFINITY } = options;
    let result: string | undefined;
    const terminal = output.isTTY === true;
    const reader: Interface = createInterface({
      input,
      output,
      terminal,
      prompt,
      history: [...history],
      historySize: 200,
      removeHistoryDuplicates: true,
      completer: (line: string) => [complete(line), line],
    });
    const goOn = () => {
      reader.setPrompt(more);
      reader.prompt(true);
    };
    const settle = () => {
      const last = lines.at(-1) ?? '';
      if (last.endsWith('\\')) {
        lines[lines.length - 1] = last.slice(0, -1);
        return goOn();
      }
      // The end of a pasted text has no line end: the person sends it, or goes on writing.
      if (reader.line !== '') return goOn();
      result = lines.join('\n');
      reader.close();
    };
    reader.on('line', (line) => {
      lines.push(line);
      clearTimeout(timer);
      timer = setTimeout(settle, PASTE_MS);
    });
    reader.on('SIGINT', () => {
      const isEmpty = reader.line === '' && lines.length === 0;
      lines.length = 0;
      reader.setPrompt(prompt);
      if (isEmpty && performance.now() - interruptedAt < TWICE_MS) return reader.close();
      interruptedAt = isEmpty ? performance.now() : Number.NEGATIVE_INFINITY;
      if (isEmpty) {
        output.write('\n');
        onInterrupt();
      } else {
        reader.write(null, { ctrl: true, name: 'e' });
        reader.write(null, { ctrl: true, name: 'u' });
      }
      reader.prompt();
    });
    reader.on('close', () => {
      clearTimeout(timer);
      // What was written before the end of the input counts.
      const words = result ?? (lines.length > 0 ? lines.join('\n') : undefined);
      if (words === undefined) output.write('\n');
      else if (words.trim() !== '' && !words.includes('\n')) history.unshift(words);
      resolve(words);
    });
    reader.prompt();
    if (initial) reader.write(initial);
  });
}

/** What was typed while an answer came. */
export interface TypedAhead {
  words: string;
  /** Ctrl-D: the person wants to leave. */
  leaves: boolean;
}

/**
 * Listens to the keyboard while an answer comes, so that nothing that is typed gets into it.
 * @param input the terminal
 * @param onStop told of every Ctrl-C, and of Escape
 * @returns what stops it, and gives what was typed ahead
 */
export function watchKeys(input: Input, onStop: () => void): () => TypedAhead {
  if (!input.isTTY) return () => ({ words: '', leaves: false });
  let ahead = '';
  const onData = (chunk: Buffer | string) => {
    const keys = String(chunk);
    if (keys === '\x1b') return onStop();
    for (const key of keys) if (key === '\x03') onStop();
    // Arrows and the like say nothing.
    if (!keys.startsWith('\x1b')) ahead += keys;
  };
  input.setRawMode(true);
  input.on('data', onData);
  input.resume();
  return () => {
    input.off('data', onData);
    input.pause();
    input.setRawMode(false);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: keys that type no character
    return { words: ahead.replace(/[\x00-\x1f\x7f]+/g, ' ').trim(), leaves: ahead.includes('\x04') };
  };
}
