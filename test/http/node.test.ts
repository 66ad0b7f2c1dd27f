import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, expect, it, vi } from 'vitest';
import { type Listener, listen } from '../../src/http/node.js';

const opened: Listener[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map(({ close }) => close()));
});

async function open(fetch: (request: Request) => Promise<Response>) {
  const listener = await listen({ fetch }, '127.0.0.1', 0);
  opened.push(listener);
  const socket = connect(Number(new URL(listener.url).port), '127.0.0.1');
  await once(socket, 'connect');
  return socket;
}

type Source = ConstructorParameters<typeof ReadableStream<Uint8Array>>[0];
const streamOf = (source: Source) =>
  new Response(new ReadableStream(source), { headers: { 'content-type': 'text/event-stream' } });
const event = (length: number) => new TextEncoder().encode(`: ${'x'.repeat(length)}\n\n`);

it('ends a stream whose client left before it began', async () => {
  let begin = (_: Response) => {};
  const asked = vi.fn(
    (_: Request) =>
      new Promise<Response>((resolve) => {
        begin = resolve;
      }),
  );
  const socket = await open(asked);
  socket.write('GET /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n');
  await vi.waitUntil(() => asked.mock.calls[0]);
  socket.destroy();
  await vi.waitUntil(() => asked.mock.calls[0]?.[0].signal.aborted);
  const cancel = vi.fn();
  begin(streamOf({ start: (controller) => controller.enqueue(event(1)), cancel }));
  await vi.waitFor(() => expect(cancel).toHaveBeenCalledOnce());
});

it('waits for a client that reads slowly without a listener for each wait', async () => {
  const warned = vi.fn();
  process.on('warning', warned);
  let left = 60;
  const socket = await open(async () =>
    streamOf({
      pull(controller) {
        left -= 1;
        if (left < 0) controller.close();
        else controller.enqueue(event(200_000));
      },
    }),
  );
  let bytes = 0;
  socket.on('data', (chunk) => {
    bytes += chunk.length;
  });
  socket.write('GET /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n');
  await once(socket, 'close');
  process.off('warning', warned);
  expect(bytes).toBeGreaterThan(60 * 200_000);
  expect(warned).not.toHaveBeenCalled();
});

it.each(['GET', 'HEAD'])('answers a %s with a body', async (method) => {
  const socket = await open(async () => new Response('fine'));
  let answer = '';
  socket.on('data', (chunk) => {
    answer += chunk;
  });
  socket.end(`${method} /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Length: 3\r\n\r\nfoo`);
  await once(socket, 'close');
  expect(answer).toMatch(/^HTTP\/1\.1 200 /);
});

it('hands on what was on its way when it was told to stop, and takes no more', async () => {
  const asked = vi.fn(async (_: Request) => new Response('{}'));
  const listener = await listen({ fetch: asked }, '127.0.0.1', 0);
  opened.push(listener);
  const port = Number(new URL(listener.url).port);
  const socket = connect(port, '127.0.0.1');
  socket.write('POST /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n');
  // The server has the head, and waits for the body.
  await once(socket, 'data');
  const stopped = listener.stop();
  await expect(once(connect(port, '127.0.0.1'), 'connect')).rejects.toThrow('ECONNREFUSED');
  socket.write('abcd');
  await stopped;
  const [[request]] = asked.mock.calls as [[Request]];
  expect(await request.text()).toBe('abcd');
  socket.destroy();
});
