import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startDemoHub } from '../../src/world/hub/server.js';
import type { DemoHub } from '../../src/world/types.js';
import { ServerProcess } from './server-process.js';

let hub: DemoHub;
let server: ServerProcess;
beforeAll(async () => {
  hub = await startDemoHub({ quotas: { api: 100_000 } });
});
afterAll(() => hub.close());
afterEach(() => server.dispose());

const start = () => {
  server = new ServerProcess({ env: { HF_ENDPOINT: hub.url } });
  return server.initialize();
};

/** A call that the Hub never answers. */
async function hangingCall(query: string): Promise<() => void> {
  const turnOff = hub.addFault({ path: /^\/api\/models/, hang: true });
  const seen = hub.seen.length;
  server.send({ id: 'hangs', method: 'tools/call', params: { name: 'hub_search', arguments: { query } } });
  while (hub.seen.length === seen) await new Promise((resolve) => setImmediate(resolve));
  return turnOff;
}

describe('the end of the server', () => {
  it('comes with the end of input, exit code 0, the answers that were ready first', async () => {
    server = new ServerProcess({ env: { HF_ENDPOINT: hub.url } });
    const before = hub.seen.length;
    const clientInfo = { name: 'printf', version: '1' };
    server.send({
      id: 1,
      method: 'initialize',
      params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo },
    });
    server.send({ id: 2, method: 'tools/list' });
    server.child.stdin.end();
    expect(await server.exited).toEqual({ code: 0, signal: null });
    expect(server.lines).toHaveLength(2);
    expect(hub.seen).toHaveLength(before);
  });

  it('lets a quick call finish after the end of input', async () => {
    await start();
    server.send({ id: 1, method: 'tools/call', params: { name: 'hub_whoami', arguments: {} } });
    server.child.stdin.end();
    await server.exited;
    expect(server.all(({ id }) => id === 1)).toHaveLength(1);
  });

  it('does not need a newline after the last message', async () => {
    await start();
    server.child.stdin.end(JSON.stringify({ jsonrpc: '2.0', id: 9, method: 'ping' }));
    await server.exited;
    expect(server.all(({ id }) => id === 9)).toHaveLength(1);
  });

  it('aborts what is in flight', async () => {
    await start();
    const turnOff = await hangingCall('eof');
    server.child.stdin.end();
    expect(await server.exited).toEqual({ code: 0, signal: null });
    turnOff();
  });

  it.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('comes with %s, a call in flight or not', async (signal) => {
    await start();
    const turnOff = await hangingCall(signal);
    server.child.kill(signal);
    expect(await server.exited).toEqual({ code: 0, signal: null });
    turnOff();
  });

  it('comes when the client closes the other end of stdout', async () => {
    await start();
    server.child.stdout.destroy();
    server.send({ id: 1, method: 'tools/list' }, { id: 2, method: 'tools/list' });
    expect((await server.exited).code).toBe(0);
  });
});

describe('what the server survives', () => {
  it('malformed lines, on which it says nothing on stdout', async () => {
    await start();
    server.child.stdin.write('{"jsonrpc":"2.0","id":1,\nnot json\n[]\n{"foo":1}\n\n\u0000\n');
    server.send({ id: 2, method: 'ping' });
    await server.answer(2);
    expect(server.all(({ id }) => id !== 2 && id !== 'init')).toEqual([]);
  });

  it('requests that are wrong in form, which it answers', async () => {
    await start();
    server.child.stdin.write('{"jsonrpc":"1.0","id":3,"method":"ping"}\n');
    expect((await server.answer(3)).error?.code).toBe(-32600);
    server.send({ id: 4, method: 'tools/call', params: { name: 5 } });
    expect((await server.answer(4)).error).toEqual({ code: -32602, message: expect.stringContaining('name') });
    server.child.stdin.write('[{"jsonrpc":"2.0","id":5,"method":"ping"},{"jsonrpc":"2.0","id":6,"method":"ping"}]\n');
    await server.answer(5);
    await server.answer(6);
    expect(server.stderr).toContain('refused a message. Invalid request: jsonrpc must be "2.0"');
  });

  it('a line beyond the buffer: the call gets an error, the pipe lives', async () => {
    await start();
    const huge = 'x'.repeat(11 * 1024 * 1024);
    server.child.stdin.write(
      `{"method":"tools/call","params":{"name":"hub_search","arguments":{"query":"${huge}"}},"jsonrpc":"2.0","id":7}\n`,
    );
    expect((await server.answer(7)).error?.message).toMatch(/too long/i);
    server.child.stdin.write(
      `{"jsonrpc":"2.0","id":"a","method":"tools/call","params":{"name":"hub_search","arguments":{"query":"${huge}"}}}\n`,
    );
    expect((await server.answer('a')).error?.code).toBe(-32600);
    server.send({ id: 8, method: 'ping' });
    await server.answer(8);
  });

  it('a line beyond the buffer without an id to answer to, on which it says nothing on stdout', async () => {
    await start();
    server.child.stdin.write(`{"jsonrpc":"2.0","method":"x","params":"${'x'.repeat(11 * 1024 * 1024)}"}\n`);
    server.send({ id: 9, method: 'ping' });
    await server.answer(9);
    expect(server.all(({ id }) => id !== 9 && id !== 'init')).toEqual([]);
    expect(server.stderr).toMatch(/refused a message\. Message too long: 12 MB; at most 10 MB/);
  });

  it('a line of five megabytes', async () => {
    await start();
    const { result } = await server.call(1, 'hub_search', { limit: 'x'.repeat(5 * 1024 * 1024) });
    expect(result.isError).toBe(true);
    expect(result.content[0].text.length).toBeLessThan(1500);
  });

  it('a character split across chunks', async () => {
    await start();
    const line = Buffer.from(
      `${JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'grüße🤗', arguments: {} } })}\n`,
    );
    const inside = line.indexOf(Buffer.from('🤗')) + 2;
    server.child.stdin.write(line.subarray(0, inside));
    await new Promise((resolve) => setImmediate(resolve));
    server.child.stdin.write(line.subarray(inside));
    expect((await server.answer(1)).error?.message).toContain('grüße🤗');
  });

  it('a thousand calls at once', async () => {
    await start();
    const calls = Array.from({ length: 1000 }, (_, id) => ({
      id,
      method: 'tools/call',
      params: { name: 'hub_search', arguments: { query: `q${id % 50}`, limit: 1 } },
    }));
    server.send(...calls);
    await server.until(() => server.all(({ id }) => typeof id === 'number').length === 1000);
    server.send({ id: 'after', method: 'ping' });
    await server.answer('after');
  });

  it('a client that stops reading for a while', async () => {
    await start();
    server.child.stdout.pause();
    for (let id = 1; id <= 300; id += 1) server.send({ id, method: 'tools/list' });
    server.send({ id: 'last', method: 'ping' });
    await new Promise((resolve) => setImmediate(resolve));
    server.child.stdout.resume();
    await server.answer('last');
    expect(server.all(({ result }) => result?.tools)).toHaveLength(300);
  });
});

describe('the network', () => {
  it('is not touched before the first call, and nothing listens', async () => {
    const before = hub.seen.length;
    await start();
    server.send({ id: 1, method: 'tools/list' });
    await server.answer(1);
    expect(hub.seen).toHaveLength(before);
    if (process.platform === 'linux') expect(listeningSockets(server.child.pid ?? 0)).toEqual([]);
  });

  it('is not needed: a Hub that cannot be reached is told in words', async () => {
    server = new ServerProcess({ env: { HF_ENDPOINT: 'http://127.0.0.1:2' } });
    await server.initialize();
    const { result } = await server.call(1, 'hub_search', { query: 'bert' });
    expect(result.isError).toBe(true);
    expect(result.content[0].text).toMatch(/^offline: .*cannot be reached/);
  });
});

describe('cancellation', () => {
  it('ends the request to the Hub, and no answer follows', async () => {
    await start();
    const turnOff = await hangingCall('to-be-cancelled');
    server.send({ method: 'notifications/cancelled', params: { requestId: 'hangs', reason: 'test' } });
    server.send({ id: 'after', method: 'ping' });
    await server.answer('after');
    turnOff();
    expect((await server.call('next', 'hub_search', { query: 'bert', limit: 1 })).result.isError).toBeFalsy();
    expect(server.all(({ id }) => id === 'hangs')).toEqual([]);
  });
});

/** Inodes of TCP sockets in state LISTEN that the process holds. */
function listeningSockets(pid: number): string[] {
  const listening = ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((table) =>
    readFileSync(table, 'utf8')
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .filter((columns) => columns[3] === '0A')
      .map((columns) => columns[9]),
  );
  const held = readdirSync(`/proc/${pid}/fd`).map((fd) => {
    try {
      return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1];
    } catch {
      return undefined;
    }
  });
  return held.filter((inode): inode is string => inode !== undefined && listening.includes(inode));
}
