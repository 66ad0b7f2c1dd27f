import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { HugwireError } from '../../src/lib/errors.js';
import { type AskingLink, type Round, Rounds, type Turn } from '../../src/stdio/rounds.js';
import type { Progress, Question } from '../../src/tools/tool.js';

const CALLED = { name: 'pin', arguments: { space: 'a/b', deep: { list: [1] } } };
const QUESTION: Question = { message: 'Well?', fields: {} };
const YES = { action: 'accept', content: {} };

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** A request that keeps the progress it was told of. */
function makeRound() {
  const controller = new AbortController();
  const steps: Progress[] = [];
  const round: Round = { signal: controller.signal, progress: (step) => steps.push(step) };
  return { ...round, steps, abort: () => controller.abort('enough') };
}

/** A call that asks once, and says what it heard or what went wrong. */
const askOnce = async ({ ask, signal, progress }: AskingLink) => {
  const answer = await ask(QUESTION, signal).catch((error) => error as HugwireError);
  progress({ progress: 1 });
  const text = answer instanceof HugwireError ? `${answer.code}: ${answer.message}` : answer.action;
  return { text, data: {} };
};

const stateOf = (turn: Turn) => ('state' in turn ? turn.state : '');
const textOf = (turn: Turn) => ('result' in turn ? turn.result.text : '');
const answer = (requestState: unknown, given: unknown = YES) => ({ requestState, inputResponses: { answer: given } });

describe('a call over several requests', () => {
  it('hands a question to the first request and its end to the second, each with a state that cannot be guessed', async () => {
    const rounds = new Rounds();
    const [first, second] = [makeRound(), makeRound()];
    const asked = await rounds.begin(CALLED, first, askOnce);
    expect(asked).toEqual({ question: QUESTION, state: expect.stringMatching(/^[\w-]{22}$/) });
    const ended = await rounds.resume(CALLED, answer(stateOf(asked)), second);
    expect(textOf(ended)).toBe('accept');
    expect(first.steps).toEqual([]);
    expect(second.steps).toEqual([{ progress: 1 }]);
  });

  it('that asks nothing ends with the first request', async () => {
    const turn = await new Rounds().begin(CALLED, makeRound(), async () => ({ text: 'done', data: {} }));
    expect(textOf(turn)).toBe('done');
  });

  it('is asked again by a request that brings no answer', async () => {
    const rounds = new Rounds();
    const asked = await rounds.begin(CALLED, makeRound(), askOnce);
    for (const inputResponses of [undefined, {}, { other: YES }, 'yes', null]) {
      expect(await rounds.resume(CALLED, { requestState: stateOf(asked), inputResponses }, makeRound())).toEqual(asked);
    }
    expect(textOf(await rounds.resume(CALLED, answer(stateOf(asked)), makeRound()))).toBe('accept');
  });

  it('takes an answer once', async () => {
    const rounds = new Rounds();
    const asked = await rounds.begin(CALLED, makeRound(), async (link) => {
      await link.ask(QUESTION, link.signal);
      return askOnce(link);
    });
    const turns = [1, 2].map(() => rounds.resume(CALLED, answer(stateOf(asked)), makeRound()));
    await expect(turns[1]).rejects.toMatchObject({ code: -32602, message: expect.stringContaining('answered before') });
    const again = await turns[0];
    expect(again).toMatchObject({ question: QUESTION });
    expect(stateOf(again as Turn)).not.toBe(stateOf(asked));
  });

  it.each([
    ['another tool', { ...CALLED, name: 'other' }],
    ['other arguments', { ...CALLED, arguments: { space: 'evil/b', deep: { list: [1] } } }],
    ['no arguments', { name: 'pin' }],
  ])('is not answered by a request for %s', async (_title, called) => {
    const rounds = new Rounds();
    const asked = await rounds.begin(CALLED, makeRound(), askOnce);
    await expect(rounds.resume(called, answer(stateOf(asked)), makeRound())).rejects.toMatchObject({ code: -32602 });
    expect(textOf(await rounds.resume(CALLED, answer(stateOf(asked)), makeRound()))).toBe('accept');
  });

  it.each([['never given'], [7], [null], [{}]])('is not found under the state %j', async (requestState) => {
    const rounds = new Rounds();
    await rounds.begin(CALLED, makeRound(), askOnce);
    await expect(rounds.resume(CALLED, answer(requestState), makeRound())).rejects.toMatchObject({ code: -32602 });
  });

  it.each([[7], ['yes'], [{}], [{ action: 'ok' }], [{ action: 'accept', content: 'yes' }]])(
    'hears of the answer %j only what it means',
    async (given) => {
      const rounds = new Rounds();
      const ask = async ({ ask, signal }: AskingLink) => {
        const asked = ask({ message: 'Well?', fields: { sure: { type: 'yes-no', title: 'Sure' } } }, signal);
        return { text: await asked.then(String, ({ code }) => String(code)), data: {} };
      };
      const asked = await rounds.begin(CALLED, makeRound(), ask);
      expect(textOf(await rounds.resume(CALLED, answer(stateOf(asked), given), makeRound()))).toBe('unavailable');
    },
  );

  it('ends when nobody answers in time, and is forgotten', async () => {
    const rounds = new Rounds({ answerMs: 60_000 });
    let end = '';
    const asked = await rounds.begin(CALLED, makeRound(), async (link) => {
      const result = await askOnce(link);
      end = result.text;
      return result;
    });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(end).toBe('timeout: The user did not answer within 60 s.');
    await expect(rounds.resume(CALLED, answer(stateOf(asked)), makeRound())).rejects.toMatchObject({ code: -32602 });
    expect(vi.getTimerCount()).toBe(0);
  });

  it('gives way when too many wait: the oldest first', async () => {
    const rounds = new Rounds({ maxWaiting: 2 });
    const ends: string[] = [];
    const start = (name: string) =>
      rounds.begin({ name }, makeRound(), async (link) => {
        const result = await askOnce(link);
        ends.push(`${name} ${result.text.split(':')[0]}`);
        return result;
      });
    const asked = [await start('one'), await start('two'), await start('three')];
    await vi.waitFor(() => expect(ends).toEqual(['one cancelled']));
    await rounds.resume({ name: 'two' }, answer(stateOf(asked[1] as Turn)), makeRound());
    await rounds.resume({ name: 'three' }, answer(stateOf(asked[2] as Turn)), makeRound());
    expect(ends).toEqual(['one cancelled', 'two accept', 'three accept']);
  });

  it('is cancelled with the request that it is attached to, not with one that was answered', async () => {
    const rounds = new Rounds();
    const [first, second] = [makeRound(), makeRound()];
    const asked = await rounds.begin(CALLED, first, async ({ ask, signal }) => {
      await ask(QUESTION, signal);
      if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve));
      return { text: `aborted: ${signal.reason}`, data: {} };
    });
    first.abort();
    const ended = rounds.resume(CALLED, answer(stateOf(asked)), second);
    second.abort();
    expect(textOf(await ended)).toBe('aborted: enough');
  });

  it('gives its question up with the signal it named, as when the server stops', async () => {
    const rounds = new Rounds();
    const stop = new AbortController();
    let end = '';
    const asked = await rounds.begin(CALLED, makeRound(), async ({ ask }) => {
      end = await ask(QUESTION, stop.signal).then(String, ({ code }) => String(code));
      return { text: end, data: {} };
    });
    stop.abort();
    await vi.waitFor(() => expect(end).toBe('cancelled'));
    await expect(rounds.resume(CALLED, answer(stateOf(asked)), makeRound())).rejects.toThrow();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('may not ask two things at once', async () => {
    const turn = await new Rounds().begin(CALLED, makeRound(), async ({ ask, signal }) => {
      void ask(QUESTION, signal).catch(() => {});
      return { text: await ask(QUESTION, signal).then(String, ({ message }) => message), data: {} };
    });
    expect(turn).toMatchObject({ question: QUESTION });
  });
});
