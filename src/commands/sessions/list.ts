import { formatBytes, formatDuration, plural } from '../../lib/format.js';
import { cleanLine } from '../../lib/text.js';
import { localDay, localTime, readSpan } from '../../lib/time.js';
import { FIRST_SESSION, listSessions, type SessionInfo } from '../../sessions/directory.js';
import { readEntries } from '../../sessions/reader.js';
import type { Prompts } from '../prompts.js';
import { alignColumns, type CommandResult, type View } from '../terminal.js';

export interface ListSessionsOptions {
  /** Only sessions in which this tool was called. */
  tool?: string;
  /** Only of clients whose name holds this. */
  client?: string;
  /** Only sessions in which a call failed; with `tool`, one of this tool. */
  errors?: boolean;
  since?: string;
  until?: string;
  limit?: number;
}

const LIMIT = 20;

/**
 * `hugwire sessions list`.
 * @param options which sessions
 * @param context where the journals are
 * @throws HugwireError `invalid_arguments` for a time that is none
 */
export async function listCommand(options: ListSessionsOptions, context: SessionsContext): Promise<CommandResult> {
  const { limit = LIMIT } = options;
  const { directory, now } = context;
  const { since, until } = readSpan(options, now);
  const found: SessionInfo[] = [];
  for (const session of await listSessions(directory, { since, until })) {
    if (await fits(session, options)) found.push(session);
  }
  const shown = found.slice(0, limit);
  if (shown.length === 0) return { text: describeNone(options, directory), data: shown, exitCode: 0 };
  const more = found.length - shown.length;
  return {
    text: renderTable(shown, context).join('\n'),
    data: shown,
    hint: more > 0 ? `${more} more: --limit ${found.length} shows all` : undefined,
    exitCode: 0,
  };
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
  const heading = ['', 'id', 'started', 'client', 'calls', 'failed', 'lasted', 'size'].map((word) => style.dim(word));
  const rows = sessions.map(({ short, startedAt, lastAt, live, client, calls, failed, bytes, reason }) => {
    const day = localDay(startedAt);
    const end = live ? now : lastAt;
    return [
      live ? style.green('●') : ' ',
      style.bold(short),
      `${day === today ? 'today     ' : day} ${localTime(startedAt).slice(0, 5)}`,
      client ? cleanLine(`${client.name} ${client.version ?? ''}`, 60) : style.dim('not named'),
      String(calls),
      failed > 0 ? style.red(String(failed)) : style.dim('0'),
      `${formatDuration(Math.max(0, end.getTime() - startedAt.getTime()) / 1000)}${live || reason ? '' : style.yellow(' (killed)')}`,
      style.dim(formatBytes(bytes)),
    ];
  });
  return alignColumns([heading, ...rows], width);
}

function describeNone(options: ListSessionsOptions, directory: string): string {
  const filters = ['tool', 'client', 'errors', 'since', 'until'] as const;
  if (filters.some((name) => options[name] !== undefined)) return 'No session fits.';
  return `No session has been recorded in ${directory}. ${FIRST_SESSION}`;
}

/**
 * How much there is, for questions and messages.
 * @param count how many sessions
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
