import { createHash } from 'node:crypto';
import { cleanLine, redact } from '../lib/text.js';
import type { Connection, HttpServer } from '../sessions/connections.js';
import type { SessionClient } from '../sessions/recorder.js';
import type { State } from './state/types.js';

/** How long a client may take to read the tool list again. */
const REFETCH_MS = 30_000;
/** A client without a stream that has not been heard of for longer was not missed by a change. */
const RECENT_MS = 600_000;
const MAX_CONNECTIONS = 200;

export type Era = Connection['era'];
/** `asked`: the user was asked first, and the call begins anew with the answer. */
type Outcome = 'ok' | 'failed' | 'cancelled' | 'asked';
export type StreamKind = 'request' | 'listen' | 'get' | 'sse';

/** A request, as far as it may be told of: who, and what kind of thing; nothing of what was asked. */
export interface Seen {
  /** `performance.now()` when it came. */
  began: number;
  verb: string;
  path: string;
  /** Of JSON-RPC. */
  method?: string;
  tool?: string;
  outcome?: Outcome;
  era?: Era;
  client?: SessionClient['client'] | Record<string, never>;
  protocol?: string;
  /** Whether whoever sent it was let in; undefined where nobody asked. */
  auth?: 'ok' | 'refused';
  owner?: string;
  /** Whose open streams are counted together; told to nobody. */
  place?: string;
  /** Name of the caller's key. */
  key?: string;
}

/** A tool call that has ended. */
export interface EndedCall {
  tool: string;
  outcome: Outcome;
  milliseconds: number;
}

/** Counts what happens; its labels are of closed sets. */
export interface Meters {
  request(seen: Seen, client: string, status: number): void;
  call(call: EndedCall): void;
  stream(kind: StreamKind, change: 1 | -1): void;
  listChange(client: string, outcome: 'refetched' | 'ignored' | 'no_stream'): void;
  storeError(): void;
  hubAnswer(status: string): void;
}

interface TrafficOptions {
  bus: State['bus'];
  /** Takes one line of JSON for each request. */
  log(line: string): void;
  /** Told when `connections` are others than before. */
  onChange(): void;
  meters?: Meters;
}

interface Entry extends Connection {
  /** Streams that have ended and were not opened again. */
  ended: number;
  /** When it was told of a change after which it has not read the list: milliseconds since the epoch. */
  toldAt?: number;
  lastAt: number;
}

/**
 * What is seen of a server from outside: a line of the log for each request, and who is connected. Of the contents it keeps
 * nothing.
 */
export class Traffic {
  readonly #options: TrafficOptions;
  /** The one that was heard of last comes last. */
  readonly #entries = new Map<string, Entry>();
  readonly #close: () => void;
  #changedAt = Number.NEGATIVE_INFINITY;

  constructor(options: TrafficOptions) {
    this.#options = options;
    this.#close = options.bus.subscribe((event) => {
      if (event.kind === 'tools_list_changed') this.#listChanged();
      if (event.kind === 'list_read') this.#listRead(String(event.client));
    });
  }

  /** The clients, the one that was heard of last first. */
  get connections(): HttpServer['connections'] {
    return [...this.#entries.values()].reverse().map(({ ended: _, toldAt: __, lastAt, ...connection }) => ({
      ...connection,
      last: new Date(lastAt).toISOString(),
    }));
  }

  /**
   * Notes a request that was answered; for one that was answered with a stream, when that is over.
   * @param seen of it
   * @param status of HTTP
   */
  end(seen: Seen, status: number): void {
    const { verb, path, method, tool, outcome, era, client, owner, began } = seen;
    const entry = this.#find(seen);
    const name = entry ? entry.client : showClient(client?.name, 80);
    const said = {
      time: new Date().toISOString(),
      request: `${verb} ${path}`,
      method,
      tool,
      outcome,
      client: name,
      version: entry ? entry.version : showClient(client?.version, 40),
      era,
      status,
      ms: Math.round(performance.now() - began),
      owner: owner && hashOwner(owner),
    };
    this.#options.log(JSON.stringify(said));
    this.#options.meters?.request(seen, name ?? 'unknown', status);
    if (!entry) return;
    entry.requests += 1;
    // Any instance may be the one that told it of the change.
    const isRead = method === 'tools/list' && status < 300 && Date.now() - this.#changedAt < REFETCH_MS;
    if (isRead) this.#options.bus.publish({ kind: 'list_read', client: keyOf(seen) });
    this.#options.onChange();
  }

  /**
   * Notes a stream that opens.
   * @param seen the request that it answers
   * @returns to be called when it is over
   */
  stream(seen: Seen, kind: StreamKind): () => void {
    const { meters, onChange } = this.#options;
    meters?.stream(kind, 1);
    const entry = kind === 'request' ? undefined : this.#find(seen);
    if (entry) {
      entry.streams += 1;
      if (entry.ended > 0) {
        entry.ended -= 1;
        entry.reconnects += 1;
      }
      onChange();
    }
    return () => {
      meters?.stream(kind, -1);
      if (!entry) return;
      entry.streams -= 1;
      entry.ended += 1;
      onChange();
    };
  }

  /** Notes a tool call that has ended. */
  call(seen: Seen | undefined, call: EndedCall): void {
    this.#options.meters?.call(call);
    if (!seen) return;
    seen.outcome = call.outcome;
    const entry = call.outcome === 'asked' ? undefined : this.#find(seen);
    if (!entry) return;
    entry.calls += 1;
    if (call.outcome === 'failed') entry.failed += 1;
    this.#options.onChange();
  }

  close(): void {
    this.#close();
  }

  /** The client that sent a request, if it was let in. */
  #find(seen: Seen): Entry | undefined {
    const { owner, key, client, era, protocol } = seen;
    if (owner === undefined || era === undefined) return undefined;
    const id = keyOf(seen);
    const now = Date.now();
    const entry = this.#entries.get(id) ?? {
      client: showClient(client?.name, 80),
      version: showClient(client?.version, 40),
      era,
      caller: key ?? hashOwner(owner),
      last: '',
      ...{ requests: 0, calls: 0, failed: 0, streams: 0, reconnects: 0, refetched: 0, ignored: 0, unreached: 0 },
      ...{ ended: 0, lastAt: now },
    };
    entry.lastAt = now;
    entry.protocol = protocol ?? entry.protocol;
    this.#entries.delete(id);
    this.#entries.set(id, entry);
    if (this.#entries.size > MAX_CONNECTIONS) {
      const [idle] = [...this.#entries].find(([, { streams }]) => streams === 0) ?? [...this.#entries.keys()];
      this.#entries.delete(idle as string);
    }
    return entry;
  }

  #listChanged(): void {
    const { meters, onChange } = this.#options;
    const now = Date.now();
    this.#changedAt = now;
    for (const entry of this.#entries.values()) {
      // Who has not answered the last one yet is given its time.
      if (entry.streams > 0) entry.toldAt ??= now;
      else if (now - entry.lastAt < RECENT_MS) {
        entry.unreached += 1;
        meters?.listChange(entry.client ?? 'unknown', 'no_stream');
      }
    }
    setTimeout(() => {
      for (const entry of this.#entries.values()) {
        if (entry.toldAt === undefined || entry.toldAt > now) continue;
        entry.toldAt = undefined;
        entry.ignored += 1;
        meters?.listChange(entry.client ?? 'unknown', 'ignored');
      }
      onChange();
    }, REFETCH_MS).unref?.();
    onChange();
  }

  #listRead(id: string): void {
    const entry = this.#entries.get(id);
    if (entry?.toldAt === undefined) return;
    entry.refetchMilliseconds = Date.now() - entry.toldAt;
    entry.toldAt = undefined;
    entry.refetched += 1;
    this.#options.meters?.listChange(entry.client ?? 'unknown', 'refetched');
    this.#options.onChange();
  }
}

/** The same at every instance, and without the words of the client. */
function keyOf({ owner, client, era }: Seen): string {
  return hash(JSON.stringify([owner, client?.name, client?.version, era]));
}

/** The same few callers come again and again. */
const hashes = new Map<string, string>();

function hash(text: string): string {
  const known = hashes.get(text);
  if (known !== undefined) return known;
  const made = createHash('sha256').update(text).digest('base64url').slice(0, 16);
  if (hashes.size >= 1000) hashes.clear();
  hashes.set(text, made);
  return made;
}

const hashOwner = (owner: string) => (owner === 'anon' ? owner : hash(owner));

/** A client may call itself anything, also what is a secret elsewhere. */
function showClient(said: unknown, length: number): string | undefined {
  return typeof said === 'string' ? cleanLine(redact(said), length) || undefined : undefined;
}

/** What clients ask for; anything else is told of as `other`. */
const METHODS = new Set([
  'completion/complete',
  'initialize',
  'logging/setLevel',
  'notifications/cancelled',
  'notifications/initialized',
  'notifications/progress',
  'notifications/roots/list_changed',
  'ping',
  'prompts/get',
  'prompts/list',
  'resources/list',
  'resources/read',
  'resources/subscribe',
  'resources/templates/list',
  'resources/unsubscribe',
  'server/discover',
  'subscriptions/listen',
  'tools/call',
  'tools/list',
]);
const VERBS = new Set(['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT']);
const PATHS = new Set(['/mcp', '/sse', '/messages', '/healthz', '/readyz']);

/**
 * What a request tells before anybody looks at who sent it.
 * @param prefix that a proxy may leave before the path
 */
export function look(request: Request, prefix: string): Seen {
  const { pathname } = new URL(request.url);
  const path = (pathname.startsWith(`${prefix}/`) ? pathname.slice(prefix.length) : pathname).replace(/\/$/, '');
  const known = path.startsWith('/.well-known/') ? '/.well-known' : apiPath(path);
  const protocol = request.headers.get('mcp-protocol-version') ?? '';
  return {
    began: performance.now(),
    verb: VERBS.has(request.method) ? request.method : 'other',
    path: PATHS.has(path) ? path : known,
    protocol: /^\d{4}-\d\d-\d\d$/.test(protocol) ? protocol : undefined,
  };
}

/** What follows these is an id. */
const API_PATHS = ['/v1/chat/completions', '/v1/conversations', '/v1/models', '/v1/responses', '/v1'];

const apiPath = (path: string) => API_PATHS.find((one) => path === one || path.startsWith(`${one}/`)) ?? 'other';

/**
 * What a message is about.
 * @param message of the client
 * @param tools that there are
 */
export function describeMessage(message: Record<string, unknown>, tools: readonly { name: string }[]): Partial<Seen> {
  const { method, params } = message;
  if (method === undefined) return { method: 'response' };
  const name = (params as { name?: unknown } | undefined)?.name;
  const tool = tools.some((one) => one.name === name) ? (name as string) : 'other';
  return {
    method: METHODS.has(method as string) ? (method as string) : 'other',
    ...(method === 'tools/call' && { tool }),
  };
}
