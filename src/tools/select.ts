import type { Config } from '../config/schema.js';
import { nearest } from '../lib/nearest.js';
import { type AnyTool, OPT_IN } from './tool.js';

/** The tools that are on, and what the config names that does not exist. */
interface Selection {
  tools: AnyTool[];
  warnings: string[];
}

/** Names for more than one tool. Every toolset's name is one as well. */
const GROUPS: Record<string, (tool: AnyTool) => boolean> = {
  default: ({ toolset }) => !OPT_IN.includes(toolset),
  all: () => true,
};

/**
 * The tools that a config turns on, sorted by name: `disable` wins over `enable`, and `readOnly` over both.
 * @param known every tool there is
 * @param config the `tools` section
 * @param isNeeded whether `readOnly` must leave a tool that does more, since what it follows up still runs
 */
export function selectTools(
  known: readonly AnyTool[],
  config: Config['tools'],
  isNeeded: (tool: AnyTool) => boolean = () => false,
): Selection {
  const names = [...Object.keys(GROUPS), ...listNames(known)];
  const unknown = [...new Set([...config.enable, ...config.disable])].filter((name) => !names.includes(name));
  const isNamed = (list: readonly string[], tool: AnyTool) => list.some((name) => isMeant(name, tool));
  const tools = known
    .filter((tool) => isNamed(config.enable, tool) && !isNamed(config.disable, tool))
    .filter((tool) => !config.readOnly || tool.effect === 'read' || isNeeded(tool))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  return { tools, warnings: unknown.map((name) => describeUnknown('tools', name, names)) };
}

/**
 * Whether a name means a tool: its own, its toolset's, `default` or `all`.
 * @param name as the config has it
 * @param tool any
 */
export function isMeant(name: string, tool: AnyTool): boolean {
  return name === tool.name || name === tool.toolset || (Object.hasOwn(GROUPS, name) && GROUPS[name]?.(tool) === true);
}

/**
 * The limits that limit nothing: one line each.
 * @param known every tool there is
 * @param limits the `limits` section
 */
export function findUnknownLimits(known: readonly AnyTool[], limits: Config['limits']): string[] {
  const names = ['all', ...listNames(known)];
  return Object.keys(limits)
    .filter((name) => !names.includes(name))
    .map((name) => describeUnknown('limits', name, names));
}

/** Toolsets, then tools. */
function listNames(known: readonly AnyTool[]): string[] {
  return [...new Set(known.map(({ toolset }) => toolset)), ...known.map(({ name }) => name)];
}

function describeUnknown(section: string, name: string, names: readonly string[]): string {
  const meant = nearest(name, names);
  return `${section}: nothing is named "${name.slice(0, 60)}"${meant ? `; did you mean "${meant}"?` : `; there are ${names.join(', ')}`}`;
}

type Lists = Pick<Config['tools'], 'enable' | 'disable'>;

/**
 * Turns tools on or off with the least change of the two lists of the config.
 * @param known every tool there is
 * @param lists as the config has them
 * @param name a tool, a toolset, `default` or `all`
 * @param on what is wanted of all that it means
 * @returns the lists as they are to be; the same where nothing has to change
 */
export function switchLists(known: readonly AnyTool[], lists: Lists, name: string, on: boolean): Lists {
  const meant = known.filter((tool) => isMeant(name, tool));
  return on ? turnOn(known, lists, name, meant) : turnOff(known, lists, name, meant);
}

function turnOn(known: readonly AnyTool[], lists: Lists, name: string, meant: readonly AnyTool[]): Lists {
  // A wider name that is off stays so for the others in it.
  const disable = lists.disable.flatMap((one) => {
    const off = known.filter((tool) => isMeant(one, tool));
    if (!off.some((tool) => meant.includes(tool))) return [one];
    return off.filter((tool) => !meant.includes(tool)).map((tool) => tool.name);
  });
  const covered = meant.every((tool) => lists.enable.some((one) => isMeant(one, tool)));
  return { enable: covered ? lists.enable : [...lists.enable, name], disable: [...new Set(disable)] };
}

function turnOff(known: readonly AnyTool[], lists: Lists, name: string, meant: readonly AnyTool[]): Lists {
  // What is on by its own name, and by nothing wider, only has to lose that.
  const enable = lists.enable.filter((one) => {
    const on = known.filter((tool) => isMeant(one, tool));
    return on.length === 0 || !on.every((tool) => meant.includes(tool));
  });
  const isOn = (tool: AnyTool) =>
    enable.some((one) => isMeant(one, tool)) && !lists.disable.some((one) => isMeant(one, tool));
  return { enable, disable: meant.some(isOn) ? [...lists.disable, name] : lists.disable };
}
