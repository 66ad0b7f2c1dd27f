import { cancelled, HugwireError } from '../lib/errors.js';
import type { Answer, Field, Question } from '../tools/tool.js';

export interface Choice<Value> {
  value: Value;
  label: string;
  /** Shown beside the choice that the cursor is on. */
  hint?: string;
}

/** Asks a person at a terminal. Each question throws HugwireError `cancelled` when the person gives up. */
export interface Prompts {
  confirm(message: string, initial?: boolean): Promise<boolean>;
  choose<Value>(message: string, choices: readonly Choice<Value>[]): Promise<Value>;
  chooseSeveral<Value>(message: string, choices: readonly Choice<Value>[], initial?: Value[]): Promise<Value[]>;
  /** @param check gives what is wrong with an answer */
  text(message: string, options?: { initial?: string; check?: (value: string) => string | undefined }): Promise<string>;
  /** Asks for a secret: what is typed is not shown. */
  secret(message: string): Promise<string>;
}

/**
 * Whether a person can be asked: a terminal on both sides, and nobody who said that there is none.
 * @param env the environment
 */
export function isInteractive(env: NodeJS.ProcessEnv = process.env): boolean {
  return process.stdin.isTTY === true && process.stderr.isTTY === true && !env.CI && env.TERM !== 'dumb';
}

/** Opens the prompts on stderr, so that stdout holds nothing but what the command prints. */
export async function openPrompts(): Promise<Prompts> {
  const clack = await import('@clack/prompts');
  const output = process.stderr;
  const answer = <Value>(value: Value) => {
    if (clack.isCancel(value)) throw cancelled();
    return value as Exclude<Value, symbol>;
  };
  return {
    confirm: async (message, initialValue = true) => answer(await clack.confirm({ message, initialValue, output })),
    choose: async (message, options) =>
      answer(await clack.select({ message, options: options as never, output })) as never,
    chooseSeveral: async (message, options, initialValues) =>
      answer(
        await clack.multiselect({ message, options: options as never, initialValues, required: true, output }),
      ) as never,
    text: async (message, { initial, check } = {}) =>
      answer(await clack.text({ message, initialValue: initial, validate: (value) => check?.(value ?? ''), output })),
    secret: async (message) => answer(await clack.password({ message, output })),
  };
}

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
