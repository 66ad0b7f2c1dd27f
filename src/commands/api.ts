import type { Command } from 'commander';
import { readAdded } from '../engine/assistants.js';
import type { StartedHttp } from '../http/serve.js';
import { HugwireError } from '../lib/errors.js';
import type { World } from './context.js';
import { addHttpOptions, type ServeFlags, startServer } from './serve.js';

/** `hugwire api`: the same as `serve --http`, told to whoever has a front end for assistants. */
export function wire(command: Command, world: World): void {
  command.option('--demo', 'answer from a script, over the demo world: no network, no token, no model');
  addHttpOptions(command, ['host', 'port', 'auth', 'publicUrl', 'state', 'metricsPort']);
  command.action((options: ServeFlags) => {
    if (options.auth === 'anonymous') {
      throw new HugwireError('invalid_arguments', 'Assistants are not for anonymous callers: their model costs you.', {
        hint: 'Leave --auth out: callers need a key then. With --auth hub-token they bring their own token.',
      });
    }
    return startServer(world, { ...options, http: true }, describeApi);
  });
}

/** How to connect a front end. */
export function describeApi({ url, auth, key, config }: StartedHttp): string {
  const base = url.replace(/\/mcp$/, '/v1');
  const names = ['hugwire', ...readAdded(config).map(({ name }) => name)];
  const sent = auth === 'hub-token' ? '$HF_TOKEN' : (key ?? 'KEY');
  const callers =
    auth === 'hub-token'
      ? ['  Callers   whoever sends a Hugging Face token; their own token pays for the model']
      : key === undefined
        ? ['  Key       as it was shown; another one: hugwire http keys add NAME']
        : [`  Key       ${key}`, '            It is shown only now: hugwire keeps a hash of it'];
  return [
    '',
    'hugwire answers whatever speaks the API of OpenAI',
    `  Base URL  ${base}`,
    ...callers,
    `  Models    ${names.join(', ')}`,
    `  Try       curl ${base}/responses -H "Authorization: Bearer ${sent}" -H "Content-Type: application/json" -d '{"model":"hugwire","input":"Find a small speech model"}'`,
    `  Gradio    gr.load_chat("${base}", model="hugwire", token="${sent}").launch()`,
    `  MCP       ${url}`,
    '  Stop      Ctrl+C',
    '',
    '',
  ].join('\n');
}
