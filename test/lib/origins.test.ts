import { describe, expect, it } from 'vitest';
import { encodeQuery, viewerAddress } from '../../src/hub/client/client.js';
import { isLoopback, mayFollow, mayHaveToken } from '../../src/lib/http.js';

const HUB = 'https://huggingface.co';
const VIEWER = 'https://datasets-server.huggingface.co';
const LOCAL = 'http://127.0.0.1:8080';

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
