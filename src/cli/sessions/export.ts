import { findSession } from '../../sessions/find.js';
import { describeSession, readEntries, type SessionInfo } from '../../sessions/reader.js';
import type { Entry, FunctionCall, FunctionResponse, ToolMessage } from '../../sessions/types.js';
import { formatBytes, plural } from '../../text/format.js';
import { cleanLine, cleanText } from '../../text/sanitize.js';
import { writeNew } from '../new-file.js';
import type { CommandResult } from '../output.js';
import { localDay, localTime } from '../terminal/clock.js';
import type { SessionsPlace } from './place.js';
import { gather } from './show.js';
import { describeTime } from './timeline.js';

export interface ExportOptions {
  format: 'json' | 'markdown';
  /** A file that is to be made; stdout unless told. */
  output?: string;
  /** Whether a file that is there may be replaced. */
  force?: boolean;
}

/**
 * `hugwire sessions export`.
 * @param id which session
 * @param options in which form, and where to
 * @param place where the journals are
 * @throws HugwireError `not_found`, `invalid_arguments`; `unavailable` when the file cannot be written
 */
export async function exportCommand(
  id: string,
  { format, output, force }: ExportOptions,
  { directory }: SessionsPlace,
): Promise<CommandResult> {
  const session = await describeSession(directory, await findSession(directory, id));
  const entries: Entry[] = [];
  for await (const entry of readEntries(session.path)) entries.push(entry);
  const text = format === 'json' ? JSON.stringify({ ...session, entries }, null, 2) : renderMarkdown(session, entries);
  if (output === undefined) return { output: text, exitCode: 0 };
  await writeNew(output, `${text}\n`, force === true);
  return { output, note: `wrote ${plural(entries.length, 'entry', 'entries')} to ${output}`, exitCode: 0 };
}

/** A session as a document for people. */
function renderMarkdown(session: SessionInfo, entries: readonly Entry[]): string {
  const { id, client, protocol, version, startedAt, lastAt, calls, failed, live, reason } = session;
  const facts: [string, string | undefined][] = [
    ['Session', `\`${id}\``],
    ['Client', client && cleanLine(`${client.title ?? client.name} ${client.version ?? ''}`, 120)],
    ['Protocol', cleanLine(protocol, 40)],
    ['hugwire', cleanLine(version, 40)],
    ['Began', `${localDay(startedAt)} ${localTime(startedAt)}`],
    [
      live ? 'Last entry' : 'Ended',
      `${localDay(lastAt)} ${localTime(lastAt)}${live ? ', still running' : `, ${cleanLine(reason ?? 'killed', 200)}`}`,
    ],
    ['Calls', `${calls}, ${failed} failed`],
  ];
  const list = facts.flatMap(([name, value]) => (value ? [`- ${name}: ${value}`] : []));
  return [`# Session ${session.short}`, list.join('\n'), ...gather(entries).flatMap(renderEntry)].join('\n\n');
}

type Render<Type extends Entry['type']> = (entry: Extract<Entry, { type: Type }>) => string;

const RENDERERS: { [Type in Entry['type']]?: Render<Type> } = {
  FunctionCall: renderCall,
  FunctionResponse: renderResponse,
  ToolMessage: renderMessage,
  HumanMessage: ({ text, time }) => `## ${timeOf(time)} User\n\n${quote(text)}`,
  AssistantMessage: ({ text, time }) => `## ${timeOf(time)} Assistant\n\n${quote(text)}`,
};

function renderEntry(entry: Entry): string[] {
  const render = RENDERERS[entry.type] as Render<Entry['type']> | undefined;
  return render ? [render(entry)] : [];
}

function renderCall({ tool, arguments: given, time, dryRun }: FunctionCall): string {
  return `## ${timeOf(time)} \`${cleanLine(tool, 60)}\`${dryRun ? ' (dry run)' : ''}\n\n${fenced(JSON.stringify(given, null, 2) ?? '', 'json')}`;
}

function renderResponse({ summary, milliseconds, failed, error, bytes, files = [] }: FunctionResponse): string {
  const head = `${failed ? `**Failed${error ? ` (${cleanLine(error, 40)})` : ''}**` : 'Answered'} in ${describeTime(milliseconds)}, ${formatBytes(bytes)}:`;
  const saved = files.map(
    ({ path, bytes: size, mimeType }) =>
      `- saved \`${cleanLine(path, 1000)}\` (${cleanLine(mimeType, 80)}, ${formatBytes(size)})`,
  );
  return [head, fenced(summary), ...(saved.length > 0 ? [saved.join('\n')] : [])].join('\n\n');
}

function renderMessage({ kind, text, time, parent }: ToolMessage): string {
  return `${parent === undefined ? `${timeOf(time)} ` : ''}_${cleanLine(kind, 40)}_: ${cleanLine(text, 500)}`;
}

const timeOf = (time: string): string => localTime(new Date(time));

const quote = (text: string): string =>
  cleanText(text)
    .split('\n')
    .map((line) => `> ${line}`)
    .join('\n');

/** A block of code that its content cannot close. */
function fenced(text: string, language = 'text'): string {
  const clean = cleanText(text);
  const longest = Math.max(2, ...(clean.match(/`+/g) ?? []).map(({ length }) => length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}${language}\n${clean}\n${fence}`;
}
