import { styleFor } from './terminal.js';

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const FRAME_MS = 80;
const CLEAR_LINE = '\r\x1b[2K';

/** Where a spinner turns. */
export interface SpinnerStream {
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
