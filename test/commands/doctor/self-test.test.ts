import { describe, expect, it } from 'vitest';
import { checkSelf, testServer } from '../../../src/commands/doctor/self-test.js';
import { HugwireError } from '../../../src/lib/errors.js';
import { BROKEN, contextWith } from './context.js';

/** A server of a few lines, that answers what every server must; `before` runs first. */
const ANSWER = `
const lines = require('readline').createInterface({ input: process.stdin });
lines.on('line', (line) => {
  const { id, method } = JSON.parse(line);
  const result = method === 'tools/list' ? { tools: [{ name: 'a', description: 'b', inputSchema: {} }] } : {};
  if (id !== undefined) console.log(JSON.stringify({ jsonrpc: '2.0', id, result }));
});`;
const serverOf = (script: string) => ({ command: process.execPath, args: ['-e', script] });
const check = (script: string) => checkSelf(contextWith({ server: serverOf(script), env: {} }));

describe('a server', () => {
  it('that answers and ends is fine', async () => {
    const found = await check(ANSWER);
    expect(found.status).toBe('ok');
    expect(found.detail).toMatch(/^1 tool in \d+ ms, about \d+ tokens$/);
  });

  it('that prints on stdout is a problem, and the line is shown without its secrets', async () => {
    const found = await check(`console.log('hello \\u001b[31m hf_stray_secret_0123456789');${ANSWER}`);
    expect(found).toMatchObject({
      status: 'problem',
      detail: '1 line on stdout that clients cannot read: hello [token]',
      advice: expect.stringContaining('NODE_OPTIONS'),
    });
  });

  it('that ends by itself is a problem, with what it said', async () => {
    const found = await check(`console.error('no such thing: hf_log_secret_0123456789'); process.exit(3)`);
    expect(found).toMatchObject({ status: 'problem', detail: 'the server stopped by itself (exit code 3)' });
    expect(found.advice).toBe('Its log ends with: no such thing: [token]');
  });

  it('that answers with an error is a problem', async () => {
    const error = `console.log(JSON.stringify({ jsonrpc: '2.0', id: 1, error: { code: -1, message: 'not today' } }))`;
    const found = await check(`process.stdin.once('data', () => ${error}); process.stdin.resume()`);
    expect(found.detail).toBe('the server answers: not today');
  });

  it('that cannot be started is a problem', async () => {
    const server = { command: '/no/such/node', args: [] };
    const found = await checkSelf(contextWith({ server }));
    expect(found.status).toBe('problem');
    expect(found.detail).toContain('the server cannot be started: spawn /no/such/node ENOENT');
  });

  it('that does not end with its client is ended, and told of', async () => {
    const found = await check(`setInterval(() => {}, 1000);${ANSWER}`);
    expect(found.status).toBe('warning');
    expect(found.detail).toContain('did not stop when its client left');
  });

  it('that says nothing is given up when the time is up, and leaves no process behind', async () => {
    const script = `require('fs').writeSync(2, String(process.pid)); process.stdin.resume(); setInterval(() => {}, 1000)`;
    const found = await testServer(serverOf(script), {}, AbortSignal.timeout(1000));
    expect(found).toMatchObject({ failure: 'the server did not list its tools in time', ended: false });
    expect(() => process.kill(Number(found.log), 0)).toThrow('ESRCH');
  });

  it('is not started where it cannot start', async () => {
    expect((await checkSelf(contextWith({ loaded: BROKEN }))).status).toBe('skipped');
    const said = new HugwireError('invalid_arguments', 'HF_ENDPOINT');
    expect((await checkSelf(contextWith({ said }))).status).toBe('skipped');
  });
});
