import { describe, expect, it } from 'vitest';
import { DashboardState } from '../../src/dashboard/state.js';
import { CALL, makeEntries, RESPONSE, START } from './entries.js';

const make = (maxRecords?: number, most: { maxWorded?: number; maxSessions?: number } = {}) =>
  new DashboardState({
    fileUrl: (path) => (path.startsWith('/saved/') ? `files/${path.length}` : undefined),
    maxRecords,
    ...most,
  });

describe('a session', () => {
  it('is told with its client, and counts its calls', () => {
    const state = make();
    const { sessions } = state.add(
      's_1',
      makeEntries([START, CALL, { ...RESPONSE, failed: true, error: 'timeout' }, CALL]),
    );
    expect(sessions).toEqual([
      {
        id: 's_1',
        client: 'Claude',
        version: '1.2',
        protocol: '2025-11-25',
        capabilities: ['elicitation'],
        pid: 7,
        started: '2026-11-20T10:00:00.000Z',
        last: '2026-11-20T10:00:03.000Z',
        about: 'hub_search query=llama kinds=["model"]',
        live: true,
        calls: 2,
        failed: 1,
        running: 1,
        profile: undefined,
      },
    ]);
  });

  it('is over at its end', () => {
    const state = make();
    state.add('s_1', makeEntries([START, CALL]));
    const end = { type: 'SessionEnd', reason: 'SIGTERM', calls: 1, failed: 0 } as const;
    expect(state.add('s_1', makeEntries([end])).sessions).toMatchObject([
      { live: false, running: 0, reason: 'SIGTERM' },
    ]);
  });

  it('is not live any more when its process is gone, and that is told once', () => {
    const state = make();
    state.add('s_1', makeEntries([START, CALL]));
    expect(state.end('s_1').sessions).toMatchObject([{ id: 's_1', live: false, running: 0 }]);
    expect([state.end('s_1'), state.end('s_2')]).toEqual([{}, {}]);
  });

  it('is only counted when there are too many that are newer, unless it runs', () => {
    const state = make(undefined, { maxSessions: 2 });
    for (const id of ['s_1', 's_2', 's_3']) state.add(id, makeEntries([START]));
    expect(state.all.sessions).toHaveLength(3);
    for (const id of ['s_1', 's_2']) state.end(id);
    expect(state.add('s_4', makeEntries([START])).earlier).toBe(2);
    expect(state.all.sessions?.map(({ id }) => id)).toEqual(['s_3', 's_4']);
  });

  it('is there with what its list tells, where its journal is not read', () => {
    const at = new Date('2026-11-01T08:00:00Z');
    const info = {
      id: 's_0',
      startedAt: at,
      lastAt: new Date('2026-11-01T09:00:00Z'),
      pid: 7,
      short: 'x',
      path: '',
      bytes: 1,
    };
    const client = { name: 'editor\u202e', version: '9' };
    const { sessions } = make().describe({ ...info, live: false, reason: 'SIGTERM', calls: 12, failed: 3, client });
    expect(sessions).toMatchObject([
      {
        id: 's_0',
        client: 'editor',
        version: '9',
        started: '2026-11-01T08:00:00.000Z',
        last: '2026-11-01T09:00:00.000Z',
        ended: '2026-11-01T09:00:00.000Z',
        reason: 'SIGTERM',
        live: false,
        calls: 12,
        failed: 3,
      },
    ]);
  });

  it('is about what was said first, or the first call', () => {
    const said = { type: 'HumanMessage', text: 'Draw a fox\nplease' } as const;
    expect(make().add('s_1', makeEntries([START, said, CALL])).sessions?.[0]?.about).toBe('Draw a fox please');
  });

  it('keeps its name when the client gave none', () => {
    const { client: _, ...unnamed } = START;
    expect(make().add('s_1', makeEntries([unnamed])).sessions?.[0]?.client).toBe('unknown client');
  });
});

describe('a call', () => {
  it('is running until its answer comes, which says the rest', () => {
    const state = make();
    const [start, call, response] = makeEntries([START, CALL, RESPONSE]);
    const begun = state.add('s_1', [start, call] as never).calls?.[0];
    expect(begun).toEqual({
      session: 's_1',
      id: 'e2',
      tool: 'hub_search',
      at: '2026-11-20T10:00:01.000Z',
      arguments: 'query=llama kinds=["model"]',
    });
    const ended = state.add('s_1', [response] as never).calls?.[0];
    expect(ended).toMatchObject({ ...begun, milliseconds: 41, failed: false, summary: 'Ten models.', bytes: 1200 });
  });

  it('shows the last that was told while it ran, and not what comes later', () => {
    const state = make();
    const told = {
      type: 'ToolMessage',
      kind: 'progress',
      parent: 'e2',
      text: 'step 3',
      data: { progress: 3, total: 4 },
    } as const;
    const entries = makeEntries([START, CALL, told, RESPONSE, told]);
    expect(state.add('s_1', entries.slice(0, 3)).calls?.[0]?.progress).toEqual({ text: 'step 3', fraction: 0.75 });
    expect(state.add('s_1', entries.slice(3)).calls).toMatchObject([{ progress: undefined, milliseconds: 41 }]);
  });

  it('has addresses only for files that may be served', () => {
    const files = ['/saved/fox.png', '/etc/passwd'].map((path) => ({ path, bytes: 3, mimeType: 'image/png' }));
    const { calls } = make().add('s_1', makeEntries([START, CALL, { ...RESPONSE, files }]));
    expect(calls?.[0]?.files).toEqual([
      { url: 'files/14', name: 'fox.png', bytes: 3, mimeType: 'image/png' },
      { url: undefined, name: 'passwd', bytes: 3, mimeType: 'image/png' },
    ]);
  });

  it('shows no secret and no control character of what a journal holds', () => {
    const query = 'hf_abcdefghijklmnopqrstuvwxyz \u001b[31mred\u202e';
    const { calls } = make().add('s_1', makeEntries([START, { ...CALL, arguments: { query } }]));
    expect(calls?.[0]?.arguments).toBe('query=[token] red');
    const failed = { ...RESPONSE, failed: true, error: 'time\u202eout\u001b[31m' } as const;
    expect(make().add('s_1', makeEntries([START, CALL, failed])).calls?.[0]?.error).toBe('timeout');
  });

  const job = (state: string, error?: string) =>
    ({ type: 'ToolMessage', kind: 'job', parent: 'e2', text: '', data: { job: 'j_1', state, error } }) as const;
  const started = { ...RESPONSE, job: { id: 'j_1', state: 'running' } };
  const look = { type: 'FunctionCall', tool: 'space_result', arguments: { job: 'j_1' } } as const;
  const looked = { ...RESPONSE, parent: 'e4', tool: 'space_result' };

  it('that started a job is running until the job has ended', () => {
    const state = make();
    const entries = makeEntries([START, CALL, started, job('done')]);
    const answered = state.add('s_1', entries.slice(0, 3));
    expect(answered).toMatchObject({
      calls: [{ job: 'j_1', summary: 'Ten models.' }],
      sessions: [{ running: 1, failed: 0 }],
    });
    expect(answered.calls?.[0]).toMatchObject({ milliseconds: undefined, failed: undefined });
    expect(state.add('s_1', entries.slice(3))).toMatchObject({
      calls: [{ milliseconds: 2000, failed: false }],
      sessions: [{ running: 0, failed: 0 }],
    });
  });

  it.each([
    ['fails', job('failed', 'space_error'), 'space_error'],
    ['is cancelled', job('cancelled'), 'cancelled'],
  ])('fails when its job %s, once, whoever asks for the result', (_, end, error) => {
    const state = make();
    const answer = { ...looked, failed: true, error: 'space_error' };
    state.add('s_1', makeEntries([START, CALL, started, look, end, answer]));
    expect(state.all.calls).toMatchObject([
      { tool: 'hub_search', milliseconds: 3000, failed: true, error },
      { tool: 'space_result', milliseconds: 41, failed: false, error: 'space_error' },
    ]);
    expect(state.all.sessions).toMatchObject([{ calls: 2, failed: 1, running: 0 }]);
  });

  it('that started a job ends with the answer to another call, of another session too', () => {
    const state = make();
    state.add('s_1', makeEntries([START, CALL, started]));
    const delta = state.add(
      's_2',
      makeEntries([START, CALL, CALL, look, { ...looked, job: { id: 'j_1', state: 'done' } }]),
    );
    expect(delta.calls?.find(({ session }) => session === 's_1')).toMatchObject({ milliseconds: 3000, failed: false });
    expect(delta.sessions).toMatchObject([
      { id: 's_2', running: 2 },
      { id: 's_1', running: 0 },
    ]);
  });

  it('whose failure is its own counts, even when it asks about a job', () => {
    const state = make();
    const answer = { ...looked, failed: true, error: 'timeout' };
    state.add('s_1', makeEntries([START, CALL, started, look, answer]));
    expect(state.all.calls?.[1]).toMatchObject({ failed: true, error: 'timeout' });
    expect(state.all.sessions).toMatchObject([{ failed: 1, running: 1 }]);
  });

  it('has no end when its session ended before the job', () => {
    const state = make();
    const end = { type: 'SessionEnd', reason: 'SIGTERM', calls: 1, failed: 0 } as const;
    state.add('s_1', makeEntries([START, CALL, started, end]));
    expect(state.all.calls?.[0]).toMatchObject({ job: 'j_1', milliseconds: undefined });
    expect(state.all.sessions).toMatchObject([{ live: false, running: 0 }]);
  });

  it('is forgotten when there are too many', () => {
    const state = make(3);
    state.add('s_1', makeEntries([START, CALL, CALL, CALL, CALL]));
    expect(state.all.calls?.map(({ id }) => id)).toEqual(['e3', 'e4', 'e5']);
  });

  it('keeps its figures for longer than its words', () => {
    const state = make(3, { maxWorded: 1 });
    state.add('s_1', makeEntries([START, CALL, RESPONSE, CALL]));
    expect(state.all.calls).toMatchObject([
      { id: 'e2', arguments: '', summary: undefined, milliseconds: 41, failed: false },
      { id: 'e4', arguments: 'query=llama kinds=["model"]' },
    ]);
  });

  it('answers that belong to no call that is known change nothing but the count', () => {
    expect(make().add('s_1', makeEntries([START, { ...RESPONSE, parent: 'e99' }])).calls).toBeUndefined();
  });
});

describe('what happens beside the calls', () => {
  it('tells how long a client took to read a changed list, and of no other reading', () => {
    const changed = { type: 'ToolMessage', kind: 'list_changed', text: '+ draw' } as const;
    const read = { type: 'ToolMessage', kind: 'list_read', text: '' } as const;
    const { events } = make().add('s_1', makeEntries([START, read, changed, read, read]));
    expect(events?.map(({ kind, afterMilliseconds }) => [kind, afterMilliseconds])).toEqual([
      ['list_changed', undefined],
      ['list_read', 1000],
    ]);
  });

  it('keeps the last of every limit', () => {
    const limits = (remaining: number) => {
      const data = { api: { remaining, quota: 500 }, zeroGpu: { base: 300, remaining: 12 }, odd: 'x' };
      return { type: 'ToolMessage', kind: 'limits', text: '', data } as const;
    };
    const state = make();
    state.add('s_1', makeEntries([START, limits(480), limits(479)]));
    expect(state.all.limits).toEqual([
      { name: 'Hub requests: api', at: '2026-11-20T10:00:02.000Z', left: 479, of: 500 },
      { name: 'ZeroGPU seconds', at: '2026-11-20T10:00:02.000Z', left: 12, of: 300 },
    ]);
  });

  it('leaves out what it does not know', () => {
    const odd = { type: 'Whatever', text: 'x' } as never;
    expect(make().add('s_1', makeEntries([START, odd])).events).toBeUndefined();
  });
});

it('holds a bounded amount of very many sessions', () => {
  const state = new DashboardState({ fileUrl: () => undefined });
  const call = { ...CALL, arguments: { query: 'word '.repeat(30) } };
  const end = { type: 'SessionEnd', reason: 'end of input', calls: 2, failed: 0 } as const;
  for (let at = 0; at < 12_000; at += 1) {
    const calls = Array.from({ length: 2 }, (_, of) => [
      call,
      { ...RESPONSE, parent: `e${2 + of * 2}`, summary: 'said '.repeat(60) },
    ]);
    state.add(`s_${at}`, makeEntries([START, ...calls.flat(), end]));
  }
  const { sessions, calls, earlier } = state.all;
  expect([sessions?.length, calls?.length, earlier]).toEqual([10_000, 10_000, 2000]);
  expect(calls?.at(-1)).toMatchObject({ session: 's_11999', id: 'e4', milliseconds: 41 });
  expect(JSON.stringify(state.all).length).toBeLessThan(7_000_000);
});
