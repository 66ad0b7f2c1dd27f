import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CLIENTS, type Client } from '../../src/install/clients.js';
import { filePath, findClients, findUnreadable, getClient } from '../../src/install/find.js';
import { applyChange, previewChange } from '../../src/install/plan.js';

/** The servers of a client, as JSON within which a test has put something. */
const inside = ({ servers }: Client, text: string) => servers.reduceRight((inner, key) => `{"${key}": ${inner}}`, text);
const CLEAN = '{"a": {"command": "x", "args": ["/* no, // no */", ",]"]}}';
const ODD: Record<string, { servers: string; kind: 'mark' | 'comments' | 'commas'; says: string }> = {
  'a byte order mark': { servers: CLEAN, kind: 'mark', says: 'byte order mark' },
  'a line comment': { servers: '{ // mine\n "a": {} }', kind: 'comments', says: 'line 1, column 18 has a comment' },
  'a block comment': { servers: '{ "a": {} /* mine */ }', kind: 'comments', says: 'has a comment' },
  'a comma at the end of an object': { servers: '{ "a": {},\n}', kind: 'commas', says: 'line 1, column' },
  'a comma at the end of a list': { servers: '{ "a": {"args": [1, [],]} }', kind: 'commas', says: 'has a comma' },
};
const textOf = (client: Client, kind: string) =>
  (kind === 'a byte order mark' ? '\uFEFF' : '') + inside(client, ODD[kind]?.servers ?? CLEAN);
const clients = CLIENTS.filter(({ format, user, project }) => format === 'json' && (user ?? project));

describe.each(clients.map((client) => [client.id, client] as const))('%s', (_, client) => {
  it('reads what is JSON', async () => {
    for (const text of ['', '{}', inside(client, CLEAN), '{"x": [1, {"a": 1}, {"a": 1}], "y": {"x": 1}}']) {
      expect(await findUnreadable(client, text)).toBeUndefined();
    }
  });

  it.each(Object.keys(ODD))('has a record that says whether it reads %s', async (kind) => {
    const fault = await findUnreadable(client, textOf(client, kind));
    const reads = client.takes === undefined || client.takes.includes(ODD[kind]?.kind as 'mark');
    if (reads) expect(fault).toBeUndefined();
    else expect(fault).toContain(`which ${client.label} cannot read: `);
  });

  it('gets one of two', async () => {
    const [top] = client.servers;
    for (const text of [`{"${top}": {}, "z": 1, "${top}": {}}`, inside(client, '{"a": {}, "a": {}}')]) {
      expect(await findUnreadable(client, text)).toMatch(/repeats "\w+", and .* reads only one/);
    }
  });
});

describe('Claude Desktop', () => {
  const claude = getClient('claude-desktop');
  let path: string;
  beforeEach(() => {
    path = join(mkdtempSync(join(tmpdir(), 'hugwire-strict-')), 'claude_desktop_config.json');
  });
  afterEach(() => rmSync(dirname(path), { recursive: true, force: true }));
  const change = (launch?: { command: string; args: string[] }) => ({ client: claude, path, name: 'hugwire', launch });
  const launch = { command: 'npx', args: ['-y', 'hugwire'] };

  it.each(Object.entries(ODD))('is not given hugwire in a file with %s', async (kind, { says }) => {
    const text = textOf(claude, kind);
    writeFileSync(path, text);
    for (const work of [previewChange, applyChange]) {
      await expect(work(change(launch))).rejects.toMatchObject({
        code: 'invalid_arguments',
        message: expect.stringContaining(path),
        hint: expect.stringContaining('nothing was changed'),
      });
      await expect(work(change(launch))).rejects.toThrow(says);
    }
    expect(readFileSync(path, 'utf8')).toBe(text);
  });

  it('can be rid of hugwire in such a file', async () => {
    writeFileSync(path, '// mine\n{"mcpServers": {"hugwire": {"command": "npx"}, "a": {}}}');
    expect(await applyChange(change())).toMatchObject({ status: 'removed' });
    expect(readFileSync(path, 'utf8')).toBe('// mine\n{"mcpServers": {"a": {}}}');
  });

  it('is found with what it cannot read', async () => {
    const home = dirname(path);
    const machine = { env: {}, home, platform: 'linux' as const, cwd: home };
    const own = filePath(claude, 'user', machine) as string;
    mkdirSync(dirname(own), { recursive: true });
    writeFileSync(own, '\uFEFF{"mcpServers": {"hw": {"command": "npx", "args": ["hugwire"]}}}');
    expect((await findClients(machine)).find(({ id }) => id === 'claude-desktop')).toMatchObject({
      name: 'hw',
      how: 'npx',
      problem: 'it begins with a byte order mark, which Claude Desktop cannot read: save it as UTF-8 without one',
    });
  });
});
