import { setTimeout as sleep } from 'node:timers/promises';
import { fileFailure, writeNew } from '../../lib/files.js';
import { formatBytes, plural } from '../../lib/format.js';
import { cleanLine, cleanText } from '../../lib/text.js';
import { localDay, localTime, readSpan } from '../../lib/time.js';
import { describeSession, findSession, listNames, type SessionInfo } from '../../sessions/directory.js';
import type { Entry, FunctionCall, FunctionResponse, ToolMessage } from '../../sessions/entries.js';
import { type EntryFilter, followEntries, readEntries, selectEntries } from '../../sessions/reader.js';
import { traceSession } from '../../sessions/traces.js';
import type { CommandResult, JsonOption } from '../terminal.js';
import type { SessionsContext } from './list.js';
import { describeTime, Timeline } from './timeline.js';

export interface ShowSessionOptions {
  tool?: string;
  errors?: boolean;
  since?: string;
  until?: string;
  /** Words that an entry contains. */
  text?: string;
}

interface ShowTarget extends SessionsContext {
  /** Takes a remark for people. */
  note(line: string): void;
}

/**
 * `hugwire sessions show`: prints piece by piece, since a session may not fit into memory.
 * @param id which session
 * @param options which of its entries
 * @param target where the journals are, and where remarks go
 * @throws HugwireError `not_found`, `invalid_arguments`
 */
export async function* showCommand(
  id: string,
  options: ShowSessionOptions & JsonOption,
  target: ShowTarget,
): AsyncGenerator<string> {
  const { directory, now, note } = target;
  const session = await describeSession(directory, await findSession(directory, id));
  const entries = readEntries(session.path, readFilter(options, now));
  if (options.json) {
    yield* renderJson(session, entries);
    yield '\n';
    return;
  }
  if (session.live) note(`still running; to follow it: hugwire sessions tail ${session.short}`);
  const timeline = new Timeline(target);
  let isEmpty = true;
  for await (const entry of gather(entries)) {
    isEmpty = false;
    for (const line of timeline.render(entry)) yield `${line}\n`;
  }
  if (isEmpty) yield `${describeNone(options)}\n`;
}

/** A session with its entries, indented as `JSON.stringify` would indent the whole. */
async function* renderJson(session: SessionInfo, entries: AsyncIterable<Entry>): AsyncGenerator<string> {
  const end = ']\n}';
  yield JSON.stringify({ ...session, entries: [] }, null, 2).slice(0, -end.length);
  let count = 0;
  for await (const entry of entries) {
    count += 1;
    yield `${count > 1 ? ',' : ''}\n    ${JSON.stringify(entry, null, 2).replaceAll('\n', '\n    ')}`;
  }
  yield count > 0 ? `\n  ${end}` : end;
}

/** A journal may be empty, or of another version. */
function describeNone(options: ShowSessionOptions): string {
  const filters = ['tool', 'errors', 'since', 'until', 'text'] as const;
  if (filters.some((name) => options[name] !== undefined)) return 'No entry matches.';
  return 'This version of hugwire cannot read anything in it.';
}

/**
 * The filter that the options ask for.
 * @throws HugwireError `invalid_arguments` for an invalid time
 */
function readFilter({ tool, errors, text, ...span }: ShowSessionOptions, now: Date): EntryFilter {
  return { tool, failed: errors, text, ...readSpan(span, now) };
}

/** Entries that are held back for what belongs to them. */
const HELD = 2000;

/**
 * Puts what belongs to a call right after it, though other calls ran at the same time; unless more than `HELD` entries lie
 * between.
 */
async function* gather(entries: AsyncIterable<Entry>): AsyncGenerator<Entry> {
  const calls = new Map<string, Entry[]>();
  const groups: Entry[][] = [];
  let held = 0;
  for await (const entry of entries) {
    const call = entry.parent === undefined ? undefined : calls.get(entry.parent);
    if (call) call.push(entry);
    else {
      const group = [entry];
      groups.push(group);
      if (entry.type === 'FunctionCall') calls.set(entry.id, group);
    }
    held += 1;
    if (held <= HELD) continue;
    const first = groups.shift() ?? [];
    calls.delete(first[0]?.id ?? '');
    held -= first.length;
    yield* first;
  }
  for (const group of groups) yield* group;
}

export interface TailOptions extends Pick<ShowSessionOptions, 'tool' | 'text'>, JsonOption {
  /** Earlier entries that are shown first. */
  lines?: number;
}

interface TailTarget extends SessionsContext {
  /** Ends it. */
  signal: AbortSignal;
  print(line: string): void;
  /** Takes a remark for people. */
  note(line: string): void;
  /** Milliseconds between two looks for new sessions. */
  pollMs?: number;
}

const LINES = 10;
const POLL_MS = 1000;

/**
 * `hugwire sessions tail`: follows one session to its end, or all running ones, including those that start meanwhile, until
 * the signal fires.
 * @param id which session; by default all running ones
 * @param options which entries
 * @param target where the journals are, and where the lines go
 * @throws HugwireError `not_found`, `invalid_arguments`
 */
export async function tailCommand(id: string | undefined, options: TailOptions, target: TailTarget): Promise<void> {
  const { directory, signal, note, pollMs = POLL_MS } = target;
  if (id !== undefined) {
    return follow(await describeSession(directory, await findSession(directory, id)), options, target);
  }
  const known = new Set<string>();
  const running: Promise<void>[] = [];
  // Named only if there are several.
  const labelOf = (session: SessionInfo) => () => (running.length > 1 ? session.short : '');
  let waiting = false;
  while (!signal.aborted) {
    // Ended sessions stay ended: only new ones are looked at.
    const names = (await listNames(directory)).filter(({ id: one }) => !known.has(one));
    for (const name of names.reverse()) {
      known.add(name.id);
      const session = await describeSession(directory, name).catch(() => undefined);
      if (!session?.live) continue;
      const told = follow(session, options, target, labelOf(session));
      running.push(told.catch((error) => note(fileFailure(session.path, 'read', error).message)));
    }
    if (running.length === 0 && !waiting) {
      note('no session is running; waiting for one (Ctrl-C ends this)');
      waiting = true;
    }
    await sleep(pollMs, undefined, { signal }).catch(() => {});
  }
  await Promise.all(running);
}

async function follow(
  session: SessionInfo,
  options: TailOptions,
  target: TailTarget,
  label?: () => string,
): Promise<void> {
  const { print, signal, now } = target;
  const { lines = LINES, json } = options;
  const timeline = new Timeline({ ...target, label });
  const show = (entry: Entry) => {
    if (json) print(JSON.stringify({ session: session.id, ...entry }));
    else for (const line of timeline.render(entry)) print(line);
  };
  const filter = readFilter(options, now);
  const past: Entry[] = [];
  let from = 0;
  for await (const entry of readEntries(session.path, filter)) {
    past.push(entry);
    if (past.length > lines) past.shift();
    from = entry.order;
  }
  for (const entry of past) show(entry);
  // The journal of a killed session has no end.
  if (!session.live) return;
  const wanted = selectEntries({ ...filter, after: from });
  for await (const entry of followEntries(session.path, { signal })) if (wanted(entry)) show(entry);
}

export interface ExportOptions {
  format: 'json' | 'markdown' | 'traces';
  /** File to write; by default stdout. */
  output?: string;
  /** Whether an existing file may be replaced. */
  force?: boolean;
}

/**
 * `hugwire sessions export`.
 * @param id which session
 * @param options the format, and where to write
 * @param context where the journals are
 * @throws HugwireError `not_found`, `invalid_arguments`; `unavailable` when the file cannot be written
 */
export async function exportCommand(
  id: string,
  { format, output, force }: ExportOptions,
  { directory }: SessionsContext,
): Promise<CommandResult> {
  const session = await describeSession(directory, await findSession(directory, id));
  let count = 0;
  const pieces: string[] = [];
  async function* read() {
    for await (const entry of readEntries(session.path)) {
      count += 1;
      yield entry;
    }
  }
  const render = { json: renderJson, markdown: renderMarkdown, traces: renderTraces }[format];
  for await (const piece of render(session, read())) pieces.push(piece);
  const text = pieces.join('');
  if (output === undefined) return { text, exitCode: 0 };
  await writeNew(output, `${text}\n`, force === true);
  return { text: output, note: `wrote ${plural(count, 'entry', 'entries')} to ${output}`, exitCode: 0 };
}

/** A session as the Hub's viewer of traces reads it. */
async function* renderTraces({ id, client }: SessionInfo, entries: AsyncIterable<Entry>): AsyncGenerator<string> {
  const name = client && cleanLine(`${client.title ?? client.name} ${client.version ?? ''}`, 120);
  yield (await traceSession({ id, name }, entries)).join('\n');
}

/** A session as a document for people. */
async function* renderMarkdown(session: SessionInfo, entries: AsyncIterable<Entry>): AsyncGenerator<string> {
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
  yield `# Session ${session.short}\n\n${list.join('\n')}`;
  for await (const entry of gather(entries)) for (const part of renderEntry(entry)) yield `\n\n${part}`;
}

type Render<Type extends Entry['type']> = (entry: Extract<Entry, { type: Type }>) => string;

const RENDERERS: { [Type in Entry['type']]?: Render<Type> } = {
  FunctionCall: renderCall,
  FunctionResponse: renderResponse,
  ToolMessage: renderMessage,
  HumanMessage: ({ text, time }) => `## ${timeOf(time)} User\n\n${quoted(text)}`,
  AssistantMessage: ({ text, time }) => `## ${timeOf(time)} Assistant\n\n${quoted(text)}`,
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

/** Text as a quotation in Markdown. */
export const quoted = (text: string): string =>
  cleanText(text)
    .split('\n')
    .map((line) => `> ${line}`)
    .join('\n');

/** A code block that its content cannot close. */
export function fenced(text: string, language = 'text'): string {
  const clean = cleanText(text);
  const longest = Math.max(2, ...(clean.match(/`+/g) ?? []).map(({ length }) => length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}${language}\n${clean}\n${fence}`;
}
