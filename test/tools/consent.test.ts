import { describe, expect, it } from 'vitest';
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

describe('a directory that may be allowed from now on', () => {
  const wish = (path: string, folder?: string) => ({ path, bytes: 1, place: 'is elsewhere', doubts: [], folder });

  async function decide(values: Record<string, boolean>, { fails = false } = {}) {
    const questions: Question[] = [];
    const allowed: string[] = [];
    const { consent } = withFileConsent(CALL, {
      async ask(question) {
        questions.push(question);
        return { action: 'accept', values };
      },
      async allowFolder(directory) {
        allowed.push(directory);
        if (fails) throw new HugwireError('unavailable', 'The config cannot be written.');
      },
    });
    const outcomes = [];
    for (const one of [wish('/a/1', '/a'), wish('/a/2', '/a'), wish('/b/1', '/b'), wish('/c/1')]) {
      outcomes.push(await consent?.(one));
    }
    return { questions, allowed, outcomes };
  }

  it('is offered where there is one, and not needed for a yes to the file', async () => {
    const { questions, allowed, outcomes } = await decide({ agree: true, folder: false });
    expect(questions.map(({ fields }) => fields.folder?.title)).toEqual([
      'From now on, send files of /a to any Space without asking',
      'From now on, send files of /a to any Space without asking',
      'From now on, send files of /b to any Space without asking',
      undefined,
    ]);
    expect([allowed, outcomes]).toEqual([[], ['accept', 'accept', 'accept', 'accept']]);
  });

  it.each([false, true])(
    'is asked about once; the file goes even where the config cannot be written: %s',
    async (fails) => {
      const { questions, allowed, outcomes } = await decide({ agree: true, folder: true }, { fails });
      expect(questions).toHaveLength(3);
      expect([allowed, outcomes]).toEqual([
        ['/a', '/b'],
        ['accept', 'accept', 'accept', 'accept'],
      ]);
    },
  );

  it('is not allowed with a no to the file', async () => {
    const { allowed, outcomes } = await decide({ agree: false, folder: true });
    expect([allowed, outcomes]).toEqual([[], ['decline', 'decline', 'decline', 'decline']]);
  });
});
