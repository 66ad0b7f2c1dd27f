import { awaitDeviceToken, type DeviceToken, type DeviceWire, requestDeviceCode } from '../../hub/device-login.js';
import { formatDuration } from '../../text/format.js';
import type { Prompts } from '../terminal/prompts.js';
import { withSpinner } from '../terminal/spinner.js';
import type { Style } from '../terminal/style.js';

export interface DeviceTerminal {
  /** Takes a line for people. */
  say(line: string): void;
  /** Colours of that place. */
  style: Pick<Style, 'bold'>;
  /** Asks whether the browser may be opened; unset where nobody can be asked. */
  prompts?: Pick<Prompts, 'confirm'>;
  /** `--yes`: opens it without asking. */
  yes?: boolean;
  open(url: string): Promise<boolean>;
}

/**
 * Logs in with a code: shows it and where it belongs, opens the browser if the user wants, and waits.
 * @param wire the Hub and the OAuth app
 * @param terminal where the user is
 * @throws HugwireError as `requestDeviceCode` and `awaitDeviceToken` do
 */
export async function logInWithCode(wire: DeviceWire, terminal: DeviceTerminal): Promise<DeviceToken> {
  const code = await requestDeviceCode(wire);
  const { say, style, prompts, yes, open } = terminal;
  say(`Open ${code.url} and enter the code ${style.bold(code.userCode)}`);
  if (yes || (await prompts?.confirm('Open that page in your browser now?'))) {
    if (!(await open(code.urlWithCode ?? code.url))) say('No browser could be opened: open the page yourself.');
  }
  const left = formatDuration((code.expiresAt - (wire.now ?? Date.now)()) / 1000);
  if (!prompts) say(`Waiting for you to agree there; the code is good for ${left}. Ctrl-C gives up.`);
  return withSpinner(`Waiting for you to agree in the browser (${left} at most; Ctrl-C gives up)`, () =>
    awaitDeviceToken(code, wire),
  );
}
