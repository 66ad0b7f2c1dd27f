import type { DemoUser } from '../types.js';
import { mongoId } from './build/hashes.js';
import { organisations, type PersonSeed, people, type TokenSeed, tokens } from './data/accounts.js';

/** What the Hub says of a token at `/api/whoami-v2`. */
export type Whoami = Record<string, unknown>;

const byToken = new Map(tokens.map((seed) => [seed.token, seed]));

/**
 * Reads the `Authorization` header.
 * @returns the account; `invalid` when a token came that is unknown, revoked or expired
 */
export function identify(authorization: string | undefined): { user?: DemoUser; invalid?: true } {
  if (authorization === undefined) return {};
  const token = /^Bearer\s+(\S+)$/i.exec(authorization)?.[1];
  const seed = token ? byToken.get(token) : undefined;
  if (!seed || seed.expired) return { invalid: true };
  return { user: userOf(seed) };
}

function userOf(seed: TokenSeed): DemoUser {
  const person = people[seed.of];
  return {
    name: seed.of,
    token: seed.token,
    isPro: person.isPro,
    orgs: person.orgs.map(({ name }) => name),
    role: seed.role,
    scopedTo: seed.scoped?.map(({ owner }) => owner),
    canReadGated: seed.scoped === undefined || seed.canReadGatedRepos === true,
    granted: person.granted,
    awaiting: person.awaiting,
  };
}

/**
 * The answer of `/api/whoami-v2`.
 * @param user who asks; their token is one of the demo's
 */
export function whoami(user: DemoUser): Whoami {
  const seed = byToken.get(user.token);
  if (!seed) throw new Error('not a token of the demo');
  const person = people[seed.of];
  return {
    type: 'user',
    id: mongoId(`user ${user.name}`),
    name: user.name,
    fullname: person.fullname,
    email: `${user.name}@example.org`,
    emailVerified: true,
    canPay: person.isPro,
    billingMode: 'postpaid',
    periodEnd: person.isPro ? 1_796_083_200 : null,
    isPro: person.isPro,
    avatarUrl: `/avatars/${mongoId(`avatar ${user.name}`)}.svg`,
    orgs: person.orgs.map(({ name, role }) => ({
      type: 'org',
      id: mongoId(`org ${name}`),
      name,
      fullname: organisations[name]?.fullname ?? name,
      email: null,
      canPay: false,
      billingMode: 'postpaid',
      periodEnd: null,
      avatarUrl: `/avatars/${mongoId(`avatar ${name}`)}.svg`,
      roleInOrg: role,
      isEnterprise: organisations[name]?.plan === 'enterprise',
      ...(organisations[name]?.plan && { plan: organisations[name].plan }),
    })),
    auth: describeAuth(seed, person),
  };
}

/**
 * The answer of `/api/spaces/zero-gpu/quota`, in seconds; `current` is what is left. A window ends at the next midnight
 * of UTC.
 */
export function zeroGpuQuota(user: DemoUser): Record<string, unknown> {
  const { base, used, runs }: PersonSeed['zeroGpu'] = people[user.name as keyof typeof people].zeroGpu;
  const resetsAt = new Date(new Date().setUTCHours(24, 0, 0, 0)).toISOString();
  return {
    base,
    current: base - used,
    resetsAt,
    overquotaUsed: 0,
    ...(runs && { runs: { ...runs, remaining: runs.limit - runs.used, resetsAt } }),
  };
}

function describeAuth(seed: TokenSeed, person: PersonSeed): Record<string, unknown> {
  if (seed.role === 'oauth') return { type: 'oauth', expiresAt: '2026-12-20T12:00:00.000Z', resourceGroup: null };
  const accessToken = { displayName: seed.displayName, role: seed.role, createdAt: seed.createdAt };
  if (!seed.scoped) return { type: 'access_token', accessToken };
  const fineGrained = {
    canReadGatedRepos: seed.canReadGatedRepos === true,
    global: seed.global ?? [],
    scoped: seed.scoped.map(({ owner, permissions }) => {
      const type = person.orgs.some(({ name }) => name === owner) ? 'org' : 'user';
      return { entity: { _id: mongoId(`${type} ${owner}`), type, name: owner }, permissions };
    }),
  };
  return { type: 'access_token', accessToken: { ...accessToken, fineGrained } };
}
