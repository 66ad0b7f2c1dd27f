import type { Client } from '@gradio/client';
import { HugwireError } from '../errors.js';
import type { CallGuard } from './guard.js';

type ClientClass = typeof Client;
type Options = NonNullable<ConstructorParameters<ClientClass>[1]> & { guard: CallGuard };

let guarded: Promise<new (url: string, options: Options) => Client> | undefined;

/** Loads the client library at its first use and derives the class whose every request goes through a guard. */
async function loadGuarded() {
  const { Client: Base } = await import('@gradio/client');
  return class Guarded extends Base {
    private get guard(): CallGuard {
      return (this.options as Options).guard;
    }

    override fetch(input: Parameters<typeof fetch>[0], init: RequestInit = {}): Promise<Response> {
      return this.guard.fetch(new URL(input instanceof Request ? input.url : input), init);
    }

    override stream(url: URL): EventSource {
      // The library aborts this field when the app closes the stream; the guard has its own way to end it.
      this.abort_controller = new AbortController();
      return this.guard.stream(url);
    }
  };
}

/**
 * A Gradio client for one call, connected without a request: the guard answers what it asks for. One instance serves one
 * call only, since a failed stream leaves it unusable. It never gets a token.
 * @param guard the call's guard
 * @throws HugwireError `space_broken` when the library cannot make sense of the app
 */
export async function connectClient(guard: CallGuard): Promise<Client> {
  guarded ??= loadGuarded();
  const Guarded = (await guarded) as unknown as ClientClass;
  const options: Options = {
    events: ['data', 'status', 'log'],
    with_null_state: true,
    record_history: false,
    session_hash: guard.sessionHash,
    guard,
  };
  const client = await Guarded.connect(guard.base, options);
  if (!client.config || !client.api_info) {
    throw new HugwireError('space_broken', `The app at ${guard.base} could not be understood.`);
  }
  return client;
}
