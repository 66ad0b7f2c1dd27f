import { randomBytes } from 'node:crypto';
import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { replaceFile } from '../lib/files.js';
import { isObject, parseJsonObject } from '../lib/json.js';
import { HEARTBEAT_MS, lookAtProcess, ownIdentity, type ProcessIdentity } from '../lib/processes.js';
import { cleanLine, redact } from '../lib/text.js';

/** A client of a server over HTTP: everything that one program of one caller does there. */
export interface Connection {
  /** As the client names itself; missing when it said nothing. */
  client?: string;
  version?: string;
  /** Revision of the protocol. */
  protocol?: string;
  /** How it speaks: revision 2026-07-28, an earlier one, or HTTP+SSE. */
  era: 'modern' | 'legacy' | 'sse';
  /** Name of the caller's key; of other callers a hash. */
  caller: string;
  /** When it was heard of last: ISO 8601. */
  last: string;
  requests: number;
  calls: number;
  failed: number;
  /** Streams that are open to push to it, and how often one was opened again after one had ended. */
  streams: number;
  reconnects: number;
  /** What came of changes of the tool list: it read the list again, it did not, or it had no stream to be told on. */
  refetched: number;
  ignored: number;
  unreached: number;
  /** How long it took to read the list again, the last time. */
  refetchMilliseconds?: number;
}

/** What a server over HTTP tells of itself. */
export interface HttpServer {
  /** Address of MCP. */
  url: string;
  auth: string;
  /** The one that was heard of last comes first. */
  connections: Connection[];
}

/** A server that runs, as others see it. */
export interface ListedServer extends HttpServer {
  /** Unlike that of any other. */
  id: string;
}

const SUFFIX = '.json';
/** Files that are looked at. */
const MAX_SERVERS = 200;
const MAX_CONNECTIONS = 200;
/** Changes come in bursts. */
const GATHER_MS = 1000;

/**
 * Where servers over HTTP tell who is connected: one file for each, as long as it runs.
 * @param state hugwire's state directory
 */
export function connectionsDirectory(state: string): string {
  return join(state, 'connections');
}

/**
 * Keeps the file of this server fresh until it is closed. Nothing that goes wrong with it stops the server.
 * @param directory as `connectionsDirectory` has it
 * @param read gives what to write
 * @returns `touch` says that there is something new
 */
export function publishConnections(directory: string, read: () => HttpServer) {
  const path = join(directory, `${process.pid}-${randomBytes(6).toString('hex')}${SUFFIX}`);
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<unknown> = removeDead(directory);
  let closed = false;
  const write = () => {
    timer = undefined;
    writing = writing
      .then(async () => replaceFile(path, JSON.stringify({ process: await ownIdentity(), ...read() }), { mode: 0o600 }))
      .catch(() => {});
  };
  const touch = () => {
    if (!closed) timer ??= setTimeout(write, GATHER_MS).unref();
  };
  const heartbeat = setInterval(touch, HEARTBEAT_MS).unref();
  write();
  return {
    touch,
    async close() {
      closed = true;
      clearInterval(heartbeat);
      clearTimeout(timer);
      await writing;
      await rm(path, { force: true }).catch(() => {});
    },
  };
}

/**
 * The servers that run now, on any machine that shares the directory.
 * @param directory as `connectionsDirectory` has it
 */
export async function readConnections(directory: string): Promise<ListedServer[]> {
  const names = (await listFiles(directory)).slice(0, MAX_SERVERS);
  const found = await Promise.all(names.map((name) => readOne(directory, name)));
  return found.filter((server) => server !== undefined);
}

async function listFiles(directory: string): Promise<string[]> {
  const names = await readdir(directory).catch(() => []);
  return names.filter((name) => name.endsWith(SUFFIX)).sort();
}

async function readOne(directory: string, name: string): Promise<ListedServer | undefined> {
  const path = join(directory, name);
  const text = await readFile(path, 'utf8').catch(() => '');
  const file = parseJsonObject(text);
  if (!file || (await isGone(path, file.process)) || !Array.isArray(file.connections)) return undefined;
  return {
    id: cleanLine(name.slice(0, -SUFFIX.length), 40),
    url: line(file.url, 200) ?? '',
    auth: line(file.auth, 20) ?? '',
    connections: file.connections.slice(0, MAX_CONNECTIONS).filter(isObject).map(readConnection),
  };
}

/** Whether a server has gone without a word; one of another machine is there as long as it says so. */
async function isGone(path: string, said: unknown): Promise<boolean> {
  const { pid, start, host } = (isObject(said) ? said : {}) as Partial<ProcessIdentity>;
  if (typeof pid !== 'number' || typeof start !== 'number' || typeof host !== 'string') return true;
  const state = await lookAtProcess({ pid, start, host });
  if (state !== 'unknown') return state === 'dead';
  const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: 0 }));
  return Date.now() - mtimeMs > 3 * HEARTBEAT_MS;
}

async function removeDead(directory: string): Promise<void> {
  for (const name of await listFiles(directory)) {
    const path = join(directory, name);
    const file = parseJsonObject(await readFile(path, 'utf8').catch(() => ''));
    if (await isGone(path, file?.process)) await rm(path, { force: true }).catch(() => {});
  }
}

const line = (value: unknown, length: number) => cleanLine(redact(cleanLine(value, length)), length) || undefined;
const count = (value: unknown) => (typeof value === 'number' && Number.isFinite(value) ? Math.max(0, value) : 0);
const ERAS = ['modern', 'legacy', 'sse'] as const;

/** Whoever can write the file may have put anything into it. */
function readConnection(said: Record<string, unknown>): Connection {
  const { refetchMilliseconds } = said;
  return {
    client: line(said.client, 80),
    version: line(said.version, 40),
    protocol: line(said.protocol, 20),
    era: ERAS.find((era) => era === said.era) ?? 'legacy',
    caller: line(said.caller, 80) ?? '?',
    last: line(said.last, 30) ?? '',
    requests: count(said.requests),
    calls: count(said.calls),
    failed: count(said.failed),
    streams: count(said.streams),
    reconnects: count(said.reconnects),
    refetched: count(said.refetched),
    ignored: count(said.ignored),
    unreached: count(said.unreached),
    refetchMilliseconds: typeof refetchMilliseconds === 'number' ? count(refetchMilliseconds) : undefined,
  };
}
