import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { goodConfig, goodInfo } from './app.js';
import { GOOD_FILE } from './files.js';
import { type Call, goodMessages, line, type Misbehaviour, type RouteName, type Run } from './misbehaviour.js';

const PATHS: readonly [RegExp, RouteName][] = [
  [/^\/config$/, 'config'],
  [/^\/gradio_api\/info$/, 'info'],
  [/^\/gradio_api\/upload$/, 'upload'],
  [/^\/gradio_api\/queue\/join$/, 'join'],
  [/^\/gradio_api\/queue\/data$/, 'data'],
  [/^\/gradio_api\/cancel$/, 'cancel'],
  [/^\/gradio_api\/file=/, 'file'],
];

type Answer = (call: Call) => void | Promise<void>;

/**
 * What answers every request of one Space.
 * @param behaviour what it does badly; the rest is done well
 */
export function createAnswer(behaviour: Misbehaviour): Answer {
  const routes = createRoutes(behaviour);
  return (call) => {
    const path = (call.request.url ?? '').split('?')[0] ?? '';
    const route = PATHS.find(([pattern]) => pattern.test(path))?.[1];
    const bad = (route && behaviour.answer?.[route]) ?? behaviour.answer?.all;
    if (bad) return bad(call);
    if (route) return routes[route](call);
    return sendJson(call.response, { detail: 'Not Found' }, 404);
  };
}

function createRoutes(behaviour: Misbehaviour): Record<RouteName, Answer> {
  /** What was joined, by session. */
  const joined = new Map<string, { eventId: string; data: unknown[] }>();
  return {
    config({ response, world }) {
      const config = goodConfig(world.url);
      sendJson(response, behaviour.config ? behaviour.config(config, world) : config);
    },
    info({ response, world }) {
      sendJson(response, behaviour.info ? behaviour.info(goodInfo(), world) : goodInfo());
    },
    async upload({ request, response }) {
      await readText(request);
      sendJson(response, ['/tmp/gradio/0123/file']);
    },
    async join({ request, response, note }) {
      const { data, session_hash } = JSON.parse(await readText(request));
      const eventId = randomUUID().replaceAll('-', '');
      joined.set(session_hash, { eventId, data });
      note('joined');
      sendJson(response, { event_id: eventId });
    },
    async data(call) {
      const session = new URL(call.request.url ?? '', call.world.url).searchParams.get('session_hash') ?? '';
      const { eventId, data } = joined.get(session) ?? { eventId: '', data: [] };
      joined.delete(session);
      const echo = [typeof data[0] === 'string' ? data[0] : null];
      await writeStream(call, behaviour, {
        ...call.world,
        eventId,
        outputs: behaviour.outputs?.(call.world) ?? echo,
      });
    },
    async cancel({ request, response, note }) {
      await readText(request);
      note('cancelled');
      sendJson(response, { success: true });
    },
    file({ response }) {
      const { headers, body } = behaviour.file ?? GOOD_FILE;
      response.writeHead(200, headers).end(body);
    },
  };
}

async function writeStream({ request, response, note }: Call, behaviour: Misbehaviour, run: Run): Promise<void> {
  const gone = new AbortController();
  response.once('close', () => {
    gone.abort();
    if (!response.writableEnded) note('stream closed by the caller');
  });
  response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
  for await (const piece of behaviour.stream?.(run) ?? [...goodMessages(run)].map(line)) {
    if (gone.signal.aborted) return;
    if (!response.write(piece)) await once(response, 'drain', { signal: gone.signal }).catch(() => {});
  }
  if (behaviour.after === 'silence') return;
  if (behaviour.after === 'reset') request.socket.resetAndDestroy();
  else response.end();
}

/** Text is taken for JSON as it is: what is nested too deeply cannot be written by `JSON.stringify`. */
function sendJson(response: ServerResponse, body: unknown, status = 200): void {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  response.writeHead(status, { 'content-type': 'application/json' }).end(text);
}

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
