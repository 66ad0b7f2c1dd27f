import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { ElicitRequestSchema, type JSONRPCMessage, ResultSchema } from '@modelcontextprotocol/sdk/types.js';
import { afterEach, expect, it } from 'vitest';
import { pushQuestion } from '../../src/engine/elicitation.js';

const QUESTION = { message: 'Well?', fields: { sure: { type: 'yes-no', title: 'Sure' } } } as const;

let server: Server;
let client: Client;
/** All that the server sent. */
let sent: JSONRPCMessage[];
afterEach(() => client.close());

async function connect(reply: () => Promise<object>) {
  const [ours, theirs] = InMemoryTransport.createLinkedPair();
  server = new Server({ name: 'hugwire', version: '1' }, { capabilities: {} });
  client = new Client({ name: 'test', version: '1' }, { capabilities: { elicitation: {} } });
  client.setRequestHandler(ElicitRequestSchema, reply as never);
  sent = [];
  const send = ours.send.bind(ours);
  ours.send = (message) => {
    sent.push(message);
    return send(message);
  };
  await Promise.all([server.connect(ours), client.connect(theirs)]);
}

const push: Parameters<typeof pushQuestion>[0] = (request, options) => server.request(request, ResultSchema, options);
const cancellations = () => sent.filter((one) => 'method' in one && one.method === 'notifications/cancelled');
const never = () => new Promise<object>(() => {});
const open = new AbortController().signal;

it('gives what the user answered', async () => {
  await connect(async () => ({ action: 'accept', content: { sure: true } }));
  expect(await pushQuestion(push, QUESTION, open)).toEqual({ action: 'accept', values: { sure: true } });
});

it('tells nothing of a call that is cancelled after its question was answered', async () => {
  const controller = new AbortController();
  await connect(async () => ({ action: 'decline' }));
  await pushQuestion(push, QUESTION, controller.signal);
  controller.abort();
  expect(cancellations()).toEqual([]);
});

it('takes the question back when the call is cancelled', async () => {
  const controller = new AbortController();
  await connect(async () => {
    controller.abort();
    return never();
  });
  await expect(pushQuestion(push, QUESTION, controller.signal)).rejects.toMatchObject({ code: 'cancelled' });
  expect(cancellations()).toHaveLength(1);
});

it('asks nothing for a call that is cancelled already', async () => {
  await connect(never);
  const before = sent.length;
  await expect(pushQuestion(push, QUESTION, AbortSignal.abort())).rejects.toMatchObject({ code: 'cancelled' });
  expect(sent).toHaveLength(before);
});

it('gives up when nobody answers', async () => {
  await connect(never);
  await expect(pushQuestion(push, QUESTION, open, 5)).rejects.toMatchObject({ code: 'timeout' });
  expect(cancellations()).toHaveLength(1);
});

it('ends when the client goes', async () => {
  await connect(async () => {
    void client.close();
    return never();
  });
  await expect(pushQuestion(push, QUESTION, open)).rejects.toMatchObject({ code: 'cancelled' });
});

it('tells what the client said of a question that it could not put', async () => {
  await connect(() => Promise.reject(new Error('no window\u001b[31m')));
  await expect(pushQuestion(push, QUESTION, open)).rejects.toMatchObject({
    code: 'unavailable',
    message: 'The client could not ask the user: MCP error -32603: no window',
  });
});

it.each([[{}], [{ action: 'yes' }], [{ action: 'accept' }], [{ action: 'accept', content: { sure: 1 } }]])(
  'takes %j for no answer',
  async (reply) => {
    await connect(async () => ({}));
    const request = async () => reply;
    await expect(pushQuestion({ request } as never, QUESTION, open)).rejects.toMatchObject({ code: 'unavailable' });
  },
);
