import { isDeepStrictEqual } from 'node:util';
import { type ConfigEdit, editConfig } from '../../config/edit.js';
import { type LoadedConfig, loadConfig } from '../../config/load.js';
import { type Config, configSchema, type PinnedSpace } from '../../config/schema.js';
import { HugwireError } from '../../lib/errors.js';
import { nearest } from '../../lib/nearest.js';
import { cleanLine } from '../../lib/text.js';
import { ownerOf, PinStore } from '../../spaces/pins.js';
import { BUILT_IN } from '../../tools/index.js';
import { isMeant, switchLists } from '../../tools/select.js';
import type { CommandResult, Style } from '../terminal.js';
import { type Item, listInventory, totalCost } from './list.js';

export interface SwitchToolsOptions {
  /** Of the config file. */
  path: string;
  /** `--profile`: changes what this profile says. */
  profile?: string;
  style: Style;
}

/** The tools before and after a switch. */
export interface Switched {
  before: readonly Item[];
  after: readonly Item[];
  /** Those that changed. */
  changed: readonly Item[];
  /** False: the config already said so. */
  written: boolean;
}

/**
 * Turns tools on or off with the smallest change of the config. The tool of a pinned Space is switched at its pin; in a profile
 * without pins of its own, by name, since the pin does not belong to the profile.
 * @param names of tools, toolsets, `default` or `all`
 * @param on what they are to be
 * @param options where
 * @throws HugwireError `invalid_arguments` for an unknown name, or a tool that the user has not approved yet
 */
export async function switchInConfig(
  names: readonly string[],
  on: boolean,
  { path, profile }: Pick<SwitchToolsOptions, 'path' | 'profile'>,
): Promise<Switched> {
  const current = loadConfig(path, { profile });
  const before = listInventory(current);
  for (const name of names) refuseUnknown(name, before);
  const pins = findPinsToSwitch(names, on, before, current);
  const store = new PinStore({ path, profile, reserved: BUILT_IN });
  const repinned = pins.length > 0 && (await (on ? store.enable(pins) : store.disable(pins)));
  // What a pin turns off need not be named as well; what is turned on may still be named.
  const listed = names.filter((name) => on || pins.every(({ tool }) => tool !== name));
  const known = before.map(({ tool }) => tool);
  const { config, written } = await editConfig(
    path,
    (_, { tools }) =>
      editLists(
        tools,
        listed.reduce<Lists>((now, name) => switchLists(known, now, name, on), tools),
        profile,
      ),
    { profile },
  );
  const after = listInventory({ config, path });
  const changed = after.filter((item, at) => item.on !== before[at]?.on);
  return { before, after, changed, written: written || repinned };
}

/**
 * `hugwire tools enable` and `disable`.
 * @param names of tools, toolsets, `default` or `all`
 * @param on what they are to be
 * @param options where
 * @throws HugwireError as `switchInConfig`
 */
export async function switchTools(
  names: readonly string[],
  on: boolean,
  { path, profile, style }: SwitchToolsOptions,
): Promise<CommandResult> {
  const { before, after, changed, written } = await switchInConfig(names, on, { path, profile });
  const tokens = { before: totalCost(before), after: totalCost(after) };
  const data = { changed: changed.map(({ tool, on: state }) => ({ name: tool.name, on: state })), written, tokens };
  const where = profile === undefined ? path : `profile ${profile} in ${path}`;
  const lines = [...changed.map((item) => describeChange(item, style)), ...describeRest(names, on, after, changed)];
  if (changed.length > 0) lines.push(style.dim(`≈ ${tokens.before} → ${tokens.after} tokens in every conversation`));
  const hint = written ? `written to ${where}; connected clients follow` : `nothing to change in ${where}`;
  return { text: lines.join('\n'), data, hint, exitCode: 0 };
}

function describeChange({ tool, on }: Item, style: Style): string {
  return on ? `${style.green('✓')} ${tool.name} is on` : `${style.yellow('○')} ${tool.name} is off`;
}

/** Why tools that were named did not change. */
function describeRest(
  names: readonly string[],
  on: boolean,
  items: readonly Item[],
  changed: readonly Item[],
): string[] {
  return items
    .filter((item) => names.some((name) => isMeant(name, item.tool)) && !changed.includes(item))
    .map(({ tool, on: state, reason }) => {
      if (state === on) return `  ${tool.name} was already ${on ? 'on' : 'off'}`;
      return `  ${tool.name} stays off: ${reason}`;
    });
}

type Lists = Pick<Config['tools'], 'enable' | 'disable'>;

/** The pins that are switched; those that are as they are to be need no change, unless they are switched off. */
function findPinsToSwitch(
  names: readonly string[],
  on: boolean,
  items: readonly Item[],
  { config, profile }: LoadedConfig,
): PinnedSpace[] {
  const pins = items.flatMap(({ tool, pin }) => (pin && names.includes(tool.name) ? [pin] : []));
  const proposed = on && pins.find((pin) => pin.proposed);
  if (proposed) {
    const { tool } = proposed;
    const what = `An assistant has asked for ${tool}, and you have not approved it yet.`;
    throw new HugwireError('invalid_arguments', what, {
      hint: `See what it does and approve it: hugwire spaces enable ${tool}`,
    });
  }
  if (on) return pins.filter(({ enabled }) => !enabled);
  return ownerOf(config, profile) === profile ? pins : [];
}

function editLists(before: Lists, after: Lists, profile: string | undefined): ConfigEdit[] {
  const standard = configSchema.parse({}).tools;
  return (
    (['enable', 'disable'] as const)
      .filter((key) => !isDeepStrictEqual(after[key], before[key]))
      // A profile must say what it wants; the file itself may leave the default out.
      .map((key) => ({
        path: ['tools', key],
        value: profile === undefined && isDeepStrictEqual(after[key], standard[key]) ? undefined : after[key],
      }))
  );
}

function refuseUnknown(name: string, items: readonly Item[]): void {
  const known = items.map(({ tool }) => tool);
  if (known.some((tool) => isMeant(name, tool))) return;
  const names = [...known.map((tool) => tool.name), ...new Set(known.map(({ toolset }) => toolset)), 'default', 'all'];
  const meant = nearest(name, names);
  throw new HugwireError('invalid_arguments', `There is no tool or toolset "${cleanLine(name, 80)}".`, {
    hint: meant ? `Did you mean ${meant}?` : `The names are ${names.join(', ')}.`,
  });
}
