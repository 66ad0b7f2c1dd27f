import { afterAll, beforeAll, expect, it } from 'vitest';
import { startDemoSpace } from '../../../src/world/space/server.js';
import type { DemoSpace } from '../../../src/world/types.js';

type Fields = Record<string, unknown>;

let space: DemoSpace;

beforeAll(async () => {
  space = await startDemoSpace();
});

afterAll(() => space.close());

async function readAll(messages: AsyncIterable<Fields>): Promise<Fields[]> {
  const all: Fields[] = [];
  for await (const message of messages) all.push(message);
  return all;
}

const post = (path: string, body: unknown) =>
  fetch(`${space.url}/gradio_api/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

async function join(fn_index: number, data: unknown[], session_hash: string): Promise<string> {
  return ((await (await post('queue/join', { data, fn_index, session_hash })).json()) as { event_id: string }).event_id;
}

const openSession = (session: string, signal?: AbortSignal) =>
  fetch(`${space.url}/gradio_api/queue/data?session_hash=${session}`, { signal });

async function* messagesOf(response: Response): AsyncGenerator<Fields> {
  let rest = '';
  for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    const blocks = (rest + chunk).split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) yield JSON.parse(block.replace('data: ', ''));
  }
}

async function upload(name: string, bytes: Buffer): Promise<string> {
  const body = new FormData();
  body.append('files', new File([new Uint8Array(bytes)], name));
  const response = await fetch(`${space.url}/gradio_api/upload`, { method: 'POST', body });
  return ((await response.json()) as [string])[0];
}

const download = (path: string, headers: Record<string, string> = {}) =>
  fetch(`${space.url}/gradio_api/file=${encodeURI(path)}`, { headers });

it('names an app_id that no JavaScript number holds', async () => {
  const text = await (await fetch(`${space.url}/config`)).text();
  expect(text).toMatch(/"app_id":\d{20},/);
  expect(JSON.parse(text)).toMatchObject({ api_prefix: '/gradio_api', protocol: 'sse_v3', root: space.url });
});

it('sends the messages of a queued call in order, and closes the stream', async () => {
  await join(3, [3, 0], 'order');
  const messages = await readAll(messagesOf(await openSession('order')));
  expect(messages.map(({ msg }) => msg)).toEqual([
    'estimation',
    'process_starts',
    'process_generating',
    'process_generating',
    'process_generating',
    'process_completed',
    'close_stream',
  ]);
  const outputs = messages.map(({ output }) => (output as { data?: unknown[] } | undefined)?.data).filter(Boolean);
  expect(outputs).toEqual([['1'], [[['append', [], ' 2']]], [[['append', [], ' 3']]], ['1 2 3']]);
});

it('tells a waiting job its place, and again when it moves up', async () => {
  const first = await join(2, [1000, 1], 'rank-1');
  await join(2, [1, 0], 'rank-2');
  await join(2, [1, 0], 'rank-3');
  const messages = messagesOf(await openSession('rank-3'));
  expect((await messages.next()).value).toMatchObject({ msg: 'estimation', rank: 1, queue_size: 2 });
  await post('cancel', { event_id: first, session_hash: 'rank-1', fn_index: 2 });
  const rest = await readAll(messages);
  expect(rest[0]).toMatchObject({ msg: 'estimation', rank: 0, queue_size: 1 });
  expect(rest.at(-2)).toMatchObject({ msg: 'process_completed', success: true });
});

it('stops a running job when it is cancelled', async () => {
  const event = await join(2, [1000, 1], 'cancel');
  const messages = messagesOf(await openSession('cancel'));
  while ((await messages.next()).value?.msg !== 'progress');
  expect(await (await post('cancel', { event_id: event })).json()).toEqual({ success: true });
  const rest = await readAll(messages);
  expect(rest.map(({ msg, output }) => [msg, output])).toEqual([
    ['process_completed', {}],
    ['close_stream', undefined],
  ]);
  expect(space.log.filter((line) => line.endsWith(event))).toEqual([
    `/slow started ${event}`,
    `/slow cancelled ${event}`,
  ]);
});

it('stops a running job when its caller goes away', async () => {
  const event = await join(2, [1000, 1], 'away');
  const caller = new AbortController();
  const messages = messagesOf(await openSession('away', caller.signal));
  await messages.next();
  caller.abort();
  await expect.poll(() => space.log).toContain(`/slow cancelled ${event}`);
});

it('knows no session without jobs', async () => {
  const messages = await readAll(messagesOf(await openSession('nobody')));
  expect(messages).toMatchObject([{ msg: 'unexpected_error', session_not_found: true, success: false }]);
});

it.each([
  ['no session', 'queue/join', { data: [], fn_index: 0 }, 400],
  ['no such function', 'queue/join', { data: [], fn_index: 99, session_hash: 's' }, 500],
  ['data that is no list', 'queue/join', { data: 'x', fn_index: 0, session_hash: 's' }, 422],
  ['no such api name', 'call/nope', { data: [] }, 500],
  ['a missing argument by name', 'call/v2/greet', { excited: true }, 500],
])('refuses a call with %s', async (_, path, body, status) => {
  expect((await post(path, body)).status).toBe(status);
});

it.each([
  [
    'call/count',
    { data: [2, 0] },
    'event: generating\ndata: ["1"]\n\nevent: generating\ndata: ["1 2"]\n\nevent: complete\ndata: ["1 2"]\n\n',
  ],
  ['call/v2/greet', { name: 'Ada' }, 'event: complete\ndata: ["Hello, Ada."]\n\n'],
  [
    'call/fail',
    { data: ['No.', 'T'] },
    'event: error\ndata: {"error":"No.","duration":10,"visible":true,"title":"T"}\n\n',
  ],
])('answers the two steps of %s', async (path, body, text) => {
  const { event_id } = (await (await post(path, body)).json()) as { event_id: string };
  const response = await fetch(`${space.url}/gradio_api/${path.replace('v2/', '')}/${event_id}`);
  expect(await response.text()).toBe(text);
});

it('runs without the queue', async () => {
  const done = await post('run/greet', { data: ['Ada', true] });
  expect(await done.json()).toMatchObject({ data: ['HELLO, ADA!'], is_generating: false });
  const failed = await post('run/greet', { data: ['Ada'] });
  expect(failed.status).toBe(500);
  expect(await failed.json()).toMatchObject({ error: expect.stringContaining("didn't receive enough input values") });
});

it('keeps uploads by their base name, and serves whole files, ranges and validators', async () => {
  const path = await upload('../../évil name.txt', Buffer.from('hello'));
  expect(path).toMatch(/^\/tmp\/gradio\/[0-9a-f]{64}\/évil name\.txt$/);
  const whole = await download(path);
  expect([whole.status, whole.headers.get('content-type'), await whole.text()]).toEqual([
    200,
    'text/plain; charset=utf-8',
    'hello',
  ]);
  const part = await download(path, { range: 'bytes=1-2' });
  expect([part.status, part.headers.get('content-range'), await part.text()]).toEqual([206, 'bytes 1-2/5', 'el']);
  const tail = await download(path, { range: 'bytes=-2' });
  expect([tail.status, await tail.text()]).toEqual([206, 'lo']);
  const beyond = await download(path, { range: 'bytes=9-' });
  expect([beyond.status, beyond.headers.get('content-range')]).toEqual([416, 'bytes */5']);
  const unchanged = await download(path, { 'if-none-match': whole.headers.get('etag') ?? '' });
  expect(unchanged.status).toBe(304);
});

it('gives no file that is not its own', async () => {
  const response = await download('/etc/passwd');
  expect([response.status, await response.json()]).toEqual([403, { detail: 'File not allowed: /etc/passwd.' }]);
  const meta = { _type: 'gradio.FileData' };
  const read = await post('run/describe_file', { data: [{ path: '/etc/hostname', meta }] });
  expect(await read.json()).toMatchObject({ error: expect.stringContaining('was not uploaded by a user') });
});

it('refuses an upload that is no form or larger than it says in its config', async () => {
  const plain = await fetch(`${space.url}/gradio_api/upload`, { method: 'POST', body: 'x' });
  expect([plain.status, await plain.json()]).toEqual([400, { detail: 'Invalid content type.' }]);
  const { max_file_size } = (await (await fetch(`${space.url}/config`)).json()) as { max_file_size: number };
  const body = new FormData();
  body.append('files', new File([new Uint8Array(max_file_size + 1)], 'big'));
  const big = await fetch(`${space.url}/gradio_api/upload`, { method: 'POST', body });
  expect(big.status).toBe(413);
});

it('says that it lives for as long as somebody listens', async () => {
  const response = await fetch(`${space.url}/gradio_api/heartbeat/s1`);
  const reader = response.body?.getReader();
  expect(new TextDecoder().decode((await reader?.read())?.value)).toBe('data: ALIVE\n\n');
  await reader?.cancel();
});
