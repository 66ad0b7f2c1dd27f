import { expect, it, vi } from 'vitest';
import { refuse } from '../../src/http/guard.js';
import { makeRequest, openHandler, type Sent } from './handler.js';

/** What lies below `/v1`, as the server sees it. */
function open(options: Parameters<typeof openHandler>[0] = {}) {
  const asked: { path: string; owner: string; body: unknown }[] = [];
  const mount = {
    fetch: vi.fn(async (request: Request, { owner }: { owner: string }, body: unknown) => {
      const { pathname, search } = new URL(request.url);
      asked.push({ path: pathname + search, owner, body });
      return Response.json({ ok: true });
    }),
    reshape: async (response: Response) =>
      Response.json({ reshaped: response.status }, { status: response.status, headers: response.headers }),
    settled: async () => {},
    close: async () => {},
  };
  const api = vi.fn(async () => mount);
  const lines: string[] = [];
  const { handler } = openHandler({ api, ...options });
  const send = (sent: Sent) => handler.fetch(makeRequest({ path: '/v1/responses', ...sent }));
  return { handler, send, api, mount, asked, lines };
}

it('has what lies below /v1 answer, opened when it is first asked for', async () => {
  const { send, api, asked } = open();
  await send({ path: '/mcp', body: {} });
  await send({ path: '/v1x', body: {} });
  expect(api).not.toHaveBeenCalled();
  expect(await (await send({ body: { input: 'hi' } })).json()).toEqual({ ok: true });
  await send({ method: 'GET', path: '/v1/models?limit=2' });
  await send({ method: 'DELETE', path: '/v1/responses/resp_1' });
  expect(asked).toEqual([
    { path: '/v1/responses', owner: 'key:test', body: { input: 'hi' } },
    { path: '/v1/models?limit=2', owner: 'key:test', body: undefined },
    { path: '/v1/responses/resp_1', owner: 'key:test', body: undefined },
  ]);
});

it('finds it behind a proxy that leaves its own part of the path', async () => {
  const { send, asked } = open({ publicUrl: 'https://hug.example/tools/mcp' });
  await send({ path: '/tools/v1/models', method: 'GET' });
  expect(asked[0]?.path).toBe('/v1/models');
});

it('takes a body whatever its type is called, an empty one, and one that holds pictures', async () => {
  const { send, asked } = open();
  await send({ body: '{"input":"hi"}', headers: { 'content-type': 'application/x-www-form-urlencoded' } });
  await send({ body: '\uFEFF{"a":1}', headers: { 'content-type': undefined } });
  await send({ path: '/v1/responses/resp_1/cancel' });
  await send({ body: { input: 'x'.repeat(5_000_000) } });
  expect(asked.map(({ body }) => body)).toMatchObject([
    { input: 'hi' },
    { a: 1 },
    undefined,
    { input: expect.any(String) },
  ]);
  expect((await send({ body: 'input=hi', headers: { 'content-type': 'text/plain' } })).status).toBe(415);
  expect((await send({ body: '{"input":' })).status).toBe(400);
  expect((await send({ body: `"${'x'.repeat(21 * 1024 * 1024)}"` })).status).toBe(413);
  expect((await send({ headers: { 'content-length': String(21 * 1024 * 1024) } })).status).toBe(413);
  expect((await send({ path: '/mcp', headers: { 'content-length': String(5 * 1024 * 1024) } })).status).toBe(413);
  expect(asked).toHaveLength(4);
});

it('guards it as the rest, and says so in its words', async () => {
  const { send, mount } = open();
  const refused = async (headers: Record<string, string | undefined>) => (await send({ body: {}, headers })).json();
  expect(await refused({ host: 'evil.example' })).toEqual({ reshaped: 403 });
  expect(await refused({ origin: 'https://evil.example' })).toEqual({ reshaped: 403 });
  expect(await refused({ origin: 'null' })).toEqual({ reshaped: 403 });
  const locked = open({ authenticate: async () => refuse(401, 'A key is wanted.') });
  expect(await (await locked.send({ body: {} })).json()).toEqual({ reshaped: 401 });
  expect(mount.fetch).not.toHaveBeenCalled();
});

it('lets the pages that may call it ask, and read the answer', async () => {
  const { send, api } = open();
  const origin = 'http://localhost:5173';
  const asked = { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization' };
  const before = await send({ method: 'OPTIONS', headers: asked });
  expect(before.status).toBe(204);
  expect(before.headers.get('access-control-allow-origin')).toBe(origin);
  expect(before.headers.get('access-control-allow-headers')).toBe('authorization');
  expect(api).not.toHaveBeenCalled();
  const answer = await send({ body: {}, headers: { origin } });
  expect(answer.headers.get('access-control-allow-origin')).toBe(origin);
  expect(answer.headers.get('access-control-expose-headers')).toContain('x-request-id');
});

it('is not there unless it is served', async () => {
  const { handler } = openHandler();
  expect((await handler.fetch(makeRequest({ path: '/v1/models', method: 'GET' }))).status).toBe(404);
});
