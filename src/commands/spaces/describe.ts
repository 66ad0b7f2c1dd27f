import type { PinnedSpace } from '../../config/schema.js';
import type { Endpoint } from '../../gradio/types.js';
import { formatCount } from '../../lib/format.js';
import { isObject, type JsonSchema, showValue } from '../../lib/json-schema.js';
import { cleanLine } from '../../lib/text.js';
import type { TokenMode } from '../../spaces/directory.js';
import type { LockEntry } from '../../spaces/lock.js';
import { propertiesOf, requiredOf } from '../../spaces/pinned.js';
import { describeStage } from '../../spaces/stages.js';
import type { SpaceApp, SpaceSite } from '../../spaces/types.js';
import { costOf, describeTool, type ToolListing } from '../../tools/describe.js';
import { pinnedTools } from '../../tools/pinned.js';
import { describeType, showSignature } from '../../tools/space_info.js';
import { alignColumns, type Style, wrapLine } from '../terminal.js';

/** How lines are laid out. */
export interface Layout {
  style: Style;
  /** Of the terminal, in columns. */
  width?: number;
}

/**
 * What a Space is, for a person: name, what its author says of it, how it runs, and what becomes of the token.
 * @param app described
 * @param mode what the user says of the token
 * @param layout colours and width
 */
export function describeSpace(app: SpaceApp, mode: TokenMode, { style, width }: Layout): string[] {
  const { site } = app;
  const title = cleanLine(app.title ?? site.title, 80);
  const heading = `${style.bold(site.id)}${title && title !== site.id ? style.dim(`  “${title}”`) : ''}`;
  const summary = site.summary ? wrapLine(`“${cleanLine(site.summary, 200)}”`, roomOf(width)) : [];
  const facts = [
    site.kind === 'local' ? 'an app on this machine' : describeStage(site).replace(/^is /, ''),
    site.hardware && `on ${cleanLine(site.hardware, 40)}`,
    `Gradio ${app.version}`,
    site.private && 'private',
    site.likes !== undefined && `${formatCount(site.likes)} likes`,
  ];
  const told = wrapLine(tellToken(site, mode), roomOf(width));
  return [heading, ...indent([...summary, facts.filter(Boolean).join(', '), ...told.map((line) => style.dim(line))])];
}

/** What becomes of the user's token, by the token rule. */
function tellToken({ kind, private: isPrivate, zeroGpu }: SpaceSite, mode: TokenMode): string {
  if (kind === 'local') return 'Your token is never sent to an app on this machine.';
  if (mode === 'never') {
    const cost = isPrivate
      ? '; calls will fail, as it is private'
      : zeroGpu
        ? '; calls get the small quota of guests'
        : '';
    return `Your token is not sent, as you say${cost}.`;
  }
  if (isPrivate) return 'Your token is sent with every call, as it is private; the Hub’s proxy keeps it from the app.';
  if (zeroGpu) return 'Your token, if you have one, is sent with every call: ZeroGPU time counts against your quota.';
  return mode === 'always' ? 'Your token is sent with every call, as you say.' : 'Your token is not sent to it.';
}

/**
 * The endpoints of an app, a signature and the author's sentence each.
 * @param endpoints in the order of their use
 * @param layout colours and width
 */
export function describeEndpoints(endpoints: readonly Endpoint[], { style, width }: Layout): string[] {
  return indent(
    endpoints.flatMap((endpoint) => {
      const lines = wrapLine(showSignature(endpoint), roomOf(width), '    ');
      const [first = '', ...rest] = lines;
      const named = first.replace(endpoint.name, (name) => style.cyan(name));
      const about = endpoint.description ? wrapLine(`“${cleanLine(endpoint.description, 200)}”`, roomOf(width, 4)) : [];
      return [named, ...rest, ...indent(about.map((line) => style.dim(line)))];
    }),
  );
}

const roomOf = (width: number | undefined, indent = 2) => (width === undefined ? undefined : width - indent);

/**
 * Moves lines two columns to the right.
 * @param lines of any text
 */
export function indent(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}

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
