import { HugwireError } from '../errors.js';

/** The proxies that an environment names. */
export interface ProxySettings {
  http?: string;
  https?: string;
  /** Hosts that are asked directly: `hub.example`, with its subdomains; a port may follow. */
  direct: string[];
}

const THIS_MACHINE = ['localhost', '127.0.0.1', '[::1]'];

/**
 * Reads HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY, in small letters first, as curl does.
 * @param env the environment
 * @returns undefined when no proxy is to be used at all
 * @throws HugwireError `offline` when a variable holds no address; the value is not told, since it may hold a password
 */
export function readProxies(env: NodeJS.ProcessEnv): ProxySettings | undefined {
  const read = (name: string) => (env[name.toLowerCase()] ?? env[name])?.trim() || undefined;
  const excluded = (read('NO_PROXY') ?? '').split(/[,\s]+/).filter(Boolean);
  const address = (name: string) => toAddress(name, read(name)) ?? toAddress('ALL_PROXY', read('ALL_PROXY'));
  const http = address('HTTP_PROXY');
  const https = address('HTTPS_PROXY') ?? http;
  if ((!http && !https) || excluded.includes('*')) return undefined;
  return { http, https, direct: [...excluded, ...THIS_MACHINE] };
}

/**
 * The proxy for an address.
 * @param url http or https
 * @param settings the proxies
 * @returns undefined when it is asked directly
 */
export function proxyFor(url: URL, { http, https, direct }: ProxySettings): string | undefined {
  const proxy = url.protocol === 'https:' ? https : http;
  return direct.some((entry) => covers(entry, url)) ? undefined : proxy;
}

/** `hub.example`, `.hub.example` and `*.hub.example` mean the same: the host and all below it. */
function covers(entry: string, { hostname, port, protocol }: URL): boolean {
  const [, host = '', itsPort] = /^(?:\*?\.)?(.+?)(?::(\d+))?$/.exec(entry.toLowerCase()) ?? [];
  const asked = port || (protocol === 'https:' ? '443' : '80');
  return (hostname === host || hostname.endsWith(`.${host}`)) && (itsPort === undefined || itsPort === asked);
}

/** Many write `proxy.corp:3128`, which is no URL. */
function toAddress(name: string, value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  const address = /^[a-z][a-z0-9+.-]*:\/\//i.test(value) ? value : `http://${value}`;
  if (URL.canParse(address) && /^https?:/i.test(address)) return address;
  throw new HugwireError('offline', `${name} is not the address of a proxy.`, {
    hint: `Write it as http://host:port in the env block of the MCP client, or leave ${name} out.`,
  });
}
