import { HugwireError } from '../lib/errors.js';
import { cleanLine, cleanText, redact } from '../lib/text.js';
import type { Approval } from '../sessions/approvals.js';
import type { ContentPart, ConversationInfo, ConversationStore, Item } from '../sessions/items.js';
import { readThread, type ThreadItem } from '../sessions/thread.js';
import type { ApprovalRecord, ConversationPart, ConversationRecord, ShownItem } from './types.js';

const MAX_TEXT = 8000;
/** The latest items of a conversation that are shown. */
const MAX_ITEMS = 500;

const text = (words: string) => redact(cleanText(words, MAX_TEXT));
const line = (words: string, length: number) => redact(cleanLine(words, length));

/**
 * A conversation as the page lists it.
 * @param info as its store lists it
 */
export function describeConversation({ metadata: _, bytes: __, ...info }: ConversationInfo): ConversationRecord {
  return { ...info, assistant: line(info.assistant, 80), title: line(info.title, 120) };
}

/**
 * A call that waits, with every word of what is agreed to.
 * @param approval as its store has it
 */
export function describeApproval({ decision: _, ...approval }: Approval): ApprovalRecord {
  const { assistant, server, tool, message } = approval;
  return {
    ...approval,
    assistant: line(assistant, 80),
    server: line(server, 80),
    tool: line(tool, 80),
    arguments: redact(cleanText(approval.arguments)),
    message: redact(cleanText(message)),
  };
}

/**
 * What was said and done in a conversation.
 * @param stores that may have it
 * @param id as the page has it
 * @param owner whose it is
 * @throws HugwireError `not_found`
 */
export async function readConversation(
  stores: readonly Pick<ConversationStore, 'open'>[],
  id: string,
  owner: string,
): Promise<ConversationPart> {
  const found = await Promise.all(stores.map((store) => store.open(id, owner)));
  const conversation = found.find((one) => one !== undefined);
  if (!conversation) {
    throw new HugwireError('not_found', `There is no conversation ${cleanLine(id, 60)} any more.`, {
      hint: 'It was removed, or kept for as long as sessions.keepDays says.',
    });
  }
  const { items } = readThread(await conversation.read());
  return { items: items.slice(-MAX_ITEMS).map(showItem), earlier: Math.max(0, items.length - MAX_ITEMS) };
}

function showItem({ item, time }: ThreadItem): ShownItem {
  return { id: item.id, type: item.type, time: new Date(time).toISOString(), ...describeItem(item) };
}

function describeItem(item: Item): Partial<ShownItem> {
  if (item.type === 'message') return { role: item.role, ...showContent(item.content) };
  if (item.type === 'mcp_approval_response') {
    return { text: `${item.approve ? 'Approved' : 'Denied'}${item.reason ? `: ${line(item.reason, 200)}` : ''}` };
  }
  if (item.type === 'function_call_output') {
    return typeof item.output === 'string' ? { text: text(item.output) } : showContent(item.output);
  }
  const call = { name: line(item.name, 80), arguments: text(item.arguments) };
  if (item.type === 'mcp_approval_request') return { ...call, text: text(item.message ?? '') };
  if (item.type === 'function_call') return call;
  const { output, error, status, images } = item;
  return {
    ...call,
    text: text(error ?? output ?? ''),
    failed: status === 'in_progress' ? undefined : error !== null || status === 'failed',
    attachments: images?.length,
  };
}

function showContent(parts: readonly ContentPart[]): Pick<ShownItem, 'text' | 'attachments'> {
  const words = parts.flatMap((part) => ('text' in part ? part.text : part.type === 'refusal' ? part.refusal : []));
  const attachments = parts.filter(({ type }) => type === 'input_image' || type === 'input_file').length;
  return { text: text(words.join('\n')), attachments: attachments || undefined };
}
