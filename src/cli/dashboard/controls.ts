import type { LoadedConfig } from '../../config/store.js';
import type { Controls } from '../../dashboard/types.js';
import type { Runtime } from '../runtime.js';

/**
 * What the config turns on and off, for the switches.
 * @param loaded the state of the config that is in force
 * @param runtime made of it
 * @param problem why the file as it is now is not in force
 */
export function describeControls(
  { config, path }: LoadedConfig,
  runtime: Pick<Runtime, 'tools' | 'knownTools'>,
  problem?: string,
): Controls {
  const { pinned } = config.spaces;
  const on = new Set(runtime.tools().map(({ name }) => name));
  const tools = runtime.knownTools().filter(({ name }) => !pinned.some(({ tool }) => tool === name));
  return {
    path,
    readOnly: config.tools.readOnly,
    tools: tools.map(({ name, title, toolset, effect }) => ({ name, title, toolset, effect, on: on.has(name) })),
    spaces: pinned.map(({ tool, space, endpoint, enabled, proposed }) => ({
      tool,
      space,
      endpoint,
      on: enabled && on.has(tool),
      proposed: proposed === true,
    })),
    ...(problem === undefined ? {} : { problem }),
  };
}
