import { expect, it } from 'vitest';
import { HugwireError } from '../../src/lib/errors.js';
import { withFileConsent } from '../../src/tools/consent.js';
import type { Answer, Question } from '../../src/tools/tool.js';

const YES: Answer = { action: 'accept', values: { agree: true } };
const CALL = { space: 'owner/name', arguments: {} };

/** Asks about files at the same time, as the files of a call are read, and tells what was asked and what came of it. */
async function ask(paths: string[], answers: (Answer | HugwireError)[]) {
  const asked: string[] = [];
  let open = 0;
  const { consent } = withFileConsent(CALL, {
    async ask({ message }: Question) {
      asked.push(/File: (\S+)/.exec(message)?.[1] ?? '');
      open += 1;
      expect(open).toBe(1);
      await new Promise(setImmediate);
      open -= 1;
      const answer = answers[asked.length - 1] ?? YES;
      if (answer instanceof HugwireError) throw answer;
      return answer;
    },
  });
  const outcomes = await Promise.all(
    paths.map((path) =>
      consent?.({ path, bytes: 1, doubts: ['is hidden'] }).catch((error: HugwireError) => error.code),
    ),
  );
  return { asked, outcomes };
}

it('asks one question at a time, and once for each file', async () => {
  expect(await ask(['/a', '/b', '/a'], [])).toEqual({ asked: ['/a', '/b'], outcomes: ['accept', 'accept', 'accept'] });
});

it('asks nothing more after a no', async () => {
  expect(await ask(['/a', '/b', '/c'], [YES, { action: 'decline' }])).toEqual({
    asked: ['/a', '/b'],
    outcomes: ['accept', 'decline', 'decline'],
  });
});

it('takes no answer for no yes', async () => {
  const late = new HugwireError('timeout', 'The user did not answer.');
  expect(await ask(['/a', '/b'], [late])).toEqual({ asked: ['/a'], outcomes: ['nobody', 'nobody'] });
  const gone = new HugwireError('cancelled', 'The call was cancelled.');
  expect(await ask(['/a', '/b'], [gone])).toEqual({ asked: ['/a'], outcomes: ['cancelled', 'cancelled'] });
});

it('asks nothing where there is nobody', () => {
  expect(withFileConsent(CALL, {})).toBe(CALL);
});
