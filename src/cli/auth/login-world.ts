import { readHubEnvironment } from '../../config/env.js';
import { HugwireError } from '../../errors.js';
import type { DeviceToken } from '../../hub/device-login.js';
import { createNetwork } from '../../hub/network.js';
import { connectHub, hubEndpoint, userAgent } from '../hub.js';
import { log } from '../output.js';
import { isInteractive, openPrompts } from '../terminal/prompts.js';
import { screenOf } from '../terminal/screen.js';
import { styleFor } from '../terminal/style.js';
import type { World } from '../world.js';
import { type DeviceTerminal, logInWithCode } from './device.js';
import type { LoginWorld } from './login.js';

const TIMEOUT_MS = 10_000;
/** No token is longer, nor is what a password manager prints with one. */
const MAX_STDIN = 64 * 1024;

export interface LoginWorldOptions {
  /** `--yes`: open the browser without asking. */
  yes?: boolean;
  /** Aborted when the user gives up. */
  signal: AbortSignal;
}

/**
 * What a login needs of this process: its terminal, its stdin, and the way to the Hub.
 * @param world the config and environment
 * @param options of the command
 * @throws HugwireError `invalid_arguments` when the config or the environment is broken
 */
export async function openLoginWorld(world: World, { yes, signal }: LoginWorldOptions): Promise<LoginWorld> {
  const { env, paths } = world;
  const { config } = world.load();
  const network = createNetwork(env);
  const said = readHubEnvironment(env);
  const endpoint = hubEndpoint(config, said).replace(/\/+$/, '');
  const clientId = config.token.oauthClientId ?? env.HF_DEVICE_CODE_OAUTH_CLIENT_ID?.trim();
  const prompts = isInteractive(env) ? await openPrompts() : undefined;
  const terminal: DeviceTerminal = {
    say: (line) => process.stderr.write(`${line}\n`),
    style: styleFor(process.stderr, env),
    prompts,
    yes,
    open: async (url) => (await import('../terminal/browser.js')).openBrowser(url),
  };
  const device = async (): Promise<DeviceToken> => {
    if (said.offline || config.hub.offline) throw offline();
    const wire = { endpoint, clientId: clientId ?? '', network, userAgent: userAgent(said), timeoutMs: TIMEOUT_MS };
    return logInWithCode({ ...wire, signal }, terminal);
  };
  const connect = (value: string) => {
    const token = async () => ({ value, source: 'the token that was given' });
    return connectHub(config, { env, network, log, token }).withSignal(signal);
  };
  const question = `Token (a read token will do: ${endpoint}/settings/tokens)`;
  const ask = prompts && (() => prompts.secret(question));
  const input = { device: clientId ? device : undefined, ask, stdin: readStdin };
  return { config: config.token, env, paths, screen: screenOf(), connect, input };
}

function offline(): HugwireError {
  return new HugwireError('offline', 'hugwire is set to offline, so nobody can log in.', {
    hint: 'Unset HF_HUB_OFFLINE, or set hub.offline to false in the config.',
  });
}

async function readStdin(): Promise<string> {
  let text = '';
  for await (const chunk of process.stdin) {
    text += chunk;
    if (text.length > MAX_STDIN) break;
  }
  return text;
}
