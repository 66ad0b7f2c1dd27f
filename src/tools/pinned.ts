import * as z from 'zod';
import type { PinnedSpace } from '../config/schema.js';
import { type Approvals, findApproved, isOn, type LockEntry } from '../spaces/lock.js';
import { checkArguments, fitToLive } from '../spaces/pinned.js';
import type { SpaceCall } from '../spaces/types.js';
import { planSpace } from './dry-run.js';
import { runSpace } from './space_call.js';
import type { AnyTool } from './tool.js';

const ANY = z.looseObject({});

/** The tools of pinned Spaces, and what is wrong with the pins. */
export interface PinnedTools {
  tools: AnyTool[];
  warnings: string[];
}

/**
 * Makes a tool of every pinned Space, from what was recorded when the user approved it: nothing is asked of any Space.
 * @param pinned `spaces.pinned` of the config; those that are off or only proposed get none
 * @param lock from `readLock`; for the Spaces that ship with hugwire its own record serves as well
 * @param reserved names of the built-in tools
 */
export function pinnedTools(
  pinned: readonly PinnedSpace[],
  lock: Approvals,
  reserved: readonly string[] = [],
): PinnedTools {
  const made: PinnedTools = { tools: [], warnings: [] };
  for (const pin of pinned.filter(isOn)) {
    const approved = findApproved(pin, lock);
    if (typeof approved === 'string') made.warnings.push(approved);
    else if (reserved.includes(pin.tool) || made.tools.some(({ name }) => name === pin.tool)) {
      made.warnings.push(`${pin.space} is pinned as ${pin.tool}, which is the name of another tool; it is left out`);
    } else made.tools.push(pinnedTool(approved));
  }
  return made;
}

function pinnedTool(entry: LockEntry): AnyTool {
  const { tool, title, description, schema } = entry;
  return {
    name: tool,
    title,
    toolset: 'spaces',
    effect: 'run',
    description,
    input: ANY,
    inputSchema: schema,
    async run(input, ctx) {
      return runSpace(await pinnedCall(entry, input), ctx, { seconds: ctx.config.spaces.waitSeconds });
    },
    async plan(input, ctx) {
      return planSpace(await pinnedCall(entry, input), ctx);
    },
  };
}

async function pinnedCall(entry: LockEntry, input: Record<string, unknown>): Promise<SpaceCall> {
  const { space, endpoint } = entry;
  const given = await checkArguments(entry, input);
  return { space, endpoint, arguments: given, pinned: true, adapt: (app) => fitToLive(entry, given, app) };
}
