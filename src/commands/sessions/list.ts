import { formatBytes, formatDuration, plural } from '../../lib/format.js';
import { cleanLine } from '../../lib/text.js';
import { localDay, localTime, readSpan } from '../../lib/time.js';
import { FIRST_SESSION, listNames, listSessions, type SessionInfo } from '../../sessions/directory.js';
import { readEntries } from '../../sessions/reader.js';
import type { Prompts } from '../prompts.js';
import { alignColumns, type CommandResult, type View } from '../terminal.js';
import { describeSpeech } from './timeline.js';

export interface ListSessionsOptions {
  /** Only sessions in which this tool was called. */
  tool?: string;
  /** Only clients whose name contains this. */
  client?: string;
  /** Only sessions in which a call failed; with `tool`, one of this tool. */
  errors?: boolean;
  since?: string;
  until?: string;
  limit?: number;
}

const LIMIT = 20;
const FILTERS = ['tool', 'client', 'errors', 'since', 'until'] as const;
/** How many more sessions are looked for, only to say how many there are. */
const COUNTED = 100;

/**
 * `hugwire sessions list`.
 * @param options which sessions
 * @param context where the journals are
 * @throws HugwireError `invalid_arguments` for an invalid time
 */
export async function listCommand(options: ListSessionsOptions, context: SessionsContext): Promise<CommandResult> {
  const { limit = LIMIT } = options;
  const { directory, now } = context;
  const { since, until } = readSpan(options, now);
  // Without a filter their names are enough to count them.
  const found = await listSessions(directory, {
    since,
    until,
    fits: (session) => fits(session, options),
    limit: isFiltered(options) ? limit + COUNTED : limit,
  });
  const shown = found.slice(0, limit);
  if (shown.length === 0) return { text: describeNone(options, directory), data: { sessions: shown }, exitCode: 0 };
  const all = isFiltered(options) || shown.length < limit ? found.length : (await listNames(directory)).length;
  return {
    text: renderTable(shown, context).join('\n'),
    data: { sessions: shown },
    hint: describeMore(all, shown.length, isFiltered(options)),
    exitCode: 0,
  };
}

function describeMore(all: number, shown: number, isFiltered: boolean): string | undefined {
  const more = all - shown;
  if (more <= 0) return undefined;
  if (isFiltered && more >= COUNTED) return `at least ${more} more; a higher --limit shows them`;
  return `${more} more; --limit ${all} shows all`;
}

function isFiltered(options: ListSessionsOptions): boolean {
  return FILTERS.some((name) => options[name] !== undefined);
}

async function fits(
  { path, client, failed }: SessionInfo,
  { tool, client: wanted, errors }: ListSessionsOptions,
): Promise<boolean> {
  if (errors && failed === 0) return false;
  const name = `${client?.name ?? ''} ${client?.title ?? ''}`.toLowerCase();
  if (wanted !== undefined && !name.includes(wanted.toLowerCase())) return false;
  if (tool === undefined) return true;
  for await (const _ of readEntries(path, { tool, failed: errors })) return true;
  return false;
}

function renderTable(sessions: readonly SessionInfo[], { style, width, now }: SessionsContext): string[] {
  const today = localDay(now);
  // Only where an assistant was talked to.
  const hasSpeech = sessions.some((session) => describeSpeech(session) !== '');
  const said = hasSpeech ? ['said'] : [];
  const heading = ['', 'id', 'started', 'client', 'calls', 'failed', ...said, 'lasted', 'size'].map((word) =>
    style.dim(word),
  );
  const rows = sessions.map((session) => {
    const { short, startedAt, lastAt, live, client, calls, failed, bytes, reason } = session;
    const day = localDay(startedAt);
    const end = live ? now : lastAt;
    return [
      live ? style.green('●') : ' ',
      style.bold(short),
      `${day === today ? 'today     ' : day} ${localTime(startedAt).slice(0, 5)}`,
      client ? cleanLine(`${client.name} ${client.version ?? ''}`, 60) : style.dim('not named'),
      String(calls),
      failed > 0 ? style.red(String(failed)) : style.dim('0'),
      ...(hasSpeech ? [describeSpeech(session)] : []),
      `${formatDuration(Math.max(0, end.getTime() - startedAt.getTime()) / 1000)}${live || reason ? '' : style.yellow(' (killed)')}`,
      style.dim(formatBytes(bytes)),
    ];
  });
  return alignColumns([heading, ...rows], width);
}

function describeNone(options: ListSessionsOptions, directory: string): string {
  if (isFiltered(options)) return 'No session matches.';
  return `No session has been recorded in ${directory}. ${FIRST_SESSION}`;
}

/**
 * An amount of sessions, for questions and messages.
 * @param count of sessions
 * @param bytes of all of them
 */
export function describeAmount(count: number, bytes: number): string {
  return `${plural(count, 'session')} (${formatBytes(bytes)})`;
}

/** What the commands about sessions work in. */
export interface SessionsContext extends View {
  /** Of the journals. */
  directory: string;
  /** Missing where nobody can be asked. */
  prompts?: Prompts;
  now: Date;
}
