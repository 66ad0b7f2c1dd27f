import type { DemoRequest, DemoResponse, DemoRoute } from '../types.js';
import { noRoute, Refused } from './refusals.js';

export interface Match {
  route: DemoRoute;
  params: string[];
}

/**
 * The routes for a request, in the order in which they are to be tried.
 * @param rawPath the path as sent, not decoded
 */
export function matchRoutes(routes: readonly DemoRoute[], method: string, rawPath: string): Match[] {
  return routes.flatMap((route) => {
    if (route.method !== method && !(route.method === 'GET' && method === 'HEAD')) return [];
    const groups = route.pattern.exec(rawPath);
    return groups ? [{ route, params: groups.slice(1).map((group) => decode(group ?? '')) }] : [];
  });
}

/** The bucket of a request: its first route's, and for unknown paths the API's or the pages'. */
export function bucketOf(matches: Match[], path: string): DemoRoute['bucket'] {
  return matches[0]?.route.bucket ?? (path.startsWith('/api/') ? 'api' : 'pages');
}

/**
 * Asks the routes in turn until one answers.
 * @param request without `params`, which each route fills by its own pattern
 * @throws whatever a route throws, except a refusal, which is an answer
 */
export async function answer(matches: Match[], request: Omit<DemoRequest, 'params'>): Promise<DemoResponse> {
  try {
    for (const { route, params } of matches) {
      const response = await route.handle({ ...request, params });
      if (response) return response;
    }
  } catch (error) {
    if (error instanceof Refused) return error.response;
    throw error;
  }
  return noRoute(request.path);
}

/** Decodes percent escapes; text that is badly escaped stays as it is. */
export function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
