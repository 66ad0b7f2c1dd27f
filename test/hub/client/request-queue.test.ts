import { describe, expect, it } from 'vitest';
import { RequestQueue } from '../../../src/hub/client/client.js';

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Work that lasts until it is told to end. */
function makeWork() {
  let end = () => {};
  const state = { started: false, end: () => end() };
  const run = () => {
    state.started = true;
    return new Promise<string>((resolve) => {
      end = () => resolve('done');
    });
  };
  return { state, run };
}

describe('the queue', () => {
  it('lets the next one in when one leaves, in the order they came', async () => {
    const queue = new RequestQueue(2);
    const works = [makeWork(), makeWork(), makeWork(), makeWork()];
    const results = works.map(({ run }) => queue.run(run));
    await turn();
    expect(works.map(({ state }) => state.started)).toEqual([true, true, false, false]);
    works[0]?.state.end();
    await results[0];
    await turn();
    expect(works.map(({ state }) => state.started)).toEqual([true, true, true, false]);
    for (const { state } of works) {
      state.end();
      await turn();
    }
    expect(await Promise.all(results)).toEqual(['done', 'done', 'done', 'done']);
  });

  it('opens when work fails, and hands its failure on', async () => {
    const queue = new RequestQueue(1);
    await expect(queue.run(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    await expect(queue.run(async () => 'next')).resolves.toBe('next');
  });

  it('rejects at once whoever comes with an aborted signal', async () => {
    const { run, state } = makeWork();
    await expect(new RequestQueue(1).run(run, AbortSignal.abort())).rejects.toMatchObject({ code: 'cancelled' });
    await turn();
    expect(state.started).toBe(false);
  });

  it('never starts work that was given up in line', async () => {
    const queue = new RequestQueue(1);
    const [first, second, third] = [makeWork(), makeWork(), makeWork()];
    const controller = new AbortController();
    const one = queue.run(first.run);
    const two = queue.run(second.run, controller.signal);
    const three = queue.run(third.run);
    await turn();
    controller.abort();
    await expect(two).rejects.toMatchObject({ code: 'cancelled' });
    first.state.end();
    await one;
    await turn();
    expect(second.state.started).toBe(false);
    expect(third.state.started).toBe(true);
    third.state.end();
    await three;
  });

  it('leaves work that has begun to its own signal', async () => {
    const queue = new RequestQueue(1);
    const { run, state } = makeWork();
    const controller = new AbortController();
    const result = queue.run(run, controller.signal);
    await turn();
    controller.abort();
    state.end();
    await expect(result).resolves.toBe('done');
  });
});
