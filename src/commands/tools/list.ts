import type { LoadedConfig } from '../../config/load.js';
import { lockPath } from '../../config/paths.js';
import type { Config, PinnedSpace } from '../../config/schema.js';
import { plural } from '../../lib/format.js';
import { isOn, readLock } from '../../spaces/lock.js';
import { costOf, describeTool } from '../../tools/describe.js';
import { BUILT_IN, TOOLS } from '../../tools/index.js';
import { pinnedTools } from '../../tools/pinned.js';
import { selectTools } from '../../tools/select.js';
import { type AnyTool, OPT_IN } from '../../tools/tool.js';
import { alignColumns, type CommandResult, type Style, type View } from '../terminal.js';

/**
 * `hugwire tools list`: all tools by toolset, whether they are on, what they can do, and their cost.
 * @param loaded the config
 * @param view how it is shown
 */
export function showTools(loaded: LoadedConfig, view: View): CommandResult {
  const items = listInventory(loaded);
  const { readOnly } = loaded.config.tools;
  const data = { tools: items.map(toData), tokens: totalCost(items), readOnly };
  const lines = [...renderGroups(items, view), '', ...summarise(items, loaded, view.style)];
  return { text: lines.join('\n'), data, exitCode: 0 };
}

function toData({ tool, on, reason, tokens, pin }: Item) {
  const { name, title, toolset, effect } = tool;
  return { name, title, toolset, effect, on, reason, tokens, space: pin?.space };
}

function renderGroups(items: readonly Item[], { style, width }: View): string[] {
  const toolsets = [...new Set(items.map(({ tool }) => tool.toolset))];
  const rows = toolsets.flatMap((toolset, at) => [
    ...(at > 0 ? [[]] : []),
    [style.bold(toolset)],
    ...items.filter(({ tool }) => tool.toolset === toolset).map((item) => renderItem(item, style)),
  ]);
  return alignColumns(rows, width);
}

function renderItem({ tool, on, reason, tokens, pin }: Item, style: Style): string[] {
  const what = pin ? `${tool.title} (${pin.space})` : tool.title;
  const cells = [tool.name, tool.effect, `≈ ${String(tokens).padStart(3)}`];
  if (on) return [`  ${style.green('✓')} ${cells[0]}`, cells[1] ?? '', cells[2] ?? '', style.dim(what)];
  return [`  ${style.dim(`○ ${cells[0]}`)}`, ...cells.slice(1).map((cell) => style.dim(cell)), `off: ${reason}`];
}

function summarise(items: readonly Item[], { config, profile }: LoadedConfig, style: Style): string[] {
  const on = items.filter((item) => item.on).length;
  const total = totalCost(items).toLocaleString('en');
  const lines = [`${plural(on, 'tool')} on, ${items.length - on} off: ≈ ${total} tokens in every conversation`];
  if (config.tools.readOnly) {
    const inProfile = profile === undefined ? '' : ` --profile ${profile}`;
    lines.push(
      `tools.readOnly turns off all tools that run or write; to turn them on: hugwire config set tools.readOnly false${inProfile}`,
    );
  }
  const missing = config.spaces.pinned.filter((pin) => isOn(pin) && !items.some(({ tool }) => tool.name === pin.tool));
  if (missing.length > 0) {
    lines.push(`${plural(missing.length, 'pinned Space')} cannot be offered; to see why: hugwire spaces list`);
  }
  return [...lines, style.dim('hugwire tools enable|disable NAME  ·  hugwire tools info NAME')];
}

/** A tool as the config has it. */
export interface Item {
  tool: AnyTool;
  on: boolean;
  /** Why it is off. */
  reason?: string;
  /** Estimated tokens of its definition, which is in every conversation. */
  tokens: number;
  /** The pin, for the tool of a pinned Space. */
  pin?: PinnedSpace;
}

/**
 * All tools, on or off: the built-in ones, then those of pinned Spaces.
 * @param loaded the config; the record of pinned Spaces lies beside it
 */
export function listInventory({ config, path }: Pick<LoadedConfig, 'config' | 'path'>): Item[] {
  const { pinned } = config.spaces;
  const wanted = pinned.map((pin) => ({ ...pin, enabled: true, proposed: undefined }));
  const known = [...TOOLS, ...pinnedTools(wanted, readLock(lockPath(path)), BUILT_IN).tools];
  const selected = new Set(selectTools(known, config.tools).tools);
  return known.map((tool) => {
    const pin = BUILT_IN.includes(tool.name) ? undefined : pinned.find((one) => one.tool === tool.name);
    const reason = explainOff(tool, pin, selected, config.tools);
    return { tool, on: reason === undefined, tokens: costOf(describeTool(tool)), reason, pin };
  });
}

function explainOff(
  tool: AnyTool,
  pin: PinnedSpace | undefined,
  selected: ReadonlySet<AnyTool>,
  tools: Config['tools'],
): string | undefined {
  if (pin?.proposed) return 'proposed by an assistant';
  if (pin && !pin.enabled) return 'turned off';
  if (selected.has(tool)) return undefined;
  if (tools.readOnly && tool.effect !== 'read') return 'tools.readOnly is set';
  const isNamed = [tool.name, tool.toolset, 'default', 'all'].some((name) => tools.disable.includes(name));
  if (isNamed) return 'in tools.disable';
  return OPT_IN.includes(tool.toolset) ? 'opt-in' : 'not in tools.enable';
}

/**
 * The cost of all tools that are on.
 * @param items of the inventory
 */
export function totalCost(items: readonly Item[]): number {
  return items.filter(({ on }) => on).reduce((sum, { tokens }) => sum + tokens, 0);
}
