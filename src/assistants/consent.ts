import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { expandHome } from '../lib/files.js';
import { isObject } from '../lib/json.js';
import type { ApprovalRequestItem, Item } from '../sessions/items.js';
import type { Answer, Question } from '../tools/tool.js';
import type { AssistantTool } from './tools.js';
import type { Assistant, Permission } from './types.js';

const STRICTNESS: readonly Permission[] = ['allow', 'ask', 'deny'];
const BY_EFFECT = { read: 'allow', run: 'ask', write: 'ask' } as const;

const strictest = (...permissions: Permission[]): Permission =>
  STRICTNESS[Math.max(...permissions.map((one) => STRICTNESS.indexOf(one)))] as Permission;

/** What a list says of a tool: its name counts before its toolset, and that before `*`. */
function findPermission(
  list: Readonly<Record<string, Permission>>,
  { name, toolset, server }: Pick<AssistantTool, 'name' | 'toolset' | 'server'>,
): Permission | undefined {
  const keys = [name, toolset, server === 'hugwire' ? undefined : server, '*'];
  const key = keys.find((one) => one !== undefined && Object.hasOwn(list, one));
  return key === undefined ? undefined : list[key];
}

/**
 * Whether an assistant may call a tool.
 * @param tool that it wants to call
 * @param assistant whose own list counts first; that of somebody else's can only be stricter than the config's
 * @param list `assistants.tools` of the config
 */
export function permissionFor(
  tool: Pick<AssistantTool, 'name' | 'toolset' | 'server' | 'effect'>,
  { tools, isShared }: Pick<Assistant, 'tools' | 'isShared'>,
  list: Readonly<Record<string, Permission>>,
): Permission {
  const ours = findPermission(list, tool) ?? BY_EFFECT[tool.effect];
  const own = findPermission(tools, tool) ?? ours;
  return isShared ? strictest(own, ours) : own;
}

/** Arguments of Spaces that look like paths, and are none. */
const NO_PATHS = ['space', 'endpoint', 'fn', 'api_name'];
const PATH = /^(?:~|\.{1,2})?[\\/]|^file:|^[A-Za-z]:[\\/]/;

/**
 * Whether a call would send a file of this machine somewhere.
 * @param args of the call
 * @param readFrom directories whose files may be sent: a relative path means one of theirs
 */
export function sendsFile(args: Record<string, unknown>, readFrom: readonly string[]): boolean {
  const holds = (value: unknown): boolean => {
    if (typeof value === 'string') return PATH.test(value.trim()) || readFrom.some((folder) => isFile(folder, value));
    return Array.isArray(value) ? value.some(holds) : isObject(value) && Object.values(value).some(holds);
  };
  return Object.entries(args).some(([name, value]) => !NO_PATHS.includes(name) && holds(value));
}

function isFile(folder: string, name: string): boolean {
  try {
    return statSync(resolve(expandHome(folder), name)).isFile();
  } catch {
    // Also a text that cannot be a path.
    return false;
  }
}

/**
 * What a yes stands for: the call, its exact arguments, and what was asked.
 * @param call as the model made it
 * @param question of the tool itself; none where the call as such is asked about
 */
export function digestCall(call: { name: string; arguments: string }, question?: Question): string {
  const told = [call.name, call.arguments, question?.message ?? null, question?.about ?? null];
  return createHash('sha256').update(JSON.stringify(told)).digest('hex');
}

/**
 * The answer to a question that a yes was given to: every box ticked, the rest as it was offered.
 * @returns undefined where it wants something that a yes does not tell
 */
export function agree({ fields }: Question): Answer | undefined {
  const values: Record<string, string | boolean | undefined> = {};
  for (const [name, field] of Object.entries(fields)) {
    if (field.type === 'yes-no') values[name] = field.optional !== true;
    else if (field.initial !== undefined) values[name] = field.initial;
    else if (field.type === 'choice' || !field.optional) return undefined;
  }
  return { action: 'accept', values };
}

/**
 * The requests of a conversation that no call has followed yet, by their ids.
 * @param items of the conversation, in order
 */
export function openRequests(items: readonly Item[]): Map<string, ApprovalRequestItem> {
  const open = new Map<string, ApprovalRequestItem>();
  for (const item of items) {
    if (item.type === 'mcp_approval_request') {
      open.set(item.id, item);
      if (item.after) open.delete(item.after);
    }
    if (item.type === 'mcp_call' && item.approval_request_id) open.delete(item.approval_request_id);
  }
  return open;
}

/** All that was agreed to before for the call of a request, itself included. */
export function chainOf(request: ApprovalRequestItem, items: readonly Item[]): string[] {
  const digests: string[] = [];
  for (let one: Item | undefined = request; one?.type === 'mcp_approval_request'; ) {
    if (one.digest) digests.push(one.digest);
    const { after }: ApprovalRequestItem = one;
    one = after ? items.find(({ id }) => id === after) : undefined;
  }
  return digests;
}
