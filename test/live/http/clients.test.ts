import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client as ModernClient, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type HttpServer, startHttpServer } from '../../e2e/http-server.js';
import { makeHome } from '../../e2e/server-process.js';
import { Shell } from '../../e2e/shell.js';
import { npmPackages, packageBin } from '../packages.js';
import { pythonAvailable, pythonEnv } from '../python.js';

const directory = await npmPackages('mcp-http-clients', {
  '@modelcontextprotocol/inspector': '2.12.0',
  mcporter: '0.12.3',
  'mcp-remote': '0.15.1',
});

/** The built server over HTTP, as other people's clients use it; with the small world behind it. */
const home = makeHome({ MCP_INSPECTOR_SECRET_STORE: 'memory', NO_COLOR: '1' });
const shells = [new Shell(), new Shell()];
let server: HttpServer;
/** The same with sessions, and HTTP+SSE. */
let older: HttpServer;
beforeAll(async () => {
  [server, older] = (await Promise.all([
    startHttpServer(['--demo'], shells[0] as Shell),
    startHttpServer(['--demo', '--sessions', '--sse'], shells[1] as Shell),
  ])) as [HttpServer, HttpServer];
});
afterAll(async () => {
  await Promise.all([server.stop('SIGINT'), older.stop('SIGINT')]);
  for (const shell of shells) shell.remove();
  home.remove();
});

const MODEL = 'openai/whisper-large-v3 |';
const SEARCH = { query: 'whisper', kinds: ['model'] };

describe.skipIf(!directory)('clients of npm', () => {
  const run = (name: string, command: string, args: string[]) =>
    new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
      const script = packageBin(directory as string, name, command);
      const options = { cwd: home.home, env: home.env, timeout: 60_000 };
      execFile(process.execPath, [script, ...args], options, (error, stdout, stderr) =>
        resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
      );
    });
  const bearer = ({ key }: HttpServer) => `Authorization: Bearer ${key}`;

  describe('MCP inspector', () => {
    const inspect = async (target: string[], ...args: string[]) => {
      const { code, stdout, stderr } = await run('@modelcontextprotocol/inspector', 'mcp-inspector', [
        '--cli',
        ...target,
        ...args,
      ]);
      expect(code, stderr + stdout).toBe(0);
      return JSON.parse(stdout);
    };
    const call = ['--method', 'tools/call', '--tool-name', 'hub_search', '--tool-args-json', JSON.stringify(SEARCH)];
    const config = () => {
      const path = join(home.home, 'inspector.json');
      const { url, headers } = server;
      const hugwire = { type: 'streamable-http', url, headers, protocolEra: 'modern' };
      writeFileSync(path, JSON.stringify({ mcpServers: { hugwire } }));
      return path;
    };

    it.each<[string, () => string[]]>([
      ['without a session', () => [server.url, '--transport', 'http', '--header', bearer(server)]],
      ['with one', () => [older.url, '--transport', 'http', '--header', bearer(older)]],
      ['over HTTP+SSE', () => [older.sse, '--transport', 'sse', '--header', bearer(older)]],
      ['in revision 2026-07-28', () => ['--config', config(), '--server', 'hugwire']],
    ])('calls a tool %s', async (_, target) => {
      const list = await inspect(target(), '--method', 'tools/list');
      expect(list.tools.map(({ name }: { name: string }) => name)).toContain('hub_search');
      const { content } = await inspect(target(), ...call);
      expect(content[0].text).toContain(MODEL);
    });
  });

  it.each([
    ['without a session', () => server],
    ['with one', () => older],
  ])('mcporter calls a tool %s', async (_, target) => {
    const { url } = target();
    const path = join(home.home, 'mcporter.json');
    writeFileSync(path, JSON.stringify({ mcpServers: { h: { url, headers: target().headers } } }));
    const args = ['--config', path, 'call', 'h.hub_search', 'query=whisper', 'kinds=model'];
    const { code, stdout, stderr } = await run('mcporter', 'mcporter', args);
    expect(code, stderr).toBe(0);
    expect(stdout).toContain(MODEL);
  });

  it.each([
    ['without a session', () => server],
    ['with one', () => older],
  ])('mcp-remote brings a client of stdio to it %s', async (_, target) => {
    const { Client } = await import('@modelcontextprotocol/sdk/client/index.js');
    const { StdioClientTransport } = await import('@modelcontextprotocol/sdk/client/stdio.js');
    const { url, key } = target();
    const script = packageBin(directory as string, 'mcp-remote');
    const args = [script, url, '--allow-http', '--header', `Authorization:Bearer ${key}`];
    const client = new Client({ name: 'test', version: '1' });
    const env = Object.fromEntries(Object.entries(home.env).filter((entry): entry is [string, string] => !!entry[1]));
    await client.connect(new StdioClientTransport({ command: process.execPath, args, env, stderr: 'ignore' }));
    const { content } = await client.callTool({ name: 'hub_search', arguments: SEARCH });
    expect(JSON.stringify(content)).toContain(MODEL);
    await client.close();
  });
});

describe('the TypeScript client', () => {
  it.each([
    ['by itself', undefined, () => server],
    ['of earlier revisions', { mode: 'legacy' as const }, () => server],
    ['of earlier revisions with a session', { mode: 'legacy' as const }, () => older],
    ['of 2026-07-28', { mode: { pin: '2026-07-28' } }, () => server],
    ['that finds out', { mode: 'auto' as const }, () => server],
  ])('%s gets progress, asks the user, and cancels', async (_, versionNegotiation, target) => {
    const { url, headers } = target();
    const client = new ModernClient({ name: 'test', version: '1' }, { versionNegotiation });
    await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } }));
    const steps: number[] = [];
    const draw = { name: 'generate_image', arguments: { prompt: 'dusk' } };
    const { content } = await client.callTool(draw, { onprogress: ({ progress }) => steps.push(progress) });
    expect(content).toMatchObject([{ type: 'text' }, { type: 'image' }]);
    expect(steps.length).toBeGreaterThan(0);
    const controller = new AbortController();
    const cancelled = client.callTool(draw, {
      signal: controller.signal,
      onprogress: () => controller.abort('enough'),
    });
    await expect(cancelled).rejects.toThrow();
    expect((await client.callTool({ name: 'hub_search', arguments: SEARCH })).isError).toBeFalsy();
    await client.close();
  });
});

describe.skipIf(!pythonAvailable())('clients of Python', () => {
  let python: string;
  beforeAll(async () => {
    python = await pythonEnv('mcp-http', ['fastmcp==4.2.3', 'mcp==2.3.0']);
  });

  it.each([
    ['mcp', () => server, 'url'],
    ['mcp', () => older, 'url'],
    ['fastmcp', () => server, 'url'],
    ['fastmcp', () => older, 'url'],
    ['fastmcp', () => older, 'sse'],
  ] as const)('%s gets progress and cancels', async (library, target, where) => {
    const script = fileURLToPath(new URL('clients.py', import.meta.url));
    const { key } = target();
    const out = await new Promise<string>((resolve, reject) =>
      execFile(
        python,
        [script, library, target()[where], key],
        { env: home.env, timeout: 100_000 },
        (error, stdout, stderr) => (error ? reject(new Error(stderr)) : resolve(stdout)),
      ),
    );
    const { tools, steps, text, image, cancelled, after } = JSON.parse(out);
    expect(tools).toContain('generate_image');
    expect(steps).toBeGreaterThan(0);
    expect(text).toContain(MODEL);
    expect(image).toBe('image/png');
    expect({ cancelled, after }).toEqual({ cancelled: true, after: true });
    // It would run for a minute.
    await vi.waitFor(() => expect(target().said()).toMatch(/"tool":"space_call","outcome":"(?:failed|cancelled)"/), {
      timeout: 10_000,
    });
  });
});
