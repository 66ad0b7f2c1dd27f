import { subscribe } from 'node:diagnostics_channel';
import { appendFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { afterAll, expect } from 'vitest';

// Writes down what hugwire asks of the small Hub where its tools run as a whole, for the contract check: method and address, nothing else.

const folder = process.env.HUGWIRE_TEST_REQUESTS;
const seen = new Set<string>();

if (folder) {
  subscribe('http.server.response.finish', (message) => {
    const { request, response } = message as { request: IncomingMessage; response: ServerResponse };
    const fromHugwire = request.headers['user-agent']?.startsWith('hugwire');
    if (fromHugwire && response.getHeader('x-powered-by') === 'huggingface-moon') {
      seen.add(`${request.method} ${request.url}`);
    }
  });
  afterAll(() => {
    // Unit tests of the client ask for whatever they like.
    const whole = /[\\/](?:e2e|tools)[\\/]/.test(expect.getState().testPath ?? '');
    if (whole && seen.size > 0) appendFileSync(join(folder, `${process.pid}.txt`), [...seen, ''].join('\n'));
    seen.clear();
  });
}
