import type { HubEnvironment } from '../../config/env.js';
import type { Paths } from '../../config/paths.js';
import type { Config } from '../../config/schema.js';
import type { LoadedConfig } from '../../config/store.js';
import type { HugwireError } from '../../errors.js';
import type { Account } from '../../hub/account.js';
import type { Reach } from '../../hub/reach.js';
import type { HubClient } from '../../hub/types.js';
import type { Machine } from '../../install/machine.js';
import type { Spaces } from '../../spaces/types.js';
import type { Survey } from '../auth/survey.js';

/** What is examined. What two checks need is looked up once. */
export interface Patient {
  env: NodeJS.ProcessEnv;
  paths: Paths;
  /** Where clients are looked for. */
  machine: Machine;
  nodeVersion: string;
  configPath: string;
  profile?: string;
  readOnly?: boolean;
  /** The config as it was read, or what is wrong with it. */
  loaded: LoadedConfig | HugwireError;
  /** In force; the defaults where the file is broken. */
  config: Config;
  /** What the environment says of the Hub, or what is wrong with that. */
  said: HubEnvironment | HugwireError;
  /** Why nothing is asked of the Hub; unset when it may be asked. */
  offline?: string;
  /** How far a request to the Hub gets; undefined when it has no valid address. Never rejects. */
  reach(): Promise<Reach | undefined>;
  survey(): Promise<Survey>;
  /** Whose token it is, or why the Hub does not say; to be asked only where there is a token, and the Hub answers. */
  account(): Promise<Account | HugwireError>;
  hub: HubClient;
  spaces: Spaces;
  /** How a client would start the server. */
  server: { command: string; args: string[] };
  /** Aborted when the time is up. */
  signal: AbortSignal;
}

/**
 * Whether the Hub can be asked: it is not switched off, and it has answered.
 * @param patient who is examined
 */
export async function canAsk(patient: Patient): Promise<boolean> {
  if (patient.offline !== undefined) return false;
  const reach = await patient.reach();
  return reach !== undefined && reach.error === undefined;
}
