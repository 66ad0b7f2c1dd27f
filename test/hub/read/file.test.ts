import { describe, expect, it } from 'vitest';
import { readPath, readTextPage } from '../../../src/hub/read/file.js';
import { openFile } from '../../../src/hub/read/remote-file.js';
import { errorOf } from '../client.js';
import { FakeClient } from '../fake-client.js';
import { serve, serveFile } from '../served-file.js';

const MIB = 1024 * 1024;

describe('readTextPage', () => {
  it('reads a small file with one request', async () => {
    const { file, ranges } = await serveFile('a.txt', 'héllo\nworld\n');
    expect(await readTextPage(file, 0, 100)).toEqual({ text: 'héllo\nworld\n' });
    expect(ranges).toEqual(['bytes=0-262143']);
  });

  it('fetches no more of a huge file than lies before the end of the page', async () => {
    const { file, ranges } = await serveFile('a.log', Buffer.alloc(40 * MIB, 'x'));
    expect(await readTextPage(file, 0, 1000)).toEqual({ text: 'x'.repeat(1000), next: 1000 });
    expect(ranges).toEqual(['bytes=0-262143']);
    await readTextPage(file, 1_500_000, 1000);
    expect(ranges.slice(1)).toEqual(['bytes=1499997-1503003']);
  });

  it('splits no character where the parts of the file meet', async () => {
    const text = `a${'😀'.repeat(400_000)}`;
    const { file } = await serveFile('a.txt', text);
    let offset: number | undefined = 0;
    const pages: string[] = [];
    while (offset !== undefined) {
      const page: { text: string; next?: number } = await readTextPage(file, offset, 100_000);
      pages.push(page.text);
      offset = page.next;
    }
    expect(pages.join('')).toBe(text);
    expect(pages.every((page) => !/[\uD800-\uDBFF]$|^[\uDC00-\uDFFF]/.test(page))).toBe(true);
  });

  it('cleans what it shows', async () => {
    const { file } = await serveFile('a.txt', '\uFEFFa\u202e\u200b\r\nb\u001b[31m\u{e0041}');
    expect(await readTextPage(file, 0, 100)).toEqual({ text: 'a\nb' });
  });

  it('says where the end is when the offset lies beyond it', async () => {
    const { file } = await serveFile('a.txt', 'abc');
    expect(await errorOf(readTextPage(file, 3, 10))).toMatchObject({
      code: 'invalid_arguments',
      message: 'a.txt has 3 bytes; 3 is past the end.',
    });
  });

  it.each<[string, Buffer]>([
    ['two bytes', Buffer.from('é'.repeat(300))],
    ['three bytes', Buffer.from('語'.repeat(300))],
    ['four bytes', Buffer.from('a😀'.repeat(300))],
    ['a byte order mark', Buffer.from(`\uFEFF${'é\n'.repeat(300)}`)],
    [
      'stray bytes',
      Buffer.concat(Array.from({ length: 90 }, () => Buffer.from('e282612fc080f09f9880ff0aefbfbdf09f98', 'hex'))),
    ],
  ])('goes on exactly where a page ended, in a text of %s', async (_name, bytes) => {
    const { file } = await serveFile('a.txt', bytes);
    for (const size of [10, 11, 37]) {
      let offset = 0;
      let whole = '';
      for (let next: number | undefined = 0; next !== undefined; ) {
        offset = next;
        const page = await readTextPage(file, offset, size);
        expect(page.text.length).toBeLessThanOrEqual(size);
        expect(page.next ?? Number.POSITIVE_INFINITY).toBeGreaterThan(offset);
        whole += page.text;
        next = page.next;
      }
      expect(whole).toBe(bytes.toString('utf8').replace(/^\uFEFF/, ''));
    }
  });

  it('begins with the whole character that an offset lies in', async () => {
    const { file } = await serveFile('a.txt', 'a😀b');
    for (const offset of [1, 2, 3, 4]) expect(await readTextPage(file, offset, 100)).toEqual({ text: '😀b' });
  });
});

describe('readPath', () => {
  const options = { maxChars: 1000, asText: true, inlineImageBytes: 0 };
  const repo = { kind: 'model' as const, id: 'o/n' };

  it('reads deep in a file with one request, without what lies before', async () => {
    const { client, ranges } = serve(Buffer.alloc(40 * MIB, 'line of text\n'));
    const page = await readPath(client, repo, 'a.log', { ...options, offset: 30 * MIB });
    expect(ranges).toEqual([`bytes=${30 * MIB - 3}-${30 * MIB + 3003}`]);
    expect(page).toMatchObject({ length: 40 * MIB, unit: 'bytes' });
    expect(page.next).toBeGreaterThan(30 * MIB);
  });

  it('tells what a binary file is, wherever it is to be read', async () => {
    const { client } = serve(
      Buffer.concat([Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'), Buffer.alloc(MIB)]),
    );
    const { facts, body } = await readPath(client, repo, 'a.png', { ...options, offset: 500_000 });
    expect(facts[0]).toMatch(/^PNG file/);
    expect(body).toBeUndefined();
  });

  it('says where a file ends whose end is far away', async () => {
    const { client } = serve(Buffer.alloc(MIB, 'x'));
    expect(await errorOf(readPath(client, repo, 'a.txt', { ...options, offset: 2 * MIB }))).toMatchObject({
      message: `a.txt has ${MIB} bytes; ${2 * MIB} is past the end.`,
    });
  });
});

describe('openFile', () => {
  const repo = { kind: 'dataset' as const, id: 'o/n', revision: 'refs/pr/1' };

  it('asks for the file by its revision and path, each encoded', async () => {
    const client = new FakeClient(() => ({ status: 206, headers: { 'content-range': 'bytes 0-1/2' }, body: 'ab' }));
    await openFile(client, repo, 'a b/c#.txt');
    expect(client.asked[0]?.path).toBe('/datasets/o/n/resolve/refs%2Fpr%2F1/a%20b/c%23.txt');
    expect(client.asked[0]?.request).toMatchObject({ cache: 'file', file: 'a b/c#.txt' });
    await openFile(client, { ...repo, revision: 'a'.repeat(40) }, 'x');
    expect(client.asked[1]?.request.cache).toBe('immutable');
  });

  it('manages with a server that ignores ranges, as long as the file is small', async () => {
    const client = new FakeClient(() => ({ body: 'whole file' }));
    const file = await openFile(client, repo, 'a.txt');
    expect(file.size).toBe(10);
    expect(Buffer.from(await file.read(6, 10)).toString()).toBe('file');
  });

  it('never takes the beginning of a file for its middle', async () => {
    const client = new FakeClient(({ request }) => ({
      body: new Uint8Array(request.maxBytes ?? 0),
      headers: { 'content-length': String(10 * MIB) },
      truncated: true,
    }));
    const file = await openFile(client, repo, 'a.bin');
    expect(file.size).toBe(10 * MIB);
    expect(await errorOf(file.read(MIB, 2 * MIB))).toMatchObject({ code: 'unavailable' });
  });
});
