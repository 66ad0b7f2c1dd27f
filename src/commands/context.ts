import type { Command } from 'commander';
import type { LoadedConfig } from '../config/load.js';
import type { Paths } from '../config/paths.js';
import type { StdioTransport } from '../stdio/transport.js';

/** What every command of the shell works in. */
export interface World {
  env: NodeJS.ProcessEnv;
  paths: Paths;
  /** Of a server whose client has been answered already. */
  transport?: StdioTransport;
  /** The options that stand before or after any command. */
  options(): GlobalOptions;
  /** Where the config file is, or would be. */
  configPath(): string;
  /**
   * Reads the config file.
   * @throws HugwireError `invalid_arguments` when it is broken
   */
  load(): LoadedConfig;
  /** The whole command line. */
  program: Command;
  /** Gives a command of the program its options and subcommands, once. */
  wire(command: Command): Promise<void>;
}

export interface GlobalOptions {
  config?: string;
  profile?: string;
  readOnly?: boolean;
  dryRun?: boolean;
}
