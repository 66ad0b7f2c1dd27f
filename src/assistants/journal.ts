import type { CallerHost } from '../engine/narrow.js';
import type { TurnRecording } from '../engine/recording.js';
import { plural } from '../lib/format.js';
import { parseJsonObject } from '../lib/json.js';
import type { Item, NewLine } from '../sessions/items.js';
import { textOf } from './context.js';
import type { AssistantTool } from './tools.js';
import type { TurnOutcome } from './types.js';

/**
 * The same, with its calls recorded as ones of the turn.
 * @param host that runs hugwire's tools
 * @param recording of the turn; missing where nothing is recorded
 */
export function recordedHost(host: CallerHost, recording: TurnRecording | undefined): CallerHost {
  return recording ? { ...host, record: recording.onCall } : host;
}

/** A tool of another server, whose calls are recorded. */
export function recordedTool(tool: AssistantTool, recording: TurnRecording | undefined): AssistantTool {
  if (!recording) return tool;
  return {
    ...tool,
    async run(args, link) {
      const call = recording.call(tool.name, args);
      const started = performance.now();
      const result = await tool.run(args, {
        ...link,
        progress(step) {
          call.progress(step);
          link.progress(step);
        },
      });
      const { text, images, isError: failed = false } = result;
      const outcome = { summary: text, bytes: Buffer.byteLength(text), images: images?.length || undefined, failed };
      call.end(outcome, performance.now() - started);
      return result;
    },
  };
}

/**
 * Records what is put into the log of a conversation, as far as it is said or decided; calls are recorded as they run.
 * @param lines as they are kept
 */
export function recordLines(lines: readonly NewLine[], recording: TurnRecording | undefined): void {
  for (const line of lines) {
    if (line.type === 'item') recordItem(line.item, recording);
    if (line.type !== 'summary') continue;
    const data = { upTo: line.upTo, characters: line.text.length };
    recording?.record({ type: 'ToolMessage', kind: 'summary', text: 'The older messages were summarised.', data });
  }
}

function recordItem(item: Item, recording: TurnRecording | undefined): void {
  const note = (text: string, data?: Record<string, unknown>) =>
    recording?.record({ type: 'ToolMessage', kind: 'approval', text, data });
  if (item.type === 'message' && item.status !== 'in_progress') {
    const text = textOf(item.content);
    const type = { user: 'HumanMessage', assistant: 'AssistantMessage' } as const;
    if (item.role === 'user' || item.role === 'assistant') recording?.record({ type: type[item.role], text });
  }
  if (item.type === 'mcp_approval_request') {
    const data = { id: item.id, tool: item.name, arguments: parseJsonObject(item.arguments) ?? item.arguments };
    note(`Waits for approval: ${item.message ?? item.name}`, data);
  }
  if (item.type === 'mcp_approval_response') {
    note(`${item.approve ? 'Approved' : 'Denied'}${item.reason ? `: ${item.reason}` : '.'}`, {
      id: item.approval_request_id,
      approve: item.approve,
    });
  }
}

/** Records how a turn ended, and what it took. */
export function recordOutcome(outcome: TurnOutcome, recording: TurnRecording | undefined): void {
  const { status, reason, error, usage, context, model } = outcome;
  const { used, window } = context;
  const tokens = usage.input + usage.output;
  const how = error ? `failed: ${error.message}` : [status, reason?.replaceAll('_', ' ')].filter(Boolean).join(', ');
  const share =
    window === undefined || used === 0 ? '' : `, ${Math.ceil((100 * used) / window)} % of its window in use`;
  recording?.record({
    type: 'ToolMessage',
    kind: 'usage',
    text: `Turn ${how}; ${model ? `${model}: ` : ''}${plural(tokens, 'token')}${share}`,
    data: { ...usage, tokens, used, window, model, status },
  });
}
