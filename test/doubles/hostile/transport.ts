import { Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import { type Call, type Misbehaviour, ROUTES, type RouteName } from './misbehaviour.js';

const CHUNK = Buffer.alloc(64 * 1024, 'a');
const TEN_GIGABYTES = 10_000_000_000;
const DRIP_MS = 50;

const PAGE = '<!DOCTYPE html><html><body><h1>502 Bad Gateway</h1><script>alert(1)</script></body></html>';

/** Answers that are wrong on any route, by name. */
const FAULTS = {
  /** Sends the caller to another origin. */
  redirect: redirectWith(307),
  moved: redirectWith(302),
  /** Takes the request and never answers. */
  hang: () => {},
  /** Cuts the connection. */
  reset: ({ request }: Call) => void request.socket.resetAndDestroy(),
  unavailable: answerWith(503, 'text/plain', 'Service Unavailable'),
  'bad-gateway': answerWith(502, 'text/html', PAGE),
  'server-error': answerWith(500, 'text/plain', 'Internal Server Error'),
  unauthorized: answerWith(401, 'application/json', '{"detail":{"error":"Not authenticated"}}'),
  'not-json': answerWith(200, 'application/json', '{"version": '),
  html: answerWith(200, 'text/html', PAGE),
  null: answerWith(200, 'application/json', 'null'),
  empty: answerWith(200, 'application/json', ''),
  /** Ten gigabytes, written as fast as they are taken. */
  huge: sendHuge,
  /** A little gzip that unpacks without an end. */
  bomb: sendBomb,
  /** Headers that never end, a few bytes at a time. */
  drip: dripHeaders,
  /** Half of what `content-length` says, then a cut. */
  truncated: sendHalf,
} satisfies Record<string, (call: Call) => void>;

type Fault = keyof typeof FAULTS;
type FaultName = `${Fault}-${RouteName | 'all'}`;

/** Every fault on every route, such as `hang-join` or `redirect-all`. */
export const TRANSPORT = Object.fromEntries(
  Object.entries(FAULTS).flatMap(([fault, answer]) =>
    [...ROUTES, 'all' as const].map((route) => [`${fault}-${route}`, { answer: { [route]: answer } }]),
  ),
) as Record<FaultName, Misbehaviour>;

function answerWith(status: number, type: string, body: string) {
  return ({ response }: Call) => void response.writeHead(status, { 'content-type': type }).end(body);
}

function redirectWith(status: number) {
  return ({ request, response, world }: Call) =>
    void response.writeHead(status, { location: new URL(request.url ?? '/', world.foreignUrl).href }).end();
}

function sendHuge(call: Call): void {
  const { response } = call;
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': TEN_GIGABYTES });
  response.write('{"padding":"');
  noteTaken(call);
  endless().pipe(response);
}

function sendBomb(call: Call): void {
  const { response } = call;
  response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' });
  noteTaken(call);
  const source = endless();
  const packed = source.pipe(createGzip());
  packed.pipe(response);
  response.once('close', () => {
    source.destroy();
    packed.destroy();
  });
}

function endless(): Readable {
  return new Readable({
    read() {
      this.push(CHUNK);
    },
  });
}

/** Notes how much of an answer without an end the caller took. */
function noteTaken({ request, response, note }: Call): void {
  const { socket } = request;
  const before = socket.bytesWritten;
  response.once('close', () => note(`${request.url} taken ${socket.bytesWritten - before}`));
}

function dripHeaders({ request }: Call): void {
  const { socket } = request;
  socket.write('HTTP/1.1 200 OK\r\n');
  const drip = setInterval(() => socket.write('x-more: 1\r\n'), DRIP_MS);
  socket.once('close', () => clearInterval(drip));
}

function sendHalf({ request, response }: Call): void {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': 2 * CHUNK.length });
  response.write(CHUNK, () => request.socket.destroy());
}
