import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { CallEvent, InputFile, PreparedArguments } from '../../src/gradio/types.js';
import { type SendOptions, sendFiles } from '../../src/gradio/upload.js';
import { HugwireError } from '../../src/lib/errors.js';
import { createProxiedFetch } from '../../src/lib/network.js';
import { pinFetch } from '../../src/spaces/origin.js';
import type { SpaceApp } from '../../src/spaces/types.js';
import { json, plainApp, type Script, type ScriptedSpace, startScriptedSpace } from '../doubles/scripted-space.js';

const spaces: ScriptedSpace[] = [];

afterEach(async () => {
  vi.useRealTimers();
  await Promise.all(spaces.splice(0).map((space) => space.close()));
});

const FILES: Record<string, InputFile> = {
  '/home/ada/my cat é.png': {
    kind: 'upload',
    file: new File(['pixels'], 'my cat é.png', { type: 'image/png' }),
    localPath: '/home/ada/my cat é.png',
  },
  'data:text/plain,x': { kind: 'upload', file: new File(['x'], 'file.txt', { type: 'text/plain' }) },
  'data:audio/mpeg,x': { kind: 'upload', file: new File(['x'], 'file.mp3', { type: 'audio/mpeg' }) },
  'https://example.org/dog.jpg': { kind: 'link', url: 'https://example.org/dog.jpg', name: 'dog.jpg' },
};

async function start(script: Script = {}, change: Partial<SpaceApp> = {}) {
  const space = await startScriptedSpace(script);
  spaces.push(space);
  const app: SpaceApp = { ...plainApp(space.url), ...change };
  const send = (prepared: PreparedArguments, more: Partial<SendOptions> = {}) =>
    sendFiles(prepared, {
      app,
      net: pinFetch(fetch, app.site),
      read: async (source) => FILES[source] as InputFile,
      signal: new AbortController().signal,
      ...more,
    });
  return { space, send };
}

const slot = (source: string, ...path: (string | number)[]) => ({ parameter: 'image', source, path });
const CAT = '/home/ada/my cat é.png';

describe('sendFiles', () => {
  it('sends nothing when one of the files is of a type that is not taken', async () => {
    const { space, send } = await start();
    const files = [slot(CAT, 0), { ...slot('data:audio/mpeg,x', 1), types: ['image'] }];
    await expect(send({ data: [null, null], files })).rejects.toMatchObject({
      code: 'invalid_arguments',
      message: '"image" takes image files, not file.mp3.',
    });
    expect(space.seen).toEqual([]);
    await send({ data: [null], files: [{ ...slot(CAT, 0), types: ['image'] }] });
    expect(space.seen).toHaveLength(1);
  });

  it('puts the app’s path with name and type where the file belongs', async () => {
    const { space, send } = await start();
    const prepared = { data: ['prompt', [{ image: null, caption: 'c' }]], files: [slot(CAT, 1, 0, 'image')] };
    const { data, sent } = await send(prepared);
    expect(data).toEqual([
      'prompt',
      [
        {
          image: {
            path: '/tmp/gradio/0a/file.txt',
            orig_name: 'my cat é.png',
            size: 6,
            mime_type: 'image/png',
            meta: { _type: 'gradio.FileData' },
          },
          caption: 'c',
        },
      ],
    ]);
    expect(sent).toEqual([CAT]);
    const [{ body, headers }] = space.seen as [ScriptedSpace['seen'][number]];
    expect(headers['content-type']).toMatch(/^multipart\/form-data; boundary=/);
    expect(headers['content-length']).toBe(String(body.length));
    expect(headers['transfer-encoding']).toBeUndefined();
    expect(body.toString()).toMatch(
      /name="files"; filename="my cat é\.png"\r\nContent-Type: image\/png\r\n\r\npixels\r\n/,
    );
  });

  it('arrives the same through the fetch that knows proxies', async () => {
    const { space, send } = await start();
    const net = await createProxiedFetch({ direct: [] });
    await send({ data: [null], files: [slot(CAT, 0)] }, { net });
    const [{ body, headers }] = space.seen as [ScriptedSpace['seen'][number]];
    expect(headers['content-length']).toBe(String(body.length));
    expect(headers['transfer-encoding']).toBeUndefined();
    expect(body.toString()).toMatch(
      /name="files"; filename="my cat é\.png"\r\nContent-Type: image\/png\r\n\r\npixels\r\n/,
    );
  });

  it('no request tells where a file lies on this machine', async () => {
    const { space, send } = await start();
    const { data } = await send({ data: [null], files: [slot(CAT, 0)] });
    expect(
      JSON.stringify([data, space.seen.map(({ url, headers, body }) => [url, headers, body.toString()])]),
    ).not.toContain('/home/ada');
  });

  it('passes a link on without touching it', async () => {
    const { space, send } = await start();
    const { data, sent } = await send({ data: [null], files: [slot('https://example.org/dog.jpg', 0)] });
    expect(data).toEqual([
      {
        path: 'https://example.org/dog.jpg',
        url: 'https://example.org/dog.jpg',
        orig_name: 'dog.jpg',
        meta: { _type: 'gradio.FileData' },
      },
    ]);
    expect(sent).toEqual(['https://example.org/dog.jpg']);
    expect(space.seen).toEqual([]);
  });

  it('keeps files and places together, however the uploads end', async () => {
    let uploads = 0;
    const { send } = await start({
      upload(response, request) {
        uploads += 1;
        const name = /filename="([^"]+)"/.exec(request.body.toString())?.[1];
        setTimeout(() => json([`/tmp/${name}`])(response, request), uploads === 1 ? 30 : 0);
      },
    });
    const events: CallEvent[] = [];
    const prepared = { data: [null, null], files: [slot(CAT, 0), slot('data:text/plain,x', 1)] };
    const { data, sent } = await send(prepared, { onEvent: (event) => events.push(event) });
    expect(data).toMatchObject([{ path: '/tmp/my cat é.png' }, { path: '/tmp/file.txt' }]);
    expect(sent).toEqual([CAT, 'file.txt (from the arguments)']);
    expect(events).toEqual([0, 1, 2].map((done) => ({ kind: 'uploading', done, total: 2 })));
  });

  it('reads every file before it sends one', async () => {
    const { space, send } = await start();
    const read = async (source: string): Promise<InputFile> => {
      if (source === 'bad') throw new HugwireError('blocked', 'not this one');
      return FILES[source] as InputFile;
    };
    const prepared = { data: [null, null], files: [slot(CAT, 0), slot('bad', 1)] };
    await expect(send(prepared, { read })).rejects.toMatchObject({ code: 'blocked' });
    expect(space.seen).toEqual([]);
  });

  it('refuses what is above the app’s limit without a request', async () => {
    const { space, send } = await start({}, { maxFileSize: 5 });
    const call = send({ data: [null], files: [slot(CAT, 0)] });
    await expect(call).rejects.toMatchObject({ code: 'too_large', message: expect.stringContaining('my cat é.png') });
    expect(space.seen).toEqual([]);
  });

  it.each<[string, Script['upload'], string]>([
    ['too large', (r) => r.writeHead(413).end('File size exceeded'), 'too_large'],
    ['a page', (r) => r.end('<html>'), 'space_broken'],
    ['no path', json([]), 'space_broken'],
    ['a path that is no text', json([{ path: 'x' }]), 'space_broken'],
    ['a gateway', (r) => r.writeHead(502).end(), 'unavailable'],
    ['a cut', (r) => r.destroy(), 'unavailable'],
  ])('an app that answers with %s', async (_, upload, code) => {
    const { send } = await start({ upload });
    await expect(send({ data: [null], files: [slot(CAT, 0)] })).rejects.toMatchObject({ code });
  });

  it('ends with the call', async () => {
    const client = new AbortController();
    const { send } = await start({ upload: () => client.abort(new HugwireError('cancelled', 'gone')) });
    const call = send({ data: [null], files: [slot(CAT, 0)] }, { signal: client.signal });
    await expect(call).rejects.toMatchObject({ code: 'cancelled' });
  });

  describe.each([
    ['the platform’s fetch', async () => fetch],
    ['the fetch that knows proxies', () => createProxiedFetch({ direct: [] })],
  ] as const)('through %s', (_, makeNet) => {
    /** A file whose reading can be watched. */
    function watched(read: () => AsyncGenerator<Uint8Array>, size: number) {
      let open = 0;
      async function* stream(): AsyncGenerator<Uint8Array> {
        open += 1;
        try {
          yield* read();
        } finally {
          open -= 1;
        }
      }
      const file: InputFile = { kind: 'upload', file: { name: 'a.bin', type: '', size, stream } };
      return { file, isOpen: () => open > 0 };
    }

    it('a file is read no faster than the app takes it, and closed when the call ends', async () => {
      const size = 500_000_000;
      const piece = new Uint8Array(100_000);
      let pieces = 0;
      const { file, isOpen } = watched(async function* () {
        for (; pieces < size / piece.length; pieces += 1) yield piece;
      }, size);
      // It takes the head of the request, and nothing after it.
      const client = new AbortController();
      const stuck = createServer((request) => request.pause());
      stuck.listen(0, '127.0.0.1');
      await once(stuck, 'listening');
      stuck.on('request', async () => {
        for (let before = -1; before !== pieces; await sleep(50)) before = pieces;
        client.abort(new HugwireError('cancelled', 'gone'));
      });
      const app = plainApp(`http://127.0.0.1:${(stuck.address() as AddressInfo).port}`);
      const net = pinFetch(await makeNet(), app.site);
      const options = { app, net, read: async () => file, signal: client.signal };
      try {
        await expect(sendFiles({ data: [null], files: [slot('a', 0)] }, options)).rejects.toMatchObject({
          code: 'cancelled',
        });
      } finally {
        stuck.closeAllConnections();
        stuck.close();
      }
      expect(pieces).toBeGreaterThan(0);
      expect(pieces * piece.length).toBeLessThan(size / 10);
      expect(isOpen()).toBe(false);
    });

    it('an app that sends the file elsewhere is broken', async () => {
      const { space, send } = await start({ upload: (r) => r.writeHead(307, { location: '/elsewhere' }).end() });
      const net = pinFetch(await makeNet(), plainApp(space.url).site);
      await expect(send({ data: [null], files: [slot(CAT, 0)] }, { net })).rejects.toMatchObject({
        code: 'space_broken',
        message: expect.stringContaining('redirect'),
      });
      expect(space.seen).toHaveLength(1);
    });

    it('what goes wrong with a file is said in its own words', async () => {
      const { space, send } = await start();
      const { file, isOpen } = watched(async function* () {
        yield new Uint8Array(10);
        throw new HugwireError('blocked', 'it was changed');
      }, 1000);
      const call = send({ data: [null], files: [slot('a', 0)] }, { net: await makeNet(), read: async () => file });
      await expect(call).rejects.toMatchObject({ code: 'blocked', message: 'it was changed' });
      expect(isOpen()).toBe(false);
      expect(space.seen).toEqual([]);
    });
  });

  it('ends when the app takes too long', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
    const { send } = await start({ upload: () => vi.advanceTimersByTime(61_000) });
    const call = send({ data: [null], files: [slot(CAT, 0)] });
    await expect(call).rejects.toMatchObject({ code: 'timeout' });
    expect(vi.getTimerCount()).toBe(0);
  });
});
