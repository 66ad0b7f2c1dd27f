import type { LoadedConfig } from '../config/load.js';
import type { Paths } from '../config/paths.js';

/** What every command of the shell works in. */
export interface World {
  env: NodeJS.ProcessEnv;
  paths: Paths;
  /** The options that stand before or after any command. */
  options(): GlobalOptions;
  /** Where the config file is, or would be. */
  configPath(): string;
  /**
   * Reads the config file.
   * @throws HugwireError `invalid_arguments` when it is broken
   */
  load(): LoadedConfig;
}

export interface GlobalOptions {
  config?: string;
  profile?: string;
  readOnly?: boolean;
  dryRun?: boolean;
}
