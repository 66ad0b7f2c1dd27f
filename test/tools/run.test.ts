import { describe, expect, it } from 'vitest';
import { ERROR_CODES, explainError, HugwireError, toHugwireError } from '../../src/lib/errors.js';
import { failureResult } from '../../src/tools/run.js';

const error = new HugwireError('rate_limited', 'Too many.', {
  hint: 'Set HF_TOKEN.',
  retryAfterSeconds: 130,
  requestId: 'Root=1',
  cause: new Error('inside'),
});

describe('a failure', () => {
  it('is told line by line: what, what next, when, and its id', () => {
    expect(explainError(error)).toBe(
      'rate_limited: Too many.\nNext: Set HF_TOKEN.\nRetry after: 2 min\nRequest id: Root=1',
    );
    expect(explainError(new HugwireError('offline', 'No way.'))).toBe('offline: No way.');
  });

  it('is the same as data, without its cause', () => {
    expect(failureResult(error)).toEqual({
      isError: true,
      text: explainError(error),
      data: {
        error: {
          code: 'rate_limited',
          message: 'Too many.',
          hint: 'Set HF_TOKEN.',
          retryAfterSeconds: 130,
          requestId: 'Root=1',
        },
      },
    });
  });

  it('holds no token, neither as text nor as data', () => {
    const leaky = new HugwireError('internal', 'x hf_abcdefghijklmn', {
      hint: 'Bearer abc123def456',
      requestId: 'hf_abcdefghijklmn',
    });
    const { text, data } = failureResult(leaky);
    expect(`${text}${JSON.stringify(data)}`).not.toMatch(/hf_abc|abc123/);
  });
});

describe('anything thrown', () => {
  it.each([
    [new HugwireError('gated', 'x'), 'gated', 'x'],
    [new DOMException('This operation was aborted', 'AbortError'), 'cancelled', 'The call was cancelled.'],
    [new TypeError('x is undefined'), 'internal', 'hugwire failed: x is undefined'],
    ['just text', 'internal', 'hugwire failed: just text'],
    [undefined, 'internal', 'hugwire failed: undefined'],
  ])('%s becomes a failure with a code', (thrown, code, message) => {
    const known = toHugwireError(thrown);
    expect(known).toMatchObject({ code, message });
    expect(ERROR_CODES).toContain(known.code);
  });
});
