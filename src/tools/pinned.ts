import * as z from 'zod';
import type { PinnedSpace } from '../config/schema.js';
import { DEFAULT_LOCK } from '../spaces/default-lock.js';
import type { LockEntry } from '../spaces/lock.js';
import { checkArguments, fitToLive } from '../spaces/pinned-call.js';
import type { SpaceCall } from '../spaces/types.js';
import { runSpace } from './space-job.js';
import type { AnyTool } from './tool.js';

const ANY = z.looseObject({});

/** The tools of pinned Spaces, and what is wrong with the pins. */
export interface PinnedTools {
  tools: AnyTool[];
  warnings: string[];
}

/**
 * Makes a tool of every pinned Space, from what was recorded when the user approved it: nothing is asked of any Space.
 * @param pinned `spaces.pinned` of the config
 * @param lock entries of `spaces.lock.json`; for the Spaces that ship with hugwire its own record serves as well
 * @param reserved names of the built-in tools
 */
export function pinnedTools(
  pinned: readonly PinnedSpace[],
  lock: readonly LockEntry[],
  reserved: readonly string[] = [],
): PinnedTools {
  const made: PinnedTools = { tools: [], warnings: [] };
  for (const pin of pinned.filter(({ enabled }) => enabled)) {
    const entry = [...lock, ...DEFAULT_LOCK].find((one) => isOf(pin, one));
    if (!entry) {
      made.warnings.push(
        `${pin.space} is pinned as ${pin.tool}, but spaces.lock.json does not have it; the tool is left out`,
      );
    } else if (reserved.includes(pin.tool) || made.tools.some(({ name }) => name === pin.tool)) {
      made.warnings.push(`${pin.space} is pinned as ${pin.tool}, which is the name of another tool; it is left out`);
    } else made.tools.push(pinnedTool(entry));
  }
  return made;
}

function isOf({ space, endpoint, tool }: PinnedSpace, entry: LockEntry): boolean {
  if (entry.tool !== tool || (endpoint !== undefined && endpoint !== entry.endpoint)) return false;
  return entry.space.toLowerCase() === space.toLowerCase();
}

function pinnedTool(entry: LockEntry): AnyTool {
  const { space, endpoint, tool, title, description, schema } = entry;
  return {
    name: tool,
    title,
    toolset: 'spaces',
    effect: 'run',
    description,
    input: ANY,
    inputSchema: schema,
    async run(input, ctx) {
      const given = await checkArguments(entry, input);
      const call: SpaceCall = {
        space,
        endpoint,
        arguments: given,
        pinned: true,
        adapt: (app) => fitToLive(entry, given, app),
      };
      return runSpace(call, ctx, { seconds: ctx.config.spaces.waitSeconds });
    },
  };
}
