import { estimateTokens } from '../text/tokens.js';
import type { ToolListing } from './describe.js';

/** What hosts hand on to a model; titles and hints they keep to themselves. */
type Read = Pick<ToolListing, 'name' | 'description' | 'inputSchema'>;

/**
 * About how many tokens a model reads of a tool in every conversation.
 * @param listing as in `tools/list`
 */
export function costOf({ name, description, inputSchema }: Read): number {
  return estimateTokens(JSON.stringify({ name, description, inputSchema }));
}
