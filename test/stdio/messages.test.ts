import { describe, expect, it } from 'vitest';
import { readLine } from '../../src/stdio/messages.js';

const ping = { jsonrpc: '2.0', id: 1, method: 'ping' };
const call = (params: unknown) => ({ jsonrpc: '2.0', id: 1, method: 'tools/call', params });

describe('a line', () => {
  it.each([
    ping,
    { jsonrpc: '2.0', method: 'notifications/initialized' },
    { jsonrpc: '2.0', id: 'a', result: {} },
    call({ name: 'x' }),
    call({ name: 'x', arguments: {} }),
  ])('is served: %j', (message) => {
    expect(readLine(JSON.stringify(message))).toEqual({ messages: [message], refusals: [] });
  });

  it.each([
    ['{"query":"bert"}', { query: 'bert' }],
    [null, undefined],
    [['bert', 5], { positional: ['bert', 5] }],
    ['["bert"]', { positional: ['bert'] }],
    ['[]', undefined],
  ])('with arguments as some clients write them is mended: %j', (given, args) => {
    const { messages } = readLine(JSON.stringify(call({ name: 'x', arguments: given })));
    expect(messages).toEqual([call({ name: 'x', arguments: args })]);
  });

  it.each([
    [{ ...ping, sessionId: 's', '': 1 }, ping],
    [{ ...ping, result: null, error: null }, ping],
    [
      { jsonrpc: '2.0', id: 2, result: {}, error: null, params: null },
      { jsonrpc: '2.0', id: 2, result: {} },
    ],
    [
      { jsonrpc: '2.0', id: 2, result: null, error: { code: 1, message: 'no' } },
      { jsonrpc: '2.0', id: 2, error: { code: 1, message: 'no' } },
    ],
  ])('with members that its message should not have is served without them: %j', (given, message) => {
    expect(readLine(JSON.stringify(given))).toEqual({ messages: [message], refusals: [] });
  });

  it('with a batch is taken apart, its good parts served', () => {
    const { messages, refusals } = readLine(JSON.stringify([ping, { id: 2 }, ping]));
    expect(messages).toEqual([ping, ping]);
    expect(refusals).toEqual([{ code: -32600, id: 2, message: expect.stringContaining('jsonrpc') }]);
  });

  it.each([
    ['{bad', -32700, undefined],
    [
      `{"jsonrpc":"2.0","id":5,"method":"ping","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":${'['.repeat(9000)}${']'.repeat(9000)}}}}`,
      -32600,
      5,
    ],
    ['[]', -32600, undefined],
    ['5', -32600, undefined],
    ['{"jsonrpc":"1.0","id":3,"method":"ping"}', -32600, 3],
    ['{"id":77,"method":"ping"}', -32600, 77],
    ['{"jsonrpc":"2.0","id":"b","method":5}', -32600, 'b'],
    ['{"jsonrpc":"2.0","id":{},"method":"ping"}', -32600, undefined],
    ['{"jsonrpc":"2.0","id":4,"method":"tools/list","params":[1]}', -32602, 4],
    ['{"jsonrpc":"2.0","id":1.5,"method":"ping"}', -32600, 1.5],
    [JSON.stringify(call(undefined)), -32602, 1],
    [JSON.stringify(call({ name: 5 })), -32602, 1],
    [JSON.stringify(call({ name: 'x', arguments: 7 })), -32602, 1],
    [JSON.stringify(call({ name: 'x', arguments: 'query=bert' })), -32602, 1],
  ])('is refused: %s', (line, code, id) => {
    expect(readLine(line)).toEqual({ messages: [], refusals: [{ code, id, message: expect.any(String) }] });
  });
});
