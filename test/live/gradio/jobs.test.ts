import { describe, expect, it } from 'vitest';
import type { Job } from '../../../src/spaces/types.js';
import { runTool } from '../../../src/tools/run.js';
import { spaceCall } from '../../../src/tools/space_call.js';
import { spaceResult } from '../../../src/tools/space_result.js';
import type { Progress, ToolResult } from '../../../src/tools/tool.js';
import { pythonAvailable } from '../python.js';
import { VERSIONS } from './requirements.js';
import { openWorkplace, useApp } from './workplace.js';

/** Clients cut calls at 60 s, so the real length is above that; it may be shortened where nobody publishes. */
const LONG_SECONDS = process.env.CI ? 90 : Number(process.env.HUGWIRE_LONG_JOB_SECONDS ?? 20);

describe.skipIf(!pythonAvailable()).each(VERSIONS)('jobs on Gradio %s', (version) => {
  const world = useApp(version, 'slow');

  const start = (endpoint: string, args: Record<string, unknown>): Job =>
    world.workplace.spaces.start({ space: world.app.url, endpoint, arguments: args });

  /** Waits until the app has written something since a moment. */
  const logged = (since: number, text: string) =>
    expect.poll(() => world.app.log().slice(since), { timeout: 20_000, interval: 50 }).toContain(text);

  it(
    `a job of ${LONG_SECONDS} s without a word is handed off and gives its result`,
    async () => {
      const { app, workplace } = world;
      const handle = { space: app.url, endpoint: '/silent', arguments: { seconds: LONG_SECONDS }, wait_seconds: 2 };
      const started = await runTool(spaceCall, handle, workplace.context());
      const { job } = started.data as { job: string };
      expect(started.text).toContain(`space_result with job="${job}"`);

      const impatient = { ...workplace.config, spaces: { ...workplace.config.spaces, waitSeconds: 15 } };
      const progress: Progress[] = [];
      let result: ToolResult = started;
      while (!result.isError && result.text.includes('Still running')) {
        const context = workplace.context({ config: impatient, progress: (step) => progress.push(step) });
        result = await runTool(spaceResult, { job }, context);
      }
      expect(result.text).toContain(`slept ${LONG_SECONDS} s`);
      // The app says nothing; that the job lives is told all the same.
      expect(progress.length).toBeGreaterThanOrEqual(LONG_SECONDS / 10 - 1);
    },
    (LONG_SECONDS + 60) * 1000,
  );

  it('a cancelled generator stops at the app', async () => {
    const since = world.app.log().length;
    const job = start('/streaming', { steps: 1000, seconds: 0.2 });
    await logged(since, 'streaming step 2');
    await job.cancel();
    expect([job.state, job.error?.code]).toEqual(['cancelled', 'cancelled']);
    // One step may still be on its way when the next run starts; there is none left by the one after it.
    for (const _ of ['first', 'second']) {
      const next = start('/streaming', { steps: 2, seconds: 0.3 });
      await next.wait(20);
      expect(next.outcome?.data).toEqual([2]);
    }
    const [, cancelled, , last] = world.app.log().slice(since).split('streaming started\n');
    expect(last).toBe('streaming step 1\nstreaming step 2\nstreaming ended\n');
    expect(cancelled).not.toContain('streaming ended');
    // Gradio 4 drops the generator without closing it.
    if (!version.startsWith('4.')) expect(world.app.log().slice(since)).toContain('streaming cancelled');
  });

  it('a cancelled coroutine stops at the app', async () => {
    const since = world.app.log().length;
    const job = start('/waiting', { seconds: 60 });
    await logged(since, 'waiting started');
    await job.cancel();
    expect(job.state).toBe('cancelled');
    await logged(since, 'waiting cancelled');
  });

  it('a job that is cancelled while it queues never runs', async () => {
    const since = world.app.log().length;
    // Long enough for the next one to be cancelled while it waits, on a busy machine too.
    const first = start('/stepwise', { steps: 40, seconds: 0.15 });
    await logged(since, 'stepwise step 1');
    const second = start('/stepwise', { steps: 1000, seconds: 1 });
    await expect.poll(() => second.status, { timeout: 10_000 }).toMatch(/[Qq]ueue/);
    await second.cancel();
    expect(second.state).toBe('cancelled');
    await first.wait(20);
    expect(first.outcome?.data).toEqual(['did 40 steps']);
    // The one after it gets the place at once, which shows that nothing else waits.
    const third = start('/stepwise', { steps: 1, seconds: 0 });
    await third.wait(20);
    expect(third.outcome?.data).toEqual(['did 1 steps']);
    expect(
      world.app
        .log()
        .slice(since)
        .match(/stepwise started/g),
    ).toHaveLength(2);
  });

  it('a plain function cannot be stopped, but nobody waits for it', async () => {
    const since = world.app.log().length;
    const job = start('/stepwise', { steps: 8, seconds: 0.25 });
    await logged(since, 'stepwise step 1');
    await job.cancel();
    expect(job.state).toBe('cancelled');
    expect(world.app.log().slice(since)).not.toContain('stepwise ended');
    await logged(since, 'stepwise ended');
  });

  it('a client that cancels its call cancels the run', async () => {
    const since = world.app.log().length;
    const caller = new AbortController();
    const call = { space: world.app.url, endpoint: '/waiting', arguments: { seconds: 60 } };
    const result = runTool(spaceCall, call, world.workplace.context({ signal: caller.signal }));
    await logged(since, 'waiting started');
    caller.abort();
    expect((await result).text).toMatch(/^cancelled/);
    await logged(since, 'waiting cancelled');
  });

  it('a job that is over cannot be cancelled any more', async () => {
    const job = start('/stepwise', { steps: 1, seconds: 0 });
    await job.wait(20);
    await job.cancel();
    expect([job.state, job.outcome?.data]).toEqual(['done', ['did 1 steps']]);
  });

  it('ending hugwire cancels what runs', async () => {
    const since = world.app.log().length;
    const other = await openWorkplace();
    const job = other.spaces.start({ space: world.app.url, endpoint: '/waiting', arguments: { seconds: 60 } });
    await logged(since, 'waiting started');
    await other.close();
    expect(job.state).toBe('cancelled');
    await logged(since, 'waiting cancelled');
  });

  it('tells every step while it runs, always forwards', async () => {
    const steps: Progress[] = [];
    const job = start('/stepwise', { steps: 6, seconds: 0.4 });
    await job.wait(20, { onProgress: (step) => steps.push(step) });
    const values = steps.map(({ progress }) => progress);
    expect(values).toEqual([...new Set(values)].sort((one, other) => one - other));
    expect(steps.map(({ message }) => message).join()).toMatch(/Working.*\d\/6/);
  });
});
