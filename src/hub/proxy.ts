import { HugwireError } from '../errors.js';

/** The proxies that an environment names, as undici takes them. An empty text means none. */
export interface ProxySettings {
  httpProxy: string;
  httpsProxy: string;
  noProxy: string;
}

/** Undici reads `::1` as a port, so the brackets are needed. */
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
  return { httpProxy: http ?? '', httpsProxy: https ?? '', noProxy: [...excluded, ...THIS_MACHINE].join(',') };
}

/** Many write `proxy.corp:3128`, which is no URL. */
function toAddress(name: string, value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  const address = /^[a-z][a-z0-9+.-]*:\/\//i.test(value) ? value : `http://${value}`;
  if (URL.canParse(address) && /^(?:https?|socks5?):/i.test(address)) return address;
  throw new HugwireError('offline', `${name} is not the address of a proxy.`, {
    hint: `Write it as http://host:port in the env block of the MCP client, or leave ${name} out.`,
  });
}
