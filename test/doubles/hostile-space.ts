import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { SeenRequest } from '../../src/world/types.js';
import { DESCRIPTIONS } from './hostile/descriptions.js';
import { FAILURES } from './hostile/failures.js';
import { FILES } from './hostile/files.js';
import type { Misbehaviour, World } from './hostile/misbehaviour.js';
import { createAnswer } from './hostile/routes.js';
import { STREAMS } from './hostile/streams.js';
import { TEXTS } from './hostile/texts.js';
import { TRANSPORT } from './hostile/transport.js';

/** Every way of misbehaving that has a name. */
export const MISBEHAVIOURS = { ...TRANSPORT, ...STREAMS, ...FILES, ...TEXTS, ...DESCRIPTIONS, ...FAILURES };
export type HostileName = keyof typeof MISBEHAVIOURS;

export interface HostileSpace {
  url: string;
  /** Every request, in order. */
  seen: SeenRequest[];
  /** Another origin, which a careful caller never comes to: there, everything works. */
  foreign: { url: string; seen: SeenRequest[] };
  /** What happened: `joined`, `cancelled`, `stream closed by the caller`, `/PATH taken BYTES`. */
  log: string[];
  close(): Promise<void>;
}

/**
 * Starts a Space that speaks Gradio's protocol badly on purpose, on the loopback interface. It offers `/echo` (a text),
 * `/send` (a file) and `/make` (nothing to give); all that no misbehaviour changes works.
 * @param misbehaviours names from the table or own ones; where two change the same thing, the later one wins
 */
export async function startHostileSpace(...misbehaviours: (HostileName | Misbehaviour)[]): Promise<HostileSpace> {
  const chosen = misbehaviours.map((each): Misbehaviour => (typeof each === 'string' ? MISBEHAVIOURS[each] : each));
  const answer = Object.assign({}, ...chosen.map((each) => each.answer));
  const behaviour: Misbehaviour = Object.assign({}, ...chosen, { answer });

  const foreign = await listen({}, '');
  const space = await listen(behaviour, foreign.url);
  return {
    url: space.url,
    seen: space.seen,
    foreign: { url: foreign.url, seen: foreign.seen },
    log: space.log,
    close: async () => void (await Promise.all([stop(space.server), stop(foreign.server)])),
  };
}

async function listen(behaviour: Misbehaviour, foreignUrl: string) {
  const seen: SeenRequest[] = [];
  const log: string[] = [];
  const world: World = { url: '', foreignUrl };
  const answer = createAnswer(behaviour);
  const server = createServer(async (request, response) => {
    seen.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers });
    try {
      await answer({ request, response, world, note: (line) => log.push(line) });
    } catch (error) {
      // A caller that goes away in the middle of its request is no fault of this server.
      if (request.complete) log.push(`fault: ${error}`);
      response.destroy();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  world.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { server, url: world.url, seen, log };
}

async function stop(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeAllConnections();
  await closed;
}
