import { BlockList, isIP } from 'node:net';

/**
 * Where a host is: this machine; a network that only some reach; an address that no server should have (metadata of a
 * cloud, link-local, multicast, documentation); or anywhere.
 */
export type HostScope = 'loopback' | 'private' | 'reserved' | 'public';

type Range = readonly [network: string, prefix: number];

/** Looked through in this order. From the registries of special-purpose addresses of IANA. */
const RANGES: readonly [HostScope, ...Range[]][] = [
  // Metadata services of clouds, which stand within wider ranges.
  ['reserved', ['169.254.0.0', 16], ['100.100.100.200', 32], ['168.63.129.16', 32], ['fd00:ec2::', 32]],
  // "This host" and the unspecified address connect to this machine.
  ['loopback', ['127.0.0.0', 8], ['0.0.0.0', 32], ['::1', 128], ['::', 128]],
  ['private', ['10.0.0.0', 8], ['100.64.0.0', 10], ['172.16.0.0', 12], ['192.168.0.0', 16], ['fc00::', 7]],
  [
    'reserved',
    ['0.0.0.0', 8],
    ['192.0.0.0', 24],
    ['192.0.2.0', 24],
    ['192.88.99.0', 24],
    ['198.18.0.0', 15],
    ['198.51.100.0', 24],
    ['203.0.113.0', 24],
    ['224.0.0.0', 4],
    ['240.0.0.0', 4],
    // Within 2000::/3, which is all that is public: protocol assignments with Teredo, documentation, 6to4.
    ['2001::', 23],
    ['2001:db8::', 32],
    ['2002::', 16],
    ['3fff::', 20],
  ],
  ['public', ['0.0.0.0', 0], ['2000::', 3]],
];

const LISTS = RANGES.map(([scope, ...ranges]) => {
  const list = new BlockList();
  for (const [network, prefix] of ranges) list.addSubnet(network, prefix, network.includes(':') ? 'ipv6' : 'ipv4');
  return { scope, list };
});

const NAMES: readonly [HostScope, RegExp][] = [
  ['loopback', /^(?:(?:.+\.)?localhost|localhost\.localdomain|ip6-(?:localhost|loopback))$/],
  ['reserved', /^(?:metadata(?:\.(?:google|azure)\.internal|\.goog)?|instance-data(?:\.ec2\.internal)?)$/],
  ['private', /^[^.]+$|\.(?:local|internal|lan|home|corp|intranet|private|localdomain|home\.arpa)$/],
];

/** An IPv4 address within one of IPv6: mapped, or behind a translator (NAT64). */
const EMBEDDED = /^(?:::ffff:|64:ff9b::)([0-9a-f]{1,4}):([0-9a-f]{1,4})$/;

/**
 * Where a host is, as far as its name or address tells; what a public name resolves to, only a connection tells. This is
 * the one place that knows the ranges.
 * @param host a name or an address in any spelling that URLs allow (`0x7f.1`, `[::ffff:7f00:1]`, `localhost.`), with or
 *   without brackets
 */
export function hostScope(host: string): HostScope {
  const name = normalize(host);
  // Nothing connects to what is no host; should something do so after all, it is not let.
  if (name === undefined) return 'reserved';
  const version = isIP(name);
  if (version === 0) return NAMES.find(([, pattern]) => pattern.test(name))?.[0] ?? 'public';
  const [, high, low] = EMBEDDED.exec(name) ?? [];
  if (high && low) return hostScope(String(Number.parseInt(high, 16) * 0x10000 + Number.parseInt(low, 16)));
  const family = version === 6 ? 'ipv6' : 'ipv4';
  return LISTS.find(({ list }) => list.check(name, family))?.scope ?? 'reserved';
}

/** As browsers understand it: one spelling for every host, without brackets, zone and trailing dot. */
function normalize(host: string): string | undefined {
  const [bare = ''] = host.replace(/^\[|\]$/g, '').split('%', 1);
  const url = `http://${bare.includes(':') ? `[${bare}]` : bare}`;
  if (/[/?#@\\]/.test(bare) || !URL.canParse(url)) return undefined;
  return new URL(url).hostname.replace(/^\[|\]$/g, '').replace(/(?<!\.)\.+$/, '') || undefined;
}

/**
 * Whether a URL names this machine itself.
 * @param url any URL
 */
export function isLoopback(url: URL): boolean {
  return hostScope(url.hostname) === 'loopback';
}

/**
 * Whether others can reach what listens at a host: the unspecified address takes connections from everywhere.
 * @param host a name or an address
 */
export function isOpenToOthers(host: string): boolean {
  return hostScope(host) !== 'loopback' || /^(?:0\.0\.0\.0|::|::ffff:0:0)$/.test(normalize(host) ?? '');
}

/** From the inside out. */
const OUTWARD: readonly HostScope[] = ['loopback', 'private', 'public'];

/**
 * Whether a redirect may be followed (without the token, unless `mayHaveToken` says otherwise): never from https to
 * http, and never further inside than where it came from.
 * @param from where the redirect came from
 * @param to where it points
 */
export function mayFollow(from: URL, to: URL): boolean {
  if (to.protocol !== 'https:' && to.protocol !== 'http:') return false;
  if (from.protocol === 'https:' && to.protocol !== 'https:') return false;
  const [inner, outer] = [from, to].map(({ hostname }) => OUTWARD.indexOf(hostScope(hostname)));
  return outer !== -1 && (outer ?? 0) >= (inner ?? 0);
}
