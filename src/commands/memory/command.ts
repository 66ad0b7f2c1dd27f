import { readFile } from 'node:fs/promises';
import { text as readAll } from 'node:stream/consumers';
import { type Command, Option } from 'commander';
import { memoryFile } from '../../config/paths.js';
import { createTokenReader } from '../../config/token.js';
import { HugwireError } from '../../lib/errors.js';
import { decodeText, fileFailure, toAbsolute, writeNew } from '../../lib/files.js';
import { plural } from '../../lib/format.js';
import { FileMemory } from '../../sessions/memory/memory.js';
import { NOTE_KINDS } from '../../sessions/memory/notes.js';
import type { World } from '../context.js';
import { editText } from '../editor.js';
import { isInteractive, openPrompts } from '../prompts.js';
import { JSON_OPTION, type JsonOption, print, viewOf, wholeNumber } from '../terminal.js';
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
  withFilters(command.command('list').description('list notes, the newest first'))
    .option('--limit <count>', 'how many at most', wholeNumber(1))
    .option(...JSON_OPTION)
    .action(async (options: ShowNotesOptions & JsonOption) => print(await showNotes('', options, open()), options));
  withFilters(command.command('search').description('search notes, the best match first').argument('<words...>'))
    .option('--limit <count>', 'how many at most', wholeNumber(1))
    .option(...JSON_OPTION)
    .action(async (words: string[], options: ShowNotesOptions & JsonOption) =>
      print(await showNotes(words.join(' '), options, open()), options),
    );
  withContent(command.command('add').description('keep a note').argument('[text...]', 'the note; stdin if left out'))
    .option(...JSON_OPTION)
    .action(async (words: string[], options: ChangeOptions & JsonOption) => {
      const text = words.length > 0 ? words.join(' ') : await readInput('hugwire memory add "…"');
      print(await addNote(text, options, open()), options);
    });
  withContent(command.command('edit').description('change a note, in an editor or by options').argument('<id>'))
    .option('--text <text>', 'its new text')
    .option(...JSON_OPTION)
    .action(async (id: string, options: ChangeOptions & JsonOption) => {
      const editor = isInteractive(world.env) ? (text: string) => editText(text, world.env) : undefined;
      print(await editNote(id, options, open(), editor), options);
    });
  command
    .command('remove')
    .description('remove notes')
    .argument('[id...]')
    .option('--all', 'all of them')
    .option('--yes', 'do not ask')
    .option(...JSON_OPTION)
    .action(async (ids: string[], options: { all?: boolean; yes?: boolean } & JsonOption) =>
      print(await removeNotes(ids, options, open()), options),
    );
  withFilters(command.command('export').description('print notes, the oldest first'))
    .addOption(new Option('--format <format>', 'JSON Lines or Markdown').choices(FORMATS).default('jsonl'))
    .option('-o, --output <file>', 'write them into a file')
    .option('--force', 'replace the file if it is there')
    .action(async (options: ExportOptions) => exportTo(options, open()));
  command
    .command('import')
    .description('keep notes from JSON Lines, as export prints them')
    .argument('<file>', 'a file, or - for stdin')
    .option('--skip-bad', 'leave out lines that are not notes')
    .option(...JSON_OPTION)
    .action(async (file: string, options: { skipBad?: boolean } & JsonOption) => {
      const text = file === '-' ? await readInput('hugwire memory import FILE') : await readNotesFile(file);
      print(await importNotes(text, options, open().memory), options);
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
    .option('--tag <tag>', 'only notes with this tag; may be repeated', gather)
    .addOption(new Option('--kind <kind>', 'only notes of this kind').choices(NOTE_KINDS))
    .option('--since <time>', 'a day, a time, or how long ago: 7d')
    .option('--until <time>', 'the same');
}

function withContent(command: Command): Command {
  return command
    .option('--tag <tag>', 'a tag of it; may be repeated', gather)
    .addOption(new Option('--kind <kind>', 'what it is').choices(NOTE_KINDS));
}

function openContext({ env, paths, load }: World): MemoryContext {
  const { token } = load().config;
  // A password manager may ask the user: no note is worth that.
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

/** A list from a repeated option, or from commas. Not commander's `<tag...>`, which would take the words behind it too. */
function gather(value: string, before: string[] = []): string[] {
  return [...before, ...value.split(',')];
}

async function readInput(usage: string): Promise<string> {
  if (process.stdin.isTTY) throw new HugwireError('invalid_arguments', 'There is no text.', { hint: usage });
  return readAll(process.stdin);
}

async function readNotesFile(file: string): Promise<string> {
  try {
    return decodeText(await readFile(toAbsolute(file, 'import'))).replace(/^\uFEFF/, '');
  } catch (cause) {
    throw fileFailure(file, 'read', cause);
  }
}
