import type { Account } from '../../hub/account.js';
import { cleanLine } from '../../text/sanitize.js';

/** The Hub's roles of a token, in plain words. */
const ROLES: Record<string, string> = {
  read: 'read all that you may read',
  write: 'read and write all that you may',
  admin: 'all that you may do',
  oauth: 'what you agreed to when you logged in',
};

/** The permissions of fine-grained tokens, in plain words. */
const PERMISSIONS: Record<string, string> = {
  'repo.content.read': 'read repositories',
  'repo.access.read': 'see who asked for access to gated repositories',
  'repo.write': 'write repositories',
  'inference.serverless.write': 'call Inference Providers',
  'inference.endpoints.infer.write': 'call Inference Endpoints',
  'inference.endpoints.write': 'manage Inference Endpoints',
  'discussion.write': 'write discussions',
  'post.write': 'write posts',
  'collection.read': 'read collections',
  'collection.write': 'write collections',
  'user.billing.read': 'read billing',
  'user.webhooks.read': 'read webhooks',
  'user.webhooks.write': 'write webhooks',
  'job.write': 'run jobs',
  'gated repositories': 'read public gated repositories',
};

/**
 * What a token may do: one text for each kind of right.
 * @param token as whoami tells of it
 */
export function describeRights({ role, permissions }: Account['token']): string[] {
  if (!permissions) return [ROLES[role ?? ''] ?? cleanLine(role ?? 'unknown', 40)];
  return permissions.length > 0 ? permissions.map(translate) : ['nothing'];
}

/**
 * Whether a token can change more at the Hub than the tools that are on by default ever need.
 * @param token as whoami tells of it
 */
export function mayWrite({ role, permissions = [] }: Account['token']): boolean {
  return role === 'write' || role === 'admin' || permissions.some((text) => /\brepo\.write\b/.test(text));
}

/** `maya: repo.content.read, repo.write` is for one account, `discussion.write` for all. */
function translate(permission: string): string {
  const [, owner, list] = /^([^:]+): (.*)$/.exec(permission) ?? [undefined, undefined, permission];
  const words = list.split(', ').map((id) => PERMISSIONS[id] ?? id);
  return cleanLine(`${owner ? `${owner}: ` : ''}${words.join(', ') || 'nothing'}`, 300);
}
