import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** A language model that answers every chat with one tool call, over OpenAI's streaming protocol. */
export interface ScriptedModel {
  /** For clients that take the address of an OpenAI-like API, such as `http://127.0.0.1:PORT`. */
  url: string;
  /** The tools that were offered to it in the last chat. */
  offered(): { function: { name: string } }[];
  close(): Promise<void>;
}

/**
 * Starts a model that calls a tool, so that a client's own loop of model and tools can be run without one.
 * @param name of the tool
 * @param args its arguments; sent in two pieces, as models stream them
 */
export async function startScriptedModel(name: string, args: object): Promise<ScriptedModel> {
  let offered: { function: { name: string } }[] = [];
  const written = JSON.stringify(args);
  const half = Math.ceil(written.length / 2);
  const deltas = [
    {
      role: 'assistant',
      tool_calls: [{ index: 0, id: 'call_1', type: 'function', function: { name, arguments: written.slice(0, half) } }],
    },
    { tool_calls: [{ index: 0, function: { arguments: written.slice(half) } }] },
  ];
  const server = createServer(async (request, response) => {
    ({ tools: offered } = JSON.parse(await text(request)));
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const delta of deltas) {
      response.write(`data: ${JSON.stringify({ id: '1', model: 'scripted', choices: [{ index: 0, delta }] })}\n\n`);
    }
    response.end('data: [DONE]\n\n');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    offered: () => offered,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
