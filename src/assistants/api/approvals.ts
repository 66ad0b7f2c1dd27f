import * as z from 'zod';
import type { Caller } from '../../http/callers.js';
import { toHugwireError } from '../../lib/errors.js';
import type { Approval } from '../../sessions/approvals.js';
import { type ApiRequest, showList } from './conversations.js';
import { ApiError } from './errors.js';
import type { ApiOptions } from './turns.js';
import { check } from './wire.js';

const verdict = z.object({
  approve: z.boolean(),
  reason: z.string().max(10_000).nullish(),
  /** As it was shown: then nothing else can have taken its place. */
  digest: z.string().nullish(),
});

/**
 * Everything below `/v1/approvals`, a route of our own: what waits for somebody to agree, be it the caller's own or, with a key
 * that may approve, anybody's.
 * @param path what follows it, piece by piece
 * @returns undefined where there is no such route
 */
export async function serveApprovals(
  { approvals }: ApiOptions,
  caller: Caller,
  [id, more]: readonly string[],
  { method, url, body }: ApiRequest,
): Promise<Response | undefined> {
  if (more !== undefined || (method !== 'GET' && method !== 'POST')) return undefined;
  // Holders of keys work for one user, guests each for themselves.
  const seesAll = caller.mayApprove === true && caller.owner.startsWith('key:');
  if (id === undefined) {
    if (method !== 'GET') return undefined;
    const found = await approvals.list({
      owner: seesAll ? undefined : caller.owner,
      conversation: url.searchParams.get('conversation') ?? undefined,
    });
    return showList(found.reverse().map(show), url);
  }
  const found = await approvals.get(id).catch((error) => {
    if (toHugwireError(error).code === 'not_found') return undefined;
    throw error;
  });
  if (!found || !(seesAll || found.owner === caller.owner)) {
    throw new ApiError(404, `No request for approval ${id.slice(0, 100)} waits here: it was decided, or is too old.`, {
      code: 'approval_not_found',
    });
  }
  if (method === 'GET') return Response.json(show(found));
  if (!caller.mayApprove) throw mayNotApprove(caller, id);
  const { approve, reason, digest } = check(verdict, body);
  const seen = { id, digest: digest ?? found.digest };
  return Response.json(show(await approvals.decide(seen, { approve, reason: reason ?? undefined }, caller.owner)));
}

/** What somebody is told who may not agree to what an assistant asks. */
export function mayNotApprove({ name }: Caller, id: string): ApiError {
  return new ApiError(
    403,
    `${name ? `The key ${name}` : 'This caller'} may not approve. Whoever runs this server decides with \`hugwire approvals approve ${id.slice(0, 100)}\`, or somebody whose key may approve does; then send the next message.`,
    { code: 'may_not_approve' },
  );
}

function show({
  id,
  conversation,
  assistant,
  server,
  tool,
  arguments: args,
  message,
  digest,
  createdAt,
  decision,
}: Approval) {
  return {
    id,
    object: 'approval',
    created_at: Math.floor(createdAt / 1000),
    conversation: { id: conversation },
    assistant,
    server_label: server,
    name: tool,
    arguments: args,
    message,
    digest,
    approve: decision?.approve ?? null,
    reason: decision?.reason ?? null,
  };
}
