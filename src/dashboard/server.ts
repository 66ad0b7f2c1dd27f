import { randomBytes, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync, gzipSync } from 'node:zlib';
import { findStranger } from '../http/guard.js';
import { HugwireError, toHugwireError } from '../lib/errors.js';
import { parseJsonObject } from '../lib/json.js';
import type { SavedFiles } from './saved-files.js';
import type { Controls, Delta, Stages } from './types.js';

/** What the server shows and does. It knows nothing else of hugwire. */
interface DashboardOptions {
  assets: ReadonlyMap<string, Asset>;
  files: SavedFiles;
  /** Everything there is to show now. */
  snapshot(): Delta;
  /** What the journal holds about one call. */
  readCall(session: string, id: string): Promise<unknown>;
  /** A part of a session's journal: what comes after an entry. */
  readSession(session: string, after: number): Promise<unknown>;
  /** Ids of the sessions in which all these words occur. */
  searchSessions(text: string, signal: AbortSignal): Promise<unknown>;
  /** What was said and done in a conversation. */
  readConversation(id: string, owner: string): Promise<unknown>;
  /** Decides about a call that waits, as it was shown. */
  decide(request: { id: string; digest: string; approve: boolean }): Promise<unknown>;
  /** Asks the Hub for the stages of the pinned Spaces. */
  stages(): Promise<Stages>;
  /** Turns a tool on or off in the config: a built-in one or that of a pinned Space. */
  switchTool(change: { name: string; on: boolean }): Promise<Controls>;
  /** 0 takes a free one. */
  port?: number;
}

export interface Dashboard {
  /** Works only in a browser that has opened a link before. */
  url: string;
  /**
   * Makes an address that lets one browser in, once.
   * @param milliseconds for which it works
   */
  makeLink(milliseconds: number): string;
  /** Tells every open page what is new. */
  publish(delta: Delta): void;
  close(): Promise<void>;
}

const HEADERS = {
  'Cache-Control': 'no-store',
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
};
const MAX_BODY_BYTES = 10_000;

/**
 * Serves the dashboard on 127.0.0.1 to browsers that were let in: a link with a code gives them a cookie, and the code is taken
 * out of the address. A link on a command line, in a history or in a log does not work a second time.
 * @param options what to show
 * @throws HugwireError `unavailable` when the port is taken
 */
export async function startDashboard(options: DashboardOptions): Promise<Dashboard> {
  // Browsers send a cookie to every port of a host: below a path of its own, no other server here gets it.
  const id = randomBytes(9).toString('base64url');
  const secret = randomBytes(24).toString('base64url');
  const codes = new Codes();
  const feed = new Feed(options.snapshot);
  let port = 0;
  const server = createServer((request, response) => {
    for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
    const checked = checkRequest(request, { id, port });
    if (typeof checked === 'number') return void response.writeHead(checked).end();
    const { path, query } = checked;
    if (path === '') return void response.writeHead(308, { Location: `/${id}/` }).end();
    if (request.method === 'GET' && codes.redeem(query.get('code') ?? '')) {
      const cookie = `${COOKIE}=${secret}; Path=/${id}/; HttpOnly; SameSite=Strict`;
      return void response.writeHead(303, { Location: `/${id}/`, 'Set-Cookie': cookie }).end();
    }
    if (!hasCookie(request, secret)) {
      return void response.writeHead(403, { 'Content-Type': 'text/plain; charset=utf-8' }).end(STRANGER);
    }
    answer(path, query, request, response).catch((error: unknown) => fail(response, toHugwireError(error)));
  });

  async function answer(
    path: string,
    query: URLSearchParams,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const [, route = '', ...rest] = path.split('/');
    const [first = '', second = ''] = rest.map(decodePart);
    if (request.method === 'POST') {
      if (path === '/tools') return sendJson(response, await options.switchTool(readSwitch(await readBody(request))));
      if (path === '/approvals') return sendJson(response, await options.decide(readDecision(await readBody(request))));
    } else if (path === '/events') return feed.open(response);
    else if (path === '/stages') return sendJson(response, await options.stages());
    else if (path === '/search') {
      const left = new AbortController();
      response.once('close', () => left.abort());
      return sendJson(response, await options.searchSessions(query.get('text') ?? '', left.signal));
    } else if (route === 'calls' && rest.length === 2) {
      return sendJson(response, await options.readCall(first, second));
    } else if (route === 'sessions' && rest.length === 1) {
      return sendJson(response, await options.readSession(first, Number(query.get('after')) || 0));
    } else if (route === 'conversations' && rest.length === 1) {
      return sendJson(response, await options.readConversation(first, query.get('owner') ?? ''));
    } else if (route === 'files' && rest.length === 1) return options.files.serve(first, request, response);
    else {
      const asset = options.assets.get(path === '/' ? 'index.html' : path.slice(1));
      if (asset) return sendAsset(request, response, asset);
    }
    response.writeHead(404).end();
  }

  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) =>
      reject(
        new HugwireError('unavailable', `The dashboard cannot listen on port ${options.port ?? 0}: ${cause.code}.`, {
          hint: 'Leave out --port to use a free one: `hugwire dashboard`.',
          cause,
        }),
      ),
    );
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  port = (server.address() as AddressInfo).port;
  return {
    url: `http://127.0.0.1:${port}/${id}/`,
    makeLink: (milliseconds) => `http://127.0.0.1:${port}/${id}/?code=${codes.make(milliseconds)}`,
    publish: (delta) => feed.publish(delta),
    async close() {
      feed.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A part of a path; as it is where it cannot be decoded, which is then found nowhere. */
function decodePart(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function sendAsset(request: IncomingMessage, response: ServerResponse, { contentType, gzip }: Asset): void {
  const packed = /\bgzip\b/.test(String(request.headers['accept-encoding']));
  response.writeHead(200, { 'Content-Type': contentType, ...(packed ? { 'Content-Encoding': 'gzip' } : {}) });
  response.end(packed ? gzip : gunzipSync(gzip));
}

function sendJson(response: ServerResponse, value: unknown, status = 200): void {
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(value ?? null));
}

const STATUS: Partial<Record<HugwireError['code'], number>> = { invalid_arguments: 400, not_found: 404 };

function fail(response: ServerResponse, { code, message, hint }: HugwireError): void {
  if (response.headersSent) response.destroy();
  else sendJson(response, { error: { code, message, hint } }, STATUS[code] ?? 500);
}

async function readBody(request: IncomingMessage): Promise<Record<string, unknown> | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) throw new HugwireError('invalid_arguments', 'The request is too long.');
    chunks.push(chunk);
  }
  return parseJsonObject(Buffer.concat(chunks).toString('utf8'));
}

function readSwitch({ name, on }: Record<string, unknown> = {}): { name: string; on: boolean } {
  if (typeof name === 'string' && typeof on === 'boolean') return { name, on };
  throw new HugwireError('invalid_arguments', 'The request must be {"name": text, "on": true or false}.');
}

function readDecision({ id, digest, approve }: Record<string, unknown> = {}) {
  if (typeof id === 'string' && typeof digest === 'string' && typeof approve === 'boolean')
    return { id, digest, approve };
  throw new HugwireError(
    'invalid_arguments',
    'The request must be {"id": text, "digest": text, "approve": true or false}.',
  );
}

/** Why a request is turned away, as an HTTP status; 404 tells a stranger the least. */
type Refusal = 400 | 403 | 404 | 405 | 415;

interface RequestRules {
  /** First part of every path. */
  id: string;
  port: number;
}

/** Headers that two programs could read differently if they came twice. */
const SINGLE = /^(?:host|origin|cookie|authorization|content-type|content-length|transfer-encoding|sec-fetch-site)$/i;

/**
 * Checks a request before anything looks at what it wants: it must come from an allowed place, and say nothing twice.
 * @param request as it came
 * @param options of the server
 * @returns why it is refused, or the path below the id ('' when not even a slash follows it) and the query
 */
function checkRequest(
  request: IncomingMessage,
  { id, port }: RequestRules,
): Refusal | { path: string; query: URLSearchParams } {
  const { host, origin } = request.headers;
  const names = request.rawHeaders
    .filter((name, at) => at % 2 === 0 && SINGLE.test(name))
    .map((one) => one.toLowerCase());
  if (new Set(names).size < names.length) return 400;
  // As browsers write it: without the port where that is the usual one.
  const own = ['127.0.0.1', 'localhost'].map((name) => new URL(`http://${name}:${port}`).host);
  const site = request.headers['sec-fetch-site']?.toString();
  if (findStranger({ host, origin, site }, (one) => own.includes(one))) return 403;
  // A path and nothing else: an address with a host in it would be another one than that of the Host header.
  const target = request.url ?? '';
  if (!/^\/(?![/\\])/.test(target) || !URL.canParse(target, `http://${host}`)) return 400;
  const { pathname, searchParams } = new URL(target, `http://${host}`);
  const [, given, ...rest] = pathname.split('/');
  if (given !== id) return 404;
  if (request.method === 'POST') {
    if (origin === undefined) return 403;
    if (!/^application\/json\b/.test(request.headers['content-type'] ?? '')) return 415;
  } else if (request.method !== 'GET' && request.method !== 'HEAD') return 405;
  return { path: rest.length > 0 ? `/${rest.join('/')}` : '', query: searchParams };
}

const COOKIE = 'hugwire_dashboard';

/** Shown to someone whose link no longer works. */
const STRANGER =
  'This address works only in a browser that has opened the link from "hugwire dashboard". Each link works once.\n' +
  'Open the link in the terminal, or run "hugwire dashboard" again for a new one.\n';

function hasCookie({ headers }: IncomingMessage, secret: string): boolean {
  const pairs = (headers.cookie ?? '').split(';').map((pair) => pair.trim());
  // Another server of this machine may have set one of the same name.
  return pairs.some((pair) => isSame(pair, `${COOKIE}=${secret}`));
}

/** The codes of the links that have not been used. */
class Codes {
  readonly #codes = new Map<string, number>();

  make(milliseconds: number): string {
    const code = randomBytes(24).toString('base64url');
    this.#codes.set(code, Date.now() + milliseconds);
    return code;
  }

  /** Whether a code is valid; it is not valid a second time. */
  redeem(given: string): boolean {
    const now = Date.now();
    for (const [code, end] of this.#codes) {
      if (end >= now && !isSame(given, code)) continue;
      this.#codes.delete(code);
      if (end >= now) return true;
    }
    return false;
  }
}

/** Takes the same time wherever the two differ. */
function isSame(given: string, secret: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(secret)];
  return one.length === other.length && timingSafeEqual(one, other);
}

/** A file of the page. */
interface Asset {
  contentType: string;
  /** Its bytes, with gzip. */
  gzip: Buffer;
}

/** The build puts the page into a folder beside the program. */
const PAGE = new URL('./dashboard/', import.meta.url);

const TYPES: Record<string, string> = {
  'index.html': 'text/html; charset=utf-8',
  'app.js': 'text/javascript; charset=utf-8',
  'app.css': 'text/css; charset=utf-8',
  'icon.svg': 'image/svg+xml',
};

/** The files of the page by their names, as they are sent. */
export function readAssets(): ReadonlyMap<string, Asset> {
  return new Map(
    Object.entries(TYPES).map(([name, contentType]) => {
      const gzip = gzipSync(readFileSync(new URL(name, PAGE)));
      return [name, { contentType, gzip }];
    }),
  );
}

/** How long news is gathered before it is sent: calls come in bursts. */
const GATHER_MS = 100;
/** Keeps the connection open through proxies, and lets the page notice when the server is gone. */
const HEARTBEAT_MS = 15_000;
/** Beyond the snapshot, which may be larger. */
const MAX_WAITING_BYTES = 16_000_000;

/** The open pages, which get news as server-sent events. */
class Feed {
  readonly #snapshot: () => Delta;
  /** Each with how many bytes may wait to be sent to it. */
  readonly #pages = new Map<ServerResponse, number>();
  readonly #heartbeat: NodeJS.Timeout;
  #news: Delta[] = [];
  #timer: NodeJS.Timeout | undefined;

  /** @param snapshot everything there is; what a page gets first */
  constructor(snapshot: () => Delta) {
    this.#snapshot = snapshot;
    this.#heartbeat = setInterval(() => this.#write(':\n\n'), HEARTBEAT_MS).unref();
  }

  /** @param response takes the answer to a page's request for events; it stays open until the page goes */
  open(response: ServerResponse): void {
    response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    // What is gathered is in the snapshot already.
    response.write(message('snapshot', this.#snapshot()));
    this.#pages.set(response, response.writableLength + MAX_WAITING_BYTES);
    response.once('close', () => this.#pages.delete(response));
  }

  /** Sends what is new to every page, together with what else comes in a moment. */
  publish(delta: Delta): void {
    if (Object.values(delta).every((part) => part === undefined)) return;
    this.#news.push(delta);
    this.#timer ??= setTimeout(() => this.#send(), GATHER_MS);
  }

  /** Ends every connection. */
  close(): void {
    clearInterval(this.#heartbeat);
    clearTimeout(this.#timer);
    for (const page of this.#pages.keys()) page.end();
    this.#pages.clear();
  }

  #send(): void {
    const news = this.#news;
    this.#news = [];
    this.#timer = undefined;
    if (this.#pages.size > 0) this.#write(message('delta', merge(news)));
  }

  #write(text: string): void {
    for (const [page, most] of this.#pages) {
      // A page that does not read comes back for a snapshot.
      if (page.writableLength > most) page.destroy();
      else page.write(text);
    }
  }
}

function message(event: string, data: Delta): string {
  return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}

function merge(news: readonly Delta[]): Delta {
  const merged: Delta = {};
  for (const delta of news) {
    for (const [key, value] of Object.entries(delta)) if (value !== undefined) Object.assign(merged, { [key]: value });
  }
  for (const key of ['sessions', 'calls', 'events', 'limits'] as const) {
    const records = news.flatMap((delta): Identified[] => delta[key] ?? []);
    const last = new Map(records.map((record) => [`${record.session ?? ''}/${record.id ?? record.name}`, record]));
    if (last.size > 0) Object.assign(merged, { [key]: [...last.values()] });
  }
  return merged;
}

interface Identified {
  session?: string;
  id?: string;
  name?: string;
}
