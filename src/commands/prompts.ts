import { constants } from 'node:os';
import { cancelled, HugwireError } from '../lib/errors.js';
import type { Answer, Field, Question } from '../tools/tool.js';

export interface Choice<Value> {
  value: Value;
  label: string;
  /** Shown beside the choice that the cursor is on. */
  hint?: string;
}

/** Asks a person at a terminal. Each question throws HugwireError `cancelled` at Ctrl-C, which ends hugwire without a word. */
export interface Prompts {
  confirm(message: string, initial?: boolean): Promise<boolean>;
  choose<Value>(message: string, choices: readonly Choice<Value>[]): Promise<Value>;
  /** Typing filters the choices by the words of their labels and hints. */
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

/**
 * The person at the terminal. The prompts are on stderr, so that stdout holds nothing but what the command prints.
 * @param env the environment
 * @returns undefined where nobody can be asked
 */
export function openPrompts(env: NodeJS.ProcessEnv = process.env): Prompts | undefined {
  if (!isInteractive(env)) return undefined;
  const output = process.stderr;
  // Loaded with the first question: most commands have none.
  const ask = async <Value>(question: (clack: typeof import('@clack/prompts')) => Promise<Value>) => {
    const clack = await import('@clack/prompts');
    const value = await question(clack);
    if (clack.isCancel(value)) {
      process.exitCode = 128 + constants.signals.SIGINT;
      throw cancelled();
    }
    return value as Exclude<Value, symbol>;
  };
  return {
    confirm: (message, initialValue = true) => ask((clack) => clack.confirm({ message, initialValue, output })),
    choose: (message, options) =>
      ask((clack) => clack.select({ message, options: options as never, output })) as Promise<never>,
    chooseSeveral: (message, options, initialValues) =>
      ask((clack) =>
        clack.autocompleteMultiselect({
          message,
          options: options as never,
          filter: (search, { label = '', hint = '' }) => holdsWords(`${label} ${hint}`, search),
          placeholder: 'type to filter',
          initialValues,
          required: true,
          output,
        }),
      ) as Promise<never>,
    text: (message, { initial, check } = {}) =>
      ask((clack) => clack.text({ message, initialValue: initial, validate: (value) => check?.(value ?? ''), output })),
    secret: (message) => ask((clack) => clack.password({ message, output })),
  };
}

function holdsWords(text: string, search: string): boolean {
  const words = search.toLowerCase().split(/\s+/);
  return words.every((word) => text.toLowerCase().includes(word));
}

interface Agreement {
  /** `--yes`: agreed without being asked. */
  yes?: boolean;
  /** Missing where nobody can be asked. */
  prompts?: Pick<Prompts, 'confirm'>;
  /** The answer that is selected at first; yes by default. */
  initial?: boolean;
  /** What to say where nobody can be asked, and how to agree there. */
  unasked: { message: string; hint: string };
}

/**
 * Asks whether something may be done.
 * @param question to the person
 * @param agreement whether the person has agreed already, and whom to ask
 * @throws HugwireError `invalid_arguments` where nobody agreed and nobody can be asked; `cancelled` at Ctrl-C
 */
export async function confirm(question: string, { yes, prompts, initial, unasked }: Agreement): Promise<boolean> {
  if (yes) return true;
  if (!prompts) throw new HugwireError('invalid_arguments', unasked.message, { hint: unasked.hint });
  return prompts.confirm(question, initial);
}

/**
 * Puts a tool's question to the person at the terminal.
 * @param prompts open
 * @param question its message is shown first, then one prompt for each field
 * @param tell writes the message
 * @throws HugwireError `cancelled` at Ctrl-C
 */
export async function askAtTerminal(
  prompts: Pick<Prompts, 'confirm' | 'choose' | 'text'>,
  { message, fields }: Question,
  tell: (text: string) => void,
): Promise<Answer> {
  tell(message);
  if (Object.keys(fields).length === 0 && !(await prompts.confirm('Agree?', false))) return { action: 'decline' };
  const values: Record<string, string | boolean | undefined> = {};
  for (const [name, field] of Object.entries(fields)) values[name] = await askField(prompts, field);
  return { action: 'accept', values };
}

async function askField(
  prompts: Pick<Prompts, 'confirm' | 'choose' | 'text'>,
  field: Field,
): Promise<string | boolean | undefined> {
  const label = field.description ? `${field.title} (${field.description})` : field.title;
  if (field.type === 'yes-no') return prompts.confirm(label, field.initial ?? false);
  if (field.type === 'choice') return prompts.choose(label, field.choices);
  const check = (text: string) => (field.optional || text !== '' ? undefined : 'This cannot be empty.');
  const text = await prompts.text(label, { initial: field.initial || undefined, check });
  return text === '' && field.optional ? undefined : text;
}
