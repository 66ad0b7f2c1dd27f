import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import axe from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startDemoHub } from '../../src/world/hub/server.js';
import { startDemoSpace } from '../../src/world/space/server.js';
import type { DemoHub, DemoSpace } from '../../src/world/types.js';
import { BIN } from '../e2e/server-process.js';
import { Shell } from '../e2e/shell.js';
import { browserAvailable, openBrowser } from './browser.js';

const SPACE = 'hugwire/demo-space';
/** What axe finds wrong with the page as it is, for those who do not see it well or have no mouse. */
async function findBarriers(page: Page): Promise<string[]> {
  // The page itself may not load it.
  await page.evaluate(axe.source);
  const found = (await page.evaluate('axe.run()')) as { violations: { id: string; nodes: { html: string }[] }[] };
  return found.violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 160)}`));
}

/** How many pixels of the page are beside the window. */
const overflow = (page: Page) => page.locator('html').evaluate((root) => root.scrollWidth - root.clientWidth);

/** The link that a dashboard prints, as soon as it does. */
async function readLink({ child }: ReturnType<Shell['start']>): Promise<string> {
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
  const [line] = (await once(lines, 'line')) as [string];
  return line.match(/http:\S+/)?.[0] ?? '';
}

/** What went wrong on a page, and whatever it asked of anybody else. */
function watchFaults(page: Page, url: string): string[] {
  const faults: string[] = [];
  page.on('pageerror', ({ message }) => faults.push(message));
  page.on('console', (message) => message.type() === 'error' && faults.push(message.text()));
  page.on('request', (request) => request.url().startsWith(url) || faults.push(`asked for ${request.url()}`));
  return faults;
}

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
  let problems: string[];
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
    link = await readLink(dashboard);
    url = new URL('.', link).href;
    browser = await openBrowser();
    page = await browser.newPage({ viewport: { width: 1280, height: 900 }, colorScheme: 'light' });
    problems = watchFaults(page, url);
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
  const show = (view: string) => page.getByRole('navigation').getByRole('link', { name: view }).click();

  it('shows the client with its protocol, and the call that was made before', async () => {
    await page.locator('.sessions', { hasText: 'Test client' }).waitFor();
    const session = await page.locator('.sessions').textContent();
    expect(session).toMatch(/live *Test client[\s\S]*hub_search query=whisper[\s\S]*ago|just now/);
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
    await show('Files');
    await picture.waitFor();
    await picture.scrollIntoViewIfNeeded();
    await expect.poll(() => picture.evaluate((image) => image.naturalWidth)).toBeGreaterThan(0);
  });

  it('has a page for the session, with everything that happened in it', async () => {
    await show('Sessions');
    await page.locator('.session', { hasText: 'Test client' }).click();
    const facts = page.locator('.facts');
    await facts.waitFor();
    expect(await page.locator('h2').first().textContent()).toMatch(/Test client 3\.2/);
    expect(await facts.textContent()).toMatch(/Calls4, 1 failed.*ProtocolMCP \d{4}-\d\d-\d\d/);
    const lines = page.locator('.timeline .call');
    await lines.nth(3).waitFor();
    expect(await lines.locator('strong').allInnerTexts()).toEqual(['hub_search', 'hub_repo', 'hub_read', 'draw']);
    await page.locator('.timeline img').waitFor();
    await page.getByLabel('Failed calls only').check();
    expect(await lines.locator('strong').allInnerTexts()).toEqual(['hub_read']);
    // The address says it, so that it can be sent and come back to.
    await page.reload();
    await expect.poll(() => lines.locator('strong').allInnerTexts()).toEqual(['hub_read']);
    await lines.click();
    expect(await page.locator('.timeline .detail').textContent()).toContain('nobody/nothing/file.txt');
    await client.callTool({ name: 'hub_read', arguments: { uris: ['nobody/other'] } });
    await expect.poll(() => lines.count()).toBe(2);
  });

  it('has the numbers of all that in its charts', async () => {
    await show('Overview');
    const row = page.locator('tbody tr', { hasText: 'hub_read' });
    await row.waitFor();
    expect((await row.locator('td').allInnerTexts()).slice(1, 3)).toEqual(['2', '100 %']);
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
    const [good, bad] = ['42,115,82', '179,38,30'];
    expect(drawn).toHaveLength(2);
    expect(drawn[0]).toContain(good);
    expect(drawn[0]).toContain(bad);
    expect(drawn[1]).toEqual(expect.arrayContaining(['184,86,15', '31,95,168']));
    await row.getByRole('button').click();
    await page.getByRole('heading', { name: 'Calls of hub_read', exact: true }).waitFor();
    expect(await calls().locator('strong').allInnerTexts()).toEqual(['hub_read', 'hub_read']);
    await page.getByRole('button', { name: 'Show all tools' }).click();
  });

  /** Resolves when a switch has been answered: the client hears of the change before. */
  const written = () => page.waitForResponse((response) => response.url() === `${url}tools`);

  it('turns a tool off and on for the connected client', async () => {
    await show('Tools');
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
    await show('Overview');
    await page.locator('.events li', { hasText: 'read the changed tool list after' }).first().waitFor();
    expect(await page.locator('.events').textContent()).toMatch(/Test client was told that the tool list changed/);
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
    await show('Connections');
    const connections = page.locator('section', { has: page.getByRole('heading', { name: 'Connections' }) });
    const line = connections.locator('li', { hasText: 'remote-client' });
    await line.filter({ hasText: '1 open stream' }).filter({ hasText: '1 call' }).waitFor();
    expect(await connections.textContent()).toContain(address);
    expect(await line.textContent()).toMatch(/remote-client 4\.5MCP 2026-07-28 · modern · first/);
    const hubRead = page.getByRole('switch', { name: 'hub_read' });
    await show('Tools');
    const off = written();
    await hubRead.click();
    await off;
    await show('Connections');
    await line.filter({ hasText: /changed tool list: read again 1×/ }).waitFor();
    await show('Tools');
    const on = written();
    await hubRead.click();
    await on;
    await show('Connections');
    await remote.close();
    await line.filter({ hasText: '0 open streams' }).waitFor();
    server.child.kill('SIGTERM');
    expect((await server.ended).code).toBe(0);
    await connections.getByText('No server over HTTP is running').waitFor();
  });

  it('counts a call of a Space that became a job by how the job ended', async () => {
    expect((await shell.run('config', 'set', 'spaces.waitSeconds', '1')).code).toBe(0);
    const run = { space: SPACE, endpoint: '/slow', arguments: { steps: 3, step_seconds: 1 } };
    const answersWithJob = async () => {
      const { content } = await client.callTool({ name: 'space_call', arguments: run });
      return JSON.stringify(content).includes('space_result');
    };
    // The server takes the change over when it sees it.
    await vi.waitUntil(answersWithJob, { timeout: 30_000 });
    await show('Overview');
    const line = calls().filter({ hasText: 'space_call' }).first();
    await line.filter({ hasText: /answered with job j_/ }).waitFor();
    await line.locator('.mark.good').waitFor({ timeout: 20_000 });
    expect(await line.locator('.number').textContent()).toMatch(/^[3-9]\.\d s$/);
  });

  it('shows the stage of the pinned Space', async () => {
    await show('Tools');
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
    const reach = async (times: number) => {
      const reached = new Set<string>();
      for (let count = 0; count < times; count += 1) {
        await page.keyboard.press('Tab');
        reached.add(
          await page.evaluate("document.activeElement.getAttribute('role') ?? document.activeElement.className"),
        );
      }
      return [...reached];
    };
    await page.locator('h1').click();
    expect(await reach(30)).toEqual(expect.arrayContaining(['switch', 'quiet']));
    await show('Overview');
    await page.locator('h1').click();
    expect(await reach(40)).toEqual(expect.arrayContaining(['skip', 'call', 'link', 'session']));
    await page.locator('.skip').focus();
    await page.keyboard.press('Enter');
    expect(await page.evaluate('document.activeElement.id')).toBe('main');
  });

  it('has left the code behind, and goes on after a reload', async () => {
    expect(new URL(page.url()).search).toBe('');
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
    await show('Tools');
    expect(await page.getByRole('switch', { name: 'hub_read' }).getAttribute('aria-checked')).toBe('true');
  });

  it('says that it has stopped', async () => {
    dashboard.child.kill('SIGINT');
    expect((await dashboard.ended).code).toBe(130);
    await page.locator('.banner', { hasText: 'has stopped' }).waitFor();
  });

  it('had no fault, and asked nobody else for anything', () => {
    const expected = /ERR_CONNECTION_(?:REFUSED|RESET)|ERR_INCOMPLETE_CHUNKED_ENCODING|ERR_EMPTY_RESPONSE/;
    expect(problems.filter((problem) => !expected.test(problem))).toEqual([]);
  });
});

describe.skipIf(!browserAvailable())('the dashboard with nothing to show', () => {
  it('says what to do next, without barriers', async () => {
    const shell = new Shell({ HF_ENDPOINT: 'http://127.0.0.1:9' });
    const dashboard = shell.start('dashboard', '--no-open');
    const link = await readLink(dashboard);
    const browser = await openBrowser();
    try {
      const page = await browser.newPage({ viewport: { width: 390, height: 844 } });
      await page.goto(link);
      await page.getByRole('heading', { name: 'No assistant has called a tool yet' }).waitFor();
      for (const command of ['hugwire install', 'hugwire dashboard --demo', 'hugwire doctor']) {
        await page.getByText(command, { exact: true }).waitFor();
      }
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        expect(await findBarriers(page)).toEqual([]);
        expect(await overflow(page)).toBe(0);
      }
      await page.getByRole('navigation').getByRole('link', { name: 'Connections' }).click();
      await page.getByText('hugwire serve --http', { exact: true }).waitFor();
    } finally {
      await browser.close();
      dashboard.child.kill('SIGINT');
      await dashboard.ended;
      shell.remove();
    }
  });
});

describe.skipIf(!browserAvailable())('the dashboard with weeks of made-up sessions', () => {
  let shell: Shell;
  let dashboard: ReturnType<Shell['start']>;
  let browser: Browser;
  let page: Page;
  let url: string;
  let temporary: string;
  let problems: string[];

  beforeAll(async () => {
    // Nothing of it needs the Hub.
    temporary = mkdtempSync(join(tmpdir(), 'hugwire-test-'));
    shell = new Shell({ HF_ENDPOINT: 'http://127.0.0.1:9', TMPDIR: temporary });
    dashboard = shell.start('dashboard', '--no-open', '--demo', '--days', '13');
    const link = await readLink(dashboard);
    url = new URL('.', link).href;
    browser = await openBrowser();
    page = await browser.newPage({ viewport: { width: 1280, height: 900 }, colorScheme: 'light' });
    problems = watchFaults(page, url);
    await page.goto(link);
    await show('#/sessions?range=all');
    await page.getByText(/^5\d\d sessions$/).waitFor({ timeout: 60_000 });
  });

  afterAll(async () => {
    await browser?.close();
    dashboard?.child.kill('SIGINT');
    await dashboard?.ended;
    shell?.remove();
    rmSync(temporary, { recursive: true });
  });

  const show = (hash: string) => page.goto(`${url}${hash}`);
  const sessions = () => page.locator('.session');
  const total = async () => Number.parseInt((await page.getByRole('status').last().textContent()) ?? '', 10);

  it('leads to every session', async () => {
    expect(await sessions().count()).toBe(25);
    const pages = page.getByRole('navigation', { name: 'Pages' });
    await pages.getByRole('button', { name: /^Page 2\d$/ }).click();
    await expect.poll(() => pages.textContent()).toMatch(/^5\d\d–(\d+) of \1/);
    expect(await pages.getByRole('button', { name: 'Next' }).isDisabled()).toBe(true);
    const first = await sessions().last().getAttribute('href');
    await sessions().last().click();
    await page.locator('.timeline').waitFor();
    await page.goBack();
    await expect.poll(() => sessions().last().getAttribute('href')).toBe(first);
  });

  it('finds sessions by state, client and whatever was said in them, and the address says so', async () => {
    await show('#/sessions?range=all');
    const all = await total();
    await page.getByLabel('State').selectOption('With failed calls');
    await expect.poll(total).toBeLessThan(all);
    await page.getByLabel('Client').selectOption('Cursor');
    await expect
      .poll(async () => new Set(await sessions().locator('strong').allInnerTexts()))
      .toEqual(new Set(['Cursor']));
    const some = await total();
    // Only the journal knows of this.
    await page.getByLabel('Find sessions').fill('needs its licence to be accepted');
    await expect.poll(total).toBeLessThan(some);
    expect(await total()).toBeGreaterThan(0);
    expect(new URL(page.url()).hash).toBe(
      '#/sessions?range=all&state=failed&client=Cursor&q=needs+its+licence+to+be+accepted',
    );
    const found = await total();
    await page.reload();
    await expect.poll(total).toBe(found);
  });

  it('counts within the time window everywhere', async () => {
    const read = async (range: string) => {
      await show(`#/?range=${range}`);
      await page.locator('.tile').first().waitFor();
      const tiles = await page.locator('.tile').evaluateAll((all) => all.map((tile) => tile.textContent));
      const calls = tiles.find((text) => text?.startsWith('Calls'));
      const listed = await page.getByRole('navigation', { name: 'Pages' }).textContent();
      const figures = await page.locator('tbody td:nth-child(3)').allInnerTexts();
      const number = (text = '') => Number(text.replaceAll(',', ''));
      return {
        tile: number(calls?.match(/^Calls([\d,]+)in/)?.[1]),
        listed: number(listed?.match(/of ([\d,]+)/)?.[1]),
        figures: figures.reduce((sum, text) => sum + number(text), 0),
      };
    };
    const [day, week] = [await read('24h'), await read('7d')];
    for (const { tile, listed, figures } of [day, week]) expect([listed, figures]).toEqual([tile, tile]);
    expect(week.tile).toBeGreaterThan(day.tile);
  });

  it('counts a job by its true end', async () => {
    await show('#/?range=all&tool=space_call&failed=1');
    const failed = page.locator('.call', { hasText: 'space_error in job' }).first();
    await failed.locator('.mark.bad').waitFor();
    expect(await failed.locator('.number').textContent()).toBe('1 min 1 s');
    await show('#/?range=all&tool=space_result');
    await page.locator('.call .mark.good').first().waitFor();
    expect(await page.locator('.call .mark.bad').count()).toBe(0);
  });

  it('approves and denies what assistants ask for', async () => {
    await show('#/');
    const waiting = page.locator('section', { has: page.getByRole('heading', { name: /wait for you/ }) });
    await waiting.getByText('Sends the file /home/ada/Pictures/sketch.png').waitFor();
    await waiting.getByRole('link', { name: 'conv_demo7f3a' }).click();
    await page.locator('.timeline', { hasText: 'Turn the sketch' }).waitFor();
    await show('#/');
    await waiting.getByRole('button', { name: 'Approve space_call' }).click();
    await waiting.getByText('Sends the file').waitFor({ state: 'detached' });
    await waiting
      .getByText(/hugwire write apply w_/)
      .first()
      .waitFor();
  });

  it('goes on as time passes', async () => {
    await show('#/?range=15m');
    // A page of calls may be full already: the newest is on top.
    const newest = () => page.locator('.call').first().textContent();
    const before = await newest();
    await expect.poll(newest, { timeout: 60_000 }).not.toBe(before);
  });

  it.each([
    ['the overview', '#/?range=7d'],
    ['the list of sessions', '#/sessions?range=all'],
    ['a session', 'session'],
    ['conversations', '#/conversations'],
    ['a conversation', '#/conversations/lead-42?owner=local'],
    ['connections', '#/connections'],
    ['tools', '#/tools'],
    ['files', '#/files'],
  ])('shows %s without barriers, on a phone and in the dark too', async (_, hash) => {
    await show(hash === 'session' ? '#/sessions?range=all&q=fox' : hash);
    if (hash === 'session') await sessions().nth(3).click();
    await page.locator('main .card').first().waitFor();
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      for (const size of [
        { width: 1280, height: 900 },
        { width: 390, height: 844 },
      ]) {
        await page.setViewportSize(size);
        expect(await findBarriers(page), `${colorScheme}, ${size.width} pixels`).toEqual([]);
        expect(await overflow(page)).toBe(0);
      }
    }
    await page.setViewportSize({ width: 1280, height: 900 });
    await page.emulateMedia({ colorScheme: 'light' });
  });

  it('had no fault, and asked nobody else for anything', () => {
    expect(problems).toEqual([]);
  });

  it('leaves nothing behind', async () => {
    await browser.close();
    expect(readdirSync(temporary).filter((name) => name.startsWith('hugwire-demo-'))).toHaveLength(1);
    dashboard.child.kill('SIGINT');
    await dashboard.ended;
    expect(readdirSync(temporary).filter((name) => name.startsWith('hugwire-demo-'))).toEqual([]);
  });
});
