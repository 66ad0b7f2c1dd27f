/** What the SDK answers what it cannot serve with. */
const SERVER_ERROR = -32000;
export const SESSION_NOT_FOUND = -32001;

interface Failure {
  status: number;
  message: string;
  code?: number;
  id?: unknown;
  headers?: Record<string, string>;
}

/** An error of JSON-RPC with the status of HTTP that goes with it. */
export function fail({ status, message, code = SERVER_ERROR, id = null, headers }: Failure): Response {
  return Response.json({ jsonrpc: '2.0', id, error: { code, message } }, { status, headers });
}

/** The answer to what was taken in and needs none. */
export function accepted(): Response {
  return new Response(null, { status: 202 });
}

/** The headers of a stream of events; proxies are told not to gather them. */
export const EVENT_STREAM = {
  'Content-Type': 'text/event-stream',
  'Cache-Control': 'no-cache, no-transform',
  'X-Accel-Buffering': 'no',
};

export function isEventStream(response: Response): boolean {
  return response.body !== null && response.headers.get('content-type')?.startsWith('text/event-stream') === true;
}

/**
 * The same answer, which tells when its stream is over, be it that all was sent or that nobody reads any more.
 * @param done called once; immediately unless the answer is a stream
 */
export function onEnd(response: Response, done: () => void): Response {
  const { body, status, headers } = response;
  if (!body || !isEventStream(response)) {
    done();
    return response;
  }
  const reader = body.getReader();
  const watched = new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { done: over, value } = await reader.read();
        if (!over) return controller.enqueue(value);
        done();
        controller.close();
      } catch (error) {
        done();
        controller.error(error);
      }
    },
    async cancel(reason) {
      done();
      await reader.cancel(reason).catch(() => {});
    },
  });
  return new Response(watched, { status, headers });
}
