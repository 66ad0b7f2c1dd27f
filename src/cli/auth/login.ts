import { storeToken } from '../../config/token-file.js';
import { readToken } from '../../config/token-places.js';
import { HugwireError, toHugwireError } from '../../errors.js';
import { type Account, fetchAccount } from '../../hub/account.js';
import type { DeviceToken } from '../../hub/device-login.js';
import type { HubClient } from '../../hub/types.js';
import { hide } from '../../text/redact.js';
import type { CommandResult } from '../output.js';
import { listFacts, type Screen } from '../terminal/screen.js';
import { wrapLine } from '../terminal/wrap.js';
import { describeExpiry, howToSwitchOff, WHY_NOT_WRITE } from './advice.js';
import { describeRights, mayWrite } from './rights.js';
import { ownPlace, surveyToken, type TokenWorld } from './survey.js';

/** How a token comes to hugwire; never as an argument. */
export interface TokenInput {
  /** Logs in with a code in the browser, where an OAuth app is configured. */
  device?(): Promise<DeviceToken>;
  /** Asks for the token at the terminal, where there is one. */
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
 * `hugwire auth login`: gets a token, asks the Hub whose it is, and stores it for this user alone.
 * @param options how to get it
 * @param world where it comes from and where it goes
 * @throws HugwireError `unauthorized` when the Hub turns it down, and what else kept it from being checked: nothing is
 *   stored then
 */
export async function logIn(options: LoginOptions, world: LoginWorld): Promise<CommandResult> {
  const { value, expiresAt } = await obtain(options, world.input);
  const account = await check(value, world.connect(value));
  const path = await storeToken(world.paths, value);
  const expiry = describeExpiry(account.token.expiresAt ?? expiresAt, world.now ?? Date.now());
  const facts: [string, string][] = [
    ['Account', `${account.name} (${account.plan})`],
    ['Rights', describeRights(account.token).join('; ')],
    ...(expiry ? [['Expires', `${expiry}; hugwire does not renew it: log in again then`] as [string, string]] : []),
    ['Stored in', path],
  ];
  const { screen } = world;
  const warnings = [...(mayWrite(account.token) ? [WHY_NOT_WRITE] : []), ...(await overruled(world))];
  const lines = [
    screen.style.green(`✓ Logged in as ${account.name}`),
    ...listFacts(facts, screen, 2),
    ...warnings.flatMap((text) => wrapLine(`! ${text}`, screen.width)).map((line) => screen.style.yellow(line)),
  ];
  return { output: lines.join('\n'), exitCode: 0 };
}

async function obtain({ tokenStdin, paste }: LoginOptions, { device, ask, stdin }: TokenInput): Promise<DeviceToken> {
  if (tokenStdin) return { value: clean(await stdin()) };
  if (device && !paste) return device();
  if (ask) return { value: clean(await ask()) };
  throw new HugwireError('invalid_arguments', 'There is no terminal to ask for a token at.', {
    hint: 'Give it on stdin: `hugwire auth login --token-stdin < file`.',
  });
}

function clean(text: string): string {
  // Password managers print the password first and what else they know of it below.
  const look = readToken(text.trim().split(/\r?\n/)[0] ?? '');
  if (look.state === 'found') return look.value;
  const what = look.state === 'empty' ? 'There was no token.' : 'That is no token: it holds characters that none has.';
  throw new HugwireError('invalid_arguments', what, { hint: 'A token looks like hf_… and stands on one line.' });
}

async function check(value: string, hub: HubClient): Promise<Account> {
  try {
    return await fetchAccount(hub);
  } catch (caught) {
    const { code, message, hint, retryAfterSeconds, requestId } = toHugwireError(caught);
    if (code === 'unauthorized') {
      throw new HugwireError('unauthorized', 'The Hub does not know this token, so it was not stored.', {
        hint: `Make one at ${hub.endpoint}/settings/tokens; the role "read" is enough.`,
        requestId,
      });
    }
    const why = `The token could not be checked, so it was not stored. ${hide(message, value)}`;
    throw new HugwireError(code, why, { hint, retryAfterSeconds, requestId });
  }
}

/** What keeps the new token from being used. */
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
