import { HugwireError } from '../../errors.js';
import type { Note, NoteChange, Saved } from '../../sessions/memory/types.js';
import { plural } from '../../text/format.js';
import { cleanLine } from '../../text/sanitize.js';
import type { CommandResult } from '../output.js';
import type { MemoryCommand } from './command.js';

export interface ChangeOptions {
  text?: string;
  tag?: string[];
  kind?: Note['kind'];
  json?: boolean;
}

/**
 * `hugwire memory add`.
 * @param text of the note
 * @param options its tags and kind
 */
export async function addNote(text: string, options: ChangeOptions, { memory }: MemoryCommand): Promise<CommandResult> {
  const [saved] = (await memory.save([{ text, tags: options.tag, kind: options.kind }])) as [Saved];
  return report(saved, saved.outcome === 'new' ? 'Kept' : 'Known already, and brought up to date:', options);
}

/**
 * `hugwire memory edit`: what the options say, else what comes back from an editor.
 * @param id of the note, or its begin
 * @param options what is to change
 * @param openEditor takes the text and gives the new one; missing where there is no terminal
 * @throws HugwireError `invalid_arguments` when there is nothing to change and no editor
 */
export async function editNote(
  id: string,
  options: ChangeOptions,
  { memory }: MemoryCommand,
  openEditor?: (text: string) => Promise<string>,
): Promise<CommandResult> {
  const note = await memory.find(id);
  const { text, tag, kind } = options;
  const change: NoteChange = { text, tags: tag, kind };
  if (text === undefined && tag === undefined && kind === undefined) {
    if (!openEditor) {
      throw new HugwireError('invalid_arguments', 'There is nothing to change.', {
        hint: 'Give --text, --tag or --kind.',
      });
    }
    change.text = await openEditor(note.text);
    if (change.text.trim() === note.text.trim()) {
      return options.json
        ? { output: JSON.stringify({ note, outcome: 'unchanged' }, undefined, 2), exitCode: 0 }
        : { output: `Nothing changed in ${note.id}.`, exitCode: 0 };
    }
  }
  return report(await memory.edit(note.id, change), 'Changed', options);
}

/**
 * `hugwire memory remove`: asks first, unless told not to.
 * @param ids of notes, or their begins
 * @param options whether to remove all, and whether to ask
 * @throws HugwireError `invalid_arguments` when nobody can be asked; `cancelled` when the person gives up at the question
 */
export async function removeNotes(
  ids: readonly string[],
  options: { all?: boolean; yes?: boolean; json?: boolean },
  { memory, prompts }: MemoryCommand,
): Promise<CommandResult> {
  const all = options.all === true;
  if (all === ids.length > 0) {
    throw new HugwireError('invalid_arguments', all ? 'Give ids or --all, not both.' : 'Which notes?', {
      hint: 'hugwire memory remove ID…, or --all. `hugwire memory list` shows the ids.',
    });
  }
  const notes = all
    ? (await memory.search({ limit: Number.MAX_SAFE_INTEGER })).notes
    : await Promise.all(ids.map((id) => memory.find(id)));
  const removed = notes.length > 0 && (options.yes || (await agrees(notes, prompts)));
  const count = removed ? await memory.remove(notes.map(({ id }) => id)) : 0;
  if (options.json) return { output: JSON.stringify({ removed: count }, undefined, 2), exitCode: 0 };
  return { output: count > 0 ? `Removed ${plural(count, 'note')}.` : 'Nothing was removed.', exitCode: 0 };
}

async function agrees(notes: readonly Note[], prompts: MemoryCommand['prompts']): Promise<boolean> {
  if (!prompts) {
    throw new HugwireError('invalid_arguments', `${plural(notes.length, 'note')} would be removed.`, {
      hint: 'Nobody can be asked here: add --yes.',
    });
  }
  const [first] = notes;
  const what = notes.length === 1 && first ? `"${cleanLine(first.text, 50)}"` : plural(notes.length, 'note');
  return (await prompts()).confirm(`Remove ${what}?`, false);
}

function report({ note, outcome, redacted }: Saved, verb: string, { json }: ChangeOptions): CommandResult {
  return {
    output: json ? JSON.stringify({ note, outcome, redacted }, undefined, 2) : `${verb} ${note.id}.`,
    note: redacted ? 'What looked like a secret was taken out first.' : undefined,
    exitCode: 0,
  };
}
