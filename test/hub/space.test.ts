import { describe, expect, it } from 'vitest';
import { readSpaceRuntime } from '../../src/hub/space.js';

const failureOf = (errorMessage: unknown) => readSpaceRuntime({ stage: 'RUNTIME_ERROR', errorMessage }).failure;
const bars = Array.from(
  { length: 40 },
  (_, step) => `model.safetensors:  ${step}%|${'█'.repeat(step % 10)}   | 67.1M/335M [00:01<00:05, 49.7MB/s]`,
).join('\r');
const traceback = (...lines: string[]) =>
  [
    'Traceback (most recent call last):',
    '  File "/home/user/app/app.py", line 36, in <module>',
    '    x = f()',
    ...lines,
  ].join('\n');

describe('why a Space failed', () => {
  it.each([
    [
      'an exception below progress bars',
      `Exit code: 1. Reason: ${bars}\n${traceback('ValueError: no such thing')}`,
      'Exit code: 1. ValueError: no such thing',
    ],
    [
      'one that begins on the line of a progress bar',
      `Exit code: 1. Reason: ${bars}${traceback("KeyError: 'a'")}`,
      "Exit code: 1. KeyError: 'a'",
    ],
    [
      'the last of a chain',
      `Exit code: 1. Reason: ${traceback('OSError: first')}\n\nThe above exception was the direct cause of the following exception:\n\n${traceback('gradio.exceptions.Error: second')}`,
      'Exit code: 1. gradio.exceptions.Error: second',
    ],
    [
      'an exception of several lines',
      `Exit code: 1. Reason: ${traceback('RuntimeError: Error(s) in loading state_dict:', '\tsize mismatch for a.weight')}`,
      'Exit code: 1. RuntimeError: Error(s) in loading state_dict: size mismatch for a.weight',
    ],
    [
      'a name without a message',
      `Exit code: 1. Reason: ${traceback('AssertionError')}`,
      'Exit code: 1. AssertionError',
    ],
    [
      'what is written after the exception',
      `Exit code: 1. Reason: ${traceback('torch.cuda.OutOfMemoryError: CUDA out of memory.')}\nnanobind: leaked 3 instances!`,
      'Exit code: 1. torch.cuda.OutOfMemoryError: CUDA out of memory. nanobind: leaked 3 instances!',
    ],
    [
      'a syntax error',
      'Exit code: 1. Reason:   File "/home/user/app/app.py", line 3\n    def f(:\n          ^\nSyntaxError: invalid syntax',
      'Exit code: 1. SyntaxError: invalid syntax',
    ],
    [
      'Node',
      "Exit code: 1. Reason: node:internal/modules:1\n  throw err;\n\nError: Cannot find module 'x'\n    at f (node:internal:2)\n\nNode.js v20.1.0",
      "Exit code: 1. Error: Cannot find module 'x' at f (node:internal:2) Node.js v20.1.0",
    ],
    [
      'pip',
      'Job failed with exit code: 1. Reason: cache miss: [2/7] RUN pip install\nERROR: No matching distribution found for torch==9',
      'Job failed with exit code: 1. ERROR: No matching distribution found for torch==9',
    ],
    [
      'a build that says nothing',
      'Job failed with exit code: 1. Reason: cache miss: [run 1/2] COPY --link ./ /app\ncache miss: [run 2/2] COPY\n{"total":15,"completed":10,"user_total":9}',
      'Job failed with exit code: 1',
    ],
    ['a killed process', 'Exit code: 137. Reason: OOMKilled', 'Exit code: 137. OOMKilled'],
    ['a line of the Hub', 'Scheduling failure: unable to schedule', 'Scheduling failure: unable to schedule'],
    ['nothing', '', undefined],
    ['no text', { a: 1 }, undefined],
  ])('is %s', (_, message, expected) => {
    expect(failureOf(message)).toBe(expected);
  });

  it('is the end of a log in which nothing stands out, and never long', () => {
    const log = Array.from({ length: 900 }, (_, index) => `line ${index} of the log`).join('\n');
    expect(failureOf(`Exit code: 2. Reason: ${log}`)).toMatch(/^Exit code: 2\. ….*line 899 of the log$/);
    for (const message of [
      log,
      `Exit code: 1. Reason: ${traceback(`ValueError: ${'x'.repeat(5000)}`)}`,
      'Traceback (most recent call last):'.repeat(2000),
    ]) {
      expect(failureOf(message)?.length ?? 0).toBeLessThan(420);
    }
  });
});
