import * as z from 'zod';
import type { PinnedSpace } from '../config/schema.js';
import { type AliasedSchema, aliasSchema } from '../gradio/aliases.js';
import { HugwireError } from '../lib/errors.js';
import { type Approvals, findApproved, isOn, type LockEntry } from '../spaces/lock.js';
import { checkArguments, fitToLive } from '../spaces/pinned.js';
import type { SpaceCall } from '../spaces/types.js';
import { type ArgumentRow, describeArguments, describeTool, type ToolListing } from './describe.js';
import { planSpace } from './dry-run.js';
import { findBreach } from './host-rules.js';
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
    } else {
      const tool = pinnedTool(approved);
      const breach = findBreach(describeTool(tool));
      if (breach === undefined) made.tools.push(tool);
      else
        made.warnings.push(
          `${pin.space} is pinned as ${pin.tool}, which some hosts would not accept (${breach}); it is left out`,
        );
    }
  }
  return made;
}

/** A tool that the user is to approve. */
export interface PinPreview {
  /** What an assistant gets to see of it, byte by byte. */
  listing: ToolListing;
  /** Its arguments in words. */
  rows: ArgumentRow[];
  /** Which words in it stand for others, and what those are. */
  aliases: AliasedSchema['aliases'];
}

/**
 * Shows what would become of a record.
 * @param entry that is to be approved
 * @throws HugwireError `invalid_arguments` when some host would not take it
 */
export function previewPin(entry: LockEntry): PinPreview {
  const { space, endpoint, files } = entry;
  const listing = describeTool(pinnedTool(entry));
  const breach = findBreach(listing);
  if (breach !== undefined) {
    const message = `${endpoint} of ${space} cannot be a tool that every host accepts: ${breach}.`;
    throw new HugwireError('invalid_arguments', message, {
      hint: `hugwire call space_call space=${space} endpoint=${endpoint}`,
    });
  }
  const { keys, aliases } = aliasSchema(entry.schema);
  const rows = describeArguments(
    listing.inputSchema,
    files.map((name) => keys.get(name) ?? name),
  );
  return { listing, rows, aliases };
}

function pinnedTool(entry: LockEntry): AnyTool {
  const { tool, title, description } = entry;
  const aliased = aliasSchema(entry.schema);
  const prepare = async (input: Record<string, unknown>): Promise<SpaceCall> => {
    const { space, endpoint } = entry;
    const given = await readListed(entry, aliased, input);
    return { space, endpoint, arguments: given, pinned: true, adapt: (app) => fitToLive(entry, given, app) };
  };
  return {
    name: tool,
    title,
    toolset: 'spaces',
    effect: 'run',
    description,
    input: ANY,
    inputSchema: aliased.schema,
    async run(input, ctx) {
      return runSpace(await prepare(input), ctx, { seconds: ctx.config.spaces.waitSeconds });
    },
    async plan(input, ctx) {
      return planSpace(await prepare(input), ctx);
    },
  };
}

/** Checks arguments as they are listed, and gives them back as the Space knows them. */
async function readListed(
  entry: LockEntry,
  { schema, keys, restore }: AliasedSchema,
  input: Record<string, unknown>,
): Promise<Record<string, unknown>> {
  if (!restore) return checkArguments(entry, input);
  const listed = (name: string) => keys.get(name) ?? name;
  const renamed = Object.entries(input).map(([name, value]) => [listed(name), value]);
  const seen = { ...entry, schema, files: entry.files.map(listed) };
  return restore(await checkArguments(seen, Object.fromEntries(renamed))) as Record<string, unknown>;
}
