import { afterEach, describe, expect, it } from 'vitest';
import { ServerProcess } from './server-process.js';

const MODERN = '2026-07-28';
const META = 'io.modelcontextprotocol/';
const envelope = (version = MODERN) => ({
  [`${META}protocolVersion`]: version,
  [`${META}clientCapabilities`]: {},
  [`${META}clientInfo`]: { name: 'test', version: '1' },
});

let server: ServerProcess;
afterEach(() => server.dispose());

describe('revisions that begin with initialize', () => {
  it.each(['2024-11-05', '2025-03-26', '2025-06-18', '2025-11-25'])('speaks %s', async (version) => {
    server = new ServerProcess();
    const { result } = await server.initialize(version);
    expect(result.protocolVersion).toBe(version);
    expect(result.serverInfo.name).toBe('hugwire');
    server.send({ id: 1, method: 'tools/list' });
    const list = await server.answer(1);
    expect(list.result.tools.length).toBeGreaterThan(0);
    expect(Object.keys(list.result)).toEqual(['tools']);
  });

  it('keeps its instructions within 2 KB, the search words first', async () => {
    server = new ServerProcess();
    const { instructions } = (await server.initialize()).result;
    expect(Buffer.byteLength(instructions)).toBeLessThanOrEqual(2048);
    expect(instructions.slice(0, 200)).toMatch(/Hugging Face.*models.*datasets.*Spaces/);
  });
});

describe('revision 2026-07-28', () => {
  it('answers server/discover and decorates results', async () => {
    server = new ServerProcess();
    server.send({ id: 1, method: 'server/discover', params: { _meta: envelope() } });
    const { result } = await server.answer(1);
    expect(result).toMatchObject({ resultType: 'complete', supportedVersions: [MODERN], cacheScope: 'private' });
    expect(result._meta[`${META}serverInfo`].name).toBe('hugwire');
    server.send({ id: 2, method: 'tools/list', params: { _meta: envelope() } });
    const list = (await server.answer(2)).result;
    expect(list).toMatchObject({ resultType: 'complete', ttlMs: expect.any(Number), cacheScope: 'private' });
    const called = await server.call(3, 'hub_whoami', {}, envelope());
    expect(called.result).toMatchObject({ resultType: 'complete', content: [{ type: 'text' }] });
    expect(called.result).not.toHaveProperty('ttlMs');
  });

  it('refuses versions it does not know, and an envelope without capabilities', async () => {
    server = new ServerProcess();
    server.send({ id: 1, method: 'server/discover', params: { _meta: envelope('2099-01-01') } });
    expect((await server.answer(1)).error).toMatchObject({
      code: -32022,
      data: { supported: [MODERN], requested: '2099-01-01' },
    });
    server.send({ id: 2, method: 'tools/list', params: { _meta: { [`${META}protocolVersion`]: MODERN } } });
    expect((await server.answer(2)).error?.code).toBe(-32602);
  });

  it('lets a client discover first and then initialise on the same pipe', async () => {
    server = new ServerProcess();
    server.send({ id: 1, method: 'server/discover', params: { _meta: envelope() } });
    await server.answer(1);
    await server.initialize();
    server.send({ id: 1, method: 'tools/list' });
    await server.until(() => server.all(({ id }) => id === 1).length === 2);
    const legacy = server.all(({ id }) => id === 1)[1];
    expect(legacy?.result).not.toHaveProperty('resultType');
  });

  it('forgets a cancelled modern request, so that a legacy one may reuse its id', async () => {
    server = new ServerProcess({ env: { HF_ENDPOINT: 'http://127.0.0.1:2' } });
    server.send({ id: 5, method: 'tools/call', params: { name: 'hub_search', arguments: {}, _meta: envelope() } });
    server.send({ method: 'notifications/cancelled', params: { requestId: 5 } });
    server.send({ id: 6, method: 'ping' });
    await server.answer(6);
    server.send({ id: 5, method: 'tools/list' });
    const list = await server.find(({ id, result }) => id === 5 && result?.tools);
    expect(list.result).not.toHaveProperty('resultType');
  });

  it('acknowledges subscriptions and ends them when it stops', async () => {
    server = new ServerProcess();
    server.send({
      id: 'sub',
      method: 'subscriptions/listen',
      params: { notifications: { toolsListChanged: true, promptsListChanged: true }, _meta: envelope() },
    });
    const { params } = await server.find(({ method }) => method === 'notifications/subscriptions/acknowledged');
    expect(params).toEqual({ notifications: { toolsListChanged: true }, _meta: { [`${META}subscriptionId`]: 'sub' } });
    server.child.stdin.end();
    const { result } = await server.answer('sub');
    expect(result).toEqual({ resultType: 'complete', _meta: { [`${META}subscriptionId`]: 'sub' } });
  });
});

describe('tools/list', () => {
  it('is byte-identical on two runs, and sorted', async () => {
    const lists: string[] = [];
    for (let run = 0; run < 2; run += 1) {
      server = new ServerProcess();
      await server.initialize();
      server.send({ id: 1, method: 'tools/list' });
      await server.answer(1);
      lists.push(server.lines.at(-1) ?? '');
      if (run === 0) await server.dispose();
    }
    expect(lists[0]).toBe(lists[1]);
    const names = JSON.parse(lists[0] ?? '').result.tools.map(({ name }: { name: string }) => name);
    expect(names).toEqual([...names].sort());
  });
});

describe('calls', () => {
  it('answers an unknown tool with -32602 and the nearest name', async () => {
    server = new ServerProcess();
    await server.initialize();
    const { error } = await server.call(1, 'hub_serach');
    expect(error?.code).toBe(-32602);
    expect(error?.message).toContain('Did you mean hub_search?');
  });

  it('answers a wrong argument with an isError result that names the nearest valid one', async () => {
    server = new ServerProcess();
    await server.initialize();
    const { result } = await server.call(1, 'hub_search', { qurey: 'bert' });
    expect(result.isError).toBe(true);
    expect(result.content[0].text).toMatch(/no argument "qurey" \(did you mean "query"\?\)/);
    expect(result.content[0].text).toMatch(/Arguments: .*limit\?: integer 1–50/);
  });

  it('says that a tool is turned off', async () => {
    server = new ServerProcess({ args: ['--read-only', 'serve'] });
    await server.initialize();
    const { error } = await server.call(1, 'space_call', { space: 'a/b' });
    expect(error).toMatchObject({ code: -32602, message: expect.stringContaining('turned off') });
  });
});
