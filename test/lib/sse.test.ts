import { describe, expect, it } from 'vitest';
import { type EventLimits, readEvents } from '../../src/lib/sse.js';

const LIMITS: EventLimits = { maxMessage: 1_000, maxStream: 10_000 };

async function* inPieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function read(text: string, size = Number.POSITIVE_INFINITY, limits = LIMITS): Promise<string[]> {
  const events: string[] = [];
  const bytes = new TextEncoder().encode(text);
  for await (const event of readEvents(inPieces(bytes, Math.min(size, bytes.length || 1)), limits)) events.push(event);
  return events;
}

describe('readEvents', () => {
  it.each([
    ['one event', 'data: a\n\n', ['a']],
    ['no space after the colon', 'data:a\n\n', ['a']],
    ['only one space is dropped', 'data:  a\n\n', [' a']],
    ['several lines of data', 'data: a\ndata: b\n\n', ['a\nb']],
    ['carriage returns and line feeds', 'data: a\r\n\r\ndata: b\r\n\r\n', ['a', 'b']],
    ['carriage returns alone', 'data: a\r\rdata: b\r\r', ['a', 'b']],
    ['comments and other fields', ': hi\nevent: x\nid: 1\nretry: 5\ndata: a\n\n', ['a']],
    ['a field without a colon', 'data\n\ndata: a\n\n', ['a']],
    ['an event without data', 'event: x\n\ndata: a\n\n', ['a']],
    ['empty lines', '\n\n\ndata: a\n\n\n\n', ['a']],
    ['an event that the end cut off', 'data: a\n\ndata: b\n', ['a']],
    ['a byte order mark', '\uFEFFdata: a\n\n', ['a']],
    ['no bytes', '', []],
  ])('%s', async (_, text, events) => {
    expect(await read(text)).toEqual(events);
  });

  it.each([1, 2, 3, 5, 7])('characters and line ends split every %i bytes', async (size) => {
    const text = 'data: {"a":"é€😀"}\r\n\r\ndata: ü\r\ndata: 2\r\n\r\ndata: last\n\n';
    expect(await read(text, size)).toEqual(['{"a":"é€😀"}', 'ü\n2', 'last']);
  });

  it.each([
    ['a line without an end', `data: ${'x'.repeat(2_000)}`],
    ['lines without an end of the event', 'data: xxxx\n'.repeat(500)],
    ['comments without an end', ': xxxx\n'.repeat(500)],
  ])('stops at %s', async (_, text) => {
    await expect(read(text, 100)).rejects.toMatchObject({ code: 'too_large' });
  });

  it('stops when the whole is too long, however small its events', async () => {
    await expect(read('data: x\n\n'.repeat(2_000), 100)).rejects.toMatchObject({ code: 'too_large' });
    expect(await read('data: x\n\n'.repeat(1_000), 100)).toHaveLength(1_000);
  });

  it('tells of every chunk', async () => {
    let chunks = 0;
    const bytes = new TextEncoder().encode('data: abcdef\n\n');
    for await (const _ of readEvents(inPieces(bytes, 5), LIMITS, () => (chunks += 1)));
    expect(chunks).toBe(3);
  });
});
