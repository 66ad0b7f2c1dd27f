import type { Memory } from '../../sessions/memory/types.js';
import type { Prompts } from '../terminal/prompts.js';
import type { Style } from '../terminal/style.js';

/** What every `hugwire memory` command works with. */
export interface MemoryCommand {
  memory: Memory;
  /** Of stdout. */
  style: Style;
  /** Columns of the terminal; missing where stdout is none. */
  width?: number;
  /** Asks a person; missing where there is nobody. */
  prompts?(): Promise<Prompts>;
}
