import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { NEW_FILE, replaceConfig, SCHEMA_FILE } from '../../config/edit.js';
import { explainIssue, readJsonFile } from '../../config/load.js';
import { configJsonSchema, configSchema } from '../../config/schema.js';
import { createRuntime, type RuntimeOptions } from '../../engine/runtime.js';
import { HugwireError } from '../../lib/errors.js';
import { decodeText, makeTemporary, readText } from '../../lib/files.js';
import { plural } from '../../lib/format.js';
import type { Prompts } from '../prompts.js';
import type { CommandResult } from '../terminal.js';

interface ValidateOptions {
  /** Of the config file. */
  path: string;
  /** A person asked for this file. */
  required?: boolean;
  /**
   * What a server would start with; called when the file itself is valid.
   * @throws HugwireError when it could not start
   */
  start(): Omit<RuntimeOptions, 'log'>;
}

/**
 * `hugwire config validate`: all problems of the file, and what a server would ignore.
 * @param options the file, and how a server would start with it
 * @returns exit code 1 when there is anything to correct
 */
export async function validateConfig({ path, required, start }: ValidateOptions): Promise<CommandResult> {
  const exists = existsSync(path);
  const problems = exists ? findProblems(path) : required ? ['it does not exist'] : [];
  if (problems.length === 0) problems.push(...(await findWarnings(start)));
  const exitCode = problems.length > 0 ? 1 : 0;
  const data = { path, exists, valid: exitCode === 0, problems };
  if (exitCode === 1) {
    const head = `${path}: ${plural(problems.length, 'problem')}`;
    return { text: [head, ...problems.map((line) => `  ${line}`)].join('\n'), data, exitCode };
  }
  return { text: exists ? `${path} is valid.` : `${path} does not exist; all defaults apply.`, data, exitCode };
}

/**
 * What is wrong with a config file itself, a line each.
 * @param path of an existing file
 */
function findProblems(path: string): string[] {
  try {
    const found = readJsonFile(path);
    return (configSchema.safeParse(found).error?.issues ?? []).map((issue) => explainIssue(issue, found));
  } catch (error) {
    if (error instanceof HugwireError) return [error.message.replace(`${path} `, '')];
    throw error;
  }
}

async function findWarnings(start: ValidateOptions['start']): Promise<string[]> {
  const warnings: string[] = [];
  await createRuntime({ ...start(), log: (line) => warnings.push(line) }).close();
  return warnings;
}

interface EditFileOptions {
  /** Of the config file. */
  path: string;
  /**
   * Lets a person edit a file, until the editor is closed.
   * @throws HugwireError when the editor cannot be started or fails
   */
  open(file: string): Promise<void>;
  /** Writes a line for the person. */
  tell(line: string): void;
  /** Unset: nobody can be asked. */
  prompts?: Pick<Prompts, 'confirm'>;
}

/**
 * `hugwire config edit`: opens a copy of the config in an editor. It is saved if it is valid and nobody changed the file
 * meanwhile; otherwise the copy stays where the person can find it.
 * @param options the file, and how to edit and ask
 * @throws HugwireError `invalid_arguments` when the copy is left invalid; `unavailable` when the file was changed meanwhile
 */
export async function editFile(options: EditFileOptions): Promise<CommandResult> {
  const { path } = options;
  const before = await readText(path);
  const directory = await makeTemporary('hugwire-config');
  const copy = join(directory, basename(path));
  await writeFile(join(directory, SCHEMA_FILE), JSON.stringify(configJsonSchema()));
  await writeFile(copy, before ?? NEW_FILE, { mode: 0o600 });
  try {
    const after = await editUntilValid(copy, options);
    if (after === (before ?? NEW_FILE)) {
      await rm(directory, { recursive: true });
      return { text: `${path} was not changed.`, exitCode: 0 };
    }
    await replaceConfig(path, { before, after });
    await rm(directory, { recursive: true });
    return { text: `${path} was changed.`, note: 'running servers follow at once', exitCode: 0 };
  } catch (cause) {
    if (await isSame(copy, before ?? NEW_FILE)) await rm(directory, { recursive: true });
    else options.tell(`your changes are in ${copy}`);
    throw cause;
  }
}

async function editUntilValid(copy: string, { path, open, tell, prompts }: EditFileOptions): Promise<string> {
  for (;;) {
    await open(copy);
    const problems = findProblems(copy);
    if (problems.length === 0) return decodeText(await readFile(copy));
    for (const problem of problems) tell(problem);
    if (!(await prompts?.confirm('Edit again?'))) {
      throw new HugwireError('invalid_arguments', `${path} was not changed: your changes are not valid.`);
    }
  }
}

async function isSame(file: string, text: string): Promise<boolean> {
  return (await readFile(file, 'utf8').catch(() => '')) === text;
}
