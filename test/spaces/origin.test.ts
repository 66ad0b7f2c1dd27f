import { describe, expect, it } from 'vitest';
import { explainError } from '../../src/lib/errors.js';
import { pinFetch } from '../../src/spaces/origin.js';
import type { SpaceSite } from '../../src/spaces/types.js';
import { errorOf } from '../hub/client.js';

const SITE: SpaceSite = {
  id: 'owner/name',
  origin: 'https://owner-name.hf.space',
  base: 'https://owner-name.hf.space',
  kind: 'hub',
  private: true,
  zeroGpu: false,
  sendToken: true,
};
const TOKEN = 'hf_secretsecretsecret';

/** A network that notes every request and answers as told, by address. */
function network(answers: Record<string, () => Response> = {}) {
  const asked: { url: string; headers: Headers; init: RequestInit }[] = [];
  const net: typeof fetch = async (input, init = {}) => {
    asked.push({ url: String(input), headers: new Headers(init.headers), init });
    return answers[String(input)]?.() ?? new Response('{}');
  };
  return { asked, net };
}

const redirect =
  (location: string, status = 302) =>
  () =>
    new Response(null, { status, headers: { location } });

describe('pinFetch', () => {
  it('gives the token as X-HF-Authorization, and as nothing else', async () => {
    const { asked, net } = network();
    await pinFetch(net, SITE, { token: TOKEN })(`${SITE.base}/config`);
    const headers = asked[0]?.headers ?? new Headers();
    expect(headers.get('x-hf-authorization')).toBe(`Bearer ${TOKEN}`);
    expect([...headers].filter(([, value]) => value.includes(TOKEN))).toHaveLength(1);
  });

  it.each<[string, Partial<SpaceSite>]>([
    ['the site may not have it', { sendToken: false }],
    ['the app is local', { kind: 'local' }],
    ['the way is not encrypted', { origin: 'http://owner-name.hf.space', base: 'http://owner-name.hf.space' }],
    ['the host is not of the Hub', { origin: 'https://hf.space.evil.test', base: 'https://hf.space.evil.test' }],
    ['the host only looks like it', { origin: 'https://evilhf.space', base: 'https://evilhf.space' }],
  ])('gives no token where %s', async (_, change) => {
    const { asked, net } = network();
    const site = { ...SITE, ...change };
    await pinFetch(net, site, { token: TOKEN })(`${site.base}/config`);
    expect(JSON.stringify(asked.map(({ headers }) => [...headers]))).not.toContain(TOKEN);
  });

  it('tells a firewall, and the login page of a network, from the Space', async () => {
    const page = (status: number, headers: Record<string, string> = {}) =>
      new Response('<title>Blocked by Example</title>', {
        status,
        headers: { 'content-type': 'text/html', ...headers },
      });
    const url = `${SITE.base}/config`;
    for (const status of [401, 403, 451, 511]) {
      const { net } = network({ [url]: () => page(status) });
      const error = await errorOf(pinFetch(net, SITE)(url));
      expect(error.message).toContain(
        `owner-name.hf.space answered with a web page (${status}, “Blocked by Example”) where none was expected`,
      );
      expect(explainError(error)).toMatch(/HTTPS_PROXY/);
      expect(explainError(error)).not.toMatch(/HF_TOKEN|login of its own|another Space/);
    }
    const own = network({ [url]: () => page(403, { 'x-proxied-host': 'http://10.0.0.1' }) });
    expect((await pinFetch(own.net, SITE)(url)).status).toBe(403);
    const local = { ...SITE, kind: 'local' as const };
    expect((await pinFetch(network({ [url]: () => page(403) }).net, local)(url)).status).toBe(403);

    const portal = network({ [url]: redirect('https://portal.example/login') });
    expect(await errorOf(pinFetch(portal.net, SITE)(url))).toMatchObject({
      code: 'blocked',
      message: 'owner/name redirected to portal.example, outside the Space: the call was stopped.',
      hint: expect.stringMatching(/^A network's login page does this/),
    });
    expect(portal.asked).toHaveLength(1);
  });

  it.each([
    'https://evil.test/config',
    'http://owner-name.hf.space/config',
    'https://owner-name.hf.space:8443/config',
    'https://owner-name.hf.space@evil.test/config',
    'https://owner-name.hf.space.evil.test/config',
  ])('does not go to %s', async (url) => {
    const { asked, net } = network();
    await expect(pinFetch(net, SITE, { token: TOKEN })(url)).rejects.toMatchObject({ code: 'blocked' });
    expect(asked).toEqual([]);
  });

  it('follows redirects within the origin', async () => {
    const { asked, net } = network({
      [`${SITE.base}/a`]: redirect('/b'),
      [`${SITE.base}/b`]: redirect(`${SITE.base}/c`),
    });
    const response = await pinFetch(net, SITE)(`${SITE.base}/a`);
    expect(response.status).toBe(200);
    expect(asked.map(({ url }) => new URL(url).pathname)).toEqual(['/a', '/b', '/c']);
    expect(asked.every(({ init }) => init.redirect === 'manual')).toBe(true);
  });

  it('follows no redirect elsewhere', async () => {
    const { asked, net } = network({ [`${SITE.base}/a`]: redirect('https://evil.test/') });
    await expect(pinFetch(net, SITE, { token: TOKEN })(`${SITE.base}/a`)).rejects.toMatchObject({ code: 'blocked' });
    expect(asked).toHaveLength(1);
  });

  it('follows no redirect of a POST, no loop, and none without an address', async () => {
    const { net } = network({
      [`${SITE.base}/post`]: redirect('/b', 307),
      [`${SITE.base}/loop`]: redirect('/loop'),
      [`${SITE.base}/none`]: () => new Response(null, { status: 302 }),
      [`${SITE.base}/odd`]: redirect('http://[broken'),
    });
    const pinned = pinFetch(net, SITE);
    const broken = { code: 'space_broken' };
    await expect(pinned(`${SITE.base}/post`, { method: 'POST' })).rejects.toMatchObject(broken);
    await expect(pinned(`${SITE.base}/loop`)).rejects.toMatchObject(broken);
    await expect(pinned(`${SITE.base}/none`)).rejects.toMatchObject(broken);
    await expect(pinned(`${SITE.base}/odd`)).rejects.toMatchObject(broken);
  });

  it('stays with the replica that answered first', async () => {
    const from = (replica: string) => () => new Response('{}', { headers: { 'x-proxied-replica': replica } });
    const { asked, net } = network({
      [`${SITE.base}/gradio_api/upload`]: from('space-7xk2p'),
      [`${SITE.base}/--replicas/7xk2p/gradio_api/queue/join`]: from('space-other'),
    });
    const route = {};
    const pinned = pinFetch(net, SITE, { route });
    await pinned(`${SITE.base}/gradio_api/upload`, { method: 'POST' });
    await pinned(`${SITE.base}/gradio_api/queue/join`, { method: 'POST' });
    await pinFetch(net, SITE, { route })(`${SITE.base}/gradio_api/file=/tmp/x`);
    await pinFetch(net, SITE)(`${SITE.base}/config`);
    expect(asked.map(({ url }) => url.slice(SITE.base.length))).toEqual([
      '/gradio_api/upload',
      '/--replicas/7xk2p/gradio_api/queue/join',
      '/--replicas/7xk2p/gradio_api/file=/tmp/x',
      '/config',
    ]);
  });

  it('takes no path from the name of a replica', async () => {
    const { asked, net } = network({
      [`${SITE.base}/a`]: () => new Response('{}', { headers: { 'x-proxied-replica': 'x-../../evil' } }),
    });
    const pinned = pinFetch(net, SITE, { route: {} });
    await pinned(`${SITE.base}/a`);
    await pinned(`${SITE.base}/b`);
    expect(asked[1]?.url).toBe(`${SITE.base}/b`);
  });
});
