import type { Client } from '@gradio/client';
import { HugwireError } from '../errors.js';
import type { CallGuard } from './guard.js';

type ClientClass = typeof Client;
type Options = NonNullable<ConstructorParameters<ClientClass>[1]> & { guard: CallGuard };

/** The library's events of one call. */
export type ClientEvents = ReturnType<Client['submit']>;

/** Event protocols that the library speaks; `ws` was Gradio 3. */
const PROTOCOLS = new Set(['sse', 'sse_v1', 'sse_v2', 'sse_v2.1', 'sse_v3']);

let guarded: ReturnType<typeof loadGuarded> | undefined;

/** Loads the client library at its first use and derives the class whose every request goes through a guard. */
async function loadGuarded() {
  const { Client: Base } = await import('@gradio/client');
  return class Guarded extends Base {
    override async fetch(input: Parameters<typeof fetch>[0], init: RequestInit = {}): Promise<Response> {
      const { guard } = this.options as Options;
      const url = new URL(input instanceof Request ? input.url : input);
      const address = `${url.origin}${url.pathname}`;
      // Both are known already, so that connecting costs no request and the app has no say in it.
      if (address === `${guard.app.site.base}/config`) return Response.json(leastConfig(guard));
      if (address === `${guard.api}/info`) return Response.json({ named_endpoints: {}, unnamed_endpoints: {} });
      return guard.fetch(url, init);
    }

    override stream(url: URL): EventSource {
      // The library aborts this field when the app closes the stream; the guard has its own way to end it.
      this.abort_controller = new AbortController();
      return (this.options as Options).guard.stream(url);
    }
  };
}

/**
 * The least of `/config` that the library can work with. What it does not know it cannot act on: a foreign root,
 * heartbeat streams, run history, hidden state.
 */
function leastConfig({ app, endpoint, protocol }: CallGuard): Record<string, unknown> {
  const { fnIndex: id, queue, slots } = endpoint;
  const inputs = slots.map((_, slot) => slot);
  return {
    version: app.version,
    protocol,
    root: app.site.base,
    api_prefix: app.apiPrefix,
    connect_heartbeat: false,
    components: [],
    dependencies: [{ id, inputs, outputs: [], queue, connection: 'sse', targets: [] }],
  };
}

/**
 * Sends a call through a Gradio client of its own: one instance serves one call only, since a failed stream leaves it
 * unusable. It never gets a token.
 * @param guard the call's guard
 * @param data one value per slot; the library may write into it
 * @returns the library's events; failures of the Space and the network come out of the guard instead
 * @throws HugwireError `space_broken` when the app speaks another protocol
 */
export async function submitCall(guard: CallGuard, data: unknown[]): Promise<ClientEvents> {
  const { app, protocol } = guard;
  if (!PROTOCOLS.has(protocol)) {
    const what = protocol === 'ws' ? 'Gradio 3, which has another protocol' : 'a protocol that hugwire does not know';
    throw new HugwireError('space_broken', `${app.site.id} speaks ${what}.`, { hint: 'Look for another Space.' });
  }
  guarded ??= loadGuarded();
  const Guarded = (await guarded) as unknown as ClientClass;
  const options: Options = {
    events: ['data', 'status', 'log'],
    with_null_state: true,
    record_history: false,
    session_hash: guard.sessionHash,
    guard,
  };
  const client = await Guarded.connect(app.site.base, options);
  return client.submit(guard.endpoint.fnIndex, data);
}
