import { hostHeaderValidationResponse, originValidationResponse } from '@modelcontextprotocol/server';

/** Names under which this server may be asked, and pages that may ask it. */
export interface GuardRules {
  /** Without ports. */
  hosts: readonly string[];
  /** Hosts of pages, without ports. */
  origins: readonly string[];
}

/**
 * Checks Host and Origin: any page in a user's browser can send requests to a port of their machine, and a hostile name
 * server can make one look like its own origin.
 * @returns the answer that turns the request away
 */
export function checkSource(request: Request, { hosts, origins }: GuardRules): Response | undefined {
  return hostHeaderValidationResponse(request, [...hosts]) ?? checkOrigin(request, origins);
}

/** Requests without an Origin come from no page. */
export function checkOrigin(request: Request, origins: readonly string[]): Response | undefined {
  return originValidationResponse(request, [...origins]);
}
