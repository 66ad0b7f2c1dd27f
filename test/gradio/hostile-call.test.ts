import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { callEndpoint } from '../../src/gradio/call.js';
import { CALL_LIMITS } from '../../src/gradio/guard.js';
import { HugwireError } from '../../src/lib/errors.js';
import { pinFetch } from '../../src/spaces/origin.js';
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

const spaces: ScriptedSpace[] = [];
const rejections: unknown[] = [];
process.on('unhandledRejection', (reason) => rejections.push(reason));

afterEach(async () => {
  await Promise.all(spaces.splice(0).map((space) => space.close()));
  expect(rejections).toEqual([]);
});

async function start(script: Script): Promise<ScriptedSpace> {
  const space = await startScriptedSpace(script);
  spaces.push(space);
  return space;
}

/** Calls the scripted Space once; limits that must end a call are short, the others out of the way. */
async function call(script: Script, limits: Partial<typeof CALL_LIMITS> = {}, maxSeconds = 30) {
  setLimits(CALL_LIMITS, limits);
  const space = await start(script);
  const app = plainApp(space.url);
  const net = pinFetch(fetch, app.site);
  const signal = new AbortController().signal;
  const call = callEndpoint({ app, endpoint: plainEndpoint(), data: ['hi'], net, signal, maxSeconds });
  return { space, answer: await call.catch((error: HugwireError) => error) };
}

const completed = (data: unknown[]) => ({
  msg: 'process_completed',
  event_id: EVENT_ID,
  output: { data },
  success: true,
});
const afterNoise =
  (...noise: unknown[]) =>
  (response: ServerResponse) => {
    for (const message of noise) say(response, message);
    finish(response);
  };

describe('messages that are none', () => {
  it.each([
    ['text that is no JSON', 'not json {'],
    ['null', 'null'],
    ['a list', '[1,2]'],
    ['a message without a kind', { event_id: EVENT_ID }],
    ['a kind that does not exist', { msg: 'send_your_token', event_id: EVENT_ID }],
    ['an event id that every object has as a key', { msg: 'process_starts', event_id: '__proto__' }],
    ['an event id that is no text', { msg: 'process_starts', event_id: { toString: null } }],
    ["another call's result", { ...completed(['theirs']), event_id: 'ffffffffffffffff' }],
    ['a generator step without output', { msg: 'process_generating', event_id: EVENT_ID, success: true, output: null }],
    ['progress of a wrong type', { msg: 'progress', event_id: EVENT_ID, progress_data: 'much' }],
    ['progress without an object', { msg: 'progress', event_id: EVENT_ID, progress_data: [null, 3] }],
    ['a log line of a wrong type', { msg: 'log', event_id: EVENT_ID, log: { a: 1 }, level: 3, title: null }],
    ['an estimation of nonsense', { msg: 'estimation', event_id: EVENT_ID, rank: 'first', queue_size: -4 }],
  ])('%s is passed over', async (_, noise) => {
    const { answer } = await call({ data: afterNoise(noise) });
    expect(answer).toMatchObject({ data: ['done'] });
  });

  it('instructions to re-render the page are not followed', async () => {
    const render_config = { render_id: 1, components: [{ type: 'state', props: {} }], dependencies: [] };
    const { space, answer } = await call({
      data(response) {
        const message = completed(['done']);
        say(response, { ...message, output: { ...message.output, render_config } });
        response.end();
      },
    });
    expect(answer).toMatchObject({ data: ['done'] });
    expect(space.seen.map(({ url }) => url.split('?')[0])).toEqual([
      '/gradio_api/queue/join',
      '/gradio_api/queue/data',
    ]);
  });

  it('changes of a generator reach no prototype', async () => {
    const step = (data: unknown[]) => ({
      msg: 'process_generating',
      event_id: EVENT_ID,
      success: true,
      output: { data },
    });
    const { answer } = await call({
      data: afterNoise(
        step([{ a: {} }]),
        step([[['add', ['__proto__', 'polluted'], 'yes']]]),
        step([[['replace', ['constructor', 'keys'], 'yes']]]),
        step([[['add', ['a', '__proto__', 'polluted'], 'yes']]]),
      ),
    });
    expect(answer).toMatchObject({ data: ['done'] });
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
    expect(typeof Object.keys).toBe('function');
  });
});

describe('streams that break', () => {
  const last = (response: ServerResponse, message: object): void => {
    say(response, message);
    response.end();
  };
  const tear = (response: ServerResponse): void => {
    say(response, { msg: 'heartbeat' });
    setImmediate(() => response.destroy());
  };

  it.each<[string, Script, Partial<typeof CALL_LIMITS>, string]>([
    ['ends in the middle of the run', { data: (r) => last(r, { msg: 'heartbeat' }) }, {}, 'unavailable'],
    ['is reset', { data: (r) => tear(r) }, {}, 'unavailable'],
    ['is answered with 503', { data: (r) => r.writeHead(503).end('<html>starting</html>') }, {}, 'unavailable'],
    ['is answered with 404', { data: json({ detail: 'Not Found' }, 404) }, {}, 'unavailable'],
    [
      'is silent',
      { data: (r) => r.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders() },
      { idleMs: 50 },
      'timeout',
    ],
    ['never begins', { data: () => {} }, { idleMs: 50 }, 'timeout'],
    [
      'loses the session',
      { data: (r) => say(r, { msg: 'unexpected_error', message: '404: Not Found', session_not_found: true }) },
      {},
      'unavailable',
    ],
    ['ends without a result', { data: (r) => last(r, { msg: 'close_stream' }) }, {}, 'unavailable'],
    [
      'is told that the run was cancelled',
      { data: (r) => say(r, { msg: 'process_completed', event_id: EVENT_ID, output: {}, success: true }) },
      {},
      'cancelled',
    ],
    ['completes with nothing', { data: (r) => last(r, { ...completed([]), output: null }) }, {}, 'unavailable'],
  ])('a stream that %s', async (_, script, limits, code) => {
    const { answer } = await call(script, limits);
    expect(answer).toBeInstanceOf(HugwireError);
    expect(answer).toMatchObject({ code });
  });

  it('heartbeats count as life, but not for ever', async () => {
    const beat = (response: ServerResponse): void => {
      say(response, { msg: 'heartbeat' });
      const next = setInterval(() => say(response, { msg: 'heartbeat' }), 10);
      response.on('close', () => clearInterval(next));
    };
    const { space, answer } = await call({ data: beat }, { idleMs: 2000 }, 3);
    expect(answer).toMatchObject({ code: 'timeout', message: expect.stringContaining('3 s') });
    expect(space.seen.at(-1)?.url).toBe('/gradio_api/cancel');
  });

  it('works again after a failure', async () => {
    let streams = 0;
    const space = await start({
      data(response) {
        streams += 1;
        if (streams === 1) response.writeHead(503).end();
        else finish(response);
      },
    });
    const app = plainApp(space.url);
    const again = () =>
      callEndpoint({
        app,
        endpoint: plainEndpoint(),
        data: ['hi'],
        net: fetch,
        signal: new AbortController().signal,
        maxSeconds: 30,
      });
    await expect(again()).rejects.toMatchObject({ code: 'unavailable' });
    await expect(again()).resolves.toMatchObject({ data: ['done'] });
  });
});

describe('answers that are too large', () => {
  let dropped: Promise<unknown>;
  const pour = (response: ServerResponse, head: string, piece: string): void => {
    dropped = once(response, 'close');
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(head);
    const more = (): void => {
      while (!response.destroyed && response.write(piece));
    };
    response.on('drain', more);
    more();
  };

  it.each<[string, Script]>([
    ['a message without an end', { data: (r) => pour(r, 'data: ', 'x'.repeat(65_536)) }],
    ['a message of endless lines', { data: (r) => pour(r, '', `data: ${'x'.repeat(100)}\n`) }],
    ['messages without an end', { data: (r) => pour(r, '', `data: {"msg":"heartbeat"}\n\n`.repeat(1000)) }],
    ['an answer to the join without an end', { join: (r) => pour(r, '{"event_id":"', 'x'.repeat(65_536)) }],
  ])('%s', async (_, script) => {
    const limits = { maxMessage: 500_000, maxStream: 2_000_000, maxJoin: 100_000 };
    const { answer } = await call(script, limits);
    expect(answer).toMatchObject({ code: 'too_large' });
    await dropped;
  });

  it('a declared length is believed before a byte is read', async () => {
    const { answer } = await call({
      join: (r) => r.writeHead(200, { 'content-length': '10000000000' }).flushHeaders(),
    });
    expect(answer).toMatchObject({ code: 'too_large' });
  });
});

describe('joins that go wrong', () => {
  it.each<[string, Script, string, RegExp]>([
    ['a page instead of JSON', { join: (r) => r.writeHead(200).end('<html>hi</html>') }, 'space_broken', /not Gradio/],
    ['JSON without an id', { join: json({}) }, 'space_broken', /not Gradio/],
    ['an id that every object has as a key', { join: json({ event_id: '__proto__' }) }, 'space_broken', /not Gradio/],
    ['a gateway error', { join: (r) => r.writeHead(502).end('<html>Bad gateway</html>') }, 'unavailable', /restarting/],
    ['a stopped queue', { join: json({ detail: 'Queue is stopped.' }, 503) }, 'space_broken', /stopped its queue/],
    ['a login', { join: json({ detail: { error: 'Not authenticated' } }, 401) }, 'unauthorized', /name and password/],
    ['a crash', { join: (r) => r.writeHead(500).end('Internal Server Error') }, 'space_error', /status 500/],
    [
      'a refused body',
      { join: json({ detail: [{ loc: ['body', 'data'], msg: 'bad <b>type</b>' }] }, 422) },
      'invalid_arguments',
      /body.data: “bad type”/,
    ],
    [
      'a validator',
      {
        join: json(
          { detail: [{ __type__: 'validate', is_valid: false, message: 'too short', parameter_name: 'x' }] },
          422,
        ),
      },
      'invalid_arguments',
      /x: “too short”/,
    ],
    [
      'a redirect',
      { join: (r) => r.writeHead(307, { location: 'http://evil.example/' }).end() },
      'space_broken',
      /redirect/,
    ],
  ])('%s', async (_, script, code, message) => {
    const { answer } = await call(script);
    expect(answer).toMatchObject({ code, message: expect.stringMatching(message) });
    expect((answer as HugwireError).message).not.toMatch(/<\w/);
  });

  it('a join that is never answered', async () => {
    const { answer } = await call({ join: () => {} }, { joinMs: 50, cancelMs: 50 });
    expect(answer).toMatchObject({ code: 'timeout' });
  });

  it('a dead port', async () => {
    const space = await startScriptedSpace();
    await space.close();
    const app = plainApp(space.url);
    const signal = new AbortController().signal;
    const call = callEndpoint({ app, endpoint: plainEndpoint(), data: ['hi'], net: fetch, signal, maxSeconds: 5 });
    await expect(call).rejects.toMatchObject({ code: 'unavailable', hint: expect.stringContaining('running') });
  });
});

describe('requests that must not happen', () => {
  it("neither root, nor heartbeat, nor anything else of the app's config is followed", async () => {
    const other = await start({});
    const space = await start({});
    const app = plainApp(space.url, { root: other.url });
    Object.assign(app.config, { connect_heartbeat: true, space_id: 'owner/name', enable_queue: false });
    const signal = new AbortController().signal;
    await callEndpoint({ app, endpoint: plainEndpoint(), data: ['hi'], net: fetch, signal, maxSeconds: 5 });
    expect(other.seen).toEqual([]);
    expect(space.seen.map(({ method, url }) => `${method} ${url.split('?')[0]}`)).toEqual([
      'POST /gradio_api/queue/join',
      'GET /gradio_api/queue/data',
    ]);
  });

  it('an app that speaks an old protocol is asked nothing', async () => {
    const space = await start({});
    const app = plainApp(space.url, { protocol: 'ws' });
    const signal = new AbortController().signal;
    const call = callEndpoint({ app, endpoint: plainEndpoint(), data: ['hi'], net: fetch, signal, maxSeconds: 5 });
    await expect(call).rejects.toMatchObject({ code: 'space_broken', message: expect.stringContaining('Gradio 3') });
    expect(space.seen).toEqual([]);
  });
});
