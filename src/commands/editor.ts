import { once } from 'node:events';
import { accessSync, constants } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { startProgram } from '../lib/children.js';
import { HugwireError } from '../lib/errors.js';
import { decodeText, makeTemporary } from '../lib/files.js';
import { isWindows } from '../lib/platform.js';

/** Where none is chosen, the first of these that is installed. */
const EDITORS = ['sensible-editor', 'nano', 'vim', 'vi'];

/**
 * The command of the person's editor: $VISUAL, $EDITOR, else what the platform has.
 * @param env the environment
 * @param surroundings the platform, as in `process.platform`, and whether a person is at a terminal
 * @throws HugwireError `unavailable` when none is found; `invalid_arguments` when none is chosen and there is no terminal
 */
export function chooseEditor(
  env: NodeJS.ProcessEnv,
  { platform = process.platform, interactive = true }: { platform?: NodeJS.Platform; interactive?: boolean } = {},
): string {
  const chosen = env.VISUAL?.trim() || env.EDITOR?.trim();
  if (chosen) return chosen;
  if (platform === 'win32') return 'notepad';
  if (!interactive) {
    throw new HugwireError('invalid_arguments', 'An editor needs a terminal, and there is none.', {
      hint: 'Set EDITOR to one that opens a window, or give the change on the command line.',
    });
  }
  const found = EDITORS.find((name) => isThere(name, env.PATH ?? ''));
  if (found) return found;
  throw new HugwireError('unavailable', 'No editor was found.', {
    hint: 'Set VISUAL or EDITOR to the command of one.',
  });
}

function isThere(name: string, path: string): boolean {
  return path.split(delimiter).some((directory) => {
    try {
      accessSync(join(directory, name), constants.X_OK);
      return directory !== '';
    } catch {
      return false;
    }
  });
}

/**
 * Opens a file in an editor and waits for its end.
 * @param command may have arguments, as `code --wait` has; the shell reads it, as git does
 * @param file to edit
 * @param env the environment
 * @throws HugwireError `unavailable` when the editor cannot be started or fails
 */
export async function openEditor(command: string, file: string, env: NodeJS.ProcessEnv): Promise<void> {
  // No shell sees the path: it is in the environment, where no quoting can go wrong.
  const reference = isWindows() ? '"%HUGWIRE_EDITED%"' : '"$HUGWIRE_EDITED"';
  const child = startProgram(`${command} ${reference}`, [], {
    shell: true,
    // stdout is for the result of the command alone.
    stdio: ['inherit', process.stdout.isTTY ? 'inherit' : 2, 'inherit'],
    env: { ...env, HUGWIRE_EDITED: file },
  });
  // Ctrl-C is for the editor, which may live on.
  const ignore = () => {};
  process.on('SIGINT', ignore);
  const [code, signal] = (await once(child, 'close').finally(() => process.off('SIGINT', ignore))) as [number, string];
  if (code === 0) return;
  const end = signal ? `was ended by ${signal}` : `failed with exit code ${code}`;
  throw new HugwireError('unavailable', `The editor (${command}) ${end}. Nothing was changed.`, {
    hint: 'Set VISUAL or EDITOR to use another editor.',
  });
}

/**
 * Lets a person change a text in an editor.
 * @param text to begin with
 * @param env the environment, which says which editor
 * @returns the text as it was saved
 * @throws HugwireError `unavailable` when there is no editor, or it fails
 */
export async function editText(text: string, env: NodeJS.ProcessEnv): Promise<string> {
  const editor = chooseEditor(env);
  const directory = await makeTemporary('hugwire-note');
  const file = join(directory, 'note.md');
  try {
    await writeFile(file, `${text}\n`, { mode: 0o600 });
    await openEditor(editor, file, env);
    return decodeText(await readFile(file)).replace(/^\uFEFF/, '');
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
