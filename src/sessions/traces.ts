import type { Entry } from './entries.js';
import type { ContentPart, Item } from './items.js';
import type { Thread } from './thread.js';

/** A line of the Hub's Session Trace Simple Format, without its envelope. */
interface TraceMessage {
  role: 'user' | 'assistant' | 'system' | 'tool';
  content: string;
  toolCalls?: { id: string; function: { name: string; arguments: string } }[];
  toolCallId?: string;
  /** Milliseconds since 1970. */
  timestamp?: number;
  model?: string;
}

/**
 * Lines that the Hub's viewer of traces shows as a session.
 * @param header its id and its title
 * @param messages in order
 * @see https://huggingface.co/docs/hub/session-traces-format
 */
function traceLines(header: { id: string; name?: string }, messages: readonly TraceMessage[]): string[] {
  return [
    JSON.stringify({ type: 'session', harness: 'hugwire', ...header }),
    ...messages.map((message) => JSON.stringify({ type: 'message', message })),
  ];
}

/**
 * A conversation as a trace. Files and pictures are told of; what they hold is left out.
 * @param header its id and its title
 * @param thread what it comes to
 */
export function traceConversation(header: { id: string; name?: string }, { items, responses }: Thread): string[] {
  const messages: TraceMessage[] = [];
  /** The message whose calls come next. */
  let caller: { message: TraceMessage; step?: number } | undefined;
  for (const { item, time: timestamp, response = '' } of items) {
    const model = responses.get(response)?.model || undefined;
    const calls = callsOf(item);
    if (calls) {
      const { step } = item as { step?: number };
      if (!caller || (caller.step ?? step) !== step) {
        caller = { message: { role: 'assistant', content: '', timestamp, model } };
        messages.push(caller.message);
      }
      caller.step = step;
      caller.message.toolCalls = [...(caller.message.toolCalls ?? []), calls];
    } else caller = undefined;
    const answer = answerOf(item);
    if (answer) messages.push({ ...answer, timestamp });
    if (item.type !== 'message') continue;
    const content = sayAll(item.content);
    if (item.role === 'assistant') {
      caller = { message: { role: 'assistant', content, timestamp, model } };
      messages.push(caller.message);
    } else messages.push({ role: item.role === 'user' ? 'user' : 'system', content, timestamp });
  }
  return traceLines(header, messages);
}

/**
 * A session as a trace: as much as its journal tells.
 * @param header its id and its title
 * @param entries of its journal
 */
export async function traceSession(
  header: { id: string; name?: string },
  entries: AsyncIterable<Entry>,
): Promise<string[]> {
  const messages: TraceMessage[] = [];
  for await (const entry of entries) {
    const timestamp = Date.parse(entry.time);
    const { type } = entry;
    if (type === 'HumanMessage') messages.push({ role: 'user', content: entry.text, timestamp });
    if (type === 'AssistantMessage') messages.push({ role: 'assistant', content: entry.text, timestamp });
    if (type === 'FunctionCall') {
      const call = { name: entry.tool, arguments: JSON.stringify(entry.arguments ?? {}) };
      messages.push({ role: 'assistant', content: '', toolCalls: [{ id: entry.id, function: call }], timestamp });
    }
    if (type === 'FunctionResponse' && entry.parent !== undefined)
      messages.push({ role: 'tool', toolCallId: entry.parent, content: entry.summary, timestamp });
  }
  return traceLines(header, messages);
}

function callsOf(item: Item) {
  if (item.type === 'mcp_call') return { id: item.id, function: { name: item.name, arguments: item.arguments } };
  if (item.type !== 'function_call') return undefined;
  return { id: item.call_id, function: { name: item.name, arguments: item.arguments } };
}

function answerOf(item: Item): TraceMessage | undefined {
  if (item.type === 'mcp_call') {
    return { role: 'tool', toolCallId: item.id, content: item.output ?? item.error ?? '(no answer)' };
  }
  if (item.type !== 'function_call_output') return undefined;
  const { output } = item;
  return { role: 'tool', toolCallId: item.call_id, content: typeof output === 'string' ? output : sayAll(output) };
}

/** What the parts of a message say; of files and pictures, that they were there. */
export function sayAll(parts: readonly ContentPart[]): string {
  const say = (part: ContentPart): string => {
    if (part.type === 'input_image') return '[picture]';
    if (part.type === 'input_file')
      return `[file ${part.filename ?? part.file_url ?? part.file_id ?? 'without a name'}]`;
    return part.type === 'refusal' ? part.refusal : part.text;
  };
  return parts.map(say).filter(Boolean).join('\n');
}
