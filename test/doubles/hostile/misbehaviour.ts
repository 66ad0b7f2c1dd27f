import type { IncomingMessage, ServerResponse } from 'node:http';

/** What the hostile Space answers on; `all` stands for every one of them. */
export const ROUTES = ['config', 'info', 'upload', 'join', 'data', 'cancel', 'file'] as const;
export type RouteName = (typeof ROUTES)[number];

export type Fields = Record<string, unknown>;

/** Where a misbehaviour can point to. */
export interface World {
  /** The Space itself. */
  url: string;
  /** Another origin, which records who comes. */
  foreignUrl: string;
}

/** A request that is to be answered. */
export interface Call {
  request: IncomingMessage;
  response: ServerResponse;
  world: World;
  note(line: string): void;
}

/** A stream of messages that is to be written. */
export interface Run extends World {
  eventId: string;
  /** What the run gives unless it is made to misbehave. */
  outputs: unknown[];
}

/** A way of speaking the protocol badly. Everything that it leaves out is done well. */
export interface Misbehaviour {
  /** Changes the good description of the app. */
  config?(config: Fields, world: World): unknown;
  /** Changes the good description of the endpoints. */
  info?(info: Fields, world: World): unknown;
  /** Answers routes in its own way. */
  answer?: Partial<Record<RouteName | 'all', (call: Call) => void>>;
  /** The queue's stream as it is written, instead of messages that end well. */
  stream?(run: Run): Iterable<string | Buffer> | AsyncIterable<string | Buffer>;
  /** What follows the stream's last piece: a proper end unless told. */
  after?: 'reset' | 'silence';
  /** The outputs of a run that otherwise goes well. */
  outputs?(world: World): unknown[];
  /** Bytes and headers of every file. */
  file?: { headers?: Record<string, string>; body: string | Buffer };
}

/** One block of an event stream. */
export function line(message: unknown): string {
  return `data: ${typeof message === 'string' ? message : JSON.stringify(message)}\n\n`;
}

/** The messages of a run that ends well. */
export function* goodMessages({ eventId: event_id, outputs: data }: Run): Generator<Fields> {
  yield { msg: 'estimation', event_id, rank: 0, queue_size: 1, rank_eta: null };
  yield { msg: 'process_starts', event_id, eta: null };
  yield { msg: 'process_completed', event_id, output: { data, is_generating: false }, success: true, title: null };
  yield { msg: 'close_stream', event_id: null };
}
