import { formatBytes, formatCount, plural } from '../../lib/format.js';
import { isObject } from '../../lib/json.js';
import { cleanLine, cutText, quote } from '../../lib/text.js';
import { localDay, localTime } from '../../lib/time.js';
import type { Entry, FunctionCall, FunctionResponse, SessionStart, ToolMessage } from '../../sessions/entries.js';
import type { Style, View } from '../terminal.js';

interface TimelineOptions extends View {
  /** Precedes each line where several sessions are shown at once. */
  label?(): string;
}

const INDENT = ' '.repeat(10);
/** Characters of a line where the width is unknown. */
const MAX_LINE = 500;

/** Renders entries as lines in the order in which they come, one at a time, so that it also works live. */
export class Timeline {
  readonly #style: Style;
  readonly #width: number;
  readonly #label: () => string;
  #day = '';
  #conversation = '';
  /** The call that the lines above belong to. */
  #current?: string;
  readonly #tools = new Map<string, string>();

  /** @param options how it is to look */
  constructor({ style, width = MAX_LINE, label = () => '' }: TimelineOptions) {
    this.#style = style;
    this.#label = label;
    this.#width = width;
  }

  /**
   * The lines of one entry, below the day if it is a new one.
   * @param entry the next
   */
  render(entry: Entry): string[] {
    const at = new Date(entry.time);
    const day = localDay(at);
    const above = day === this.#day ? [] : [this.#style.bold(day)];
    this.#day = day;
    const { conversation = '' } = entry;
    // What is said in several conversations at once can be told apart.
    if (conversation !== '' && conversation !== this.#conversation) {
      above.push(
        `${this.#style.dim(localTime(at))}  ${this.#style.bold('◇')} conversation ${cleanLine(conversation, 60)}`,
      );
      this.#conversation = conversation;
    }
    const lines = [...above, ...this.#lines(entry, this.#style.dim(localTime(at)))];
    const label = this.#label();
    return label ? lines.map((line) => `${this.#style.dim(label)} ${line}`) : lines;
  }

  #lines(entry: Entry, time: string): string[] {
    switch (entry.type) {
      case 'SessionStart':
        return [`${time}  ${this.#style.bold('●')} ${this.#cut(describeStart(entry), 12)}`];
      case 'SessionEnd': {
        const { reason, calls, failed } = entry;
        const count = [plural(calls, 'call'), failed > 0 && `${failed} failed`, describeSpeech(entry)]
          .filter(Boolean)
          .join(', ');
        return [`${time}  ${this.#style.bold('○')} ${this.#cut(`ended: ${cleanLine(reason, 200)}; ${count}`, 12)}`];
      }
      case 'FunctionCall':
        return [`${time}  ${this.#call(entry)}`];
      case 'FunctionResponse':
        return this.#response(entry);
      case 'ToolMessage':
        return this.#message(entry, time);
      case 'HumanMessage':
      case 'AssistantMessage': {
        const who = entry.type === 'HumanMessage' ? 'user' : 'assistant';
        return [`${time}  ${this.#style.magenta(who)} ${this.#cut(cleanLine(entry.text, 1000), 11 + who.length)}`];
      }
    }
  }

  #call({ id, tool, arguments: given, dryRun }: FunctionCall): string {
    this.#current = id;
    this.#tools.set(id, tool);
    const name = cleanLine(tool, 60);
    const dry = dryRun ? this.#style.yellow(' dry run') : '';
    const words = this.#cut(describeArguments(given), 14 + name.length + (dryRun ? 8 : 0));
    return `${this.#style.cyan('▸')} ${this.#style.bold(name)}(${words})${dry}`;
  }

  #response({
    parent = '',
    tool,
    summary,
    milliseconds,
    failed,
    error,
    bytes,
    images,
    files = [],
  }: FunctionResponse): string[] {
    const style = this.#style;
    const mark = failed ? style.red('✗') : style.green('✓');
    const took = describeTime(milliseconds);
    // Where calls run at the same time, the answer names its call.
    const name = parent === this.#current ? '' : `${cleanLine(tool, 60)} `;
    const made = [`${formatBytes(bytes)}`, images && plural(images, 'image')].filter(Boolean).join(', ');
    // On one line nothing tells the words of others from hugwire's: their fences are lines.
    const own = summary.replace(/^--- .*/ms, '…');
    const said = cleanLine(error && own.startsWith(error) ? own : [error, own].filter(Boolean).join(': '), 1000);
    const room = 14 + name.length + took.length + made.length + 4;
    const first = `${INDENT}${mark} ${style.bold(name)}${took} ${style.dim(`(${made})`)}  ${this.#cut(said, room)}`;
    const lines = files.map(
      ({ path, bytes: size }) =>
        `${INDENT}  ${style.dim('saved')} ${cleanLine(path, 1000)} ${style.dim(formatBytes(size))}`,
    );
    this.#current = undefined;
    return [first, ...lines];
  }

  #message({ parent, kind, text, data = {} }: ToolMessage, time: string): string[] {
    const said = describeMessage(kind, cleanLine(text, 1000), data);
    if (parent === undefined) return [`${time}  ${this.#style.blue('·')} ${this.#style.dim(this.#cut(said, 12))}`];
    const tool = this.#tools.get(parent);
    const name = parent === this.#current || !tool ? '' : `${cleanLine(tool, 60)} `;
    return [`${INDENT}${this.#style.dim(`· ${name}${this.#cut(said, 13 + name.length)}`)}`];
  }

  #cut(text: string, used: number): string {
    const label = this.#label();
    return cutText(text, Math.max(12, this.#width - used - (label ? label.length + 1 : 0)));
  }
}

/**
 * What was said in a session, in short; empty where nothing was.
 * @param session or its last entry
 */
export function describeSpeech({ messages = 0, tokens = 0 }: { messages?: number; tokens?: number }): string {
  return [messages > 0 && plural(messages, 'message'), tokens > 0 && `${formatCount(tokens)} tokens`]
    .filter(Boolean)
    .join(', ');
}

function describeStart({ client, protocol, version, tools, pid, profile }: SessionStart): string {
  const name = client ? cleanLine(`${client.title ?? client.name} ${client.version ?? ''}`, 120) : 'an unnamed client';
  return [
    name,
    protocol && `protocol ${cleanLine(protocol, 40)}`,
    `hugwire ${cleanLine(version, 40)}`,
    profile && `profile ${cleanLine(profile, 60)}`,
    plural(tools?.length ?? 0, 'tool'),
    `process ${pid}`,
  ]
    .filter(Boolean)
    .join(', ');
}

function describeMessage(kind: ToolMessage['kind'], text: string, data: Record<string, unknown>): string {
  if (kind === 'progress' && typeof data.progress === 'number' && typeof data.total === 'number' && data.total > 0) {
    return `${Math.round((100 * data.progress) / data.total)} % ${text}`;
  }
  if (kind === 'log') return quote(text);
  if (kind === 'config') return `config: ${text}`;
  if (kind === 'list_read' && typeof data.afterMs === 'number') return `${text} (after ${describeTime(data.afterMs)})`;
  return text;
}

/** The arguments of a call in short: `query="whisper", limit=5`. */
export function describeArguments(given: unknown): string {
  if (!isObject(given)) return given === undefined ? '' : short(given);
  return Object.entries(given)
    .map(([name, value]) => `${cleanLine(name, 60)}=${short(value)}`)
    .join(', ');
}

const short = (value: unknown): string => cleanLine(JSON.stringify(value) ?? '', 200);

/**
 * How long something took: 47 ms, 1.2 s, 75 s.
 * @param milliseconds at least 0
 */
export function describeTime(milliseconds: number): string {
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  return milliseconds < 10_000 ? `${(milliseconds / 1000).toFixed(1)} s` : `${Math.round(milliseconds / 1000)} s`;
}
