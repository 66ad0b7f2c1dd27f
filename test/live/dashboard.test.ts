import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startDemoHub } from '../../src/world/hub/server.js';
import { startDemoSpace } from '../../src/world/space/server.js';
import type { DemoHub, DemoSpace } from '../../src/world/types.js';
import { BIN } from '../e2e/server-process.js';
import { Shell } from '../e2e/shell.js';
import { browserAvailable, openBrowser } from './browser.js';

const SPACE = 'hugwire/demo-space';

describe.skipIf(!browserAvailable())('the dashboard in a browser', () => {
  let hub: DemoHub;
  let space: DemoSpace;
  let shell: Shell;
  let client: Client;
  let browser: Browser;
  let page: Page;
  let url: string;
  /** Lets one browser in. */
  let link: string;
  let dashboard: ReturnType<Shell['start']>;
  const problems: string[] = [];
  const changes: (() => void)[] = [];

  beforeAll(async () => {
    space = await startDemoSpace();
    hub = await startDemoHub({ spaceHost: new URL(space.url).host, closed: true });
    shell = new Shell({ HF_ENDPOINT: hub.url });
    const added = await shell.run('spaces', 'add', `${SPACE}/draw`, '--tool', 'draw', '--yes');
    expect(added.code, added.stderr).toBe(0);

    client = new Client({ name: 'test-client', title: 'Test client', version: '3.2' });
    client.setNotificationHandler('notifications/tools/list_changed', () => {
      for (const wake of changes.splice(0)) wake();
    });
    const env = { PATH: process.env.PATH ?? '', HOME: shell.home, HUGWIRE_HOME: shell.home, HF_ENDPOINT: hub.url };
    await client.connect(
      new StdioClientTransport({ command: process.execPath, args: [BIN, 'serve'], env, stderr: 'ignore' }),
    );
    await client.callTool({ name: 'hub_search', arguments: { query: 'whisper' } });

    dashboard = shell.start('dashboard', '--no-open');
    const lines = createInterface({ input: dashboard.child.stdout as NodeJS.ReadableStream });
    const [line] = (await once(lines, 'line')) as [string];
    link = line.match(/http:\S+/)?.[0] ?? '';
    url = new URL('.', link).href;
    browser = await openBrowser();
    page = await browser.newPage({ viewport: { width: 1280, height: 900 }, colorScheme: 'light' });
    page.on('pageerror', ({ message }) => problems.push(message));
    page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
    page.on('request', (request) => request.url().startsWith(url) || problems.push(`asked for ${request.url()}`));
    await page.goto(link);
  });

  afterAll(async () => {
    await browser?.close();
    dashboard?.child.kill('SIGINT');
    await dashboard?.ended;
    await client?.close();
    await Promise.all([hub?.close(), space?.close()]);
    shell?.remove();
  });

  /** Resolves at the next change of the tool list that the client is told of, with the names in it. */
  const nextTools = async () => {
    await new Promise<void>((resolve) => changes.push(resolve));
    return (await client.listTools()).tools.map(({ name }) => name);
  };
  const calls = () => page.locator('.call');

  it('shows the client with its protocol, and the call that was made before', async () => {
    await page.locator('.sessions', { hasText: 'Test client' }).waitFor();
    const session = await page.locator('.sessions').textContent();
    expect(session).toMatch(/Test client 3\.2/);
    expect(session).toMatch(/live, began .* · MCP \d{4}-\d\d-\d\d/);
    expect(await calls().first().textContent()).toMatch(/hub_search[\s\S]*query=whisper[\s\S]*Test client/);
  });

  it('shows a call as it happens, and what it was about', async () => {
    await client.callTool({ name: 'hub_repo', arguments: { ids: ['openai/whisper-large-v3'] } });
    const line = calls().filter({ hasText: 'hub_repo' });
    await line.locator('.mark.good').waitFor();
    await line.click();
    await page.locator('.detail', { hasText: '"ids"' }).waitFor();
    expect(await page.locator('.detail').textContent()).toContain('openai/whisper-large-v3');
    await line.click();
  });

  it('shows a failed call with its code', async () => {
    await client.callTool({ name: 'hub_read', arguments: { uris: ['nobody/nothing/file.txt'] } });
    const line = calls().filter({ hasText: 'hub_read' });
    await line.locator('.mark.bad').waitFor();
    expect(await line.textContent()).toMatch(/not_found|not_visible/);
  });

  it('shows the picture that a Space has made', async () => {
    await client.callTool({ name: 'draw', arguments: { prompt: 'a red fox' } });
    const picture = page.locator('.gallery img').first();
    await picture.waitFor();
    await picture.scrollIntoViewIfNeeded();
    await expect.poll(() => picture.evaluate((image) => image.naturalWidth)).toBeGreaterThan(0);
  });

  it('has the numbers of all that in its charts', async () => {
    const row = page.locator('.wide tbody tr', { hasText: 'hub_read' });
    await row.waitFor();
    expect((await row.locator('td').allInnerTexts()).slice(0, 2)).toEqual(['1', '100 %']);
    const drawn: string[][] = await page.locator('.plot canvas').evaluateAll((canvases) =>
      canvases.map((canvas) => {
        const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
        const colours = new Set<string>();
        for (let at = 0; at < data.length; at += 4) {
          if (data[at + 3] === 255) colours.add(`${data[at]},${data[at + 1]},${data[at + 2]}`);
        }
        return [...colours];
      }),
    );
    const [good, bad] = ['47,125,91', '179,38,30'];
    expect(drawn).toHaveLength(2);
    expect(drawn[0]).toContain(good);
    expect(drawn[0]).toContain(bad);
    expect(drawn[1]?.length).toBeGreaterThan(3);
  });

  /** Resolves when a switch has been answered: the client hears of the change before. */
  const written = () => page.waitForResponse((response) => response.url() === `${url}tools`);

  it('turns a tool off and on for the connected client', async () => {
    const toggle = page.getByRole('switch', { name: 'hub_read' });
    expect(await toggle.getAttribute('aria-checked')).toBe('true');
    const without = nextTools();
    const off = written();
    await toggle.click();
    expect(await without).not.toContain('hub_read');
    await off;
    await expect.poll(() => toggle.getAttribute('aria-checked'), { timeout: 20_000 }).toBe('false');
    const again = nextTools();
    const on = written();
    await toggle.focus();
    await page.keyboard.press('Space');
    expect(await again).toContain('hub_read');
    await on;
  });

  it('turns a pinned Space off, and shows how the client reacted', async () => {
    const tools = nextTools();
    const off = written();
    await page.getByRole('switch', { name: 'draw' }).click();
    expect(await tools).not.toContain('draw');
    await off;
    await page.locator('.events li', { hasText: 'read the tool list again after' }).first().waitFor();
    expect(await page.locator('.events').textContent()).toMatch(/Test client was told of a changed tool list/);
  });

  it('shows who is connected over HTTP, and whether they read a changed list again', async () => {
    const server = shell.start('serve', '--http', '--port', '0');
    let said = '';
    server.child.stderr?.on('data', (chunk) => {
      said += chunk;
    });
    const read = (name: string) => new RegExp(`^ *${name} +(\\S+)`, 'm').exec(said)?.[1];
    const address = await vi.waitUntil(() => said.includes('Stop ') && read('Address'), { timeout: 20_000 });
    const headers = { Authorization: `Bearer ${read('Key')}` };
    const remote = new Client({ name: 'remote-client', version: '4.5' }, { versionNegotiation: { mode: 'auto' } });
    remote.setNotificationHandler('notifications/tools/list_changed', () => void remote.listTools().catch(() => {}));
    await remote.connect(new StreamableHTTPClientTransport(new URL(address), { requestInit: { headers } }));
    await remote.listen({ toolsListChanged: true });
    await remote.callTool({ name: 'hub_search', arguments: { query: 'whisper' } });
    const connections = page.locator('section', { has: page.getByRole('heading', { name: 'Connections' }) });
    const line = connections.locator('li', { hasText: 'remote-client' });
    await line.filter({ hasText: '1 stream open' }).filter({ hasText: '1 call' }).waitFor();
    expect(await connections.textContent()).toContain(address);
    expect(await line.textContent()).toMatch(/remote-client 4\.5MCP 2026-07-28 · modern · first/);
    const hubRead = page.getByRole('switch', { name: 'hub_read' });
    await hubRead.click();
    await line.filter({ hasText: /changed tool list: read again 1×/ }).waitFor();
    await hubRead.click();
    await page.setViewportSize({ width: 390, height: 844 });
    await page.emulateMedia({ colorScheme: 'dark' });
    expect(await page.locator('html').evaluate((root) => root.scrollWidth - root.clientWidth)).toBe(0);
    if (process.env.DASHBOARD_SHOTS) {
      await connections.screenshot({ path: join(process.env.DASHBOARD_SHOTS, 'connections.png') });
    }
    await page.setViewportSize({ width: 1280, height: 900 });
    await page.emulateMedia({ colorScheme: 'light' });
    await remote.close();
    await line.filter({ hasText: '0 streams open' }).waitFor();
    server.child.kill('SIGTERM');
    expect((await server.ended).code).toBe(0);
    await connections.getByText('No server over HTTP runs').waitFor();
  });

  it('shows the stage of the pinned Space', async () => {
    await page.locator('.switches li', { hasText: SPACE }).locator('.stage.good').waitFor();
  });

  it('says when the config cannot be used, and leaves it alone', async () => {
    const path = join(shell.home, 'config.json');
    const before = readFileSync(path, 'utf8');
    writeFileSync(path, before.replace('{', '{ "tols": 1,'));
    await page.locator('.banner', { hasText: 'tols' }).waitFor();
    expect(await page.getByRole('switch', { name: 'hub_read' }).isDisabled()).toBe(true);
    writeFileSync(path, before);
    await page.locator('.banner').waitFor({ state: 'detached' });
  });

  it('is to be used with the keyboard alone', async () => {
    await page.locator('h1').click();
    const reached = new Set<string>();
    for (let count = 0; count < 60; count += 1) {
      await page.keyboard.press('Tab');
      reached.add(
        await page.evaluate("document.activeElement.getAttribute('role') ?? document.activeElement.className"),
      );
    }
    expect([...reached]).toEqual(expect.arrayContaining(['switch', 'call', 'quiet']));
  });

  it('has left the code behind, and goes on after a reload', async () => {
    expect(page.url()).toBe(url);
    const reloaded = await page.reload();
    expect(reloaded?.status()).toBe(200);
    expect(await page.evaluate('document.cookie')).toBe('');
    const [cookie] = await page.context().cookies();
    expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Strict', path: new URL(url).pathname });
  });

  it('turns nobody who was not let in, and no foreign page, into a guest', async () => {
    expect((await fetch(new URL('/', url))).status).toBe(404);
    for (const address of [url, link]) expect((await fetch(address, { redirect: 'manual' })).status).toBe(403);
    expect((await fetch(url, { headers: { Origin: 'http://attacker.example' } })).status).toBe(403);
    const stranger = await browser.newPage();
    await stranger.goto(`${hub.url}/api/models`);
    const refused = await stranger.evaluate(
      (address) =>
        fetch(`${address}tools`, { method: 'POST', mode: 'no-cors', body: '{"name":"hub_read","on":false}' }).then(
          ({ type }) => type,
          () => 'failed',
        ),
      url,
    );
    expect(refused).toMatch(/^(?:opaque|failed)$/);
    await stranger.close();
    expect(await page.getByRole('switch', { name: 'hub_read' }).getAttribute('aria-checked')).toBe('true');
  });

  it('goes with a narrow window, in the dark', async () => {
    await page.setViewportSize({ width: 390, height: 844 });
    await page.emulateMedia({ colorScheme: 'dark' });
    const wide = await page.locator('html').evaluate((root) => root.scrollWidth - root.clientWidth);
    expect(wide).toBe(0);
    if (process.env.DASHBOARD_SHOTS) {
      await page.screenshot({ path: join(process.env.DASHBOARD_SHOTS, 'narrow-dark.png'), fullPage: true });
      await page.setViewportSize({ width: 1280, height: 900 });
      await page.screenshot({ path: join(process.env.DASHBOARD_SHOTS, 'wide-dark.png'), fullPage: true });
      await page.emulateMedia({ colorScheme: 'light' });
      await page.screenshot({ path: join(process.env.DASHBOARD_SHOTS, 'wide-light.png'), fullPage: true });
    }
  });

  it('says that it has stopped', async () => {
    dashboard.child.kill('SIGINT');
    expect((await dashboard.ended).code).toBe(0);
    await page.locator('.banner', { hasText: 'has stopped' }).waitFor();
  });

  it('had no fault, and asked nobody else for anything', () => {
    const expected = /ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED_ENCODING|ERR_EMPTY_RESPONSE/;
    expect(problems.filter((problem) => !expected.test(problem))).toEqual([]);
  });
});
