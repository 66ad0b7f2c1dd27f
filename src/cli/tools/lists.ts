import type { Config } from '../../config/schema.js';
import { selectTools } from '../../tools/select.js';
import { type AnyTool, OPT_IN } from '../../tools/tool.js';

/** `tools.enable` and `tools.disable`. */
export type Lists = Pick<Config['tools'], 'enable' | 'disable'>;

/** Names for several tools at once, the smaller before the larger. */
function groupsOf({ toolset }: AnyTool): string[] {
  return [toolset, ...(OPT_IN.includes(toolset) ? [] : ['default']), 'all'];
}

/**
 * The tools that a name means.
 * @param name of a tool, a toolset, `default` or `all`
 * @param known every tool there is
 */
export function meantBy(name: string, known: readonly AnyTool[]): AnyTool[] {
  return known.filter((tool) => tool.name === name || groupsOf(tool).includes(name));
}

/**
 * Takes what a name means off the lists, with the least change: what names it alone goes out of `enable`, and it goes into
 * `disable` only if it would still be on.
 * @param lists as they are
 * @param name of a tool, a toolset, `default` or `all`
 * @param known every tool there is
 */
export function switchOff({ enable, disable }: Lists, name: string, known: readonly AnyTool[]): Lists {
  const tools = meantBy(name, known);
  const names = [name, ...tools.map((tool) => tool.name)];
  const lists = { enable: enable.filter((one) => !names.includes(one)), disable };
  return tools.some((tool) => isOn(tool, lists)) ? { ...lists, disable: [...disable, name] } : lists;
}

/**
 * Puts what a name means onto the lists, with the least change. Where `disable` names a set that it belongs to, the rest
 * of that set stays off.
 * @param lists as they are
 * @param name of a tool, a toolset, `default` or `all`
 * @param known every tool there is
 */
export function switchOn({ enable, disable }: Lists, name: string, known: readonly AnyTool[]): Lists {
  const tools = meantBy(name, known);
  const freed = disable.flatMap((one) => {
    if (one === name || tools.some((tool) => tool.name === one)) return [];
    const members = meantBy(one, known);
    if (!members.some((member) => tools.includes(member))) return [one];
    return members.filter((member) => !tools.includes(member)).map((member) => member.name);
  });
  const lists = { enable, disable: [...new Set(freed)] };
  return tools.every((tool) => isOn(tool, lists)) ? lists : { ...lists, enable: [...enable, name] };
}

function isOn(tool: AnyTool, lists: Lists): boolean {
  return selectTools([tool], { ...lists, readOnly: false, dryRun: false }).tools.length > 0;
}
