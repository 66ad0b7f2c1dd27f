import { describe, expect, it } from 'vitest';
import { LineReader, type LongLine } from '../../src/stdio/messages.js';

/** What comes out of the reader, line by line, and what it dropped. */
async function filter(chunks: (string | Buffer)[], maxBytes = 1000): Promise<{ lines: string[]; dropped: LongLine[] }> {
  const dropped: LongLine[] = [];
  const lines: string[] = [];
  const reader = new LineReader(maxBytes, {
    line: (text) => lines.push(text),
    tooLong: (line) => dropped.push(line),
  });
  for (const chunk of chunks) reader.push(Buffer.from(chunk));
  reader.end();
  return { lines, dropped };
}

/** Cuts a text into chunks of some bytes each. */
function chop(text: string, size: number): Buffer[] {
  const bytes = Buffer.from(text);
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, n) => bytes.subarray(n * size, (n + 1) * size));
}

describe('lines', () => {
  it.each([1, 2, 3, 7, 64, 10_000])('come through whole, whatever the chunks: %i bytes each', async (size) => {
    const text = '{"a":1}\n{"b":"grüße🤗"}\n\n{"c":3}';
    expect((await filter(chop(text, size))).lines).toEqual(['{"a":1}', '{"b":"grüße🤗"}', '{"c":3}']);
  });

  it('keep the return that Windows puts at their end: the reader strips it', async () => {
    expect((await filter(['{"a":1}\r\n{"b":2}\r\n'])).lines).toEqual(['{"a":1}\r', '{"b":2}\r']);
  });

  it('may be as long as the limit, and not a byte longer', async () => {
    const { lines, dropped } = await filter([`${'x'.repeat(1000)}\n${'y'.repeat(1001)}\nz\n`]);
    expect(lines).toEqual(['x'.repeat(1000), 'z']);
    expect(dropped).toEqual([{ bytes: 1001, id: undefined }]);
  });

  it('are nothing when nothing comes', async () => {
    expect(await filter([])).toEqual({ lines: [], dropped: [] });
    expect(await filter(['\n\n\n'])).toEqual({ lines: [], dropped: [] });
  });
});

describe('a line that is too long', () => {
  const pad = 'p'.repeat(5000);
  const cases: [title: string, line: string, id: LongLine['id']][] = [
    ['the id first', `{"id":7,"method":"x","params":{"a":"${pad}"}}`, 7],
    [
      'the id after others',
      `{ "jsonrpc" : "2.0", "method":"tools/call", "id" : "a-1" ,"params":{"a":"${pad}"}}`,
      'a-1',
    ],
    ['the id last', `{"method":"x","params":{"a":"${pad}"},"jsonrpc":"2.0","id":-3}`, -3],
    ['a text that looks like a number', `{"id":"1","params":"${pad}"}`, '1'],
    ['a text with escapes', `{"id":"a\\"b\\u0041","params":"${pad}"}`, 'a"bA'],
    ['no id', `{"method":"notifications/x","params":{"a":"${pad}"}}`, undefined],
    ['an id only further in', `{"method":"x","params":{"a":"${pad}","id":5}}`, undefined],
    ['an id only in a text', `{"method":"x","params":"${pad}\\",\\"id\\":5}"}`, undefined],
    ['an id with a broken escape', `{"id":"\\x","params":"${pad}"}`, undefined],
    ['an id with a control character', `{"id":"a\tb","params":"${pad}"}`, undefined],
    ['a number that is none', `{"id":007,"params":"${pad}"}`, undefined],
    ['a number too large to be exact', `{"id":99999999999999999999,"params":"${pad}"}`, undefined],
    ['null for its id', `{"id":null,"params":"${pad}"}`, undefined],
    ['no JSON', pad, undefined],
  ];

  it.each(cases.flatMap(([title, line, id]) => [64, 700, 1 << 20].map((size) => [title, size, line, id] as const)))(
    'with %s is dropped and told, in chunks of %i bytes',
    async (_title, size, line, id) => {
      const { lines, dropped } = await filter(chop(`{"first":1}\n${line}\n{"next":1}\n`, size));
      expect(lines).toEqual(['{"first":1}', '{"next":1}']);
      expect(dropped).toEqual([{ bytes: Buffer.byteLength(line), id }]);
    },
  );

  it('at the very end of the input is told as well', async () => {
    expect((await filter([`{"id":1,"a":"${pad}`])).dropped).toEqual([{ bytes: 5000 + 13, id: 1 }]);
  });

  it('takes no more memory than its ends', async () => {
    const reader = new LineReader(1000, { line: () => {}, tooLong: () => {} });
    const chunk = Buffer.alloc(1 << 20, 'x');
    const before = process.memoryUsage().arrayBuffers;
    for (let count = 0; count < 200; count += 1) reader.push(chunk);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(50 << 20);
  });
});
