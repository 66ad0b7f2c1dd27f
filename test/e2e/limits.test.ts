import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { ServerProcess } from './server-process.js';

let server: ServerProcess;
afterEach(() => server.dispose());

it('the limits of the config hold for a client, and change while it is connected', async () => {
  server = new ServerProcess();
  const file = join(server.home, 'config.json');
  writeFileSync(file, '{"limits":{"search":{"perMinute":1}}}');
  await server.initialize();
  const search = async (id: string) => {
    const { result } = await server.call(id, 'hub_search', { limit: 'many' });
    return result.content[0].text as string;
  };
  expect(await search('first')).toMatch(/^invalid_arguments: /);
  expect(await search('second')).toMatch(
    /^rate_limited: hugwire's own limit is reached: 1 call per minute for search\.\nNext: .*limits\.search\.perMinute NUMBER\nRetry after: \d+ s$/,
  );
  server.send({ id: 'list', method: 'tools/list' });
  await server.answer('list');
  writeFileSync(file, '{"limits":{"search":{"perMinute":2}}}');
  await server.until(() => server.stderr.includes('config applied'));
  expect(await search('third')).toMatch(/^invalid_arguments: /);
  expect(await search('fourth')).toMatch(/^rate_limited: .*2 calls per minute/);
});
