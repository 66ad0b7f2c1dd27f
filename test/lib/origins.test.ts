import { describe, expect, it } from 'vitest';
import { encodeQuery, viewerAddress } from '../../src/hub/client/client.js';
import { type HostScope, hostScope, isLoopback, isOpenToOthers, mayFollow } from '../../src/lib/hosts.js';
import { mayHaveToken } from '../../src/lib/http.js';

const HUB = 'https://huggingface.co';
const VIEWER = 'https://datasets-server.huggingface.co';
const LOCAL = 'http://127.0.0.1:8080';

it.each([
  ['127.0.0.1', false],
  ['localhost', false],
  ['::1', false],
  ['0.0.0.0', true],
  ['0', true],
  ['::', true],
  ['[::]', true],
  ['::ffff:0.0.0.0', true],
  ['192.168.0.7', true],
  ['example.com', true],
])('tells of a server at %s whether others can reach it: %s', (host, expected) => {
  expect(isOpenToOthers(host)).toBe(expected);
});

describe('this machine', () => {
  it.each([
    'http://localhost',
    'http://LOCALHOST:1',
    'http://127.0.0.1',
    'http://127.9.8.7',
    'http://2130706433',
    'http://0x7f.1',
    'http://[::1]:80',
  ])('is %s', (url) => expect(isLoopback(new URL(url))).toBe(true));
  it.each([
    'http://localhost.evil.com',
    'http://127.0.0.1.evil.com',
    'http://128.0.0.1',
    'http://evil.com/127.0.0.1',
    'http://127.0.0.1@evil.com',
    'http://192.168.0.1',
  ])('is not %s', (url) => expect(isLoopback(new URL(url))).toBe(false));
});

describe('a host', () => {
  const HOSTS: Record<HostScope, string[]> = {
    loopback: [
      '127.0.0.1 127.255.255.254 127.1 2130706433 0x7f000001 0X7F.1 0177.0.0.1 017700000001 127.0.0.1. 0.0.0.0 0',
      '::1 [::1] 0:0:0:0:0:0:0:1 :: ::ffff:127.0.0.1 ::ffff:7f00:1 [::FFFF:7F00:1] 64:ff9b::127.0.0.1 ::1%lo',
      'localhost LOCALHOST localhost. a.localhost a.b.localhost. localhost.localdomain １２７.0.0.1 127。0。0。1',
    ],
    private: [
      '10.0.0.1 10.255.255.255 172.16.0.1 172.31.255.255 192.168.0.1 100.64.0.1 100.127.255.254 3232235521 0xa.1',
      'fc00::1 fd12:3456::1 ::ffff:10.0.0.1 ::ffff:a00:1 64:ff9b::a00:1 64:ff9b::192.168.1.1',
      'printer nas.local nas.local. db.internal router.lan a.home.arpa wiki.corp x.intranet',
    ],
    reserved: [
      '169.254.169.254 169.254.0.1 2852039166 0xa9fea9fe 100.100.100.200 168.63.129.16 192.0.0.192 fd00:ec2::254',
      '0.1.2.3 192.0.2.1 198.51.100.7 203.0.113.9 198.18.0.1 198.19.255.255 192.88.99.1 224.0.0.1 239.1.1.1 240.0.0.1',
      '255.255.255.255 fe80::1 fec0::1 ff02::1 100::1 2001:db8::1 2001::1 2002:7f00:1:: 2002:a9fe:a9fe::1 3fff::1',
      '::7f00:1 ::ffff:0:7f00:1 ::ffff:169.254.169.254 64:ff9b::a9fe:a9fe 64:ff9b:1::7f00:1 5f00::1',
      'metadata metadata.google.internal metadata.google.internal. METADATA.goog instance-data.ec2.internal',
      '256.1.1.1 1.2.3.4.5 a..b:c x/y a@127.0.0.1',
    ],
    public: [
      '8.8.8.8 1.1.1.1 172.15.0.1 172.32.0.1 100.63.0.1 100.128.0.1 11.0.0.1 126.255.255.255 128.0.0.1 192.167.1.1',
      '2606:4700::1111 2a00:1450::1 ::ffff:8.8.8.8 64:ff9b::808:808 134744072',
      'huggingface.co example.com. localhost.evil.com 127.0.0.1.nip.io local.example xn--bcher-kva.example',
    ],
  };
  const ROWS = Object.entries(HOSTS).flatMap(([scope, lines]) =>
    lines.flatMap((line) => line.split(' ').map((host) => [host, scope])),
  );
  it.each(ROWS)('%s is %s', (host, scope) => expect(hostScope(host)).toBe(scope));

  it.each(ROWS.filter(([host = '', scope]) => scope !== 'public' && /^[\d.x]+$/i.test(host)))(
    '%s is no place for a redirect from the Hub',
    (host) => {
      const url = `https://${host}/`;
      expect(URL.canParse(url) && mayFollow(new URL(HUB), new URL(url))).toBe(false);
    },
  );
});

describe('the token', () => {
  it.each([
    [`${HUB}/api/models`, HUB],
    [`${HUB}:443/api/models`, HUB],
    [`${VIEWER}/rows`, HUB],
    [`${LOCAL}/api/models`, LOCAL],
    [`${LOCAL}/datasets-server/rows`, LOCAL],
    ['https://hub.corp/hf/api', 'https://hub.corp/hf'],
  ])('may go to %s of %s', (url, endpoint) => expect(mayHaveToken(new URL(url), endpoint)).toBe(true));

  it.each([
    ['http://huggingface.co/api', HUB],
    ['http://huggingface.co/api', 'http://huggingface.co'],
    ['https://huggingface.co:8443/api', HUB],
    ['https://huggingface.co.evil.com/', HUB],
    ['https://evil.com/huggingface.co', HUB],
    ['https://huggingface.co@evil.com/', HUB],
    ['https://cdn-lfs.huggingface.co/x', HUB],
    ['https://evil-datasets-server.huggingface.co/', HUB],
    ['https://datasets-server.huggingface.co:8443/', HUB],
    ['https://a-b.hf.space/', HUB],
    [`${VIEWER}/rows`, 'https://hf-mirror.com'],
    [`${HUB}/api`, 'https://hf-mirror.com'],
    ['http://127.0.0.1:8081/x', LOCAL],
    ['http://localhost:8080/x', LOCAL],
    ['http://hub.corp/x', 'http://hub.corp'],
  ])('may not go to %s of %s', (url, endpoint) => expect(mayHaveToken(new URL(url), endpoint)).toBe(false));
});

describe('a redirect', () => {
  it.each([
    [HUB, 'https://cdn.example/x', true],
    ['http://hub.corp', 'https://cdn.example', true],
    ['http://hub.corp', 'http://cdn.corp', true],
    [LOCAL, 'http://127.0.0.1:9999/x', true],
    [LOCAL, HUB, true],
    [HUB, 'http://cdn.example/x', false],
    [HUB, 'https://localhost/x', false],
    ['http://hub.corp', 'http://[::1]/x', false],
    [HUB, 'ftp://cdn.example/x', false],
    [LOCAL, 'file:///etc/passwd', false],
    [HUB, 'https://10.0.0.5/x', false],
    [HUB, 'https://[::ffff:192.168.0.1]/x', false],
    [HUB, 'https://metadata.google.internal/x', false],
    [HUB, 'https://nas.local/x', false],
    ['https://10.0.0.1', 'https://10.0.0.2/x', true],
    ['https://10.0.0.1', 'https://localhost/x', false],
    ['https://10.0.0.1', 'https://169.254.169.254/x', false],
    [LOCAL, 'http://169.254.169.254/x', false],
    [LOCAL, 'http://192.168.0.1/x', true],
  ])('from %s to %s: %s', (from, to, may) => expect(mayFollow(new URL(from), new URL(to))).toBe(may));
});

describe('addresses', () => {
  it('of the viewer are as told, beside a local Hub, or the public one', () => {
    expect(viewerAddress('https://viewer.corp//', HUB)).toBe('https://viewer.corp');
    expect(viewerAddress(undefined, LOCAL)).toBe(`${LOCAL}/datasets-server`);
    expect(viewerAddress('', HUB)).toBe(VIEWER);
    expect(viewerAddress(undefined, 'https://hf-mirror.com')).toBe(VIEWER);
  });

  it('carry a query that says what there is', () => {
    expect(encodeQuery()).toBe('');
    expect(encodeQuery({ a: undefined, b: '', c: [] })).toBe('');
    expect(encodeQuery({ a: 0, b: false, 'expand[]': ['x', 'y z'] })).toBe(
      '?a=0&b=false&expand%5B%5D=x&expand%5B%5D=y+z',
    );
  });
});
