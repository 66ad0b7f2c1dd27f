import { editConfig } from '../../config/edit.js';
import { type LoadedConfig, loadConfig } from '../../config/store.js';
import { HugwireError } from '../../errors.js';
import { switchTools } from '../../tools/switch.js';
import type { Runtime } from '../runtime.js';
import { disableSpaces, enableSpaces } from '../spaces/switch.js';
import { styleFor } from '../terminal/style.js';

/**
 * Turns a tool on or off in the config.
 * @param loaded the state of the config that is in force
 * @param runtime made of it
 * @param name of the tool
 * @param on what is wanted
 * @returns the new state
 * @throws HugwireError `invalid_arguments` for a tool that there is not, or a broken file; `unavailable`
 */
export async function switchTool(
  { path, profile }: LoadedConfig,
  runtime: Pick<Runtime, 'knownTools'>,
  name: string,
  on: boolean,
): Promise<LoadedConfig> {
  const known = runtime.knownTools();
  if (!known.some((tool) => tool.name === name)) {
    throw new HugwireError('invalid_arguments', 'There is no such tool.');
  }
  await editConfig(
    path,
    (_, { tools }) => {
      const { enable, disable } = switchTools(known, tools, name, on);
      return [
        ...(enable === tools.enable ? [] : [{ path: ['tools', 'enable'], value: enable }]),
        ...(disable.join() === tools.disable.join() ? [] : [{ path: ['tools', 'disable'], value: disable }]),
      ];
    },
    { profile },
  );
  return loadConfig(path, { profile });
}

/**
 * Turns the tool of a pinned Space on or off in the config. What was never approved is not approved here, where nobody
 * sees what it is.
 * @param loaded the state of the config that is in force
 * @param tool its name
 * @param on what is wanted
 * @returns the new state
 * @throws HugwireError `invalid_arguments` when it needs the user's approval first, with the command for that
 */
export async function switchSpace(
  { path, profile, config }: LoadedConfig,
  tool: string,
  on: boolean,
): Promise<LoadedConfig> {
  const place = { path, profile, config, tell: () => {}, toldStyle: styleFor({ isTTY: false }) };
  await (on ? enableSpaces : disableSpaces)([tool], {}, place);
  return loadConfig(path, { profile });
}
