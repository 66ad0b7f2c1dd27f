import { HugwireError } from '../../lib/errors.js';
import { plural } from '../../lib/format.js';
import { cleanLine, cleanText } from '../../lib/text.js';
import { localDay } from '../../lib/time.js';
import type { FileMemory } from '../../sessions/memory/memory.js';
import {
  checkDraft,
  isId,
  type Note,
  type NoteDraft,
  type NoteQuery,
  noteLine,
  readNoteLine,
} from '../../sessions/memory/notes.js';
import type { CommandResult } from '../terminal.js';

export const FORMATS = ['jsonl', 'markdown'] as const;
const MAX_TOLD = 5;

/**
 * All notes as a file's text, the oldest first.
 * @param memory where they are
 * @param filters which notes
 * @param format JSON Lines, as `import` reads them, or Markdown for people
 */
export async function exportNotes(
  memory: FileMemory,
  filters: NoteQuery,
  format: (typeof FORMATS)[number] = 'jsonl',
): Promise<{ text: string; count: number }> {
  const { notes } = await memory.search({ ...filters, limit: Number.MAX_SAFE_INTEGER });
  const write = format === 'markdown' ? writeMarkdown : noteLine;
  const parts = notes.reverse().map(write);
  return { text: parts.map((part) => `${part}\n`).join(format === 'markdown' ? '\n' : ''), count: notes.length };
}

function writeMarkdown({ id, time, kind, role, tags, text }: Note): string {
  const facts = [
    time && localDay(new Date(time)),
    role ? `${kind} of ${role}` : kind,
    ...tags.map((tag) => `#${cleanLine(tag, 60)}`),
    id,
  ];
  // Its own headings would pass for notes.
  const body = cleanText(text).replace(/^#/gm, '\\#');
  return `## ${facts.filter(Boolean).join(' · ')}\n\n${body}`;
}

/** A line that is not a note, and why. */
interface Fault {
  line: number;
  reason: string;
}

/**
 * `hugwire memory import`: every line is checked before any note is added.
 * @param text JSON Lines; a note needs only its text
 * @param options whether to skip lines that are not notes
 * @param memory where to keep them
 * @returns exit code 1 when lines were skipped
 * @throws HugwireError `invalid_arguments` for a line that is not a note, unless it is skipped
 */
export async function importNotes(
  text: string,
  { skipBad }: { skipBad?: boolean },
  memory: FileMemory,
): Promise<CommandResult> {
  const { drafts, faults } = readDrafts(text);
  const told = describeFaults(faults);
  if (faults.length > 0 && !skipBad) {
    throw new HugwireError('invalid_arguments', `Nothing was imported: ${told}.`, {
      hint: 'Correct them, or skip them with --skip-bad.',
    });
  }
  const saved = await memory.save(drafts);
  const count = (outcome: string) => saved.filter((one) => one.outcome === outcome).length;
  const counts = {
    new: count('new'),
    updated: count('refreshed'),
    unchanged: count('unchanged'),
    refused: faults.length,
  };
  const redacted = saved.filter((one) => one.redacted).length;
  const notes = [
    faults.length > 0 && `Skipped: ${told}.`,
    redacted > 0 && `What looked like a secret was removed from ${plural(redacted, 'note')}.`,
  ].filter(Boolean);
  return {
    text: `${counts.new} new, ${counts.updated} updated, ${counts.unchanged} unchanged, ${counts.refused} refused.`,
    data: { ...counts, redacted, faults },
    note: notes.length > 0 ? notes.join(' ') : undefined,
    exitCode: faults.length > 0 ? 1 : 0,
  };
}

function readDrafts(text: string): { drafts: NoteDraft[]; faults: Fault[] } {
  const drafts: NoteDraft[] = [];
  const faults: Fault[] = [];
  for (const [at, line] of text
    .replace(/^\uFEFF/, '')
    .split('\n')
    .entries()) {
    if (line.trim() === '') continue;
    const draft = readDraft(line);
    if (typeof draft === 'string') faults.push({ line: at + 1, reason: draft });
    else drafts.push(draft);
  }
  return { drafts, faults };
}

/** The draft of a line, or why there is none. */
function readDraft(line: string): NoteDraft | string {
  const said = readNoteLine(line);
  if (!said) return 'is not a note, such as {"text": "…"}';
  if ('removed' in said) return 'records a removed note';
  const { id, time, ...rest } = said.note;
  const given = (JSON.parse(line) as { id?: unknown }).id;
  const draft = { ...rest, ...(isId(given) ? { id } : {}), ...(time ? { time } : {}) };
  try {
    checkDraft(draft);
    return draft;
  } catch (error) {
    if (error instanceof HugwireError) return error.message.replace(/\.$/, '');
    throw error;
  }
}

function describeFaults(faults: readonly Fault[]): string {
  const some = faults.slice(0, MAX_TOLD).map(({ line, reason }) => `line ${line} (${reason})`);
  const more = faults.length > MAX_TOLD ? ` and ${plural(faults.length - MAX_TOLD, 'other')}` : '';
  return `${some.join(', ')}${more}`;
}
