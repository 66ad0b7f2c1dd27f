import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Client } from '@gradio/client';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { callEndpoint } from '../../src/gradio/call.js';
import { CALL_LIMITS } from '../../src/gradio/guard.js';
import { pinFetch } from '../../src/spaces/origin.js';
import { type HostileName, type HostileSpace, startHostileSpace } from '../doubles/hostile-space.js';
import { setLimits } from '../doubles/limits.js';
import {
  EVENT_ID,
  finish,
  json,
  plainApp,
  plainEndpoint,
  type Script,
  type ScriptedSpace,
  say,
  startScriptedSpace,
} from '../doubles/scripted-space.js';

// What the client library does by itself, and what the guard makes of it. When a release of the library mends one of
// these, its test fails here: then the guard may become simpler.

const open: (ScriptedSpace | HostileSpace)[] = [];

afterEach(async () => {
  vi.restoreAllMocks();
  await Promise.all(open.splice(0).map((space) => space.close()));
});

async function hostile(name: HostileName): Promise<HostileSpace> {
  const space = await startHostileSpace(name);
  open.push(space);
  return space;
}

/** A Space with the one endpoint `/echo` that streams as told, described well enough for the plain client. */
async function scripted(data: Script['data']): Promise<ScriptedSpace> {
  const space: ScriptedSpace = await startScriptedSpace({
    data,
    other: {
      '/config': (response, request) => json(configOf(space.url))(response, request),
      '/gradio_api/info': json({ named_endpoints: { '/echo': {} }, unnamed_endpoints: {} }),
    },
  });
  open.push(space);
  return space;
}

function configOf(root: string): object {
  const dependency = { id: 0, api_name: 'echo', inputs: [0], outputs: [1], targets: [], queue: true, types: {} };
  return {
    version: '6.25.0',
    protocol: 'sse_v3',
    api_prefix: '/gradio_api',
    root,
    components: [],
    dependencies: [dependency],
  };
}

/** The same call through the guard. */
function guardedCall(url: string) {
  setLimits(CALL_LIMITS, { idleMs: 500 });
  const app = plainApp(url, { endpoints: [plainEndpoint({ name: '/echo', fnIndex: 0 })] });
  const [endpoint = plainEndpoint()] = app.endpoints;
  const signal = new AbortController().signal;
  const net = pinFetch(fetch, app.site);
  return callEndpoint({ app, endpoint, data: ['hi'], net, signal, maxSeconds: 5 });
}

/** Whether something settles while a stream is read that has ended long ago. */
const settles = (promise: Promise<unknown>) =>
  Promise.race([
    promise.then(
      () => true,
      () => true,
    ),
    new Promise<false>((resolve) => setTimeout(() => resolve(false), 400)),
  ]);

describe('the plain client against the guard', () => {
  it('follows a root of the app’s choice; the guard does not', async () => {
    const space = await hostile('foreign-root');
    const client = await Client.connect(space.url);
    await client.predict('/echo', ['hi']);
    const taken = space.foreign.seen.length;
    expect(taken).toBeGreaterThan(0);
    await guardedCall(space.url);
    expect(space.foreign.seen.length).toBe(taken);
  });

  it('hangs when the stream ends in the middle of the run; the guard says so', async () => {
    const space = await hostile('stream-ends-early');
    const client = await Client.connect(space.url);
    expect(await settles(client.predict('/echo', ['hi']))).toBe(false);
    await expect(guardedCall(space.url)).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('lets a generator write into the prototype of all objects; the guard does not', async () => {
    const step = (data: unknown[]) => ({
      msg: 'process_generating',
      event_id: EVENT_ID,
      output: { data },
      success: true,
    });
    const space = await scripted((response) => {
      say(response, step([{ a: 1 }]));
      say(response, step([[['add', ['__proto__', 'polluted'], 'yes']]]));
      finish(response);
    });
    await guardedCall(space.url);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
    expect((await inChild(space.url)).said).toBe('polluted: yes');
  });

  it.each(['stream-not-json', 'stream-null'] as const)('dies of %s; the guard passes over it', async (name) => {
    const space = await hostile(name);
    expect((await inChild(space.url)).exitCode).toBe(1);
    expect((await guardedCall(space.url)).data).toEqual(['hi']);
  });

  it('opens a stream when an app asks for a new page; the guard does not', async () => {
    const render_config = { render_id: 1, components: [{ type: 'state', props: {} }], dependencies: [] };
    const space = await scripted((response) => {
      const output = { data: ['x'], render_config };
      say(response, { msg: 'process_completed', event_id: EVENT_ID, output, success: true });
      say(response, { msg: 'close_stream' });
      response.end();
    });
    vi.spyOn(console, 'error').mockReturnValue();
    const heartbeats = () => space.seen.filter(({ url }) => url.includes('/heartbeat/')).length;
    await guardedCall(space.url);
    expect(heartbeats()).toBe(0);
    const client = await Client.connect(space.url);
    await client.predict('/echo', ['hi']);
    await expect.poll(heartbeats).toBe(1);
    client.close();
  });
});

/** Calls `/echo` with the plain client in a process of its own, for what it would do to this one. */
async function inChild(url: string): Promise<{ exitCode: number | null; said: string }> {
  const script = `
    import { Client } from '@gradio/client';
    const client = await Client.connect('${url}');
    for await (const event of client.submit('/echo', ['hi'], null, null, true)) {
      if (event.stage === 'complete' || event.stage === 'error') break;
    }
    console.log('polluted:', ({}).polluted);
    await new Promise(setImmediate);
    process.exit(0);
  `;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'ignore'] });
  let said = '';
  child.stdout.on('data', (chunk) => {
    said += chunk;
  });
  const [exitCode] = await once(child, 'close');
  return { exitCode, said: said.trim() };
}
