import type { ServerResponse } from 'node:http';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type CallOptions, callEndpoint } from '../../src/gradio/call.js';
import { CALL_LIMITS } from '../../src/gradio/guard.js';
import type { CallEvent, Endpoint } from '../../src/gradio/types.js';
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

afterEach(async () => {
  vi.useRealTimers();
  await Promise.all(spaces.splice(0).map((space) => space.close()));
});

async function start(script: Script = {}) {
  const space = await startScriptedSpace(script);
  spaces.push(space);
  const app = plainApp(space.url);
  const call = (change: Partial<CallOptions> & { endpoint?: Endpoint } = {}) =>
    callEndpoint({
      app,
      endpoint: plainEndpoint(),
      data: ['hi'],
      net: pinFetch(fetch, app.site),
      signal: new AbortController().signal,
      maxSeconds: 30,
      ...change,
    });
  const bodies = (path: string) =>
    space.seen.filter(({ url }) => url.includes(path)).map(({ body }) => JSON.parse(body.toString()));
  return { space, app, call, bodies };
}

const message = (msg: string, fields: object = {}) => ({ msg, event_id: EVENT_ID, ...fields });
const generating = (data: unknown[]) => message('process_generating', { output: { data }, success: true });

describe('a live stream', () => {
  const streaming = (data: unknown[]) => message('process_streaming', { output: { data }, success: true });

  it('is closed at its first answer, and read to its end', async () => {
    let stream: ServerResponse | undefined;
    const { call, bodies, space } = await start({
      data: (response) => {
        stream = response;
        say(response, streaming(['first']));
      },
      other: {
        [`/gradio_api/stream/${EVENT_ID}/close`]: (response, request) => {
          json({ msg: 'success' })(response, request);
          if (stream) finish(stream, ['last']);
        },
      },
    });
    expect(await call()).toMatchObject({ data: ['first'] });
    expect(bodies(`/stream/${EVENT_ID}/close`)).toEqual([{}]);
    expect(space.seen.some(({ url }) => url.endsWith('/cancel'))).toBe(false);
  });

  it('ends where the app cannot close it', async () => {
    const { call } = await start({ data: (response) => say(response, streaming(['first'])) });
    expect(await call()).toMatchObject({ data: ['first'] });
  });

  it('tells what its function raised', async () => {
    const failed = message('process_streaming', { output: { error: 'No face.' }, success: false });
    const { call } = await start({ data: (response) => say(response, failed) });
    await expect(call()).rejects.toMatchObject({ code: 'space_error', message: expect.stringContaining('No face.') });
  });
});

describe('what goes over the wire', () => {
  it('joins the queue with the values in their slots, then listens', async () => {
    const { space, call, bodies } = await start();
    const slots = [{ parameter: 'text' }, { state: true as const, value: null }, { parameter: 'more' }];
    const { data } = await call({ endpoint: plainEndpoint({ slots }), data: ['hi', null, 5], sessionHash: 'mine' });
    expect(data).toEqual(['done']);
    expect(bodies('/queue/join')).toEqual([{ data: ['hi', null, 5], fn_index: 3, session_hash: 'mine' }]);
    expect(space.seen.map(({ method, url }) => `${method} ${url}`)).toEqual([
      'POST /gradio_api/queue/join',
      'GET /gradio_api/queue/data?session_hash=mine',
    ]);
    expect(space.seen[0]?.headers).toMatchObject({ 'x-gradio-user': 'api', 'content-type': 'application/json' });
    expect(space.seen[0]?.headers.authorization).toBeUndefined();
  });

  it('finds an app below a path', async () => {
    const { space, app, call } = await start();
    const base = `${space.url}/my/app`;
    Object.assign(app.site, { base });
    expect((await call()).data).toEqual(['done']);
    expect(space.seen.map(({ url }) => url.split('?')[0])).toEqual([
      '/my/app/gradio_api/queue/join',
      '/my/app/gradio_api/queue/data',
    ]);
  });

  it('takes a session of its own unless told', async () => {
    const { call, bodies } = await start();
    await Promise.all([call(), call()]);
    const hashes = bodies('/queue/join').map(({ session_hash }) => session_hash);
    expect(new Set(hashes).size).toBe(2);
  });

  it('does not change the values that it was given', async () => {
    const { call } = await start();
    const data = [{ nested: ['a'] }];
    await call({ data });
    expect(data).toEqual([{ nested: ['a'] }]);
  });

  it('runs an endpoint without queue at once', async () => {
    const { space, call } = await start({ run: json({ data: ['now'], render_config: { render_id: 1 } }) });
    const { data } = await call({ endpoint: plainEndpoint({ name: '/a b', queue: false }) });
    expect(data).toEqual(['now']);
    expect(space.seen.map(({ url }) => url)).toEqual(['/gradio_api/run/a%20b']);
  });

  it.each(['/../../admin', '/a?b', '/a#b'])(
    'does not leave the routes of the app for an endpoint called %s',
    async (name) => {
      const { space, call } = await start();
      await call({ endpoint: plainEndpoint({ name, queue: false }) }).catch((error) => {
        expect(error).toMatchObject({ code: 'blocked' });
      });
      for (const { url } of space.seen) expect(url).toMatch(/^\/gradio_api\/run\/a/);
    },
  );

  it('does not claim that an endpoint without queue was told to stop', async () => {
    const client = new AbortController();
    const { space, call } = await start({ run: () => client.abort() });
    const endpoint = plainEndpoint({ name: '/a', queue: false });
    await expect(call({ endpoint, signal: client.signal })).rejects.toMatchObject({
      code: 'cancelled',
      message: expect.stringContaining('cannot be told'),
    });
    expect(space.seen.map(({ url }) => url)).toEqual(['/gradio_api/run/a']);
  });

  it.each([
    [{ error: 'Bad <b>thing</b>', title: 'Oops' }, /“Oops: Bad thing”/],
    [{ error: null }, /hides the details/],
  ])('an endpoint without queue that raises %j', async (body, words) => {
    const { call } = await start({ run: json(body, 500) });
    const endpoint = plainEndpoint({ queue: false });
    await expect(call({ endpoint })).rejects.toMatchObject({
      code: 'space_error',
      message: expect.stringMatching(words),
    });
  });

  it('speaks the first event protocol of Gradio 4 as well', async () => {
    let waiting: Parameters<typeof finish>[0] | undefined;
    const { space, app, call, bodies } = await start({
      other: {
        '/gradio_api/queue/join': (response) => {
          waiting = response;
          say(response, { msg: 'estimation', rank: 0, queue_size: 1, rank_eta: 1 });
          say(response, { msg: 'send_data', event_id: EVENT_ID });
        },
        '/gradio_api/queue/data': (response) => {
          json({ success: true })(response, undefined as never);
          if (waiting) finish(waiting, ['old']);
        },
      },
    });
    Object.assign(app.config, { protocol: 'sse' });
    expect((await call()).data).toEqual(['old']);
    expect(bodies('/queue/data')).toMatchObject([{ event_id: EVENT_ID, data: ['hi'], fn_index: 3 }]);
    expect(space.seen[0]).toMatchObject({
      method: 'GET',
      url: expect.stringMatching(/queue\/join\?fn_index=3&session_hash=/),
    });
  });
});

describe('what comes back', () => {
  it('leaves hidden state out', async () => {
    const { call } = await start({ data: (response) => finish(response, ['a', null, 'b']) });
    expect((await call({ endpoint: plainEndpoint({ outputSlots: [0, 2] }) })).data).toEqual(['a', 'b']);
  });

  it('unwraps gr.update; without a value the output keeps what it had', async () => {
    const update = (fields: object) => ({ __type__: 'update', ...fields });
    const { call } = await start({
      data(response) {
        say(response, generating(['one', 'two', 'three']));
        finish(response, [update({ visible: false }), update({ value: 'second' }), update({ value: null })]);
      },
    });
    const endpoint = plainEndpoint({ outputSlots: [0, 1, 2] });
    expect((await call({ endpoint })).data).toEqual(['one', 'second', null]);
  });

  it('missing outputs are null', async () => {
    const { call } = await start({ data: (response) => finish(response, []) });
    expect((await call()).data).toEqual([null]);
  });

  it('tells the place in the queue, the start, the steps, what is logged, and text as it grows', async () => {
    const events: CallEvent[] = [];
    const { call } = await start({
      data(response) {
        say(response, message('estimation', { rank: 2, queue_size: 4, rank_eta: 12.5 }));
        say(response, message('process_starts', { eta: 3 }));
        const step = { index: 1, length: 4, unit: 'it', progress: null, desc: 'Sampling' };
        say(response, message('progress', { progress_data: [step] }));
        say(response, message('log', { log: 'half <i>way</i>', level: 'info', title: 'Info', visible: true }));
        say(response, message('log', { log: 'unseen', level: 'info', title: 'Info', visible: false }));
        say(response, generating(['Once']));
        say(response, generating([[['append', [], ' upon']]]));
        finish(response, ['Once upon a time']);
      },
    });
    const { data, logs } = await call({ onEvent: (event) => events.push(event) });
    expect(data).toEqual(['Once upon a time']);
    expect(logs).toEqual(['half way']);
    expect(events.filter(({ kind }) => kind !== 'partial')).toEqual([
      { kind: 'queued', position: 2, size: 4, etaSeconds: 12.5 },
      { kind: 'started', etaSeconds: 3 },
      { kind: 'step', index: 1, length: 4, fraction: 0.25, unit: 'it', description: 'Sampling' },
      { kind: 'log', level: 'info', message: 'half way' },
    ]);
    const partial = events.filter(({ kind }) => kind === 'partial');
    expect(partial).toEqual([
      { kind: 'partial', text: 'Once' },
      { kind: 'partial', text: 'Once upon' },
    ]);
  });

  it('refuses values that nothing could walk', async () => {
    const deep = `${'['.repeat(20_000)}${']'.repeat(20_000)}`;
    const { call } = await start({
      data(response) {
        say(
          response,
          `{"msg":"process_completed","event_id":"${EVENT_ID}","output":{"data":[${deep}]},"success":true}`,
        );
        response.end();
      },
    });
    await expect(call()).rejects.toMatchObject({ code: 'space_broken', message: expect.stringContaining('deeply') });
  });

  it('keeps a bounded number of log lines', async () => {
    const { call } = await start({
      data(response) {
        for (let at = 0; at < 500; at += 1) say(response, message('log', { log: `line ${at}`, level: 'info' }));
        finish(response);
      },
    });
    expect((await call()).logs).toHaveLength(50);
  });

  it('a generator that fails on the way has no result', async () => {
    const { call } = await start({
      data(response) {
        say(response, generating(['a']));
        say(response, message('process_completed', { output: { error: 'half way' }, success: false }));
        say(response, { msg: 'close_stream' });
        response.end();
      },
    });
    await expect(call()).rejects.toMatchObject({ code: 'space_error', message: expect.stringContaining('half way') });
  });
});

describe('giving a call up', () => {
  /** A run that never ends; `joined` is called when the Space has it. */
  const endless = (joined: () => void): Script => ({
    data(response) {
      say(response, message('process_starts'));
      joined();
    },
  });

  it('tells the Space once, and lets go of the stream', async () => {
    const client = new AbortController();
    const { space, call, bodies } = await start(endless(() => client.abort()));
    await expect(call({ signal: client.signal, sessionHash: 's1' })).rejects.toMatchObject({ code: 'cancelled' });
    expect(bodies('/cancel')).toEqual([{ event_id: EVENT_ID, session_hash: 's1', fn_index: 3 }]);
    expect(space.seen.map(({ url }) => url.split('?')[0])).toEqual([
      '/gradio_api/queue/join',
      '/gradio_api/queue/data',
      '/gradio_api/cancel',
    ]);
  });

  it('waits for a join that is on its way, so that no run is left behind', async () => {
    const client = new AbortController();
    const { call, bodies } = await start({
      join(response, request) {
        client.abort();
        setImmediate(() => json({ event_id: EVENT_ID })(response, request));
      },
    });
    await expect(call({ signal: client.signal })).rejects.toMatchObject({ code: 'cancelled' });
    expect(bodies('/cancel')).toHaveLength(1);
  });

  it('asks nothing when it was given up before', async () => {
    const { space, call } = await start();
    const signal = AbortSignal.abort();
    await expect(call({ signal })).rejects.toMatchObject({ code: 'cancelled' });
    expect(space.seen.filter(({ url }) => url.includes('join'))).toEqual([]);
  });

  it('does not wait long for a Space that does not hear', async () => {
    const client = new AbortController();
    const { call } = await start({ ...endless(() => client.abort()), cancel: () => {} });
    setLimits(CALL_LIMITS, { cancelMs: 50 });
    await expect(call({ signal: client.signal })).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('ends a run that takes too long', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
    const { call, bodies } = await start(endless(() => vi.advanceTimersByTime(31_000)));
    await expect(call({ maxSeconds: 31 })).rejects.toMatchObject({ code: 'timeout' });
    expect(bodies('/cancel')).toHaveLength(1);
  });

  it('does not cancel what is over', async () => {
    const client = new AbortController();
    const { space, call } = await start();
    await call({ signal: client.signal });
    client.abort();
    expect(space.seen.filter(({ url }) => url.includes('cancel'))).toEqual([]);
  });
});

describe('a full queue', () => {
  const full = json({ detail: 'Queue is full. Max size is 1 and size is 1.' }, 503);

  it('is asked again until it takes the call', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
    let joins = 0;
    const { call } = await start({
      join(response, request) {
        joins += 1;
        if (joins < 3) full(response, request);
        else json({ event_id: EVENT_ID })(response, request);
      },
    });
    const events: CallEvent[] = [];
    const answer = call({
      onEvent(event) {
        events.push(event);
        // The wait is set right after it was told.
        setImmediate(() => vi.advanceTimersByTime(10_000));
      },
    });
    expect((await answer).data).toEqual(['done']);
    expect(events.filter(({ kind }) => kind === 'waiting')).toHaveLength(2);
  });

  it('is reported when it stays full', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
    const { space, call } = await start({ join: full });
    const answer = call({ maxSeconds: 600, onEvent: () => setImmediate(() => vi.advanceTimersByTime(10_000)) });
    await expect(answer).rejects.toMatchObject({ code: 'rate_limited', retryAfterSeconds: 30 });
    expect(space.seen.filter(({ url }) => url.includes('join'))).toHaveLength(4);
  });
});

describe('calls in one session', () => {
  it('read their streams to the end, so that the next call is not taken for a lost one', async () => {
    const order: string[] = [];
    const { call } = await start({
      data(response) {
        response.once('close', () => order.push(response.writableFinished ? 'ended' : 'cut off'));
        say(response, message('process_completed', { output: { data: ['x'] }, success: true }));
        setTimeout(() => {
          say(response, { msg: 'close_stream' });
          response.end();
        }, 20);
      },
    });
    await call({ sessionHash: 'same' });
    await call({ sessionHash: 'same' });
    expect(order).toEqual(['ended', 'ended']);
  });
});
