import { hubSearch } from './hub_search.js';
import { hubWhoami } from './hub_whoami.js';
import type { AnyTool } from './tool.js';

/** Every built-in tool, sorted by name. */
export const TOOLS: readonly AnyTool[] = [hubSearch, hubWhoami];
