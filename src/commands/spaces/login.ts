import { HugwireError, toHugwireError } from '../../lib/errors.js';
import { hostScope } from '../../lib/hosts.js';
import { cleanLine } from '../../lib/text.js';
import { parseSpaceReference } from '../../spaces/directory.js';
import { allowCommand, isListed } from '../../spaces/local-apps.js';
import type { Credentials, KnownLogin } from '../../spaces/logins.js';
import type { SpaceSite } from '../../spaces/types.js';
import { type CommandResult, wrapLine } from '../terminal.js';
import type { SpacesContext } from './targets.js';

export interface LoginOptions {
  username?: string;
  /** `--password-stdin` */
  passwordStdin?: boolean;
}

/**
 * `hugwire spaces login`: logs in to an app with its own user names and passwords, and stores them for this user only.
 * @param word the Space
 * @param options user name, and where the password comes from; what is missing is asked for
 * @param context to work in
 * @param stdin reads what is piped in
 * @throws HugwireError `unauthorized` when the app refuses them, `invalid_arguments` when it needs none: nothing is stored
 *   then
 */
export async function logIn(
  word: string,
  options: LoginOptions,
  context: SpacesContext,
  stdin: () => Promise<string>,
): Promise<CommandResult> {
  const { spaces, logins, signal, wait, style, width } = context;
  const attempt = await wait(`Asking ${cleanLine(word, 80)} …`, () => spaces.beginLogin(word, { signal }));
  const { site } = attempt;
  const isAsked = options.username !== undefined || options.passwordStdin === true;
  const listed = isAsked ? undefined : await logins.fromCommand(site);
  const given = listed ?? (await obtain(options, attempt, context, stdin));
  await attempt.logIn(given).catch((caught: unknown) => {
    const { code, message, hint = '' } = toHugwireError(caught);
    throw new HugwireError(code, message, { hint: `${hint} Nothing was stored.`.trim() });
  });
  if (!listed) await logins.store(site, given);
  const source = listed ? 'the command in spaces.logins of the config' : logins.path;
  const lines = [
    style.green(`✓ Logged in to ${site.id} as ${cleanLine(given.username, 80)}`),
    ...[
      `Name and password are in ${source}. Calls use them; assistants never see them.`,
      ...warn(site, context),
    ].flatMap((line) => wrapLine(line, width)),
  ];
  const data = { space: site.id, username: given.username, from: listed ? 'command' : 'file' };
  return { text: lines.join('\n'), data, exitCode: 0 };
}

async function obtain(
  { username, passwordStdin }: LoginOptions,
  { site, message }: { site: SpaceSite; message: string },
  { prompts, tell }: SpacesContext,
  stdin: () => Promise<string>,
): Promise<Credentials> {
  if (!prompts && !(username && passwordStdin)) {
    throw new HugwireError('invalid_arguments', `${message} There is no terminal to ask in.`, {
      hint: `Pass the password on stdin: \`hugwire spaces login ${site.id} --username NAME --password-stdin < FILE\`.`,
    });
  }
  if (!(username && passwordStdin)) tell(message);
  const check = (text: string) => (text.trim() === '' ? 'This cannot be empty.' : undefined);
  const name = username ?? (await prompts?.text('User name', { check })) ?? '';
  // Password managers print the password first, and other details below it.
  const password = passwordStdin ? (await stdin()).split(/\r?\n/)[0] : await prompts?.secret('Password');
  if (password) return { username: name, password };
  throw new HugwireError('invalid_arguments', 'The password is empty.', {
    hint: 'Nothing was stored. With --password-stdin, it is the first line of stdin.',
  });
}

function warn({ id, kind, origin }: SpaceSite, { config: { spaces } }: SpacesContext): string[] {
  const { protocol, hostname } = new URL(origin);
  const isBare = protocol === 'http:' && hostScope(hostname) !== 'loopback';
  const isAllowed = kind === 'hub' || isListed(origin, spaces.local) || spaces.pinned.some(({ space }) => space === id);
  return [
    ...(isBare ? [`! ${origin} does not use https: others on the network can read the password.`] : []),
    ...(isAllowed ? [] : [`To let assistants use the app: ${allowCommand(origin, spaces.local)}`]),
  ];
}

/**
 * `hugwire spaces logout`: removes what `hugwire spaces login` has stored.
 * @param word the Space
 * @param context to work in
 * @throws HugwireError `invalid_arguments` when nothing is stored for it
 */
export async function logOut(word: string, { logins, hub, config }: SpacesContext): Promise<CommandResult> {
  const reference = parseSpaceReference(word, hub.endpoint, config.spaces.local);
  const { kind } = reference;
  const space =
    kind === 'id' ? reference.id : kind === 'local' ? reference.base : `https://${reference.subdomain}.hf.space`;
  const removed = await logins.remove(space);
  if (removed.length > 0) {
    const lines = removed.map((login) => `Removed the login of ${describeLogin(login)}.`);
    return { text: lines.join('\n'), data: { removed }, exitCode: 0 };
  }
  const known = await logins.list();
  const names = known.map(describeLogin).join(', ');
  throw new HugwireError('invalid_arguments', `No login is stored for ${cleanLine(space, 200)}.`, {
    hint: names === '' ? 'No logins are stored.' : `Stored: ${names}. Logins in the config are in spaces.logins.`,
  });
}

/** A login in a list. */
export function describeLogin({ space, username, from }: KnownLogin): string {
  const name = username === undefined ? '' : ` as ${cleanLine(username, 80)}`;
  return `${cleanLine(space, 200)}${name}${from === 'command' ? ' (by a command in the config)' : ''}`;
}
