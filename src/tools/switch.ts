import type { Config } from '../config/schema.js';
import { isMeant } from './select.js';
import type { AnyTool } from './tool.js';

type Lists = Pick<Config['tools'], 'enable' | 'disable'>;

/**
 * Turns tools on or off with the least change of the two lists of the config.
 * @param known every tool there is
 * @param lists as the config has them
 * @param name a tool, a toolset, `default` or `all`
 * @param on what is wanted of all that it means
 * @returns the lists as they are to be; the same where nothing has to change
 */
export function switchTools(known: readonly AnyTool[], lists: Lists, name: string, on: boolean): Lists {
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
