import { HugwireError } from './errors.js';

export interface EventLimits {
  /** Characters of one event at most. */
  maxMessage: number;
  /** Bytes of the whole stream at most. */
  maxStream: number;
}

/**
 * Reads server-sent events (WHATWG HTML, 9.2.6) and yields the data of each; other fields, comments and an event cut off
 * by the end of the stream are dropped.
 * @param chunks the body
 * @param limits how much may come
 * @param onBytes told of every chunk
 * @throws HugwireError `too_large` beyond the limits; whatever the body throws
 */
export async function* readEvents(
  chunks: AsyncIterable<Uint8Array>,
  limits: EventLimits,
  onBytes: () => void = () => {},
): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let line: string[] = [];
  let data: string[] = [];
  let held = 0;
  let total = 0;
  let endedInReturn = false;
  for await (const chunk of chunks) {
    onBytes();
    total += chunk.byteLength;
    if (total > limits.maxStream) throw new HugwireError('too_large', 'The server sent too much.');
    let text = decoder.decode(chunk, { stream: true });
    if (text === '') continue;
    // A line end of \r\n may be split between two chunks.
    if (endedInReturn && text.startsWith('\n')) text = text.slice(1);
    endedInReturn = text.endsWith('\r');
    const pieces = text.split(/\r\n|\r|\n/);
    const rest = pieces.pop() ?? '';
    for (const piece of pieces) {
      line.push(piece);
      held += piece.length;
      const whole = line.join('');
      line = [];
      if (whole.startsWith('data:')) data.push(whole.slice(whole[5] === ' ' ? 6 : 5));
      if (held > limits.maxMessage) break;
      if (whole !== '') continue;
      held = 0;
      if (data.length > 0) yield data.join('\n');
      data = [];
    }
    line.push(rest);
    held += rest.length;
    if (held > limits.maxMessage) throw new HugwireError('too_large', 'The server sent a message that is too large.');
  }
}
