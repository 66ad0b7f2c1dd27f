import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chooseEditor, openEditor } from '../terminal/editor.js';

/**
 * Lets a person change a text in an editor.
 * @param text to begin with
 * @param env the environment, which says which editor
 * @returns the text as it was saved
 * @throws HugwireError `unavailable` when there is no editor, or it fails
 */
export async function editText(text: string, env: NodeJS.ProcessEnv): Promise<string> {
  const editor = chooseEditor(env);
  const directory = await mkdtemp(join(tmpdir(), 'hugwire-note-'));
  const file = join(directory, 'note.md');
  try {
    await writeFile(file, `${text}\n`, { mode: 0o600 });
    await openEditor(editor, file, env);
    return await readFile(file, 'utf8');
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
