import { HugwireError } from '../../lib/errors.js';
import { isObject } from '../../lib/json.js';
import { count, line, lines, record, records } from '../fields.js';
import type { HubClient } from '../types.js';

/** Who the token belongs to; never its value, never the e-mail. */
export interface Account {
  name: string;
  fullname?: string;
  type?: string;
  /** `free` or `PRO`, or the plan of an organisation's token. */
  plan: string;
  orgs: { name: string; role?: string; plan?: string }[];
  token: { name?: string; role?: string; permissions?: string[]; expiresAt?: string };
  /** What a fine-grained token may do: everywhere, and with what belongs to an owner or with one repository. */
  scopes?: { name?: string; permissions: string[] }[];
}

/** ZeroGPU time of the account, in seconds. */
export interface GpuQuota {
  base: number;
  remaining: number;
  /** ISO 8601; missing before the first use of the day. */
  resetsAt?: string;
  /** Used beyond the quota and paid for. */
  paid?: number;
  runsRemaining?: number;
  runsLimit?: number;
  /** ISO 8601. Runs have a window of their own. */
  runsResetAt?: string;
}

/**
 * Asks the Hub whose token is used. To be called sparingly: the Hub limits it by itself.
 * @param hub the Hub
 * @param fresh whether what the Hub said a while ago will not do
 * @throws HugwireError `unauthorized` when the token is bad
 * @see whoami-v2
 */
export async function fetchAccount(hub: HubClient, fresh = false): Promise<Account> {
  const answer = (await hub.request('/api/whoami-v2', fresh ? {} : { cache: 'account' })).json();
  if (!isObject(answer) || typeof answer.name !== 'string') {
    throw new HugwireError('unavailable', 'The Hub did not say whose token it is.');
  }
  const auth = record(answer.auth);
  const access = record(auth.accessToken);
  return {
    name: line(answer.name, 80) ?? '?',
    fullname: line(answer.fullname),
    type: line(answer.type),
    plan: line(answer.plan) ?? (answer.isPro === true ? 'PRO' : 'free'),
    orgs: readOrgs(answer.orgs),
    token: {
      name: line(access.displayName),
      role: line(access.role) ?? line(auth.type),
      permissions: readPermissions(access.fineGrained),
      expiresAt: line(auth.expiresAt),
    },
    scopes: readScopes(access.fineGrained),
  };
}

/**
 * Asks how much ZeroGPU time the account has left.
 * @param hub the Hub
 * @throws HugwireError `unauthorized` when the token may not read it; the hint names the right
 * @see huggingface_hub issue 2842: GET /api/spaces/zero-gpu/quota
 */
export async function fetchGpuQuota(hub: HubClient): Promise<GpuQuota | undefined> {
  const answer = (await hub.request('/api/spaces/zero-gpu/quota')).json();
  if (!isObject(answer)) return undefined;
  const base = count(answer.base);
  const remaining = count(answer.current);
  if (base === undefined || remaining === undefined) return undefined;
  const runs = record(answer.runs);
  return {
    base,
    remaining,
    resetsAt: line(answer.resetsAt),
    paid: count(answer.overquotaUsed),
    runsRemaining: count(runs.remaining),
    runsLimit: count(runs.limit),
    runsResetAt: line(runs.resetsAt),
  };
}

function readOrgs(orgs: unknown): Account['orgs'] {
  return records(orgs)
    .map((org) => ({ name: line(org.name) ?? '', role: line(org.roleInOrg), plan: line(org.plan) }))
    .filter(({ name }) => name !== '');
}

function readScopes(fineGrained: unknown): Account['scopes'] {
  if (!isObject(fineGrained)) return undefined;
  const scoped = records(fineGrained.scoped).map(({ entity, permissions }) => ({
    name: line(record(entity).name),
    permissions: lines(permissions),
  }));
  return [{ permissions: fineGrained.global === undefined ? [] : lines(fineGrained.global) }, ...scoped];
}

/** The rights of a fine-grained token: the global ones, then those for single repositories and accounts. */
function readPermissions(fineGrained: unknown): string[] | undefined {
  if (!isObject(fineGrained)) return undefined;
  const scoped = records(fineGrained.scoped);
  return [
    ...(fineGrained.canReadGatedRepos === true ? ['gated repositories'] : []),
    ...(fineGrained.global === undefined ? [] : lines(fineGrained.global)),
    ...scoped.map(({ entity, permissions }) => {
      const name = line(record(entity).name) ?? '?';
      return `${name}: ${Array.isArray(permissions) ? permissions.join(', ') : ''}`;
    }),
  ];
}
