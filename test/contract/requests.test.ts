import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import elsewhere from './documented-elsewhere.json' with { type: 'json' };
import { operationOf, operations } from './openapi.js';

// Every request that hugwire sent in the end-to-end suites is one that the documents describe, or one of the list of
// those that are documented elsewhere. Path, method, names of parameters and what each may be.

const folder = process.env.HUGWIRE_TEST_REQUESTS ?? '';
const requests = folder
  ? [...new Set(readdirSync(folder).flatMap((name) => readFileSync(join(folder, name), 'utf8').split('\n')))]
  : [];

interface Sent {
  method: string;
  url: URL;
}

const routes = new Map<string, Sent[]>();
for (const request of requests.filter(Boolean).sort()) {
  const [method = '', address = ''] = request.split(' ');
  // Some tests serve the Hub below a path of its own.
  const url = new URL(address, 'http://hub');
  const route = routeOf(method, url);
  routes.set(route, [...(routes.get(route) ?? []), { method, url }]);
}

function routeOf(method: string, url: URL): string {
  const known = listed(method, url);
  return `${method} ${known?.path ?? operationOf(method, url)?.template ?? url.pathname}`;
}

function listed(method: string, url: URL) {
  return elsewhere.find((one) => (one.methods ?? ['GET']).includes(method) && new RegExp(one.path).test(url.pathname));
}

describe.skipIf(operations.length === 0)('what hugwire asks for', () => {
  it('was written down', () => {
    expect(routes.size).toBeGreaterThan(20);
  });

  it.each([...routes])('%s is documented', (_, sent) => {
    const wrong = sent.flatMap(({ method, url }) =>
      problemsOf(method, url).map((line) => `${url.pathname}${url.search}: ${line}`),
    );
    expect([...new Set(wrong)].slice(0, 10)).toEqual([]);
  });
});

/** `beside`: parameters that a route of the documents has beyond those that stand there. */
function problemsOf(method: string, url: URL): string[] {
  const known = listed(method, url);
  if (known?.beside) {
    for (const name of known.query) url.searchParams.delete(name);
  } else if (known) {
    if (known.query.includes('*')) return [];
    const names = [...url.searchParams.keys()].map((name) => name.replace(/\[\]$/, ''));
    return names.filter((name) => !known.query.includes(name)).map((name) => `nobody documents the parameter ${name}`);
  }
  const operation = operationOf(method === 'HEAD' ? 'GET' : method, url);
  return operation ? operation.checkRequest(url) : ['nobody documents this route'];
}
