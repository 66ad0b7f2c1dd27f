import { listDatasets, listFiles, listModels, modelInfo, pathsInfo, spaceInfo, whoAmI } from '@huggingface/hub';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { fetchThrough } from '../../../src/hub/repo/tree.js';
import { startDemoHub } from '../../../src/world/hub/server.js';
import type { DemoHub } from '../../../src/world/types.js';
import { errorOf, openClient } from '../client.js';
import { jsonAnswer, type RawServer, startRawServer } from '../raw-server.js';

const MAYA = 'hf_demo_read_maya';
const THEO = 'hf_demo_read_theo';

let hub: DemoHub;
let stranger: RawServer;
beforeAll(async () => {
  hub = await startDemoHub();
  stranger = await startRawServer((socket) => socket.write(jsonAnswer([])));
});
afterAll(async () => {
  await hub.close();
  await stranger.close();
});
const turnOffs: (() => void)[] = [];
afterEach(() => {
  for (const turnOff of turnOffs.splice(0)) turnOff();
});

async function collect<Item>(items: AsyncGenerator<Item>): Promise<Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}

describe('the fetch given to @huggingface/hub', () => {
  const open = (value?: string) => ({ ...openClient(hub.url, { value }), hubUrl: hub.url });

  it('serves its lists', async () => {
    const { hub: client, hubUrl } = open();
    const models = await collect(
      listModels({ hubUrl, fetch: fetchThrough(client), limit: 5, search: { query: 'whisper' } }),
    );
    expect(models.length).toBeGreaterThan(0);
    expect(models[0]?.name).toMatch(/whisper/);
    expect(await collect(listDatasets({ hubUrl, fetch: fetchThrough(client), limit: 3 }))).toHaveLength(3);
  });

  it('follows the pages of a list on the Hub', async () => {
    const { hub: client, hubUrl } = open();
    const files = await collect(
      listFiles({
        hubUrl,
        fetch: fetchThrough(client),
        repo: { type: 'model', name: 'openai-community/gpt2' },
        recursive: true,
      }),
    );
    expect(files.map(({ path }) => path)).toContain('config.json');
  });

  it('serves single repositories and POST requests', async () => {
    const { hub: client, hubUrl } = open();
    const name = 'openai-community/gpt2';
    expect((await modelInfo({ hubUrl, fetch: fetchThrough(client), name })).name).toBe(name);
    expect((await spaceInfo({ hubUrl, fetch: fetchThrough(client), name: 'hugwire/demo-space' })).sdk).toBe('gradio');
    const infos = await pathsInfo({ hubUrl, fetch: fetchThrough(client), repo: name, paths: ['config.json', 'none'] });
    expect(infos.map(({ path }) => path)).toEqual(['config.json']);
  });

  it('sends the token that was looked up, not the one that the library was given', async () => {
    const { hub: client, hubUrl } = open(MAYA);
    const me = await whoAmI({ hubUrl, fetch: fetchThrough(client), accessToken: THEO });
    expect(me.name).toBe('maya');
  });

  it('sends none when there is none, whatever the library was given', async () => {
    const { hub: client, hubUrl } = open();
    const error = await errorOf(whoAmI({ hubUrl, fetch: fetchThrough(client), accessToken: THEO }));
    expect(error.code).toBe('unauthorized');
    expect(hub.seen.at(-1)?.headers.authorization).toBeUndefined();
  });

  it('does not follow a Link to a stranger', async () => {
    const response = { headers: { Link: `<${stranger.url}/api/models?cursor=x>; rel="next"` }, body: [] };
    turnOffs.push(hub.addFault({ path: /^\/api\/models/, response }));
    const { hub: client, hubUrl } = open(MAYA);
    expect(await collect(listModels({ hubUrl, fetch: fetchThrough(client) }))).toEqual([]);
    expect(stranger.requests).toEqual([]);
    expect(hub.seen.at(-1)?.url).toMatch(/[?&]cursor=x(&|$)/);
  });

  it('throws errors that say what happened', async () => {
    const { hub: client, hubUrl } = open();
    expect(await errorOf(modelInfo({ hubUrl, fetch: fetchThrough(client), name: 'nobody/nothing' }))).toMatchObject({
      code: 'unauthorized',
    });
  });

  it('retries, and minds the signal of the client', async () => {
    turnOffs.push(
      hub.addFault({ path: /^\/api\/models\/openai-community\/gpt2/, times: 1, response: { status: 503 } }),
    );
    const { hub: client, hubUrl, pauses } = open();
    await modelInfo({ hubUrl, fetch: fetchThrough(client), name: 'openai-community/gpt2' });
    expect(pauses).toHaveLength(1);
    const gone = client.withSignal(AbortSignal.abort());
    expect((await errorOf(fetchThrough(gone)(`${hubUrl}/api/models`))).code).toBe('cancelled');
  });
});

describe('the fetch by itself', () => {
  const { hub: client } = openClient('http://127.0.0.1:2');
  const connect = () => fetchThrough(openClient(hub.url).hub);

  it('takes a Request as well as a URL', async () => {
    const fetch = connect();
    expect((await fetch(new URL(`${hub.url}/api/models?limit=1`))).status).toBe(200);
    const request = new Request(`${hub.url}/api/models/openai-community/gpt2/paths-info/main`, {
      method: 'POST',
      body: JSON.stringify({ paths: ['config.json'] }),
    });
    expect(await (await fetch(request)).json()).toHaveLength(1);
    expect(hub.seen.at(-1)).toMatchObject({ method: 'POST' });
  });

  it('answers HEAD with the headers alone, and tells the URL', async () => {
    const url = `${hub.url}/openai-community/gpt2/resolve/main/config.json`;
    const response = await connect()(url, { method: 'head' });
    expect(Number(response.headers.get('content-length'))).toBeGreaterThan(0);
    expect(await response.text()).toBe('');
    expect(response.url).toMatch(/^http:/);
  });

  it.each([204, 205, 304])('answers %i without a body', async (status) => {
    turnOffs.push(hub.addFault({ path: /^\/api\/empty/, response: { status } }));
    const response = await connect()(`${hub.url}/api/empty`);
    expect(response.status).toBe(status);
    expect(response.body).toBeNull();
  });

  it.each(['PUT', 'DELETE', 'PATCH'])('refuses %s: hugwire changes nothing on the Hub', async (method) => {
    const error = await errorOf(fetchThrough(client)('http://127.0.0.1:2/x', { method }));
    expect(error).toMatchObject({ code: 'blocked', message: `hugwire sends no ${method} requests to the Hub.` });
  });

  it('refuses a body that is no JSON', async () => {
    const error = await errorOf(fetchThrough(client)('http://127.0.0.1:2/x', { method: 'POST', body: 'a=b' }));
    expect(error.code).toBe('blocked');
  });

  it.each(['http://127.0.0.1:3/x', 'https://127.0.0.1:2/x', 'http://localhost:2/x', 'https://huggingface.co/x'])(
    'refuses another origin: %s',
    async (url) => {
      expect((await errorOf(fetchThrough(client)(url))).code).toBe('blocked');
    },
  );
});
