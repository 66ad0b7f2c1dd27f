import type { DemoUser } from '../../types.js';

export interface PersonSeed {
  fullname: string;
  isPro: boolean;
  orgs: { name: string; role: 'admin' | 'write' | 'contributor' | 'read' }[];
  /** Gated repositories they were let into, and those whose authors have not answered. */
  granted: string[];
  awaiting: string[];
  /** Seconds of ZeroGPU a day, and how many are used. */
  zeroGpu: { base: number; used: number; runs?: { used: number; limit: number } };
}

export interface TokenSeed {
  token: string;
  of: keyof typeof people;
  displayName: string;
  role: DemoUser['role'];
  createdAt: string;
  expired?: boolean;
  /** Of a fine-grained token: what it may do with the content of which owner. */
  scoped?: { owner: string; permissions: string[] }[];
  global?: string[];
  canReadGatedRepos?: boolean;
}

/** The people of the demo: one with PRO and organisations, one with neither. */
export const people = {
  maya: {
    fullname: 'Maya Lindqvist',
    isPro: true,
    orgs: [
      { name: 'hugwire', role: 'admin' },
      { name: 'open-atlas', role: 'read' },
    ],
    granted: ['meta-llama/Llama-3.1-8B-Instruct', 'google/gemma-2-2b-it', 'black-forest-labs/FLUX.1-dev'],
    awaiting: ['bigcode/the-stack-v2'],
    zeroGpu: { base: 2400, used: 312 },
  },
  theo: {
    fullname: 'Theo Okafor',
    isPro: false,
    orgs: [],
    granted: ['google/gemma-2-2b-it'],
    awaiting: ['meta-llama/Llama-3.1-8B-Instruct'],
    zeroGpu: { base: 300, used: 258, runs: { used: 7, limit: 8 } },
  },
} satisfies Record<string, PersonSeed>;

export const organisations: Record<string, { fullname: string; plan?: 'team' | 'enterprise' }> = {
  hugwire: { fullname: 'hugwire' },
  'open-atlas': { fullname: 'Open Atlas', plan: 'team' },
};

/** Every kind of token that the Hub knows. They are made up and open nothing but the demo. */
export const tokens: TokenSeed[] = [
  {
    token: 'hf_demo_read_maya',
    of: 'maya',
    displayName: 'laptop',
    role: 'read',
    createdAt: '2026-03-02T09:14:00.000Z',
  },
  {
    token: 'hf_demo_write_maya',
    of: 'maya',
    displayName: 'release job',
    role: 'write',
    createdAt: '2026-01-19T16:40:00.000Z',
  },
  {
    token: 'hf_demo_admin_maya',
    of: 'maya',
    displayName: 'old one',
    role: 'admin',
    createdAt: '2022-05-11T07:00:00.000Z',
  },
  {
    token: 'hf_demo_fine_maya',
    of: 'maya',
    displayName: 'assistant',
    role: 'fineGrained',
    createdAt: '2026-06-24T11:05:00.000Z',
    scoped: [{ owner: 'maya', permissions: ['repo.content.read', 'inference.serverless.write'] }],
    global: ['discussion.write'],
    canReadGatedRepos: false,
  },
  {
    token: 'hf_demo_fine_gated_maya',
    of: 'maya',
    displayName: 'assistant with gated repositories',
    role: 'fineGrained',
    createdAt: '2026-06-24T11:09:00.000Z',
    scoped: [
      { owner: 'maya', permissions: ['repo.content.read'] },
      { owner: 'hugwire', permissions: ['repo.content.read', 'repo.write'] },
    ],
    canReadGatedRepos: true,
  },
  {
    token: 'hf_oauth_demo_maya',
    of: 'maya',
    displayName: 'login',
    role: 'oauth',
    createdAt: '2026-11-20T08:00:00.000Z',
  },
  { token: 'hf_demo_read_theo', of: 'theo', displayName: 'home', role: 'read', createdAt: '2026-08-30T20:21:00.000Z' },
  {
    token: 'hf_demo_expired_maya',
    of: 'maya',
    displayName: 'workshop',
    role: 'read',
    createdAt: '2025-02-03T13:00:00.000Z',
    expired: true,
  },
];
