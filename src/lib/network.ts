import { type LookupAllOptions, type LookupOptions, lookup } from 'node:dns';
import { lookup as lookUp } from 'node:dns/promises';
import { Readable } from 'node:stream';
import type { ReadableStream as NodeStream } from 'node:stream/web';
import { setFlagsFromString } from 'node:v8';
import type { HttpsProxyAgent } from 'https-proxy-agent';
import type { BodyInit as SentBody } from 'node-fetch';
import { type ErrorCode, HugwireError } from './errors.js';
import { hostScope } from './hosts.js';
import { explainSystemError } from './system-errors.js';
import { redact, showWords } from './text.js';

/**
 * The `fetch` that every request of hugwire goes through: the platform's own, or, where the environment names a proxy,
 * one that goes through it (Node 20's own knows none). Nothing is loaded before the first request.
 * @param env the environment: HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, NO_PROXY
 */
export function createNetwork(env: NodeJS.ProcessEnv): typeof fetch {
  let chosen: Promise<typeof fetch> | undefined;
  return async (input, init) => {
    chosen ??= chooseNetwork(env);
    return (await chosen)(input, init);
  };
}

async function chooseNetwork(env: NodeJS.ProcessEnv): Promise<typeof fetch> {
  const proxies = readProxies(env);
  if (proxies) return createProxiedFetch(proxies);
  if (process.versions.node.startsWith('20.')) keepParserSmall();
  return fetch;
}

/**
 * What Node 20's fetch reads HTTP with is WebAssembly. Optimising it takes V8 28 MiB and 80 ms of CPU, and no request is
 * the faster for it.
 */
function keepParserSmall(): void {
  // Loads the code of fetch. With other flags than Node was built with, V8 would compile it anew.
  void globalThis.Headers;
  setFlagsFromString('--liftoff-only');
}

type Dispatcher = NonNullable<RequestInit['dispatcher']>;

let outward: Dispatcher | undefined;

/**
 * What a redirect to another host is followed with: connections that a public name cannot lead to this machine or its
 * network, decided on the address that is connected to. Without it where the redirecting server is itself there, as a
 * company's mirror is.
 * @param from the server that was asked first
 */
export async function redirectDispatcher(from: URL): Promise<Dispatcher | undefined> {
  if (hostScope(from.hostname) !== 'public' || (await leadsInside(from.hostname))) return undefined;
  if (outward) return outward;
  // Node does not export the class that its own fetch is made of; the dispatcher that is in use is one.
  const inUse: unknown = Reflect.get(globalThis, Symbol.for('undici.globalDispatcher.1'));
  const Agent = (inUse as { constructor: new (options: object) => Dispatcher } | undefined)?.constructor;
  if (Agent?.name === 'Agent') outward = new Agent({ connect: { lookup: lookUpOutside } });
  return outward;
}

/**
 * Whether a name resolves to this machine or its network. One that does not resolve at all does not.
 * @param hostname without brackets
 */
export async function leadsInside(hostname: string): Promise<boolean> {
  const found = await lookUp(hostname, { all: true }).catch(() => []);
  return found.some(({ address }) => isInside(address));
}

/** Names are given addresses for benchmarks by VPN programs that resolve them elsewhere ("fake IP"). */
function isInside(address: string): boolean {
  return hostScope(address) !== 'public' && !/^198\.1[89]\./.test(address);
}

type Found = (error: Error | null, address: unknown, family?: number) => void;

/** `dns.lookup` without the addresses inside. */
function lookUpOutside(hostname: string, options: LookupOptions, done: Found): void {
  lookup(hostname, { ...options, all: true } satisfies LookupAllOptions, (error, found) => {
    if (error) return done(error, []);
    const outside = found.filter(({ address }) => !isInside(address));
    const [first] = outside;
    if (options.all && first) return done(null, outside);
    if (first) return done(null, first.address, first.family);
    const message = `${hostname} resolves to this machine or its network, and redirects there are not followed.`;
    done(new HugwireError('blocked', message, { hint: MISLED }), []);
  });
}

/** The proxies that an environment names, as they stand there; `proxyFor` says whether they can be used. */
export interface ProxySettings {
  http?: string;
  https?: string;
  /** The variable that each was taken from. */
  variables?: { http?: string; https?: string };
  /** Hosts that are asked directly: `hub.example`, with its subdomains; a port may follow. */
  direct: string[];
}

const THIS_MACHINE = ['localhost', '127.0.0.1', '[::1]'];

/**
 * Reads HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY, in small letters first, as curl does. Where several would do, the
 * first that hugwire can go through is taken: many set ALL_PROXY to SOCKS beside the others.
 * @param env the environment
 * @returns undefined when no proxy is to be used at all
 */
export function readProxies(env: NodeJS.ProcessEnv): ProxySettings | undefined {
  const read = (name: string) => {
    const variable = [name.toLowerCase(), name].find((one) => env[one] !== undefined) ?? name;
    const value = env[variable]?.trim();
    // Many write `proxy.corp:3128`, which is no URL.
    return value ? [{ variable, address: /^[a-z][a-z0-9+.-]*:\/\//i.test(value) ? value : `http://${value}` }] : [];
  };
  const excluded = (env.no_proxy ?? env.NO_PROXY ?? '').split(/[,\s]+/).filter(Boolean);
  const choose = (...names: string[]) => {
    const given = names.flatMap(read);
    return given.find(({ address }) => isUsable(address)) ?? given[0];
  };
  const http = choose('HTTP_PROXY', 'ALL_PROXY');
  const https = choose('HTTPS_PROXY', 'ALL_PROXY', 'HTTP_PROXY');
  if ((!http && !https) || excluded.includes('*')) return undefined;
  return {
    http: http?.address,
    https: https?.address,
    variables: { http: http?.variable, https: https?.variable },
    direct: [...excluded, ...THIS_MACHINE],
  };
}

const isUsable = (address: string) => URL.canParse(address) && /^https?:/i.test(address);

/**
 * The proxy for an address.
 * @param url http or https
 * @param settings the proxies
 * @returns undefined when it is asked directly
 * @throws HugwireError `offline` when hugwire cannot go through it; its address is not told, since it may hold a password
 */
export function proxyFor(url: URL, settings: ProxySettings): string | undefined {
  const proxy = url.protocol === 'https:' ? settings.https : settings.http;
  if (proxy === undefined || settings.direct.some((entry) => covers(entry, url))) return undefined;
  if (isUsable(proxy)) return proxy;
  const name = variableFor(url, settings);
  const direct = `or list hosts that this machine reaches by itself in NO_PROXY: NO_PROXY=${url.hostname}`;
  if (/^socks/i.test(proxy)) {
    throw new HugwireError(
      'offline',
      `${name} names a SOCKS proxy, which hugwire cannot go through: ${url.host} was not asked.`,
      {
        hint: `Set HTTPS_PROXY=http://host:port in the env block of the MCP client (most programs that offer SOCKS offer an HTTP proxy as well), ${direct}.`,
      },
    );
  }
  throw new HugwireError('offline', `${name} is not the address of a proxy.`, {
    hint: `Write it as http://host:port in the env block of the MCP client, leave it out, ${direct}.`,
  });
}

function variableFor(url: URL, { variables = {} }: ProxySettings): string {
  const name = url.protocol === 'https:' ? variables.https : variables.http;
  return name ?? 'HTTPS_PROXY';
}

/** `hub.example`, `.hub.example`, `*.hub.example` and `https://hub.example/` mean the same: the host and all below it. */
function covers(entry: string, { hostname, port, protocol }: URL): boolean {
  const [bare = ''] = entry
    .toLowerCase()
    .replace(/^https?:\/\//, '')
    .split('/');
  const [, host = '', itsPort] = /^(?:\*?\.)?(.+?)(?::(\d+))?$/.exec(bare) ?? [];
  const asked = port || (protocol === 'https:' ? '443' : '80');
  return (hostname === host || hostname.endsWith(`.${host}`)) && (itsPort === undefined || itsPort === asked);
}

/** A `Response` of these may not have a body, not even an empty one. */
const BODILESS = new Set([101, 204, 205, 304]);

/**
 * A `fetch` that goes through proxies, which Node 20's own cannot: a tunnel (CONNECT) for http and https alike. It takes
 * addresses, not `Request` objects.
 * @param settings the proxies
 */
export async function createProxiedFetch(settings: ProxySettings): Promise<typeof fetch> {
  const [{ default: send }, { HttpsProxyAgent: Tunnel }] = await Promise.all([
    import('node-fetch'),
    import('https-proxy-agent'),
  ]);
  /** What fails until the tunnel is open is the proxy's fault, and what the proxy answers is no answer of the server. */
  class MarkedTunnel extends Tunnel<string> {
    override async connect(...given: Parameters<HttpsProxyAgent<string>['connect']>) {
      return super.connect(...given).catch((error: unknown) => {
        // Of this error node-fetch keeps the code and nothing else.
        const code = causeCode(error) || 'no answer from a proxy';
        throw Object.assign(new Error('The proxy failed'), { code: code.startsWith(PROXY) ? code : PROXY + code });
      });
    }
  }
  const tunnels = new Map<string, HttpsProxyAgent<string>>();
  const open = (proxy: string): HttpsProxyAgent<string> => {
    const tunnel = new MarkedTunnel(proxy, { keepAlive: true });
    tunnel.on('proxyConnect', refuseUnlessOpen);
    tunnels.set(proxy, tunnel);
    return tunnel;
  };
  return async (input, { signal, body, headers, method, redirect } = {}) => {
    signal?.throwIfAborted();
    try {
      const answer = await send(String(input), {
        method,
        redirect,
        signal,
        body: toSentBody(body),
        headers: Object.fromEntries(new Headers(headers)),
        agent: (url) => {
          const proxy = proxyFor(url, settings);
          return proxy === undefined ? undefined : (tunnels.get(proxy) ?? open(proxy));
        },
      });
      return toResponse(answer);
    } catch (error) {
      signal?.throwIfAborted();
      throw new TypeError('fetch failed', { cause: explainProxy(error, new URL(String(input)), settings) });
    }
  };
}

/** A body as node-fetch takes it: it knows the streams of Node only, and reads those as fast as they are sent. */
function toSentBody(body: RequestInit['body']): SentBody | undefined {
  if (body instanceof ReadableStream) return Readable.fromWeb(body as NodeStream);
  return body as SentBody | undefined;
}

function refuseUnlessOpen({ statusCode }: { statusCode: number }): void {
  if (statusCode === 200) return;
  throw Object.assign(new Error('The proxy refused'), { code: PROXY + statusCode });
}

/** Begins the codes of what a proxy did; its status, or the code of the connection to it, follows. */
const PROXY = 'PROXY:';

/** What the proxy did, in words that name its variable; anything else is handed back. */
function explainProxy(error: unknown, url: URL, settings: ProxySettings): unknown {
  const code = causeCode(error);
  if (!code.startsWith(PROXY)) return error;
  const what = code.slice(PROXY.length);
  const { host, username } = new URL(proxyFor(url, settings) ?? url);
  const name = variableFor(url, settings);
  const proxy = `The proxy of ${name} (${host})`;
  const failed = (failure: ErrorCode, message: string, hint: string) =>
    new HugwireError(failure, `${proxy} ${message}`, { hint, cause: error });
  if (what === '407') {
    return failed(
      'offline',
      username ? `does not accept the name and password in ${name} (407).` : 'requires a name and a password (407).',
      `Write ${name}=http://<name>:<password>@${host} in the env block of the MCP client; encode signs such as @ and : in them (%40, %3A).`,
    );
  }
  if (/^\d+$/.test(what)) {
    return failed(
      Number(what) >= 500 ? 'unavailable' : 'offline',
      `does not allow connections to ${url.hostname} (${what}).`,
      `Ask whoever runs the proxy to let ${url.hostname} through; where this machine reaches it by itself, add it to NO_PROXY.`,
    );
  }
  const kind = explainSystemError(what)?.kind;
  const correct = `Start the proxy, or correct ${name} in the env block of the MCP client; leave it out where this network needs none.`;
  if (kind === 'unreachable')
    return failed('offline', `cannot be reached (${what}): ${url.hostname} was not asked.`, correct);
  if (kind === 'timeout') return failed('timeout', `did not answer in time: ${url.hostname} was not asked.`, correct);
  if (CERTIFICATE.test(what))
    return failed('unavailable', `has a certificate that is not trusted here (${what}).`, TRUST);
  return failed(
    'unavailable',
    `does not answer as an HTTP proxy does (${what}).`,
    `Check port and scheme of ${name}: nearly all proxies are written http://host:port, also for https; the port of a SOCKS proxy is another one.`,
  );
}

/** The platform's `Response`, which the rest of hugwire and its libraries read. */
function toResponse(answer: Awaited<ReturnType<typeof import('node-fetch')['default']>>): Response {
  const { status, statusText, url } = answer;
  const bodiless = BODILESS.has(status) || answer.body === null;
  if (bodiless) answer.body?.resume();
  const stream = bodiless ? null : (Readable.toWeb(answer.body as Readable) as NodeStream<Uint8Array>);
  const response = new Response(stream, { status, statusText, headers: [...answer.headers] });
  Object.defineProperty(response, 'url', { value: url });
  return response;
}

const CERTIFICATE = /CERT|UNABLE_TO_VERIFY|SELF_SIGNED|ERR_TLS/;
/** What `fetch` says, without a code, of a port that the standard keeps from it: those of mail, SSH and the like. */
const BAD_PORT = 'bad port';
/** An answer with status 407 it keeps back, and says nothing at all. */
const NOTHING_SAID = '';
/** What speaks something else than TLS where TLS was due. */
const NO_TLS = /^EPROTO$|^ERR_SSL_/;

/** What to do about a redirect that is not followed. */
export const MISLED =
  "A network's login page does this (open any website in a browser and log in), and so does a mirror that has moved: set HF_ENDPOINT to its own address in the env block of the MCP client, or unset it.";
const TRUST =
  'A proxy, a firewall or a virus scanner that reads encrypted traffic signs it with a certificate of its own: save that one as a PEM file, and set NODE_EXTRA_CA_CERTS to its path in the env block of the MCP client.';
const OTHER_WAY =
  'Set HTTPS_PROXY where this network has a proxy, or HF_ENDPOINT where it has a mirror of the Hub, in the env block of the MCP client: clients do not pass them on by themselves.';

/** What to do about a certificate, by its fault; another CA does not help against all of them. */
function explainCertificate(code: string, host: string): string {
  if (/EXPIRED|NOT_YET_VALID/.test(code))
    return `Check the clock of this machine; if it is right, the certificate of ${host} is too old.`;
  if (/ALTNAME/.test(code)) {
    return `Another server answers for ${host}: a login page of this network, or a wrong address in HF_ENDPOINT.`;
  }
  return TRUST;
}

/**
 * Explains why a request brought no answer.
 * @param error what `fetch` threw
 * @param host the server, for the message
 */
export function explainNoAnswer(error: unknown, host: string): HugwireError {
  const ours = causes(error).find((one) => one instanceof HugwireError);
  if (ours instanceof HugwireError) return ours;
  const code = causeCode(error);
  const kind = explainSystemError(code)?.kind;
  if (kind === 'unreachable') {
    return new HugwireError('offline', `${host} cannot be reached (${code}).`, {
      hint: `Check the network. ${OTHER_WAY}`,
      cause: error,
    });
  }
  if (CERTIFICATE.test(code)) {
    return new HugwireError('unavailable', `The certificate of ${host} is not trusted here (${code}).`, {
      hint: explainCertificate(code, host),
      cause: error,
    });
  }
  if (NO_TLS.test(code)) {
    return new HugwireError('unavailable', `${host} does not answer with TLS (${code}).`, {
      hint: 'Another program answers there: check host and port, and in HF_ENDPOINT whether it should begin with http:// (then no token is sent), or whether a firewall stands between.',
      cause: error,
    });
  }
  if (code.includes('TIMEOUT') || kind === 'timeout') return timedOut(host, error);
  if (innermost(error).message === BAD_PORT) {
    return new HugwireError('blocked', `${host} has a port that belongs to another service: nothing was sent.`, {
      hint: 'Give the port that the web server listens on.',
      cause: error,
    });
  }
  if (code === '' && innermost(error).message === NOTHING_SAID) {
    return explainStrayPage({ asked: host, host, status: 407, body: '' });
  }
  const words = code || redact(innermost(error).message);
  return new HugwireError('unavailable', `The connection to ${host} broke off (${words}).`, {
    hint: `Try again. If it always breaks off, a firewall may cut it. ${OTHER_WAY}`,
    cause: error,
  });
}

/** An answer that is a web page where none was expected. */
interface StrayPage {
  /** Who was asked. */
  asked: string;
  /** Who answered, after redirects. */
  host: string;
  status: number;
  body: string;
  /** False for a refusal in other words. */
  page?: boolean;
}

/**
 * The error for a web page that something between answered with in place of the server: a firewall, a proxy, the login page
 * of a network, or whatever lies at a wrong address. No token mends it.
 * @param page what came
 */
export function explainStrayPage({ asked, host, status, body, page: isPage = true }: StrayPage): HugwireError {
  const title = showWords(/<title[^<>]{0,200}>([^<]{0,300})/i.exec(body.slice(0, 20_000))?.[1], 80);
  const what = [status >= 300 && status, title].filter(Boolean).join(', ');
  const did = isPage
    ? `answered with a web page${what && ` (${what})`} where none was expected`
    : `refused (${status})`;
  const message =
    status === 407
      ? `A proxy answered in place of ${asked}: it requires a name and a password (407).`
      : asked === host
        ? `${asked} ${did}: something in between answered, or another server.`
        : `${asked} redirected to ${host}, which ${did}.`;
  const login = status < 300 || status === 511 || /log ?in|sign ?in|portal|welcome/i.test(title);
  const first =
    status === 407
      ? 'Write HTTPS_PROXY=http://<name>:<password>@host:port in the env block of the MCP client.'
      : login
        ? 'Where this network has a login page, open any website in a browser and log in.'
        : `A firewall or proxy may keep ${host} away: ask whoever runs it to let it through.`;
  return new HugwireError(status === 407 || status === 511 ? 'offline' : 'unavailable', message, {
    hint: `${first} Check HF_ENDPOINT, if it is set. ${OTHER_WAY}`,
  });
}

/**
 * Whether an answer is a web page, by what it says of itself or by how it begins.
 * @param headers of the answer
 * @param body of the answer, where that is to be looked at
 */
export function isWebPage(headers: Headers, body = ''): boolean {
  return (
    headers.get('content-type')?.includes('html') === true || /^\s{0,100}<(?:!doctype html|html|head)\b/i.test(body)
  );
}

/**
 * Whether another try may bring an answer. What cannot be reached now cannot be reached in a second, and a certificate
 * does not become good.
 * @param error what `fetch` threw
 */
export function mayPass(error: unknown): boolean {
  const code = causeCode(error);
  const { message } = innermost(error);
  if (message === BAD_PORT || (code === '' && message === NOTHING_SAID)) return false;
  const ours = causes(error).find((one) => one instanceof HugwireError);
  if (ours instanceof HugwireError) return ours.code !== 'offline' && ours.code !== 'blocked';
  return explainSystemError(code)?.kind !== 'unreachable' && !CERTIFICATE.test(code) && !NO_TLS.test(code);
}

/**
 * The error for a server that does not answer in time.
 * @param host the server
 * @param cause what was thrown, if anything
 */
export function timedOut(host: string, cause?: unknown): HugwireError {
  return new HugwireError('timeout', `${host} did not answer in time.`, {
    hint: 'Try again; a higher hub.timeoutSeconds in the config gives it more time.',
    cause,
  });
}

/** The first code along the causes: fetch wraps the socket's error, and happy eyeballs wraps several. */
function causeCode(error: unknown): string {
  for (const { code } of causes(error)) if (typeof code === 'string') return code;
  return '';
}

function innermost(error: unknown): Error {
  return causes(error).at(-1) ?? new Error(String(error));
}

function causes(error: unknown): (Error & { code?: unknown })[] {
  const chain: Error[] = [];
  for (let at = error; at instanceof Error && !chain.includes(at); ) {
    chain.push(at);
    at = at.cause ?? (at instanceof AggregateError ? at.errors[0] : undefined);
  }
  return chain;
}
