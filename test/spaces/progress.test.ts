import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { advance, createPacer, type ProgressStep, type Standing } from '../../src/spaces/progress.js';
import type { SpaceEvent } from '../../src/spaces/types.js';

const START: Standing = { progress: 0, message: 'Starting' };

describe('advance', () => {
  it.each<[SpaceEvent, number, string]>([
    [{ kind: 'waiting', message: 'SLEEPING' }, 0.5, 'SLEEPING'],
    [{ kind: 'uploading', done: 1, total: 2 }, 6.5, 'Uploading 1/2 files'],
    [{ kind: 'started', etaSeconds: 12 }, 10, 'Running, usually 12 s'],
    [{ kind: 'started' }, 10, 'Running'],
    [
      { kind: 'step', index: 3, length: 20, unit: 'it', fraction: 0.15, description: 'Sampling' },
      22.75,
      '“Sampling” 3/20 it',
    ],
    [{ kind: 'step', fraction: 0.5 }, 52.5, '50 %'],
    [{ kind: 'step', index: 24.166666666666664, length: 100 }, 1, '24.167/100'],
    [{ kind: 'step', index: 7, unit: 'rows' }, 1, '7 rows'],
    [{ kind: 'partial', text: 'Once upon' }, 1, '“Once upon”'],
    [{ kind: 'log', level: 'info', message: 'Loading weights' }, 0, '“Loading weights”'],
    [{ kind: 'saving', done: 0, total: 0 }, 99, 'Saving 0/0 files'],
  ])('%j', (event, progress, message) => {
    expect(advance(START, event)).toEqual({ progress, message });
  });

  it('rises with the place in the queue', () => {
    const places = [6, 3, 1, 0].map((position) =>
      advance(START, { kind: 'queued', position, size: 7, etaSeconds: 40 }),
    );
    expect(places[0]?.message).toBe('Queue position 7 of 7, about 40 s left');
    const values = places.map(({ progress }) => progress);
    expect(values).toEqual([...values].sort((one, other) => one - other));
    expect(values.every((value) => value >= 8 && value < 10)).toBe(true);
  });

  it('never falls back', () => {
    const later = advance({ progress: 60, message: 'x' }, { kind: 'step', fraction: 0.1 });
    expect(later.progress).toBe(60);
  });
});

describe('createPacer', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  function paced() {
    const steps: ProgressStep[] = [];
    return { steps, pacer: createPacer((step) => steps.push(step)) };
  }

  it('passes on at most four a second, the last of them whole', () => {
    const { steps, pacer } = paced();
    for (let tenth = 0; tenth < 100; tenth += 1) {
      pacer.report({ progress: tenth / 2, message: `step ${tenth}` });
      vi.advanceTimersByTime(10);
    }
    vi.advanceTimersByTime(250);
    expect(steps.map(({ message }) => message)).toEqual(['step 0', 'step 24', 'step 49', 'step 74', 'step 99']);
  });

  it('has three decimals at most, as long as there is room', () => {
    const { steps, pacer } = paced();
    for (const message of ['a', 'b', 'c']) {
      pacer.report({ progress: 10 + 85 / 6, message });
      vi.advanceTimersByTime(250);
    }
    expect(steps.map(({ progress }) => progress)).toEqual([24.167, 24.242, 24.317]);
  });

  it('rises strictly, whatever is reported, and stays below the total', () => {
    const { steps, pacer } = paced();
    for (let turn = 0; turn < 5_000; turn += 1) {
      pacer.report({ progress: turn % 7 === 0 ? 90 : 10, message: `turn ${turn}` });
      vi.advanceTimersByTime(250);
    }
    const values = steps.map(({ progress }) => progress);
    expect(values.length).toBe(5_000);
    expect(values.every((value, at) => at === 0 || value > (values[at - 1] ?? 0))).toBe(true);
    expect(Math.max(...values)).toBeLessThan(100);
  });

  it('gives a sign of life every eight seconds', () => {
    const { steps, pacer } = paced();
    vi.advanceTimersByTime(8_000);
    pacer.report({ progress: 10, message: 'Running' });
    vi.advanceTimersByTime(30_000);
    expect(steps.map(({ message }) => message)).toEqual([
      'Waiting (8 s)',
      'Running',
      'Running (17 s)',
      'Running (25 s)',
      'Running (33 s)',
    ]);
  });

  it('says the same only once', () => {
    const { steps, pacer } = paced();
    for (let turn = 0; turn < 10; turn += 1) {
      pacer.report({ progress: 10, message: 'Running' });
      vi.advanceTimersByTime(500);
    }
    expect(steps).toHaveLength(1);
  });

  it('is silent after it was stopped', () => {
    const { steps, pacer } = paced();
    pacer.report({ progress: 1, message: 'a' });
    pacer.report({ progress: 2, message: 'b' });
    pacer.stop();
    pacer.report({ progress: 3, message: 'c' });
    vi.advanceTimersByTime(60_000);
    expect(steps.map(({ message }) => message)).toEqual(['a']);
    expect(vi.getTimerCount()).toBe(0);
  });
});
