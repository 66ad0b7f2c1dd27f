import type { DocumentFormat, KeyPath } from '../lib/documents/document.js';
import { HugwireError } from '../lib/errors.js';
import { fold, nearest } from '../lib/nearest.js';
import { CLIENTS, type Client, type Scope } from './clients.js';
import { type Machine, pathsOf, preferExisting } from './machine.js';

/**
 * The client of a name.
 * @param name its id, label or alias, in whatever case
 * @throws HugwireError `invalid_arguments` that names the nearest one
 */
export function getClient(name: string): Client {
  const wanted = fold(name);
  const found = CLIENTS.find((client) => namesOf(client).some((one) => fold(one) === wanted));
  if (found) return found;
  const meant = nearest(name.toLowerCase(), CLIENTS.flatMap(namesOf));
  throw new HugwireError('invalid_arguments', `There is no client "${name}".`, {
    hint: `${meant ? `Did you mean ${meant}? ` : ''}hugwire knows ${CLIENTS.map(({ id }) => id).join(', ')}.`,
  });
}

const namesOf = ({ id, label, aliases = [] }: Client) => [id, label.toLowerCase(), ...aliases];

/** The file that holds a client's servers, and undefined where it has none of that scope. */
export function filePath(client: Client, scope: Scope, machine: Machine): string | undefined {
  if (scope === 'user') return preferExisting(client.user?.(machine) ?? []);
  const { join } = pathsOf(machine);
  return preferExisting((client.project ?? []).map((path) => join(machine.cwd, ...path.split('/'))));
}

/** Where a client keeps the server of a name. */
export function entryPath({ servers, list }: Client, name: string): KeyPath {
  return [...servers, list ? { name } : name];
}

/** Loads what reads and writes the files of a client. */
export async function formatOf({ format }: Pick<Client, 'format'>): Promise<DocumentFormat> {
  if (format === 'toml') return (await import('../lib/documents/toml.js')).TOML_FORMAT;
  if (format === 'yaml') return (await import('../lib/documents/yaml.js')).YAML_FORMAT;
  return (await import('../lib/documents/json.js')).JSON_FORMAT;
}
