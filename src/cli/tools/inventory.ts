import type { Config, PinnedSpace } from '../../config/schema.js';
import type { LoadedConfig } from '../../config/store.js';
import { lockPath, readLock } from '../../spaces/lock.js';
import { costOf } from '../../tools/cost.js';
import { describeTool } from '../../tools/describe.js';
import { TOOLS } from '../../tools/index.js';
import { pinnedTools } from '../../tools/pinned.js';
import { selectTools } from '../../tools/select.js';
import { type AnyTool, OPT_IN } from '../../tools/tool.js';

/** A tool as the config has it. */
export interface Item {
  tool: AnyTool;
  on: boolean;
  /** Why it is off. */
  reason?: string;
  /** About how many tokens its definition is, which every conversation carries. */
  tokens: number;
  /** Where it is the tool of a pinned Space. */
  pin?: PinnedSpace;
}

/**
 * Every tool that there is, on or off: the built-in ones, then those of pinned Spaces.
 * @param loaded the config; the record of pinned Spaces lies beside it
 */
export function listInventory({ config, path }: Pick<LoadedConfig, 'config' | 'path'>): Item[] {
  const { pinned } = config.spaces;
  const wanted = pinned.map((pin) => ({ ...pin, enabled: true, proposed: undefined }));
  const reserved = TOOLS.map(({ name }) => name);
  const known = [...TOOLS, ...pinnedTools(wanted, readLock(lockPath(path)), reserved).tools];
  const selected = new Set(selectTools(known, config.tools).tools);
  return known.map((tool) => {
    const pin = reserved.includes(tool.name) ? undefined : pinned.find((one) => one.tool === tool.name);
    const reason = explainOff(tool, pin, selected, config.tools);
    return {
      tool,
      on: reason === undefined,
      tokens: costOf(describeTool(tool)),
      ...(reason ? { reason } : {}),
      ...(pin ? { pin } : {}),
    };
  });
}

function explainOff(
  tool: AnyTool,
  pin: PinnedSpace | undefined,
  selected: ReadonlySet<AnyTool>,
  tools: Config['tools'],
): string | undefined {
  if (pin?.proposed) return 'proposed by an assistant';
  if (pin && !pin.enabled) return 'switched off';
  if (selected.has(tool)) return undefined;
  if (tools.readOnly && tool.effect !== 'read') return 'tools.readOnly is set';
  const isNamed = [tool.name, tool.toolset, 'default', 'all'].some((name) => tools.disable.includes(name));
  if (isNamed) return 'in tools.disable';
  return OPT_IN.includes(tool.toolset) ? 'opt-in' : 'not in tools.enable';
}

/**
 * What the tools that are on cost together.
 * @param items of the inventory
 */
export function totalCost(items: readonly Item[]): number {
  return items.filter(({ on }) => on).reduce((sum, { tokens }) => sum + tokens, 0);
}
