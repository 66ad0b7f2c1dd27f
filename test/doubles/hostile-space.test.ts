import { connect } from 'node:net';
import { Client } from '@gradio/client';
import { afterEach, describe, expect, it } from 'vitest';
import { type HostileName, type HostileSpace, MISBEHAVIOURS, startHostileSpace } from './hostile-space.js';

const spaces: HostileSpace[] = [];

afterEach(async () => {
  await Promise.all(spaces.splice(0).map((space) => space.close()));
});

async function start(...names: HostileName[]): Promise<HostileSpace> {
  const space = await startHostileSpace(...names);
  spaces.push(space);
  return space;
}

const post = (url: string, body: unknown) =>
  fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });

/** The stream of one call of `/echo` as it is written, up to `maxChars`. */
async function readStream(space: HostileSpace, maxChars = Number.POSITIVE_INFINITY): Promise<string> {
  await post(`${space.url}/gradio_api/queue/join`, { data: ['hi'], fn_index: 0, session_hash: 's' });
  const response = await fetch(`${space.url}/gradio_api/queue/data?session_hash=s`);
  let text = '';
  for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += chunk;
    if (text.length >= maxChars) break;
  }
  return text;
}

describe('without misbehaviour', () => {
  it('works with the plain client', async () => {
    const { url, foreign } = await start();
    const client = await Client.connect(url);
    expect((await client.predict('/echo', ['hi'])).data).toEqual(['hi']);
    expect((await client.predict('/send', [new File(['x'], 'x.txt')])).data).toEqual([null]);
    expect(foreign.seen).toEqual([]);
  });
});

describe('what misbehaviour does to a careless caller', () => {
  it.each(['foreign-root', 'redirect-info'] as const)('%s leads the plain client to another origin', async (name) => {
    const { url, foreign } = await start(name);
    const client = await Client.connect(url, { headers: { 'x-secret': 'mine' } });
    await client.predict('/echo', ['hi']);
    expect(foreign.seen.map(({ headers }) => headers['x-secret'])).toContain('mine');
  });

  it.each(['huge-config', 'bomb-info', 'huge-file'] as const)('%s goes on for as long as it is read', async (name) => {
    const space = await start(name);
    const path = { config: '/config', info: '/gradio_api/info', file: '/gradio_api/file=/x' }[
      name.split('-')[1] as 'file'
    ];
    const response = await fetch(space.url + path);
    let bytes = 0;
    for await (const chunk of response.body ?? []) {
      bytes += chunk.length;
      if (bytes > 4_000_000) break;
    }
    await expect.poll(() => space.log.join()).toMatch(/taken \d+/);
  });

  it.each(['stream-endless', 'stream-endless-line'] as const)('%s goes on for as long as it is read', async (name) => {
    const space = await start(name);
    expect((await readStream(space, 4_000_000)).length).toBeGreaterThanOrEqual(4_000_000);
    await expect.poll(() => space.log).toContain('stream closed by the caller');
  });

  it('drip-config sends headers that never end', async () => {
    const { url } = await start('drip-config');
    const socket = connect(Number(new URL(url).port), '127.0.0.1').setEncoding('latin1');
    socket.write('GET /config HTTP/1.1\r\nhost: x\r\n\r\n');
    let head = '';
    for await (const piece of socket) {
      head += piece;
      if (head.split('\r\n').length > 4) break;
    }
    expect(head).toMatch(/^HTTP\/1.1 200 OK\r\n(x-more: 1\r\n)+$/);
  });

  it('two of them can be had at once', async () => {
    const { url } = await start('queue-full', 'not-json-info', 'gpu-quota');
    expect((await post(`${url}/gradio_api/queue/join`, {})).status).toBe(503);
    await expect((await fetch(`${url}/gradio_api/info`)).json()).rejects.toThrow();
  });
});

describe('every misbehaviour with a name', () => {
  const described = Object.entries(MISBEHAVIOURS).filter(
    ([, { config, info }]: [string, object & { config?: unknown; info?: unknown }]) => config || info,
  );

  it.each(described.map(([name]) => name as HostileName))(
    '%s describes another app than the good one',
    async (name) => {
      const [bad, good] = [await start(name), await start()];
      const read = async ({ url }: HostileSpace) => {
        const answers = await Promise.all(['/config', '/gradio_api/info'].map((path) => fetch(url + path)));
        return (await Promise.all(answers.map((answer) => answer.text()))).join().replaceAll(url, 'URL');
      };
      expect(await read(bad)).not.toBe(await read(good));
    },
  );
});
