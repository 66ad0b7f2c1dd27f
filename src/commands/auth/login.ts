import { readHubEnvironment } from '../../config/paths.js';
import { readToken, storeToken } from '../../config/token.js';
import { connectHub, hubEndpoint, userAgent } from '../../engine/runtime.js';
import { type Account, fetchAccount } from '../../hub/account/account.js';
import { awaitDeviceToken, type DeviceToken, type DeviceWire, requestDeviceCode } from '../../hub/account/login.js';
import type { HubClient } from '../../hub/types.js';
import { HugwireError, toHugwireError } from '../../lib/errors.js';
import { formatDuration } from '../../lib/format.js';
import { log } from '../../lib/log.js';
import { createNetwork } from '../../lib/network.js';
import { hide } from '../../lib/text.js';
import type { World } from '../context.js';
import { openPrompts, type Prompts } from '../prompts.js';
import {
  type CommandResult,
  listFacts,
  openBrowser,
  readStdin,
  type Screen,
  type Style,
  screenOf,
  styleFor,
  withSpinner,
  wrapLine,
} from '../terminal.js';
import {
  describeExpiry,
  describeRights,
  howToSwitchOff,
  mayWrite,
  ownPlace,
  surveyToken,
  type TokenWorld,
  WHY_NOT_WRITE,
} from './token.js';

/** Where a token comes from; never from an argument. */
interface TokenInput {
  /** Logs in with a code in the browser, if an OAuth app is configured. */
  device?(): Promise<DeviceToken>;
  /** Asks for the token in the terminal, if there is one. */
  ask?(): Promise<string>;
  /** Reads it from stdin. */
  stdin(): Promise<string>;
}

export interface LoginOptions {
  /** `--token-stdin` */
  tokenStdin?: boolean;
  /** `--paste` */
  paste?: boolean;
}

export interface LoginWorld extends TokenWorld {
  input: TokenInput;
  /** A way to the Hub that sends this token and no other. */
  connect(token: string): HubClient;
  screen: Screen;
  now?: number;
}

/**
 * `hugwire auth login`: gets a token, asks the Hub whose it is, and stores it for this user only.
 * @param options how to get it
 * @param world where it comes from and where it goes
 * @throws HugwireError `unauthorized` when the Hub rejects it, or why it could not be checked: nothing is stored then
 */
export async function logIn(options: LoginOptions, world: LoginWorld): Promise<CommandResult> {
  const { value, expiresAt } = await obtain(options, world.input);
  const account = await check(value, world.connect(value));
  const path = await storeToken(world.paths, value);
  const expiry = describeExpiry(account.token.expiresAt ?? expiresAt, world.now ?? Date.now());
  const facts: [string, string][] = [
    ['Account', `${account.name} (${account.plan})`],
    ['Rights', describeRights(account.token).join('; ')],
    ...(expiry ? [['Expires', `${expiry}; hugwire does not renew it, so log in again then`] as [string, string]] : []),
    ['Stored in', path],
  ];
  const { screen } = world;
  const warnings = [...(mayWrite(account.token) ? [WHY_NOT_WRITE] : []), ...(await overruled(world))];
  const lines = [
    screen.style.green(`✓ Logged in as ${account.name}`),
    ...listFacts(facts, screen, 2),
    ...warnings.flatMap((text) => wrapLine(`! ${text}`, screen.width)).map((line) => screen.style.yellow(line)),
  ];
  return { text: lines.join('\n'), exitCode: 0 };
}

async function obtain({ tokenStdin, paste }: LoginOptions, { device, ask, stdin }: TokenInput): Promise<DeviceToken> {
  if (tokenStdin) return { value: clean(await stdin()) };
  if (device && !paste) return device();
  if (ask) return { value: clean(await ask()) };
  throw new HugwireError('invalid_arguments', 'There is no terminal to ask for a token in.', {
    hint: 'Pass it on stdin: `hugwire auth login --token-stdin < FILE`.',
  });
}

function clean(text: string): string {
  // Password managers print the password first, and other details below it.
  const look = readToken(text.trim().split(/\r?\n/)[0] ?? '');
  if (look.state === 'found') return look.value;
  const whats: Partial<Record<typeof look.state, string>> = {
    empty: 'The token is empty.',
    placeholder: 'This is a placeholder, not a token.',
  };
  const what = whats[look.state] ?? 'This is not a token: it contains invalid characters.';
  throw new HugwireError('invalid_arguments', what, { hint: 'A token looks like hf_… and is on one line.' });
}

async function check(value: string, hub: HubClient): Promise<Account> {
  try {
    return await fetchAccount(hub);
  } catch (caught) {
    const { code, message, hint, retryAfterSeconds, requestId } = toHugwireError(caught);
    if (code === 'unauthorized') {
      throw new HugwireError('unauthorized', 'The Hub rejects this token, so it was not stored.', {
        hint: `Create one at ${hub.endpoint}/settings/tokens; the role "read" is enough.`,
        requestId,
      });
    }
    const why = `The token could not be checked, so it was not stored. ${hide(message, value)}`;
    throw new HugwireError(code, why, { hint, retryAfterSeconds, requestId });
  }
}

/** Why the new token is not used yet. */
async function overruled(world: TokenWorld): Promise<string[]> {
  const { found, places, setting } = await surveyToken(world);
  const used = places.find((one) => one.used)?.place;
  if (used === ownPlace(world.paths)) return [];
  if (setting !== 'auto') {
    return [`It is not used yet: token.source in the config is "${setting}". To change that: hugwire auth source auto`];
  }
  if (used) return [`It is not used yet: ${used} comes first. ${howToSwitchOff(used)}`];
  return [`It is not used yet: ${found.source}. See \`hugwire auth status\`.`];
}

const TIMEOUT_MS = 10_000;

interface LoginWorldOptions {
  /** `--yes`: open the browser without asking. */
  yes?: boolean;
  /** Aborted when the user gives up. */
  signal: AbortSignal;
}

/**
 * What a login needs from this process: its terminal, its stdin, and a way to the Hub.
 * @param world the config and environment
 * @param options of the command
 * @throws HugwireError `invalid_arguments` when the config or the environment is broken
 */
export async function openLoginWorld(world: World, { yes, signal }: LoginWorldOptions): Promise<LoginWorld> {
  const { env, paths } = world;
  const { config } = world.load();
  const network = createNetwork(env);
  const said = readHubEnvironment(env);
  const endpoint = hubEndpoint(config, said).replace(/(?<!\/)\/+$/, '');
  const clientId = config.token.oauthClientId ?? env.HF_DEVICE_CODE_OAUTH_CLIENT_ID?.trim();
  const prompts = openPrompts(env);
  const terminal: DeviceTerminal = {
    say: (line) => process.stderr.write(`${line}\n`),
    style: styleFor(process.stderr, env),
    prompts,
    yes,
    open: openBrowser,
  };
  const device = async (): Promise<DeviceToken> => {
    if (said.offline || config.hub.offline) throw offline();
    const wire = { endpoint, clientId: clientId ?? '', network, userAgent: userAgent(said), timeoutMs: TIMEOUT_MS };
    return logInWithCode({ ...wire, signal }, terminal);
  };
  const connect = (value: string) => {
    const token = async () => ({ value, source: 'the given token' });
    return connectHub(config, { env, network, log, token }).withSignal(signal);
  };
  const question = `Token (a read token is enough: ${endpoint}/settings/tokens)`;
  const ask = prompts && (() => prompts.secret(question));
  const input = { device: clientId ? device : undefined, ask, stdin: readStdin };
  return { config: config.token, env, paths, screen: screenOf(), connect, input };
}

function offline(): HugwireError {
  return new HugwireError('offline', 'hugwire is offline, so you cannot log in.', {
    hint: 'Unset HF_HUB_OFFLINE, or set hub.offline to false in the config.',
  });
}

interface DeviceTerminal {
  /** Takes a line for people. */
  say(line: string): void;
  /** Colours of that place. */
  style: Pick<Style, 'bold'>;
  /** Asks whether to open the browser; unset where nobody can be asked. */
  prompts?: Pick<Prompts, 'confirm'>;
  /** `--yes`: opens it without asking. */
  yes?: boolean;
  open(url: string): Promise<boolean>;
}

/**
 * Logs in with a code: shows it and where to enter it, opens the browser if the user agrees, and waits.
 * @param wire the Hub and the OAuth app
 * @param terminal where the user is
 * @throws HugwireError as `requestDeviceCode` and `awaitDeviceToken` do
 */
export async function logInWithCode(wire: DeviceWire, terminal: DeviceTerminal): Promise<DeviceToken> {
  const code = await requestDeviceCode(wire);
  const { say, style, prompts, yes, open } = terminal;
  say(`Open ${code.url} and enter the code ${style.bold(code.userCode)}`);
  if (yes || (await prompts?.confirm('Open that page in your browser now?'))) {
    if (!(await open(code.urlWithCode ?? code.url))) say('No browser could be opened. Open the page yourself.');
  }
  const left = formatDuration((code.expiresAt - (wire.now ?? Date.now)()) / 1000);
  if (!prompts) say(`Waiting for you to approve it there; the code is valid for ${left}. Ctrl-C cancels.`);
  return withSpinner(`Waiting for you to approve it in the browser (at most ${left}; Ctrl-C cancels)`, () =>
    awaitDeviceToken(code, wire),
  );
}
