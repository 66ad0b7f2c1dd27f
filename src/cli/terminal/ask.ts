import { HugwireError } from '../../errors.js';
import type { Answer, Field, Question } from '../../tools/question.js';
import type { Prompts } from './prompts.js';

/**
 * Puts a tool's question to the person at the terminal.
 * @param prompts open
 * @param question its message is shown first, then one prompt for each field
 * @param tell writes the message
 * @returns `cancel` when the person gives up
 */
export async function askAtTerminal(
  prompts: Prompts,
  { message, fields }: Question,
  tell: (text: string) => void,
): Promise<Answer> {
  tell(message);
  try {
    if (Object.keys(fields).length === 0 && !(await prompts.confirm('Agreed?', false))) return { action: 'decline' };
    const values: Record<string, string | boolean | undefined> = {};
    for (const [name, field] of Object.entries(fields)) values[name] = await askField(prompts, field);
    return { action: 'accept', values };
  } catch (error) {
    if (error instanceof HugwireError && error.code === 'cancelled') return { action: 'cancel' };
    throw error;
  }
}

async function askField(prompts: Prompts, field: Field): Promise<string | boolean | undefined> {
  const label = field.description ? `${field.title} (${field.description})` : field.title;
  if (field.type === 'yes-no') return prompts.confirm(label, field.initial ?? false);
  if (field.type === 'choice') return prompts.choose(label, field.choices);
  const check = (text: string) => (field.optional || text !== '' ? undefined : 'Write something.');
  const text = await prompts.text(label, { ...(field.initial ? { initial: field.initial } : {}), check });
  return text === '' && field.optional ? undefined : text;
}
