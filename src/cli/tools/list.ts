import type { LoadedConfig } from '../../config/store.js';
import { isOn } from '../../spaces/approvals.js';
import { plural } from '../../text/format.js';
import type { CommandResult } from '../output.js';
import { alignColumns } from '../terminal/columns.js';
import type { Style } from '../terminal/style.js';
import { type Item, listInventory, totalCost } from './inventory.js';

/** How it is shown. */
export interface View {
  style: Style;
  /** Of the terminal, in columns; unset: nothing is cut. */
  width?: number;
}

/**
 * `hugwire tools list`: every tool by its toolset, whether it is on, what it may do, and what it costs.
 * @param loaded the config
 * @param view how it is shown
 * @param options of the command
 */
export function listTools(loaded: LoadedConfig, view: View, { json }: { json?: boolean } = {}): CommandResult {
  const items = listInventory(loaded);
  const { readOnly } = loaded.config.tools;
  if (json) {
    const data = { tools: items.map(toData), tokens: totalCost(items), readOnly };
    return { output: JSON.stringify(data, null, 2), exitCode: 0 };
  }
  const lines = [...renderGroups(items, view), '', ...summarise(items, loaded, view.style)];
  return { output: lines.join('\n'), exitCode: 0 };
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
  const lines = [`${plural(on, 'tool')} on, ${items.length - on} off: ≈ ${total} tokens of every conversation`];
  if (config.tools.readOnly) {
    const inProfile = profile === undefined ? '' : ` --profile ${profile}`;
    lines.push(
      `tools.readOnly leaves out all tools that run or write; to have them: hugwire config set tools.readOnly false${inProfile}`,
    );
  }
  const missing = config.spaces.pinned.filter((pin) => isOn(pin) && !items.some(({ tool }) => tool.name === pin.tool));
  if (missing.length > 0) {
    lines.push(`${plural(missing.length, 'pinned Space')} cannot be offered; why: hugwire spaces list`);
  }
  return [...lines, style.dim('hugwire tools enable|disable NAME  ·  hugwire tools info NAME')];
}
