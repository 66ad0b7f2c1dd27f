import { describe, expect, it } from 'vitest';
import { readTextPage } from '../../../src/hub/read/file.js';
import { openFile } from '../../../src/hub/read/remote-file.js';
import { errorOf } from '../client.js';
import { FakeClient } from '../fake-client.js';
import { serveFile } from '../served-file.js';

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
    expect(ranges.slice(1)).toEqual(['bytes=262144-1048575', 'bytes=1048576-2097151']);
  });

  it('counts characters, and splits none where the parts of the file meet', async () => {
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
      message: 'a.txt has 3 characters; 3 is beyond them.',
    });
  });

  it('does not read through gigabytes for a page deep in a file', async () => {
    const { file, ranges } = await serveFile('a.log', Buffer.alloc(40 * MIB, 'x'));
    expect(await errorOf(readTextPage(file, 30 * MIB, 10))).toMatchObject({ code: 'too_large' });
    expect(ranges.at(-1)).toBe(`bytes=${7 * MIB}-${8 * MIB - 1}`);
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
