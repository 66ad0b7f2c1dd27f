import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Endpoint } from '../../src/gradio/types.js';
import type { SpaceApp } from '../../src/spaces/types.js';

/** The queue id that the scripted Space gives to every call. */
export const EVENT_ID = '8eb5c1f0a9d34c0f';

export type Answer = (response: ServerResponse, request: IncomingMessage & { body: Buffer }) => void;

/** What the Space does on each route; the rest behaves well and answers `['done']`. */
export interface Script {
  join?: Answer;
  data?: Answer;
  cancel?: Answer;
  run?: Answer;
  upload?: Answer;
  /** Any other path, by its beginning. */
  other?: Record<string, Answer>;
}

export interface ScriptedSpace {
  url: string;
  seen: { method: string; url: string; headers: IncomingMessage['headers']; body: Buffer }[];
  close(): Promise<void>;
}

/** Writes one message of a queue stream. */
export function say(response: ServerResponse, message: unknown): void {
  if (!response.headersSent) response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.write(`data: ${typeof message === 'string' ? message : JSON.stringify(message)}\n\n`);
}

/** Writes the messages of a whole run that ends well. */
export function finish(response: ServerResponse, data: unknown[] = ['done']): void {
  say(response, { msg: 'process_completed', event_id: EVENT_ID, output: { data }, success: true });
  say(response, { msg: 'close_stream', event_id: null });
  response.end();
}

/** Answers with JSON. */
export function json(body: unknown, status = 200): Answer {
  return (response) => response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

const BEHAVED: Required<Omit<Script, 'other'>> = {
  join: json({ event_id: EVENT_ID }),
  data: (response) => finish(response),
  cancel: json({ success: true }),
  run: json({ data: ['done'] }),
  upload: json(['/tmp/gradio/0a/file.txt']),
};

const ROUTES: [RegExp, keyof typeof BEHAVED][] = [
  [/\/queue\/join$/, 'join'],
  [/\/queue\/data$/, 'data'],
  [/\/cancel$/, 'cancel'],
  [/\/run\//, 'run'],
  [/\/upload$/, 'upload'],
];

/** Starts a Space that speaks Gradio's protocol as the script says, on the loopback interface. */
export async function startScriptedSpace(script: Script = {}): Promise<ScriptedSpace> {
  const seen: ScriptedSpace['seen'] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const url = request.url ?? '/';
    seen.push({ method: request.method ?? '', url, headers: request.headers, body });
    const path = url.split('?')[0] ?? '';
    const other = Object.entries(script.other ?? {}).find(([start]) => path.startsWith(start))?.[1];
    const route = ROUTES.find(([pattern]) => pattern.test(path))?.[1];
    const answer = other ?? (route && (script[route] ?? BEHAVED[route])) ?? json({ detail: 'Not Found' }, 404);
    answer(response, Object.assign(request, { body }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = async () => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeAllConnections();
    await closed;
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen, close };
}

/** An endpoint of one text and one answer, unless told otherwise. */
export function plainEndpoint(change: Partial<Endpoint> = {}): Endpoint {
  return {
    name: '/run',
    fnIndex: 3,
    parameters: [
      { name: 'text', label: 'Text', component: 'textbox', required: true, schema: { type: 'string' }, slot: 0 },
    ],
    returns: [{ label: 'Answer', component: 'textbox', schema: { type: 'string' } }],
    slots: [{ parameter: 'text' }],
    outputSlots: [0],
    queue: true,
    hidden: false,
    ...change,
  };
}

/** The description of a local app at an address. */
export function plainApp(
  url: string,
  change: { endpoints?: Endpoint[]; protocol?: string; root?: string } = {},
): SpaceApp {
  return {
    site: {
      id: url,
      origin: new URL(url).origin,
      base: url,
      kind: 'local',
      private: false,
      zeroGpu: false,
      sendToken: false,
    },
    version: '6.25.0',
    apiPrefix: '/gradio_api',
    endpoints: change.endpoints ?? [plainEndpoint()],
    config: { protocol: change.protocol ?? 'sse_v3', root: change.root ?? url },
  };
}
