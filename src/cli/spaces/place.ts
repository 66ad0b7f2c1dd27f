import type { Config } from '../../config/schema.js';
import type { HubClient } from '../../hub/types.js';
import type { TokenMode } from '../../spaces/directory.js';
import type { Spaces } from '../../spaces/types.js';
import type { Prompts } from '../terminal/prompts.js';
import type { withSpinner } from '../terminal/spinner.js';
import type { Style } from '../terminal/style.js';

/** What the commands of `hugwire spaces` work with. */
export interface Place {
  /** Of the config file; `spaces.lock.json` lies beside it. */
  path: string;
  /** The profile of it that is in force. */
  profile?: string;
  /** Where journals of sessions are kept. */
  sessions: string;
  /** In force, with what the command line said. */
  config: Config;
  spaces: Spaces;
  hub: HubClient;
  signal: AbortSignal;
  /** Missing where nobody can be asked. */
  prompts?: Prompts;
  /** What the command line says of the token; otherwise the config decides. */
  token?: TokenMode;
  /** Says something beside the result. */
  tell(text: string): void;
  wait: typeof withSpinner;
  /** Of the result. */
  style: Style;
  /** Of what is told beside it. */
  toldStyle: Style;
  /** Of the terminal, in columns; unset: lines are as long as they are. */
  width?: number;
}
