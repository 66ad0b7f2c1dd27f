import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BIN, makeHome } from './server-process.js';

let home: ReturnType<typeof makeHome>;
let env: Record<string, string>;
const clients: Client[] = [];
beforeEach(() => {
  home = makeHome();
  env = Object.fromEntries(Object.entries(home.env).filter(([, value]) => value)) as typeof env;
});
afterEach(async () => {
  for (const client of clients.splice(0)) await client.close();
  home.remove();
});

/** A client of a server of its own, and the names of the tools each time that it is told of a change. */
async function connect(args: string[] = []) {
  const lists: string[][] = [];
  let wake = () => {};
  const client = new Client(
    { name: 'test', version: '1' },
    {
      listChanged: {
        tools: {
          debounceMs: 0,
          onChanged: (_error, tools) => {
            lists.push((tools ?? []).map(({ name }) => name));
            wake();
          },
        },
      },
    },
  );
  clients.push(client);
  await client.connect(
    new StdioClientTransport({ command: process.execPath, args: [BIN, ...args, 'serve'], env, stderr: 'ignore' }),
  );
  const { tools } = await client.listTools();
  const next = async () => {
    while (lists.length === 0) await new Promise<void>((resolve) => (wake = resolve));
    return lists.shift() ?? [];
  };
  return { first: tools.map(({ name }) => name), next, lists };
}

async function run(...args: string[]): Promise<void> {
  const child = spawn(process.execPath, [BIN, ...args], { env, cwd: home.home, stdio: 'ignore' });
  expect(await once(child, 'close')).toEqual([0, null]);
}

describe('a client that is connected', () => {
  it('sees a tool go and come back as commands switch it in another process; so do two servers', async () => {
    const [one, other] = [await connect(), await connect()];
    expect(one.first).toContain('hub_whoami');
    await run('tools', 'disable', 'hub_whoami');
    for (const { next } of [one, other]) expect(await next()).not.toContain('hub_whoami');
    // Changes that leave the list as it is are told to nobody.
    await run('config', 'set', 'hub.timeoutSeconds', '20');
    await run('tools', 'enable', 'hub_whoami');
    for (const { next, first } of [one, other]) expect(await next()).toEqual(first);
    expect([one.lists, other.lists]).toEqual([[], []]);
  });

  it('keeps its profile when the file changes', async () => {
    await run('config', 'set', 'profiles.quiet.tools.enable', 'search');
    const { first, next } = await connect(['--profile', 'quiet']);
    expect(first).toEqual(['hub_search']);
    await run('tools', 'enable', 'hub_read', '--profile', 'quiet');
    expect(await next()).toEqual(['hub_read', 'hub_search']);
  });
});
