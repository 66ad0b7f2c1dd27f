export interface AuthorSeed {
  fullname: string;
  type: 'org' | 'user';
  followers: number;
  isPro?: boolean;
  plan?: 'team' | 'enterprise';
}

/** Owners of the demo's repositories. */
export const authors: Record<string, AuthorSeed> = {
  hugwire: { fullname: 'hugwire', type: 'org', followers: 214 },
  'open-atlas': { fullname: 'Open Atlas', type: 'org', followers: 38, plan: 'team' },
  maya: { fullname: 'Maya Lindqvist', type: 'user', followers: 57, isPro: true },
  theo: { fullname: 'Theo Okafor', type: 'user', followers: 3 },
};
