import { isIP } from 'node:net';
import { hostScope } from '../lib/hosts.js';
import { cleanLine } from '../lib/text.js';

/** Under which names a server may be asked, and which pages may ask it. */
export interface GuardRules {
  /** Names beside those of this machine, without ports, lower case: `http.hosts`, and that of `http.publicUrl`. */
  hosts: readonly string[];
  /** Whole origins of pages: `http.origins`. */
  origins: readonly string[];
  /** Whether the server listens beyond this machine: an address in numbers is then as good as a name. */
  open?: boolean;
}

/** What a request says of where it comes from. */
interface Source {
  host: string | null | undefined;
  origin: string | null | undefined;
  /** `Sec-Fetch-Site` */
  site: string | null | undefined;
}

/**
 * Checks where a request comes from, before anything looks at what it wants. Any page in a user's browser can send requests
 * to a port of their machine, and a hostile name server can make one look like its own origin: so Host has to be a name of
 * this server, and Origin, if any, one that may ask.
 * @param source what the request says
 * @param isOwn whether a Host header names this server
 * @param origins that may ask beside the server's own
 * @returns the header that is wrong
 */
export function findStranger(
  { host, origin, site }: Source,
  isOwn: (host: string) => boolean,
  origins: readonly string[] = [],
): 'Host' | 'Origin' | undefined {
  if (!host || !isOwn(host)) return 'Host';
  if (origin)
    return origin === `http://${host}` || origin === `https://${host}` || origins.includes(origin)
      ? undefined
      : 'Origin';
  // Browsers that send it say it also of requests without an Origin, such as those of <img>.
  return !site || site === 'same-origin' || site === 'none' ? undefined : 'Origin';
}

/**
 * Turns away what does not come from where it may, and answers what browsers ask beforehand.
 * @param request as it came
 * @param rules of the server
 * @returns the answer, if this is the end of it
 */
export function checkSource(request: Request, rules: GuardRules): Response | undefined {
  const { headers, method } = request;
  const host = headers.get('host');
  const origin = headers.get('origin');
  const source = { host, origin, site: headers.get('sec-fetch-site') };
  const wrong = findStranger(source, (one) => isOwnHost(one, rules), rules.origins);
  if (wrong) return refuseSource(wrong, wrong === 'Host' ? (host ?? '(missing)') : (origin ?? 'of another site'));
  if (method !== 'OPTIONS') return undefined;
  // Without an Origin nobody asks beforehand.
  if (!origin || !headers.has('access-control-request-method')) {
    return new Response(null, { status: 405, headers: { Allow: 'GET, POST, DELETE' } });
  }
  return new Response(null, {
    status: 204,
    headers: {
      'Access-Control-Allow-Methods': 'GET, POST, DELETE',
      'Access-Control-Allow-Headers': headers.get('access-control-request-headers') ?? '',
      'Access-Control-Max-Age': '7200',
      Vary: 'Access-Control-Request-Headers',
    },
  });
}

const EXPOSED = 'Mcp-Session-Id, MCP-Protocol-Version, WWW-Authenticate, Retry-After, x-request-id';

/**
 * Lets a page read an answer, if its origin is one that may ask.
 * @param response any answer, also of `checkSource`
 * @param request that it answers
 * @param rules of the server
 */
export function withCors(response: Response, request: Request, { origins }: GuardRules): Response {
  const origin = request.headers.get('origin');
  if (origins.length === 0) return response;
  const headers = new Headers(response.headers);
  headers.append('Vary', 'Origin');
  if (origin && origins.includes(origin)) {
    headers.set('Access-Control-Allow-Origin', origin);
    headers.set('Access-Control-Expose-Headers', EXPOSED);
  }
  const { status, statusText, body } = response;
  return new Response(body, { status, statusText, headers });
}

/** Name servers cannot make an address in numbers lead elsewhere. */
function isOwnHost(host: string, { hosts, open = false }: GuardRules): boolean {
  if (!/^[\w.:[\]-]{1,255}$/.test(host) || !URL.canParse(`http://${host}`)) return false;
  const { hostname } = new URL(`http://${host}`);
  const name = hostname.replace(/(?<!\.)\.$/, '');
  if (hosts.includes(name)) return true;
  if (name === 'localhost') return true;
  const address = name.replace(/^\[|\]$/g, '');
  return isIP(address) !== 0 && (open || hostScope(address) === 'loopback');
}

function refuseSource(header: 'Host' | 'Origin', value: string): Response {
  const name = cleanLine(value, 100);
  const key = header === 'Host' ? 'http.hosts' : 'http.origins';
  const example = /^[\w.:/[\]-]+$/.test(name)
    ? name.replace(header === 'Host' ? /:\d+$/ : /$^/, '')
    : header.toUpperCase();
  return refuse(403, `${header} ${name} is not one that this server answers to.`, {
    hint: `Whoever runs it can allow it: add ${example} to ${key} in its config.`,
  });
}

/** What a refusal says beside its message. */
interface RefusalDetails {
  hint?: string;
  headers?: Record<string, string>;
  /** Of JSON-RPC. */
  code?: number;
}

/** Of JSON-RPC's range for servers: what no other code says better. */
const SERVER_ERROR = -32000;

/**
 * An answer that turns a request away, as every client of MCP reads it.
 * @param status of HTTP
 * @param message what is wrong
 * @param details what to do next
 */
export function refuse(
  status: number,
  message: string,
  { hint, headers, code = SERVER_ERROR }: RefusalDetails = {},
): Response {
  const body = { jsonrpc: '2.0', error: { code, message: hint ? `${message} ${hint}` : message }, id: null };
  return Response.json(body, { status, headers });
}

/**
 * Where a request comes from: the address of the connection, or, behind proxies that whoever runs the server named, what the
 * outermost of them saw.
 * @param peer of the connection
 * @param headers of the request
 * @param proxies how many stand in front
 * @returns an address, that of its network for IPv6, of which one customer has more than anybody can count
 */
export function callerAddress(peer: string | undefined, headers: Headers, proxies: number): string {
  const hops = (headers.get('x-forwarded-for') ?? '')
    .slice(-1000)
    .split(',')
    .map((hop) => hop.trim());
  const told = proxies > 0 ? (hops.at(-proxies) ?? '') : '';
  const bare = told.replace(/^\[([^\]]*)\].*$/, '$1').replace(/^([\d.]+):\d+$/, '$1');
  const address = isIP(bare) ? bare : (peer ?? '');
  const plain = /^::ffff:[\d.]+$/i.test(address) ? address.slice(7) : address;
  return isIP(plain) === 6 ? networkOf(plain) : plain || 'unknown';
}

/** The first 64 bits. */
function networkOf(address: string): string {
  const whole = new URL(`http://[${address.split('%')[0]}]`).hostname.slice(1, -1);
  const [head = '', tail] = whole.split('::');
  const front = head ? head.split(':') : [];
  const back = tail ? tail.split(':') : [];
  const zeros = tail === undefined ? [] : Array<string>(8 - front.length - back.length).fill('0');
  return [...front, ...zeros, ...back].slice(0, 4).join(':');
}
