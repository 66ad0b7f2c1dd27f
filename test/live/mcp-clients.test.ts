import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DEFAULT_LOCK } from '../../src/spaces/lock.js';
import { TOOLS } from '../../src/tools/index.js';
import { OPT_IN } from '../../src/tools/tool.js';
import { startDemoHub } from '../../src/world/hub/server.js';
import { startDemoSpace } from '../../src/world/space/server.js';
import type { DemoHub, DemoSpace } from '../../src/world/types.js';
import { BIN, makeHome } from '../e2e/server-process.js';
import { PROMPTS } from '../prompts.js';
import { npmPackages, packageBin } from './packages.js';
import { startScriptedModel } from './scripted-model.js';

const directory = await npmPackages('mcp-clients', {
  '@modelcontextprotocol/inspector': '2.12.0',
  mcporter: '0.12.3',
  '@wong2/mcp-cli': '2.0.0',
  '@huggingface/mcp-client': '0.2.3',
});

/** The tools of a fresh install: those that are built in, and the Space that ships pinned. */
const ON = TOOLS.filter(({ toolset }) => !OPT_IN.includes(toolset));
const NAMES = [...ON.map(({ name }) => name), ...DEFAULT_LOCK.map(({ tool }) => tool)].sort();

/** The built server as other people's clients start and use it. */
describe.skipIf(!directory)("other people's MCP clients", () => {
  let space: DemoSpace;
  let hub: DemoHub;
  let home: ReturnType<typeof makeHome>;
  /** What the server is told; clients pass next to nothing of their own environment on. */
  let told: Record<string, string>;
  let seen: number;

  beforeAll(async () => {
    space = await startDemoSpace();
    hub = await startDemoHub({ spaceHost: new URL(space.url).host });
    home = makeHome({ MCP_INSPECTOR_SECRET_STORE: 'memory', NO_COLOR: '1' });
    told = { HOME: home.home, HUGWIRE_HOME: home.home, HF_ENDPOINT: hub.url };
  });
  beforeEach(() => {
    seen = hub.seen.length;
  });
  afterAll(async () => {
    await Promise.all([hub.close(), space.close()]);
    home.remove();
  });

  /** Runs a command of an installed package to its end, in the temporary home. */
  const run = (name: string, command: string, args: string[]) =>
    new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
      const script = packageBin(directory as string, name, command);
      const options = { cwd: home.home, env: home.env, timeout: 60_000 };
      execFile(process.execPath, [script, ...args], options, (error, stdout, stderr) =>
        resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
      );
    });
  const env = (flag: string) => Object.entries(told).flatMap(([key, value]) => [flag, `${key}=${value}`]);
  const config = (more: object = {}) => {
    const path = join(home.home, 'mcp.json');
    const hugwire = { command: process.execPath, args: [BIN, 'serve'], env: told, ...more };
    writeFileSync(path, JSON.stringify({ mcpServers: { hugwire } }));
    return path;
  };

  describe('MCP inspector', () => {
    const inspect = async (...args: string[]) => {
      const target = [process.execPath, BIN, 'serve', ...env('-e')];
      const { code, stdout, stderr } = await run('@modelcontextprotocol/inspector', 'mcp-inspector', [
        '--cli',
        ...(args.includes('--config') ? [] : target),
        ...args,
      ]);
      expect(stdout, stderr).not.toBe('');
      return { code, stderr, answer: JSON.parse(stdout) };
    };
    const modern = (...args: string[]) =>
      inspect('--config', config({ protocolEra: 'modern' }), '--server', 'hugwire', ...args);
    const search = ['--tool-name', 'hub_search', '--tool-args-json', '{"query":"whisper","kinds":["model"]}'];

    it('initialises', async () => {
      const { code, answer } = await inspect('--method', 'initialize');
      expect(code).toBe(0);
      expect(answer).toMatchObject({ serverInfo: { name: 'hugwire' }, protocolVersion: '2025-11-25' });
    });

    it('lists the tools, and finds every schema portable', async () => {
      const { code, answer, stderr } = await inspect('--method', 'tools/list', '--strict');
      expect(stderr).not.toContain('severity');
      expect(code).toBe(0);
      expect(answer.tools.map(({ name }: { name: string }) => name)).toEqual(NAMES);
    });

    it('calls a tool', async () => {
      const { code, answer } = await inspect('--method', 'tools/call', ...search);
      expect(code).toBe(0);
      expect(answer.content[0].text).toContain('openai/whisper-large-v3 |');
      expect(hub.seen.length).toBeGreaterThan(seen);
    });

    it('gets a picture from a Space', async () => {
      const args = JSON.stringify({ space: 'hugwire/demo-space', endpoint: '/draw', arguments: { prompt: 'dusk' } });
      const { code, answer } = await inspect(
        '--method',
        'tools/call',
        '--tool-name',
        'space_call',
        '--tool-args-json',
        args,
      );
      expect(code, JSON.stringify(answer)).toBe(0);
      const image = answer.content.find(({ type }: { type: string }) => type === 'image');
      expect(image.mimeType).toBe('image/png');
      expect(Buffer.from(image.data, 'base64').subarray(1, 4).toString()).toBe('PNG');
      expect(answer.content[0].text).toContain(home.home);
    });

    it('sees that a call failed', async () => {
      const { code, answer } = await inspect(
        '--method',
        'tools/call',
        '--tool-name',
        'hub_search',
        '--tool-arg',
        'limit=999',
      );
      expect(code).toBe(5);
      expect(answer.content[0].text).toContain('"limit"');
    });

    it('speaks the stateless protocol', async () => {
      const { answer } = await modern('--method', 'initialize');
      expect(answer.protocolVersion).toBe('2026-07-28');
      const { answer: list } = await modern('--method', 'tools/list');
      expect(list.tools.map(({ name }: { name: string }) => name)).toEqual(NAMES);
      const { answer: called } = await modern('--method', 'tools/call', ...search);
      expect(called.content[0].text).toContain('openai/whisper-large-v3 |');
    });

    it.each(PROMPTS)('makes the calls of: $ask', async ({ calls }) => {
      const pictures = join(home.home, 'Pictures');
      mkdirSync(pictures, { recursive: true });
      writeFileSync(join(pictures, 'cat.jpg'), Buffer.from('ffd8ffe000104a46494600010100', 'hex'));
      const args = [BIN, 'serve', '--demo', '--read-from', pictures];
      const server = ['--config', config({ args, env: { HOME: home.home } }), '--server', 'hugwire'];
      for (const { tool, arguments: input, shows } of calls) {
        const call = ['--tool-name', tool, '--tool-args-json', JSON.stringify(input)];
        const { code, answer } = await inspect(...server, '--method', 'tools/call', ...call);
        const text = answer.content.map((block: { text?: string }) => block.text ?? '').join('\n');
        expect(text).toContain(shows);
        expect(code, text).toBe(0);
        expect(answer).not.toHaveProperty('structuredContent');
      }
    });
  });

  describe('mcporter', () => {
    const server = () => [
      ...['--stdio', process.execPath, '--stdio-arg', BIN, '--stdio-arg', 'serve', '--name', 'hugwire'],
      ...env('--env'),
    ];

    it('turns the tools into signatures', async () => {
      const { code, stdout } = await run('mcporter', 'mcporter', ['list', ...server(), '--all-parameters']);
      expect(code).toBe(0);
      for (const name of NAMES) expect(stdout).toContain(`function ${name}(`);
      expect(stdout).toContain('hub_search(query?: string');
    });

    it('calls a tool with arguments that it takes for text or numbers', async () => {
      const { code, stdout } = await run('mcporter', 'mcporter', [
        'call',
        ...server(),
        'hub_search',
        'query=whisper',
        'kinds=model',
        'limit=3',
      ]);
      expect(code).toBe(0);
      expect(stdout).toContain('openai/whisper-large-v3 |');
    });
  });

  it('@wong2/mcp-cli calls a tool', async () => {
    const { code, stdout } = await run('@wong2/mcp-cli', 'mcp-cli', [
      ...['--config', config(), 'call-tool', 'hugwire:hub_search'],
      ...['--args', '{"query":"whisper","kinds":["model"]}'],
    ]);
    expect(code).toBe(0);
    expect(stdout).toContain('openai/whisper-large-v3 |');
  });

  it('@huggingface/mcp-client lets a model use the tools', async () => {
    const model = await startScriptedModel('hub_search', { query: 'whisper', kinds: ['model'] });
    const { McpClient } = createRequire(join(directory as string, 'x'))('@huggingface/mcp-client');
    const client = new McpClient({ endpointUrl: model.url, model: 'scripted', apiKey: 'none' });
    try {
      await client.addMcpServers([
        { type: 'stdio', config: { command: process.execPath, args: [BIN, 'serve'], env: told, stderr: 'ignore' } },
      ]);
      const turn = client.processSingleTurnWithTools([{ role: 'user', content: 'Which whispers are there?' }]);
      const steps = [];
      for await (const step of turn) steps.push(step);
      expect(model.offered().map((tool) => tool.function.name)).toEqual(NAMES);
      expect(steps.at(-1)).toMatchObject({
        role: 'tool',
        content: expect.stringContaining('openai/whisper-large-v3 |'),
      });
    } finally {
      await client.cleanup();
      await model.close();
    }
  });
});
