import type { PinnedSpace } from '../../config/schema.js';
import { isObject, type JsonSchema } from '../../schema/json-schema.js';
import { showValue } from '../../schema/validate.js';
import type { LockEntry } from '../../spaces/lock.js';
import { propertiesOf, requiredOf } from '../../spaces/pin.js';
import { cleanLine } from '../../text/sanitize.js';
import { costOf } from '../../tools/cost.js';
import { describeTool, type ToolListing } from '../../tools/describe.js';
import { pinnedTools } from '../../tools/pinned.js';
import { describeType } from '../../tools/space-signature.js';
import { alignColumns } from '../terminal/columns.js';
import { wrapLine } from '../terminal/wrap.js';
import { indent, type Layout } from './describe.js';

/**
 * What an assistant gets to see of a pinned Space, byte by byte.
 * @param entry that is to be approved
 */
export function listingOf(entry: LockEntry): ToolListing {
  const { space, endpoint, tool } = entry;
  const pin: PinnedSpace = { space, endpoint, tool, enabled: true, token: 'auto' };
  const [made] = pinnedTools([pin], { entries: [entry], altered: [] }).tools;
  if (!made) throw new Error(`${tool} makes no tool`);
  return describeTool(made);
}

/**
 * The same for a person who is to approve it: name, title, description, arguments, and what it costs.
 * @param entry that is to be approved
 * @param layout colours and width
 */
export function showDefinition(entry: LockEntry, { style, width }: Layout): string[] {
  const listing = listingOf(entry);
  const room = width === undefined ? undefined : width - 4;
  const files = new Set(entry.files);
  const needed = requiredOf(listing.inputSchema);
  const rows = Object.entries(propertiesOf(listing.inputSchema)).map(([name, schema]) => [
    style.cyan(`${cleanLine(name, 64)}${needed.includes(name) ? '' : '?'}`),
    showType(schema, files.has(name)),
    style.dim(cleanLine(schema.description, 160)),
  ]);
  return [
    `${style.bold(listing.name)}${style.dim(`  “${cleanLine(listing.title, 60)}”`)}`,
    ...indent(wrapLine(cleanLine(listing.description, 300), room)),
    ...indent(alignColumns(rows.length > 0 ? rows : [[style.dim('takes no arguments')]], room)),
    ...indent([style.dim(`≈ ${costOf(listing)} tokens of every conversation`)]),
  ];
}

function showType(schema: JsonSchema, isFile: boolean): string {
  const type = isFile ? (schema.type === 'array' ? 'files' : 'file') : describeType(schema);
  const { default: value } = schema;
  if (value === undefined || value === '' || isObject(value)) return type;
  return `${type} = ${cleanLine(showValue(value, 40), 40)}`;
}
