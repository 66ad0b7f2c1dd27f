import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { startDemoHub } from '../../src/world/hub/server.js';
import { hasRedis, startRedis } from '../doubles/redis-server.js';
import { startScriptedModel } from '../doubles/scripted-model.js';
import { type ApiServer, startDemoApi, startScriptedApi } from './api-server.js';
import { Shell } from './shell.js';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});
const keep = <Server extends ApiServer>(server: Server): Server => {
  closing.push(() => server.close());
  return server;
};
const say = (input: string, conversation?: string) => ({ model: 'hugwire', input, conversation });

it('says how to be reached, in words that work as they are', async () => {
  const shell = new Shell();
  closing.push(() => shell.remove());
  const { child, ended } = shell.start('api', '--demo', '--port', '0');
  let said = '';
  child.stderr?.on('data', (chunk) => {
    said += chunk;
  });
  await vi.waitFor(() => expect(said).toContain('Stop '), { timeout: 30_000 });
  const [, url = '', authorization = '', body = ''] =
    /curl (\S+) -H "(Authorization[^"]+)" .* -d '(.*)'/.exec(said) ?? [];
  const [name = '', value = ''] = authorization.split(': ');
  // As curl sends it that is not told of JSON.
  const answer = await fetch(url, { method: 'POST', headers: { [name]: value }, body: new Blob([body]) });
  expect(await answer.json()).toMatchObject({ status: 'completed', output_text: expect.stringContaining('whisper') });
  expect(said).toContain(`Base URL  ${url.replace('/responses', '')}\n`);
  child.kill('SIGINT');
  expect(await ended).toMatchObject({ code: 0, stdout: '' });
  expect(await shell.run('api', '--auth', 'anonymous')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('--auth'),
  });
});

it('keeps what was said when it is killed in the middle, and goes on', async () => {
  const shell = new Shell();
  const upstream = await startScriptedModel();
  const first = await startScriptedApi({ shell, upstream });
  const { key, base } = first;
  const background = await first.ask('/responses', { ...say('LONG', 'lead-42'), background: true });
  expect(background.body.status).toBe('in_progress');
  const { id } = background.body;
  const stream = await fetch(`${base}/responses/${id}?stream=true`, { headers: { Authorization: `Bearer ${key}` } });
  let seen = '';
  const reader = stream.body?.getReader() as ReadableStreamDefaultReader<Uint8Array>;
  // What is kept is kept about every second.
  while (!seen.includes('word70 ')) seen += new TextDecoder().decode((await reader.read()).value);
  await first.stop('SIGKILL');
  const second = keep(await startScriptedApi({ shell, upstream, key }));
  const { body } = await second.ask(`/responses/${id}`);
  expect(body).toMatchObject({ status: 'failed', error: { code: 'interrupted' }, output: [{ status: 'incomplete' }] });
  expect(body.output_text).toContain('word0 word1 ');
  expect((await second.ask('/responses', say('and now?', 'lead-42'))).body.output_text).toBe('You said: and now?');
  const { data } = (await second.ask('/conversations/lead-42/items?order=asc')).body;
  expect(data.map(({ role }: { role: string }) => role)).toEqual(['user', 'assistant', 'user', 'assistant']);
  // The model was told that its answer was cut.
  expect(JSON.stringify(upstream.requests.at(-1)?.body.messages)).toContain('[stopped here]');
});

it('has two processes take turns in one conversation', async () => {
  const shell = new Shell();
  const upstream = await startScriptedModel();
  const one = keep(await startScriptedApi({ shell, upstream }));
  const other = await startScriptedApi({ shell, upstream, key: one.key });
  closing.push(() => other.stop('SIGINT'));
  const told = Array.from({ length: 8 }, (_, at) =>
    (at % 2 ? one : other).ask('/responses', say(`message ${at}`, 'shared')),
  );
  for (const [at, { status, body }] of (await Promise.all(told)).entries()) {
    expect([status, body.output_text]).toEqual([200, `You said: message ${at}`]);
  }
  const { data } = (await other.ask('/conversations/shared/items?order=asc&limit=100')).body;
  const texts = data.map(({ content }: { content: { text: string }[] }) => content[0]?.text);
  expect(texts).toHaveLength(16);
  for (let at = 0; at < 16; at += 2) expect(texts[at + 1]).toBe(`You said: ${texts[at]}`);
});

it.skipIf(!hasRedis)('goes on at another instance, which shares what is kept', async () => {
  const redis = await startRedis();
  closing.push(() => redis.stop());
  const upstream = await startScriptedModel();
  const args = ['--state', redis.url];
  const here = keep(await startScriptedApi({ upstream, args }));
  const elsewhere = new Shell();
  // The same key opens both, as an operator would have it.
  const { sha256 } = JSON.parse(readFileSync(join(here.home, 'state', 'http-keys.json'), 'utf8')).keys[0];
  const config = { http: { keys: { first: { sha256 } } } };
  const there = keep(
    await startScriptedApi({ upstream: await startScriptedModel(), args, key: here.key, shell: elsewhere, config }),
  );
  const begun = (await here.ask('/responses', { ...say('LONG', 'lead-42'), background: true })).body;
  expect((await there.ask(`/responses/${begun.id}`)).body.status).toBe('in_progress');
  const said = async () => (await here.ask(`/responses/${begun.id}`)).body.output_text;
  await expect.poll(said, { timeout: 20_000 }).toContain('word');
  expect((await there.ask(`/responses/${begun.id}/cancel`, {})).body).toMatchObject({
    status: 'cancelled',
    output_text: expect.stringContaining('word'),
  });
  expect((await there.ask('/responses', say('and now?', 'lead-42'))).body.output_text).toBe('You said: and now?');
  expect((await here.ask('/conversations/lead-42/items')).body.data).toHaveLength(4);
});

describe('keys', () => {
  it('may approve or not, and are good for the assistants that they name', async () => {
    const server = keep(await startDemoApi());
    const asked = (await server.ask('/responses', say('Draw a mountain', 'c'))).body.output.at(-1);
    expect(asked).toMatchObject({ type: 'mcp_approval_request', message: expect.stringContaining('/draw') });
    const decision = { type: 'mcp_approval_response', approval_request_id: asked.id, approve: true };
    expect(
      (await server.ask('/responses', { model: 'hugwire', conversation: 'c', input: [decision] })).body.output[0],
    ).toMatchObject({
      type: 'mcp_call',
      status: 'completed',
      output: expect.stringContaining('Picture'),
    });
  });

  it('are made on the command line', async () => {
    const shell = new Shell();
    const server = keep(await startScriptedApi({ shell }));
    const make = async (...args: string[]) =>
      JSON.parse((await shell.run('http', 'keys', 'add', ...args, '--json')).stdout);
    const desk = await make('desk', '--no-approve');
    const bot = await make('bot', '--assistant', 'nobody');
    expect(desk).toMatchObject({ name: 'desk', approve: false });
    expect((await shell.run('http', 'keys', 'list')).stdout).toMatch(
      /desk, may not approve[\s\S]*bot|bot, assistants nobody/,
    );
    const call = say('CALL space_call {"space":"ada/app"}', 'c');
    await vi.waitFor(async () => expect((await server.ask('/models', undefined, bot.key)).body.data).toEqual([]));
    expect((await server.ask('/responses', say('hi'), bot.key)).body.error.code).toBe('model_not_found');
    const { body } = await server.ask('/responses', call, desk.key);
    const request = body.output.at(-1);
    const decision = { type: 'mcp_approval_response', approval_request_id: request.id, approve: true };
    const refused = await server.ask(
      '/responses',
      { model: 'hugwire', conversation: 'c', input: [decision] },
      desk.key,
    );
    expect(refused).toMatchObject({ status: 403, body: { error: { code: 'may_not_approve' } } });
    expect((await server.ask('/approvals')).body.data).toMatchObject([{ id: request.id, name: 'space_call' }]);
    expect((await server.ask(`/approvals/${request.id}`, { approve: false, reason: 'no' })).body.approve).toBe(false);
    const next = await server.ask('/responses', { model: 'hugwire', conversation: 'c' }, desk.key);
    expect(next.body.output[0]).toMatchObject({ type: 'mcp_call', status: 'failed' });
  });
});

it('sends the model neither token nor key, and keeps none', async () => {
  const token = 'hf_notARealTokenForTests0123456789';
  const shell = new Shell({ HF_TOKEN: token });
  const server = keep(await startScriptedApi({ shell }));
  await server.ask('/responses', say(`my token is ${token}`, 'c'));
  await server.ask('/responses', say('CALL hub_whoami {}'));
  const sent = JSON.stringify(server.upstream?.all.map(({ headers }) => headers));
  expect(sent).not.toContain(token);
  const files = readdirSync(shell.home, { recursive: true })
    .map((name) => join(shell.home, String(name)))
    .filter((path) => statSync(path).isFile());
  const kept = files.map((path) => readFileSync(path, 'utf8')).join('\n');
  expect(kept).toContain('my token is');
  for (const secret of [token, server.key]) expect(kept).not.toContain(secret);
  expect(server.said()).not.toContain(token);
  expect(server.said()).not.toContain('my token is');
});

it("asks the router with a guest's own token, and never the model of whoever runs the server", async () => {
  const hub = await startDemoHub({ closed: true });
  closing.push(() => hub.close());
  const shell = new Shell({ HF_ENDPOINT: hub.url, HTTPS_PROXY: 'http://127.0.0.1:2' });
  const server = keep(await startScriptedApi({ shell, args: ['--auth', 'hub-token'] }));
  const { status, body } = await server.ask('/responses', say('hi'), 'hf_demo_read_theo');
  expect(status).toBeGreaterThanOrEqual(400);
  expect(body.error.message).toMatch(/router/i);
  expect(server.upstream?.requests).toEqual([]);
  expect((await server.ask('/models', undefined, 'hf_nobody12345')).status).toBe(401);
  const open = keep(
    await startScriptedApi({
      shell: new Shell({ HF_ENDPOINT: hub.url }),
      args: ['--auth', 'hub-token'],
      config: { assistants: { guests: true } },
    }),
  );
  const allowed = await open.ask('/responses', say('hi'), 'hf_demo_read_theo');
  expect(allowed.body.output_text).toBe('You said: hi');
  expect(JSON.stringify(open.upstream?.all.map(({ headers }) => headers))).not.toContain('hf_demo');
});
