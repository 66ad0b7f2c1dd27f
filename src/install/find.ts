import { existsSync } from 'node:fs';
import { type DocumentFormat, isMapping, type KeyPath, valueAt } from '../lib/documents/document.js';
import type { Extra } from '../lib/documents/json.js';
import { HugwireError, toHugwireError } from '../lib/errors.js';
import { readText } from '../lib/files.js';
import { fold, nearest } from '../lib/nearest.js';
import { CLIENTS, type Client, type Scope } from './clients.js';
import { launchKind } from './launch.js';
import { type Machine, pathsOf, preferExisting } from './machine.js';
import { type EntryFacts, readEntry } from './shapes.js';

/** A client as it is found on a machine. */
export interface FoundClient {
  id: string;
  label: string;
  scope: Scope;
  /** Whether its config file or a directory of its own exists. */
  present: boolean;
  /** Its config file, or where that would be. */
  path: string;
  /** Key under which hugwire is in it. */
  name?: string;
  /** How it starts hugwire; of the variables, only names. */
  entry?: EntryFacts;
  how?: 'npx' | 'direct' | 'other';
  /** Why the file cannot be read, by hugwire or by the client. */
  problem?: string;
  /** The file that the client reads instead of this one. */
  reads?: string;
}

/**
 * Looks for all clients that have a config file: the user's, and the project's if it exists.
 * @param machine where to look
 * @returns in the order of the table; one entry for each file
 */
export async function findClients(machine: Machine): Promise<FoundClient[]> {
  const files = CLIENTS.flatMap((client) =>
    (['user', 'project'] as const).flatMap((scope) => {
      const path = filePath(client, scope, machine);
      // In the home directory, the file of the project is the user's.
      const isOwn = path !== filePath(client, 'user', machine);
      const listed = path !== undefined && (scope === 'user' || (isOwn && existsSync(path)));
      return listed ? [{ client, scope, path }] : [];
    }),
  );
  const found = await Promise.all(files.map((file) => look(file, machine)));
  const others = CLIENTS.flatMap((client) => {
    const read = found.find(({ id, scope }) => id === client.id && scope === 'user');
    return read && !read.entry ? (client.unread?.(machine) ?? []).map((path) => ({ client, read, path })) : [];
  });
  const elsewhere = others.map(async ({ client, read, path }) => {
    const one = await look({ client, scope: 'user', path }, machine);
    return one.entry ? [{ ...one, reads: read.path }] : [];
  });
  return [...found, ...(await Promise.all(elsewhere)).flat()];
}

async function look(file: { client: Client; scope: Scope; path: string }, machine: Machine): Promise<FoundClient> {
  const { client, scope, path } = file;
  const found: FoundClient = { id: client.id, label: client.label, scope, path, present: isPresent(file, machine) };
  try {
    const text = await readText(path, { utf8Only: true });
    if (text === undefined) return found;
    return { ...found, ...(await findServer(client, text)), problem: await findUnreadable(client, text) };
  } catch (error) {
    return { ...found, problem: toHugwireError(error).message };
  }
}

function isPresent({ client, path }: { client: Client; path: string }, machine: Machine): boolean {
  const own = client.traces?.(machine) ?? [pathsOf(machine).dirname(path)];
  return [path, ...own].some((one) => existsSync(one));
}

/** What a client cannot read, and what to do about it. */
const EXTRAS: Record<Extra, (place: string) => [what: string, remedy: string]> = {
  mark: () => ['it begins with a byte order mark', 'save it as UTF-8 without one'],
  comments: (place) => [`${place} has a comment`, 'remove it'],
  commas: (place) => [`${place} has a comma with nothing after it`, 'remove it'],
};

/**
 * Why a client cannot read a file that hugwire can read.
 * @param text of the file, which can be parsed
 * @returns undefined when it can
 */
export async function findUnreadable(
  { format, takes, label, servers }: Client,
  text: string,
): Promise<string | undefined> {
  if (format !== 'json') return undefined;
  const { findExtras } = await import('../lib/documents/json.js');
  for (const { kind, place, path } of findExtras(text)) {
    const leads = servers.every((key, at) => at >= path.length || path[at] === key);
    if (kind === 'twice' && leads && path.length <= servers.length + 1) {
      return `${place} repeats "${path.at(-1)}", and ${label} reads only one of the two: merge them`;
    }
    if (kind === 'twice' || !takes || takes.includes(kind)) continue;
    const [what, remedy] = EXTRAS[kind](place);
    return `${what}, which ${label} cannot read: ${remedy}`;
  }
  return undefined;
}

/**
 * Looks for the server in a client's file that is hugwire, whatever its name.
 * @param text of the file
 * @throws HugwireError `invalid_arguments` when the file is broken
 */
export async function findServer(client: Client, text: string): Promise<Pick<FoundClient, 'name' | 'entry' | 'how'>> {
  const format = await formatOf(client);
  const servers = valueAt(format.parse(text.replace(/^\uFEFF/, '')), client.servers);
  const named = Array.isArray(servers)
    ? servers.map((one) => [isMapping(one) ? String(one.name) : '', one] as const)
    : Object.entries(isMapping(servers) ? servers : {});
  for (const [name, server] of named) {
    const entry = readEntry(server);
    const how = entry && launchKind(entry);
    if (entry && how) return { name, entry, how };
  }
  return {};
}

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
