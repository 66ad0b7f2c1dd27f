import { type Command, Option } from 'commander';
import { memoryFile } from '../../config/paths.js';
import { createTokenReader } from '../../config/token.js';
import { writeNew } from '../../lib/files.js';
import { plural } from '../../lib/format.js';
import { FileMemory } from '../../sessions/memory/memory.js';
import { NOTE_KINDS } from '../../sessions/memory/notes.js';
import type { World } from '../context.js';
import { editText } from '../editor.js';
import { isInteractive, openPrompts } from '../prompts.js';
import { JSON_OPTION, type JsonOption, print, readInput, viewOf, wholeNumber } from '../terminal.js';
import {
  addNote,
  type ChangeOptions,
  editNote,
  type MemoryContext,
  readFilters,
  removeNotes,
  type ShowNotesOptions,
  showNotes,
} from './notes.js';
import { exportNotes, FORMATS, importNotes } from './transfer.js';

/** `hugwire memory`. */
export function wire(command: Command, world: World): void {
  const open = () => openContext(world);
  withFilters(command.command('list').description('list notes, newest first'))
    .option('--limit <count>', 'how many at most', wholeNumber(1))
    .option(...JSON_OPTION)
    .action(async (options: ShowNotesOptions & JsonOption) => print(await showNotes('', options, open()), options));
  withFilters(
    command.command('search').description('search notes, best match first').argument('<words...>', 'to look for'),
  )
    .option('--limit <count>', 'how many at most', wholeNumber(1))
    .option(...JSON_OPTION)
    .action(async (words: string[], options: ShowNotesOptions & JsonOption) =>
      print(await showNotes(words.join(' '), options, open()), options),
    );
  withContent(
    command.command('add').description('add a note').argument('[text...]', 'the note; read from stdin if left out'),
  )
    .option(...JSON_OPTION)
    .action(async (words: string[], options: ChangeOptions & JsonOption) => {
      const text = words.length > 0 ? words.join(' ') : await readInput('-', 'hugwire memory add');
      print(await addNote(text, options, open()), options);
    });
  withContent(
    command
      .command('edit')
      .description('change a note, with options or in an editor')
      .argument('<id>', 'of the note, or the start of it'),
  )
    .option('--text <text>', 'the new text')
    .option(...JSON_OPTION)
    .action(async (id: string, options: ChangeOptions & JsonOption) => {
      const editor = isInteractive(world.env) ? (text: string) => editText(text, world.env) : undefined;
      print(await editNote(id, options, open(), editor), options);
    });
  command
    .command('remove')
    .description('remove notes')
    .argument('[id...]', 'of the notes, or the start of each')
    .option('--all', 'remove all notes')
    .option('--yes', 'do not ask')
    .option(...JSON_OPTION)
    .action(async (ids: string[], options: { all?: boolean; yes?: boolean } & JsonOption) =>
      print(await removeNotes(ids, options, open()), options),
    );
  withFilters(command.command('export').description('print notes, oldest first'))
    .addOption(new Option('--format <format>', 'JSON Lines or Markdown').choices(FORMATS).default('jsonl'))
    .option('-o, --output <file>', 'write to this file')
    .option('--force', 'replace the file if it exists')
    .action(async (options: ExportOptions) => exportTo(options, open()));
  command
    .command('import')
    .description('add notes from JSON Lines, as export prints them')
    .argument('<file>', 'a file, or - for stdin')
    .option('--skip-bad', 'skip lines that are not notes')
    .option(...JSON_OPTION)
    .action(async (file: string, options: { skipBad?: boolean } & JsonOption) => {
      print(await importNotes(await readInput(file, 'hugwire memory import'), options, open().memory), options);
    });
}

interface ExportOptions extends ShowNotesOptions {
  format: (typeof FORMATS)[number];
  output?: string;
  force?: boolean;
}

async function exportTo(
  { format, output, force, ...filters }: ExportOptions,
  { memory }: MemoryContext,
): Promise<void> {
  const { text, count } = await exportNotes(memory, readFilters(filters), format);
  if (output === undefined) {
    process.stdout.write(text);
    return;
  }
  await writeNew(output, text, force === true);
  print({ text: `Wrote ${plural(count, 'note')} to ${output}.`, exitCode: 0 });
}

function withFilters(command: Command): Command {
  return command
    .option('--tag <tag>', 'only notes with this tag; repeatable', gather)
    .addOption(new Option('--kind <kind>', 'only notes of this kind').choices(NOTE_KINDS))
    .option('--since <time>', 'only notes since then: a day, a time, or how long ago, such as 7d')
    .option('--until <time>', 'only notes until then');
}

function withContent(command: Command): Command {
  return command
    .option('--tag <tag>', 'a tag of the note; repeatable', gather)
    .addOption(new Option('--kind <kind>', 'kind of the note').choices(NOTE_KINDS));
}

function openContext({ env, paths, load }: World): MemoryContext {
  const { token } = load().config;
  // A password manager may ask the user, which is too much for a note.
  const secrets = async () => {
    const { value } = token.source === 'command' ? {} : await createTokenReader(token, env, paths)();
    return value === undefined ? [] : [value];
  };
  return {
    memory: new FileMemory({ path: memoryFile(paths), secrets }),
    ...viewOf(),
    prompts: openPrompts(env),
  };
}

/** A list from a repeated option, or from commas. Commander's `<tag...>` would take the words after it too. */
function gather(value: string, before: string[] = []): string[] {
  return [...before, ...value.split(',')];
}
