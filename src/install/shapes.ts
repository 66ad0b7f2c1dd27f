import { isMapping } from '../lib/documents/document.js';
import { writeJson } from '../lib/documents/json.js';
import { writePairs, writeTomlKey } from '../lib/documents/toml.js';
import { writeYaml } from '../lib/documents/yaml.js';
import type { Client } from './clients.js';
import type { Launch } from './launch.js';

/** A server as a client's config holds it. */
export type ServerEntry = Record<string, unknown>;

/** How a client writes a server down. */
export interface EntryShape {
  /** What the client needs to start hugwire. */
  write(launch: Launch, name: string): ServerEntry;
  /** What a new entry has beside that. */
  defaults?: ServerEntry;
}

const plain = (launch: Launch): ServerEntry => ({ command: launch.command, args: launch.args });

/** hugwire hands a run off after 45 s, so a minute is enough; but `spaces.waitSeconds` may be longer. */
const TOOL_SECONDS = 300;

export const ENTRY_SHAPES = {
  plain: { write: plain },
  stdio: { write: (launch) => ({ type: 'stdio', ...plain(launch) }) },
  copilot: { write: (launch) => ({ type: 'local', ...plain(launch) }), defaults: { tools: ['*'] } },
  zed: { write: (launch) => ({ source: 'custom', ...plain(launch) }), defaults: { env: {} } },
  cline: { write: plain, defaults: { disabled: false, autoApprove: [], timeout: TOOL_SECONDS } },
  opencode: {
    write: ({ command, args }) => ({ type: 'local', command: [command, ...args] }),
    defaults: { enabled: true },
  },
  goose: {
    write: ({ command, args }, name) => ({ name, type: 'stdio', cmd: command, args }),
    defaults: { envs: {}, enabled: true, timeout: TOOL_SECONDS },
  },
  codex: {
    write: plain,
    // Codex passes a variable on only if it is named and set. A cold npx takes longer than its 10 s.
    defaults: { env_vars: ['HF_TOKEN'], startup_timeout_sec: 30, tool_timeout_sec: TOOL_SECONDS },
  },
  vibe: { write: (launch, name) => ({ name, transport: 'stdio', ...plain(launch) }) },
} satisfies Record<string, EntryShape>;

/** Keys that would make a client connect to an address instead of starting the command. */
const REMOTE = ['url', 'serverUrl', 'httpUrl', 'uri', 'headers', 'http_headers'];

/**
 * The entry to write: what the client needs, what the user has added, and defaults in a new one.
 * @param old the entry in the file, if any
 */
export function mergeEntry(shape: EntryShape, launch: Launch, name: string, old: unknown): ServerEntry {
  const own = isMapping(old) ? Object.fromEntries(Object.entries(old).filter(([key]) => !REMOTE.includes(key))) : {};
  const must = shape.write(launch, name);
  // A new entry reads best with the command first; in an old one, the order is the user's.
  return isMapping(old) ? { ...own, ...must } : { ...must, ...shape.defaults };
}

/** What an entry says, whatever its shape. */
export interface EntryFacts extends Launch {
  /** Names of the variables that it sets. */
  env: string[];
}

/**
 * Reads an entry of any shape.
 * @returns undefined when it starts no command
 */
export function readEntry(entry: unknown): EntryFacts | undefined {
  if (!isMapping(entry)) return undefined;
  const words = [entry.command ?? entry.cmd, entry.args].flat(2).filter((word) => typeof word === 'string');
  const [command, ...args] = words;
  if (command === undefined) return undefined;
  const env = entry.env ?? entry.envs ?? entry.environment;
  return { command, args, env: isMapping(env) ? Object.keys(env) : [] };
}

const LAYOUT = { eol: '\n', unit: '  ' };

/**
 * What to paste into a client's config by hand, in the format that it reads.
 * @param client with the name and command of the server
 */
export function renderSnippet(
  client: Pick<Client, 'format' | 'servers' | 'list' | 'shape'> & { name: string; launch: Launch },
): string {
  const { format, servers, list, shape, name, launch } = client;
  const entry = mergeEntry(ENTRY_SHAPES[shape], launch, name, undefined);
  const nested = [...servers, name].reduceRight<unknown>((inner, key) => ({ [key]: inner }), entry);
  if (format === 'json') return writeJson(nested, LAYOUT, '');
  if (format === 'yaml') return writeYaml(nested, '', LAYOUT.unit).join('\n');
  const header = list
    ? `[[${servers.map(writeTomlKey).join('.')}]]`
    : `[${[...servers, name].map(writeTomlKey).join('.')}]`;
  return [header, ...writePairs(entry)].join('\n');
}
