import type { LoadedConfig } from '../../config/store.js';
import type { CommandResult } from '../output.js';
import { alignColumns } from '../terminal/columns.js';
import type { Style } from '../terminal/style.js';
import { listInventory } from './inventory.js';

/**
 * `hugwire call` without a tool: which there are.
 * @param loaded the config
 * @param style of the text
 * @returns exit code 2, since nothing was called
 */
export function offerTools(loaded: Pick<LoadedConfig, 'config' | 'path'>, style: Style): CommandResult {
  const rows = listInventory(loaded)
    .filter(({ on }) => on)
    .map(({ tool }) => [`  ${style.cyan(tool.name)}`, tool.title]);
  const hint = style.dim('What one takes: hugwire tools info NAME');
  return { output: [...alignColumns(rows), '', hint].join('\n'), note: 'which tool? There are:', exitCode: 2 };
}
