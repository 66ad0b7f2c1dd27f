import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { startDemoSpace } from '../../src/world/space/server.js';
import { ServerProcess } from './server-process.js';

const MODERN = '2026-07-28';
const META = 'io.modelcontextprotocol/';
const envelope = {
  [`${META}protocolVersion`]: MODERN,
  [`${META}clientCapabilities`]: {},
  [`${META}clientInfo`]: { name: 'test', version: '1' },
};
const CHANGED = 'notifications/tools/list_changed';

let server: ServerProcess;
afterEach(() => server.dispose());

const file = () => join(server.home, 'config.json');
const write = (config: object | string) =>
  writeFileSync(file(), typeof config === 'string' ? config : JSON.stringify(config));
const told = (count: number) => server.until(() => server.all(({ method }) => method === CHANGED).length === count);
const names = async (id: string, params: object = {}) => {
  server.send({ id, method: 'tools/list', params });
  return (await server.answer(id)).result.tools.map(({ name }: { name: string }) => name) as string[];
};

describe('the config of a running server', { timeout: 60_000 }, () => {
  it('takes effect when it changes, and a client of an older revision is told', async () => {
    server = new ServerProcess();
    write({});
    await server.initialize();
    expect(await names('before')).toContain('space_call');
    write({ tools: { readOnly: true } });
    await told(1);
    const after = await names('after');
    expect(after).toContain('hub_search');
    expect(after).not.toContain('space_call');
    const called = await server.call('call', 'space_call', { space: 'a/b' });
    expect(called.error).toMatchObject({ code: -32602, message: expect.stringContaining('turned off') });
  });

  it('that only reading is on leaves the way to the result of a job that runs, and no other', async () => {
    const space = await startDemoSpace();
    server = new ServerProcess();
    const files = { saveTo: join(server.home, 'files') };
    const spaces = { local: [space.url] };
    write({ files, spaces });
    await server.initialize();
    const args = { space: space.url, endpoint: '/slow', arguments: { steps: 60, step_seconds: 60 }, wait_seconds: 0 };
    const started = await server.call('start', 'space_call', args);
    const job = /job="(j_[\w-]+)"/.exec(started.result.content[0].text)?.[1];
    write({ files, spaces, tools: { readOnly: true } });
    await told(1);
    const offered = await names('after');
    expect(offered).toContain('space_result');
    expect(offered).not.toContain('space_call');
    const cancelled = await server.call('cancel', 'space_result', { job, cancel: true });
    expect(cancelled.result.content[0].text).toContain('The call was cancelled, and the Space was told to stop.');
    await space.close();
  });

  it('that only reading is on takes the way to results away where nothing was run', async () => {
    server = new ServerProcess({ config: '{}' });
    await server.initialize();
    write({ tools: { readOnly: true } });
    await told(1);
    expect(await names('after')).not.toContain('space_result');
  });

  it('keeps its last good state when the file breaks, and says so in a line on stderr', async () => {
    server = new ServerProcess();
    write({ tools: { disable: ['hub_whoami'] } });
    await server.initialize();
    await names('ready');
    const broken = '{"tools": {"disable": ["hub_whoami"],}}';
    write(broken);
    await server.until(() => /config not applied: .*the comma before it is one too many/.test(server.stderr));
    expect(await names('broken')).not.toContain('hub_whoami');
    expect(readFileSync(file(), 'utf8')).toBe(broken);
    expect(server.all(({ method }) => method === CHANGED)).toEqual([]);
    write({ tools: { disable: [] } });
    await told(1);
    expect(await names('repaired')).toContain('hub_whoami');
    expect(server.stderr.match(/config not applied/g)).toHaveLength(1);
  });

  it('is noticed when it was not there at the start, and when it goes', async () => {
    server = new ServerProcess();
    await server.initialize();
    await names('ready');
    write({ tools: { enable: ['search'] } });
    await told(1);
    expect(await names('there')).toEqual(['hub_search']);
    rmSync(file());
    await told(2);
    expect((await names('gone')).length).toBeGreaterThan(1);
  });

  it('is told to those clients of 2026-07-28 that have asked for it, under their subscription', async () => {
    server = new ServerProcess();
    write({});
    const listen = (id: number | string, notifications: object) =>
      server.send({ id, method: 'subscriptions/listen', params: { notifications, _meta: envelope } });
    listen('one', { toolsListChanged: true });
    listen(2, { toolsListChanged: true });
    listen('deaf', { promptsListChanged: true });
    await server.until(
      () => server.all(({ method }) => method === 'notifications/subscriptions/acknowledged').length === 3,
    );
    write({ tools: { readOnly: true } });
    await told(2);
    const keys = server.all(({ method }) => method === CHANGED).map(({ params }) => (params?._meta as object) ?? {});
    expect(keys).toEqual([{ [`${META}subscriptionId`]: 'one' }, { [`${META}subscriptionId`]: 2 }]);
    expect(await names('after', { _meta: envelope })).not.toContain('space_call');
    server.send({ method: 'notifications/cancelled', params: { requestId: 'one' } });
    write({});
    await told(3);
    expect(server.all(({ method }) => method === CHANGED)[2]?.params?._meta).toEqual({ [`${META}subscriptionId`]: 2 });
  });

  it('is not told to a client of 2026-07-28 that has not asked', async () => {
    server = new ServerProcess();
    write({});
    await names('before', { _meta: envelope });
    write({ tools: { readOnly: true } });
    await server.until(() => server.stderr.includes('config applied'));
    expect(await names('after', { _meta: envelope })).not.toContain('space_call');
    expect(server.all(({ method }) => method === CHANGED)).toEqual([]);
  });
});
