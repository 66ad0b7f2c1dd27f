import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HugwireError } from '../../errors.js';

/**
 * Lets a person change a text in the editor of VISUAL or EDITOR.
 * @param text to begin with
 * @param env the environment
 * @returns the text as it was saved
 * @throws HugwireError `invalid_arguments` when the editor cannot be started, `cancelled` when it ends with an error
 */
export async function editText(text: string, env: NodeJS.ProcessEnv): Promise<string> {
  const editor = env.VISUAL?.trim() || env.EDITOR?.trim() || (process.platform === 'win32' ? 'notepad' : 'vi');
  const directory = await mkdtemp(join(tmpdir(), 'hugwire-note-'));
  const file = join(directory, 'note.md');
  try {
    await writeFile(file, `${text}\n`, { mode: 0o600 });
    // Through a shell, since the variable may hold arguments: `code --wait`. stdout is for the result alone.
    const child = spawn(`${editor} "${file}"`, {
      shell: true,
      env,
      stdio: ['inherit', process.stdout.isTTY ? 1 : 2, 2],
    });
    const [code] = await once(child, 'close');
    if (code === 127 || code === 9009) {
      throw new HugwireError('invalid_arguments', `The editor "${editor}" cannot be started.`, {
        hint: 'Set EDITOR, or give --text.',
      });
    }
    if (code !== 0) throw new HugwireError('cancelled', `The editor ended with code ${code}; nothing was changed.`);
    return await readFile(file, 'utf8');
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
