import { describe, expect, it } from 'vitest';
import { pythonAvailable } from '../python.js';
import { VERSIONS } from './requirements.js';
import { runJob, useApp } from './workplace.js';

describe.skipIf(!pythonAvailable()).each(VERSIONS)('state on Gradio %s', (version) => {
  const world = useApp(version, 'kitchen_sink');

  const countUp = async (session?: string) =>
    (await runJob(world, { endpoint: '/count_up', arguments: {}, session })).outcome?.data;

  it('is kept from call to call in a session with a name, and in that one only', async () => {
    const answers = [];
    for (const session of ['mine', 'mine', 'yours', 'mine']) answers.push(await countUp(session));
    expect(answers).toEqual([['call 1'], ['call 2'], ['call 1'], ['call 3']]);
  });

  it('is new in every call without a name', async () => {
    expect([await countUp(), await countUp()]).toEqual([['call 1'], ['call 1']]);
  });

  it('is not mixed up by calls at the same time', async () => {
    const answers = await Promise.all(['a', 'b', 'c', 'a', 'b', 'a'].map((session) => countUp(session)));
    expect(answers).toEqual([['call 1'], ['call 1'], ['call 1'], ['call 2'], ['call 2'], ['call 3']]);
  });

  it('stands between visible values without a trace', async () => {
    const call = { endpoint: '/between', session: 'between' };
    const first = await runJob(world, { ...call, arguments: { first: 'a', second: 1 } });
    const second = await runJob(world, { ...call, arguments: { first: 'b', second: 2 } });
    expect([first.outcome?.data, second.outcome?.data]).toEqual([
      ['a-1', 0],
      ['b-2', 1],
    ]);
  });

  it('an app that fails leaves the session as it was', async () => {
    expect(await countUp('failing')).toEqual(['call 1']);
    const { error } = await runJob(world, { endpoint: '/crash', arguments: { text: 'x' }, session: 'failing' });
    expect(error?.code).toBe('space_error');
    expect(await countUp('failing')).toEqual(['call 2']);
  });
});

describe.skipIf(!pythonAvailable()).each(VERSIONS)('what a call tells on its way on Gradio %s', (version) => {
  const world = useApp(version, 'kitchen_sink');

  async function follow(endpoint: string, args: Record<string, unknown>) {
    const steps: { progress: number; message: string }[] = [];
    const job = world.workplace.spaces.start({ space: world.app.url, endpoint, arguments: args });
    await job.wait(60, { onProgress: (step) => steps.push(step) });
    return { job, steps };
  }

  it.each(['/with_progress', '/with_tqdm'])('%s moves on', async (endpoint) => {
    const { job, steps } = await follow(endpoint, { steps: 20 });
    expect(job.state).toBe('done');
    const values = steps.map(({ progress }) => progress);
    expect(values).toEqual([...new Set(values)].sort((one, other) => one - other));
    expect(steps.map(({ message }) => message).join()).toMatch(/Rendering|Counting/);
  });

  it('notices of the app are part of the answer, without their mark-up', async () => {
    const { job } = await follow('/with_notices', { text: 'this' });
    const logs = job.outcome?.logs.join('\n') ?? '';
    expect(logs).toContain('About this');
    expect(logs).toContain('Mind this');
    expect(logs).not.toContain('<b>');
  });

  it('a generator that breaks tells its error, not its last value', async () => {
    const { job } = await follow('/stream_then_fail', { text: 'first' });
    expect(job.error).toMatchObject({ code: 'space_error', message: expect.stringContaining('Broke after') });
    expect(job.outcome).toBeUndefined();
  });
});
