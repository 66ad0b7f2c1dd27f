import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, expectTypeOf, it } from 'vitest';
import type * as Declared from '../../build/types/http.js';
import type * as Actual from '../../src/http/index.js';
import { makeHome } from './server-process.js';

const LIBRARY = join(import.meta.dirname, '..', '..', 'dist', 'http.js');
let place: ReturnType<typeof makeHome>;
beforeEach(() => {
  place = makeHome();
});
afterEach(() => place.remove());

/** Runs a program that imports the library, and gives what it prints. */
async function run(program: string): Promise<string> {
  const script = join(place.home, 'program.mjs');
  writeFileSync(
    script,
    `import { createFetchHandler, listen } from ${JSON.stringify(pathToFileURL(LIBRARY).href)};\n${program}`,
  );
  const child = spawn(process.execPath, [script], { env: place.env, cwd: place.home });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  await once(child, 'close');
  return output;
}

const ASK = `const ask = (send, headers = {}) => send(new Request('http://localhost/mcp', {
  method: 'POST',
  headers: { host: 'localhost', 'content-type': 'application/json', ...headers },
  body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' }),
}));`;

it('serves from a program of its own, which ends when it is closed', async () => {
  const output = await run(`${ASK}
    const server = await createFetchHandler();
    const without = await ask(server.fetch);
    const response = await ask(server.fetch, { authorization: 'Bearer ' + server.key });
    const { result } = await response.json();
    console.log(JSON.stringify([without.status, response.status, result.tools.length > 5]));
    await server.close();`);
  expect(JSON.parse(output)).toEqual([401, 200, true]);
});

it('listens where the program says, with its config and who may call', async () => {
  writeFileSync(join(place.home, 'mine.json'), JSON.stringify({ tools: { enable: ['hub_search'] } }));
  const output = await run(`${ASK}
    const server = await createFetchHandler({ config: 'mine.json', http: { auth: 'anonymous' } });
    const { url, close } = await listen(server, '127.0.0.1', 0);
    const response = await ask((request) => fetch(url + '/mcp', { method: 'POST', headers: { 'content-type': 'application/json' }, body: request.body, duplex: 'half' }));
    console.log(JSON.stringify((await response.json()).result.tools.map(({ name }) => name)));
    await server.close();
    await close();`);
  expect(JSON.parse(output)).toEqual(['hub_search']);
});

it('is what its types say', () => {
  expectTypeOf<Awaited<ReturnType<typeof Actual.createFetchHandler>>>().toExtend<Declared.Server>();
  expectTypeOf<Declared.ServerOptions>().toExtend<NonNullable<Parameters<typeof Actual.createFetchHandler>[0]>>();
  expect(readFileSync(LIBRARY.replace(/js$/, 'd.ts'), 'utf8')).toContain('createFetchHandler');
});
