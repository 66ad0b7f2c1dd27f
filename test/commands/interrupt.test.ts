import { afterEach, expect, it, vi } from 'vitest';
import { catchInterrupts } from '../../src/commands/terminal.js';

let release = () => {};
afterEach(() => {
  release();
  vi.restoreAllMocks();
});

it('does what was asked at the first signal, and is still listening while it does', () => {
  const before = process.listenerCount('SIGTERM');
  let called = 0;
  release = catchInterrupts(() => {
    called += 1;
  });
  process.emit('SIGTERM', 'SIGTERM');
  expect([called, process.listenerCount('SIGTERM') - before]).toEqual([1, 1]);
  release();
  expect(process.listenerCount('SIGTERM')).toBe(before);
});

it('ends the process at the second signal, with the code of a shell', () => {
  const exit = vi.spyOn(process, 'exit').mockImplementation((() => {}) as never);
  release = catchInterrupts(() => {});
  process.emit('SIGINT', 'SIGINT');
  expect(exit).not.toHaveBeenCalled();
  process.emit('SIGINT', 'SIGINT');
  expect(exit).toHaveBeenCalledWith(130);
});
