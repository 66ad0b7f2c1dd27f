import type { Prompts } from '../terminal/prompts.js';
import type { Style } from '../terminal/style.js';

/** What the commands about sessions work in. */
export interface SessionsPlace {
  /** Of the journals. */
  directory: string;
  style: Style;
  /** Columns of the terminal; unset where nobody looks, and then nothing is cut. */
  width?: number;
  /** Missing where nobody can be asked. */
  prompts?: Prompts;
  now: Date;
}
