import { formatBytes, formatCount, plural } from '../../lib/format.js';
import { parseJsonObject } from '../../lib/json.js';
import { cleanLine, cleanText, cutText } from '../../lib/text.js';
import { localDay, localTime } from '../../lib/time.js';
import type { ConversationInfo, Item } from '../../sessions/items.js';
import type { Thread, ThreadItem } from '../../sessions/thread.js';
import { sayAll } from '../../sessions/traces.js';
import { fenced, quoted } from '../sessions/show.js';
import { describeArguments } from '../sessions/timeline.js';
import type { View } from '../terminal.js';

const MAX_LINE = 500;
const INDENT = ' '.repeat(10);
const WHO = { user: 'user', assistant: 'assistant', developer: 'hugwire', system: 'instructions' } as const;

/** How much of the model's window a conversation takes; empty where that is not known. */
export function describeContext({ context }: Pick<ConversationInfo, 'context'>): string {
  if (!context?.window || context.used === 0) return '';
  return `${Math.ceil((100 * context.used) / context.window)} %`;
}

function describeFacts(info: ConversationInfo): string {
  const used = describeContext(info);
  const { assistant, owner, messages, calls, usage, status } = info;
  return [
    cleanLine(assistant, 60),
    owner !== 'local' && `owner ${cleanLine(owner, 60)}`,
    plural(messages, 'message'),
    plural(calls, 'call'),
    `${formatCount(usage.input + usage.output)} tokens`,
    used && `${used} of the model's window in use`,
    status && status !== 'completed' && `last turn ${status.replace('_', ' ')}`,
  ]
    .filter(Boolean)
    .join(', ');
}

/** A conversation for people: messages whole, calls in a line or two. */
export function renderText(
  info: ConversationInfo,
  { items, summary }: Thread,
  { style, width = MAX_LINE }: View,
): string[] {
  const lines = [`${style.bold(cleanLine(info.id, 256))}  ${style.dim(describeFacts(info))}`];
  let day = '';
  const cut = (text: string, used: number) => cutText(text, Math.max(12, width - used));
  const note = (text: string) => `${INDENT}${style.dim(cut(`· ${text}`, INDENT.length))}`;
  for (const { item, seq, time } of items) {
    const at = new Date(time);
    if (localDay(at) !== day) {
      day = localDay(at);
      lines.push('', style.bold(day));
    }
    const clock = style.dim(localTime(at));
    if (item.type === 'message') {
      const end = item.status === 'completed' ? '' : style.yellow(` (${item.status.replace('_', ' ')})`);
      lines.push(`${clock}  ${style.magenta(WHO[item.role])}${end}`);
      for (const line of cleanText(sayAll(item.content)).split('\n')) lines.push(line === '' ? '' : `${INDENT}${line}`);
    } else if (item.type === 'mcp_call' || item.type === 'function_call') {
      const name = cleanLine(item.name, 60);
      const given = parseJsonObject(item.arguments) ?? item.arguments;
      lines.push(
        `${clock}  ${style.cyan('▸')} ${style.bold(name)}(${cut(describeArguments(given), 14 + name.length)})`,
      );
      if (item.type === 'mcp_call') {
        const { text, failed } = outcomeOf(item);
        const mark = failed ? style.red('✗') : style.green('✓');
        const size = formatBytes(Buffer.byteLength(text));
        lines.push(
          `${INDENT}${mark} ${style.dim(`(${size})`)} ${cut(firstWords(text), INDENT.length + size.length + 5)}`,
        );
      }
    } else if (item.type === 'function_call_output') {
      const text = typeof item.output === 'string' ? item.output : sayAll(item.output);
      lines.push(`${INDENT}${style.green('✓')} ${cut(firstWords(text), INDENT.length + 2)}`);
    } else lines.push(note(describeApproval(item)));
    if (seq === summary?.upTo) lines.push(note('The model is told a summary of what is above.'));
  }
  return lines;
}

/** Quoted text of others would look like hugwire's own words on one line. */
const firstWords = (text: string): string => cleanLine(text.replace(/^--- .*/ms, '…'), 1000);

function outcomeOf({ output, error }: Extract<Item, { type: 'mcp_call' }>): { text: string; failed: boolean } {
  return { text: output ?? error ?? 'no answer', failed: error !== null || output === null };
}

function describeApproval(item: Extract<Item, { type: 'mcp_approval_request' | 'mcp_approval_response' }>): string {
  if (item.type === 'mcp_approval_request') {
    return `asked for approval of ${cleanLine(item.name, 60)} (${cleanLine(item.id, 60)})`;
  }
  return `${item.approve ? 'approved' : 'denied'}${item.reason ? `: ${cleanLine(item.reason, 200)}` : ''}`;
}

/** A conversation as a document. */
export function renderMarkdown(info: ConversationInfo, { items, summary }: Thread): string {
  const parts = [
    `# ${info.title ? cleanLine(info.title) : 'Conversation'}`,
    [
      `- Conversation: \`${cleanLine(info.id, 256)}\``,
      `- ${describeFacts(info)}`,
      `- Began: ${describeTime(info.createdAt)}`,
    ].join('\n'),
  ];
  for (const one of items) {
    parts.push(...renderItem(one));
    if (summary && one.seq === summary.upTo)
      parts.push(`_Summary of what is above, as the model is told:_`, quoted(summary.text));
  }
  return parts.join('\n\n');
}

const describeTime = (time: number): string => `${localDay(new Date(time))} ${localTime(new Date(time))}`;

function renderItem({ item, time }: ThreadItem): string[] {
  const at = localTime(new Date(time));
  if (item.type === 'message') {
    const end = item.status === 'completed' ? '' : ` (${item.status.replace('_', ' ')})`;
    return [`## ${at} ${WHO[item.role]}${end}`, quoted(sayAll(item.content))];
  }
  if (item.type === 'mcp_call' || item.type === 'function_call') {
    const given = parseJsonObject(item.arguments);
    const args = given === undefined ? fenced(item.arguments) : fenced(JSON.stringify(given, null, 2), 'json');
    const call = [`## ${at} \`${cleanLine(item.name, 60)}\``, args];
    if (item.type === 'function_call') return call;
    const { text, failed } = outcomeOf(item);
    return [...call, failed ? '**Failed**:' : 'Answer:', fenced(text)];
  }
  if (item.type === 'function_call_output') {
    return ['Answer:', fenced(typeof item.output === 'string' ? item.output : sayAll(item.output))];
  }
  return [`${at} _${describeApproval(item)}_`];
}
