import { getClient } from '../../install/client.js';
import type { Client, Scope } from '../../install/clients.js';
import { findClients } from '../../install/find.js';
import type { LaunchOptions } from '../../install/launch.js';
import type { Machine } from '../../install/machine.js';
import { HugwireError } from '../../lib/errors.js';
import type { Prompts } from '../prompts.js';
import type { Style } from '../terminal.js';

/** What `hugwire install` and `hugwire uninstall` are asked. */
export interface InstallOptions extends Omit<LaunchOptions, 'node' | 'script'> {
  client?: string;
  /** Key of the server in the client's file. */
  name: string;
  project?: boolean;
  write?: boolean;
  yes?: boolean;
  /** Show only, whatever else is asked. */
  dryRun?: boolean;
  link?: boolean;
  json?: boolean;
}

/** Where the commands work, and whom they can ask. */
export interface InstallPlace {
  machine: Machine;
  /** Absolute path of Node, and path of hugwire's script. */
  node: string;
  script: string;
  style: Style;
  /** Unset: nobody can be asked. */
  prompts?: Prompts;
  /** Shows text before a question. */
  show(text: string): void;
}

/**
 * The client that is meant: the one named, else the one that a person chooses of those on the machine.
 * @param only leaves out what cannot be chosen
 * @throws HugwireError `invalid_arguments` when none is named and nobody can be asked
 */
export async function chooseClient(
  { client }: InstallOptions,
  { prompts, machine }: InstallPlace,
  only: (found: { entry?: unknown }) => boolean = () => true,
): Promise<Client> {
  if (client !== undefined) return getClient(client);
  if (!prompts) {
    throw new HugwireError('invalid_arguments', 'Which client?', {
      hint: 'Name it, such as `hugwire install cursor`; `hugwire install --list` shows those on this machine.',
    });
  }
  const here = (await findClients(machine)).filter((one) => one.present && one.scope === 'user' && only(one));
  if (here.length === 0) {
    throw new HugwireError('not_found', 'There is nothing to choose from on this machine.', {
      hint: 'Name the client; `hugwire install --list` shows what hugwire looks for.',
    });
  }
  const choices = here.map(({ id, label, path, entry }) => ({
    value: id,
    label: entry ? `${label} (has hugwire)` : label,
    hint: path,
  }));
  return getClient(await prompts.choose('Which client?', choices));
}

/** Which of a client's files is meant. */
export function scopeOf({ project }: InstallOptions, client: Client): Scope {
  if (project && !client.project) {
    throw new HugwireError('invalid_arguments', `${client.label} has no file for a project.`, {
      hint: 'Leave --project out.',
    });
  }
  return project || !client.user ? 'project' : 'user';
}
