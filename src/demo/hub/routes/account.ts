import type { DemoRoute } from '../../types.js';
import { whoami } from '../accounts.js';
import { unauthenticated } from '../refusals.js';

/** Who the caller is. */
export const accountRoutes: DemoRoute[] = [
  {
    method: 'GET',
    pattern: /^\/api\/whoami-v2$/,
    bucket: 'api',
    handle: ({ user }) => (user ? { body: whoami(user) } : unauthenticated()),
  },
];
