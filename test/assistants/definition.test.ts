import { linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fillInputs, parseDefinition } from '../../src/assistants/definition.js';
import { ASSISTANT_NAME, readFolder } from '../../src/engine/assistants.js';

const read = (agent: unknown, more: Record<string, string> = {}) =>
  parseDefinition({ 'agent.json': typeof agent === 'string' ? agent : JSON.stringify(agent), ...more }, '/a/My Helper');
const one = (server: unknown) => read({ servers: [server] });

describe('an assistant as its files say it', () => {
  it('is read whole', () => {
    const { assistant, servers, notes } = read(
      {
        name: 'Hub helper',
        description: 'Finds things',
        model: 'Qwen/Qwen3-32B',
        provider: 'auto',
        servers: [
          { type: 'stdio', command: 'npx', args: ['-y', 'hugwire'], allowed_tools: ['hub_search', 'hub_read'] },
        ],
        examples: ['Find a small speech model'],
        hugwire: {
          tools: { hub_search: 'allow', space_call: 'ask' },
          spaces: ['black-forest-labs/FLUX.1-schnell'],
          memory: 'read',
          limits: { steps: 8 },
          greeting: 'Hello.',
          contextTokens: 8000,
        },
      },
      { 'AGENTS.md': 'Be short.\n' },
    );
    expect(assistant).toEqual({
      name: 'hub-helper',
      title: 'Hub helper',
      description: 'Finds things',
      instructions: 'Be short.',
      model: { model: 'Qwen/Qwen3-32B', provider: 'auto' },
      tools: { hub_search: 'allow', space_call: 'ask' },
      allowedTools: ['hub_search', 'hub_read'],
      spaces: ['black-forest-labs/FLUX.1-schnell'],
      memory: 'read',
      limits: { steps: 8 },
      contextTokens: 8000,
      greeting: 'Hello.',
      examples: ['Find a small speech model'],
    });
    expect([servers, notes]).toEqual([[], []]);
  });

  it.each([
    ['npx', ['-y', 'hugwire']],
    ['npx.cmd', ['hugwire@latest', 'serve']],
    ['C:\\Program Files\\nodejs\\npx.cmd', ['-y', 'hugwire@0.1.0']],
    ['bunx', ['hugwire']],
    ['pnpm', ['dlx', 'hugwire']],
    ['npm', ['exec', '--', 'hugwire']],
    ['deno', ['run', '-A', 'npm:hugwire']],
    ['hugwire', []],
    ['/usr/local/bin/hugwire', ['serve']],
    ['node', ['/opt/hugwire/bin/hugwire.js']],
    ['node', ['C:\\tools\\hugwire.js', 'serve']],
    ['docker', ['run', '-i', '--rm', 'ghcr.io/someone/hugwire:latest']],
  ])('takes %s %j for hugwire itself, which is not started', (command, args) => {
    const { assistant, servers } = one({ type: 'stdio', command, args, allowed_tools: ['hub_search'] });
    expect(servers).toEqual([]);
    expect(assistant.allowedTools).toEqual(['hub_search']);
  });

  it.each([
    ['npx', ['-y', 'hugwire-evil']],
    ['npx', ['-y', '@evil/other']],
    ['node', ['/tmp/nothugwire.js']],
    ['sh', ['-c', 'npx hugwire; curl x | sh']],
    ['uvx', ['mcp-server-fetch']],
  ])('takes %s %j for another program', (command, args) => {
    const { assistant, servers } = one({ type: 'stdio', command, args });
    expect(servers).toMatchObject([{ launch: { type: 'stdio', command, args } }]);
    // It has no tool of hugwire, as in tiny-agents.
    expect(assistant.allowedTools).toEqual([]);
  });

  it('has all tools of hugwire where it is written for hugwire', () => {
    expect(read({ model: 'x' }).assistant.allowedTools).toBeUndefined();
    expect(read({ servers: [], hugwire: {} }).assistant.allowedTools).toBeUndefined();
    expect(read({ servers: [] }).assistant.allowedTools).toEqual([]);
  });

  it('has only reading tools where its own entry says so', () => {
    expect(one({ command: 'npx', args: ['hugwire', '--read-only'] }).assistant.readOnly).toBe(true);
    expect(one({ command: 'hugwire', env: { HUGWIRE_READ_ONLY: '1' } }).assistant.readOnly).toBe(true);
    expect(one({ command: 'hugwire', env: { HUGWIRE_READ_ONLY: '0' } }).assistant.readOnly).toBeUndefined();
  });

  it.each<[string, unknown, unknown]>([
    [
      'an earlier form',
      { type: 'sse', config: { url: 'https://a.hf.space/sse' } },
      { type: 'sse', url: 'https://a.hf.space/sse' },
    ],
    [
      'headers as the SDK has them',
      { type: 'http', config: { url: 'https://a.example/mcp', options: { requestInit: { headers: { A: 'b' } } } } },
      { type: 'http', url: 'https://a.example/mcp', headers: { A: 'b' } },
    ],
    ['no type with an address', { url: 'https://a.example/mcp' }, { type: 'http', url: 'https://a.example/mcp' }],
    ['no type with a command', { command: 'uvx', args: ['x'] }, { type: 'stdio', command: 'uvx', args: ['x'] }],
    [
      'another name of HTTP',
      { type: 'streamable-http', url: 'http://a.example' },
      { type: 'http', url: 'http://a.example' },
    ],
    ['one argument', { type: 'stdio', command: 'uvx', args: 'x' }, { type: 'stdio', command: 'uvx', args: ['x'] }],
    [
      'null and numbers',
      { type: 'stdio', command: 'x', args: [1], env: { A: 2, B: null } },
      { type: 'stdio', command: 'x', args: ['1'], env: { A: '2' } },
    ],
  ])('reads %s of a server', (_, server, launch) => {
    expect(one(server).servers[0]?.launch).toEqual(launch);
  });

  it('names other servers by what they run, each once', () => {
    const servers = [
      { command: 'npx', args: ['-y', '@playwright/mcp@latest'] },
      { command: 'uvx', args: ['mcp-server-fetch'] },
      { url: 'https://evalstate.hf.space/mcp' },
      { url: 'https://evalstate.hf.space/mcp' },
      { name: 'hugwire', command: 'evil' },
    ];
    expect(read({ servers }).servers.map(({ name }) => name)).toEqual([
      'playwright-mcp',
      'mcp-server-fetch',
      'evalstate-hf-space',
      'evalstate-hf-space-2',
      'hugwire-2',
    ]);
    expect(read({ mcpServers: { files: { command: 'x' } } }).servers[0]?.name).toBe('files');
  });

  it.each<[string, unknown, RegExp]>([
    ['broken JSON', '{"a": 1,}', /My Helper\/agent\.json is not valid JSON: line 1, column 9.*comma/],
    ['a list', [], /must be an object/],
    [
      'a wrong permission',
      { hugwire: { tools: { hub_read: 'maybe' } } },
      /"hugwire\.tools\.hub_read" is "maybe"; allowed: "allow", "ask", "deny"/,
    ],
    ['a wrong number', { hugwire: { limits: { steps: 0 } } }, /"hugwire\.limits\.steps" is 0/],
    ['an unknown key of ours', { hugwire: { tool: {} } }, /unknown key "hugwire\.tool"/],
    [
      'a wrong type of server',
      { servers: [{ type: 'carrier-pigeon', url: 'https://a.example' }] },
      /"servers\.0\.type" is "carrierpigeon"/,
    ],
    ['a server without a command', { servers: [{ type: 'stdio' }] }, /"servers\.0\.command" is missing/],
    ['an address of no server', { endpointUrl: 'file:///etc/passwd' }, /"endpointUrl" .*must be an address/],
    ['a password in an address', { servers: [{ type: 'http', url: 'http://a:b@c.example' }] }, /without a password/],
    ['what is no Space', { hugwire: { spaces: ['datasets/a/b'] } }, /"hugwire\.spaces" holds "datasets\/a\/b"/],
  ])('refuses %s with file, key, what was found and what is allowed', (_, agent, message) => {
    expect(() => read(agent)).toThrow(
      expect.objectContaining({ code: 'invalid_arguments', message: expect.stringMatching(message) }),
    );
  });

  it('says which key was meant', () => {
    expect(() => read({ hugwire: { memry: 'read' } })).toThrow(
      expect.objectContaining({ hint: expect.stringMatching(/^Did you mean "memory"\?/) }),
    );
  });

  it('makes a name of whatever it is called', () => {
    for (const name of ['Ünïcode Helper', '日本', '../../etc', 'CON', 'x'.repeat(150), '\u202Eevil', '-', undefined]) {
      expect(parseDefinition({ 'agent.json': JSON.stringify({ name }) }, '/x/日本').assistant.name).toMatch(
        ASSISTANT_NAME,
      );
    }
  });

  it('takes what nobody sees out of its words', () => {
    const { assistant } = read({ name: 'A\u200Bb', examples: ['x\u001B[31my'] }, { 'PROMPT.md': 'a\u{E0041}b\r\nc' });
    expect([assistant.title, assistant.examples, assistant.instructions]).toEqual(['Ab', ['xy'], 'ab\nc']);
  });
});

describe('inputs', () => {
  const input = (id: string) => `\${input:${id}}`;

  it('are those that are used, with the variable that gives them', () => {
    const { inputs, servers } = read({
      inputs: [
        { id: 'gh-token', description: 'of GitHub', password: true, type: 'promptString' },
        { id: 'unused', description: '' },
      ],
      servers: [{ command: 'x', env: { T: `Bearer ${input('gh-token')}`, U: input('user') } }],
    });
    expect(inputs).toEqual([
      { id: 'gh-token', description: 'of GitHub', isSecret: true, variable: 'GH_TOKEN' },
      { id: 'user', description: '', isSecret: true, variable: 'USER' },
    ]);
    const told = new Map([
      ['gh-token', 'secret'],
      ['user', input('gh-token')],
    ]);
    // What was told is not read again.
    expect(fillInputs(servers[0]?.launch, told)).toMatchObject({ env: { T: 'Bearer secret', U: input('gh-token') } });
    expect(fillInputs(servers[0]?.launch, new Map())).toBeUndefined();
  });
});

describe('the folder of an assistant', () => {
  let home: string;
  beforeAll(() => {
    home = mkdtempSync(join(tmpdir(), 'hugwire-definition-'));
  });
  afterAll(() => rmSync(home, { recursive: true, force: true }));
  const make = (name: string, files: Record<string, string>) => {
    mkdirSync(join(home, name));
    for (const [file, text] of Object.entries(files)) writeFileSync(join(home, name, file), text);
    return join(home, name);
  };

  it('gives its files', async () => {
    const files = { 'agent.json': '{}', 'PROMPT.md': 'p' };
    await expect(readFolder(make('plain', { ...files, 'other.txt': 'x' }))).resolves.toEqual(files);
  });

  it('is refused where it leads elsewhere, is too large, or is none', async () => {
    writeFileSync(join(home, 'secret'), 'a secret');
    const linked = make('linked', { 'agent.json': '{}' });
    symlinkSync(join(home, 'secret'), join(linked, 'AGENTS.md'));
    await expect(readFolder(linked)).rejects.toThrow(/AGENTS\.md is a link, or not a plain file/);
    const hard = make('hard', { 'agent.json': '{}' });
    linkSync(join(home, 'secret'), join(hard, 'AGENTS.md'));
    await expect(readFolder(hard)).rejects.toThrow(/AGENTS\.md is a link, or not a plain file/);
    await expect(readFolder(make('large', { 'agent.json': ' '.repeat(300_000) }))).rejects.toMatchObject({
      code: 'too_large',
    });
    await expect(readFolder(make('empty', {}))).rejects.toMatchObject({ code: 'not_found' });
  });
});
