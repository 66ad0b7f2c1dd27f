import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { NEW_FILE, replaceConfig, SCHEMA_FILE } from '../../config/edit.js';
import { configJsonSchema } from '../../config/schema.js';
import { HugwireError } from '../../errors.js';
import { readText } from '../../files/change.js';
import type { CommandResult } from '../output.js';
import type { Prompts } from '../terminal/prompts.js';
import { findProblems } from './validate.js';

export interface EditFileOptions {
  /** Of the config file. */
  path: string;
  /**
   * Lets a person edit a file, and comes back when the editor is closed.
   * @throws HugwireError when it cannot be started, or failed
   */
  open(file: string): Promise<void>;
  /** Writes a line for the person. */
  tell(line: string): void;
  /** Unset: nobody can be asked. */
  prompts?: Pick<Prompts, 'confirm'>;
}

/**
 * `hugwire config edit`: the config in an editor, on a copy. It is written when it is valid and nobody changed the file
 * meanwhile; what is not written stays where the person can find it.
 * @param options the file, and how to edit and ask
 * @throws HugwireError `invalid_arguments` when the copy is left invalid; `unavailable` when the file was changed meanwhile
 */
export async function editFile(options: EditFileOptions): Promise<CommandResult> {
  const { path } = options;
  const before = await readText(path);
  const directory = await mkdtemp(join(tmpdir(), 'hugwire-config-'));
  const copy = join(directory, basename(path));
  await writeFile(join(directory, SCHEMA_FILE), JSON.stringify(configJsonSchema()));
  await writeFile(copy, before ?? NEW_FILE, { mode: 0o600 });
  try {
    const after = await editUntilValid(copy, options);
    if (after === (before ?? NEW_FILE)) {
      await rm(directory, { recursive: true });
      return { output: `${path} stays as it is.`, exitCode: 0 };
    }
    await replaceConfig(path, { before, after });
    await rm(directory, { recursive: true });
    return { output: `${path} is changed.`, note: 'running servers follow at once', exitCode: 0 };
  } catch (cause) {
    if (await isSame(copy, before ?? NEW_FILE)) await rm(directory, { recursive: true });
    else options.tell(`what you wrote is in ${copy}`);
    throw cause;
  }
}

async function editUntilValid(copy: string, { path, open, tell, prompts }: EditFileOptions): Promise<string> {
  for (;;) {
    await open(copy);
    const problems = findProblems(copy);
    if (problems.length === 0) return readFile(copy, 'utf8');
    for (const problem of problems) tell(problem);
    if (!(await prompts?.confirm('Edit again?'))) {
      throw new HugwireError('invalid_arguments', `${path} was not changed: what you wrote is not valid.`);
    }
  }
}

async function isSame(file: string, text: string): Promise<boolean> {
  return (await readFile(file, 'utf8').catch(() => '')) === text;
}
