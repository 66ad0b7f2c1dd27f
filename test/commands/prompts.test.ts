import { expect, it } from 'vitest';
import { askAtTerminal, confirm, type Prompts } from '../../src/commands/prompts.js';
import { cancelled } from '../../src/lib/errors.js';
import type { Question } from '../../src/tools/tool.js';

/** Prompts that give one answer after the other, or fail with it. */
function prompts(...answers: unknown[]) {
  const asked: unknown[][] = [];
  const next = async (...question: unknown[]) => {
    asked.push(question);
    const answer = answers.shift();
    if (answer instanceof Error) throw answer;
    return answer as never;
  };
  const all: Prompts = { confirm: next, choose: next, chooseSeveral: next, text: next, secret: next };
  return { asked, ...all };
}

const QUESTION: Question = {
  message: 'Which?',
  fields: {
    sure: { type: 'yes-no', title: 'Sure', description: 'really' },
    one: { type: 'choice', title: 'One', choices: [{ value: 'a', label: 'A' }] },
    note: { type: 'text', title: 'Note', initial: 'n', optional: true },
    name: { type: 'text', title: 'Name' },
  },
};

it('shows the message, then asks for one thing after the other', async () => {
  const told: string[] = [];
  const person = prompts(true, 'a', '', 'Ada');
  const answer = await askAtTerminal(person, QUESTION, (text) => told.push(text));
  expect(answer).toEqual({ action: 'accept', values: { sure: true, one: 'a', note: undefined, name: 'Ada' } });
  expect(told).toEqual(['Which?']);
  expect(person.asked.map(([label]) => label)).toEqual(['Sure (really)', 'One', 'Note', 'Name']);
  expect(person.asked[0]?.[1]).toBe(false);
  const check = (at: number) => (person.asked[at]?.[1] as Parameters<Prompts['text']>[1])?.check?.('');
  expect([check(2), check(3)]).toEqual([undefined, 'This cannot be empty.']);
});

it('takes a message alone for a yes-or-no question', async () => {
  const plain: Question = { message: 'Go?', fields: {} };
  expect(await askAtTerminal(prompts(true), plain, () => {})).toEqual({ action: 'accept', values: {} });
  expect(await askAtTerminal(prompts(false), plain, () => {})).toEqual({ action: 'decline' });
});

it('throws what the prompts throw: Ctrl-C, and what went wrong', async () => {
  const asked = askAtTerminal(prompts(true, cancelled()), QUESTION, () => {});
  await expect(asked).rejects.toMatchObject({ code: 'cancelled' });
  await expect(askAtTerminal(prompts(new Error('no tty')), QUESTION, () => {})).rejects.toThrow('no tty');
});

it('asks whether something may be done, unless that is agreed, or nobody can be asked', async () => {
  const unasked = { message: '3 notes needs your approval, and nobody can be asked here.', hint: 'Add --yes.' };
  expect(await confirm('Remove?', { yes: true, unasked })).toBe(true);
  const person = prompts(false);
  expect(await confirm('Remove?', { prompts: person, initial: false, unasked })).toBe(false);
  expect(person.asked).toEqual([['Remove?', false]]);
  await expect(confirm('Remove?', { unasked })).rejects.toMatchObject({ code: 'invalid_arguments', ...unasked });
});
