import type { Config } from '../../config/schema.js';
import { chooseEndpoint } from '../../gradio/choose.js';
import type { Endpoint } from '../../gradio/types.js';
import type { HubClient } from '../../hub/types.js';
import { HugwireError, toHugwireError } from '../../lib/errors.js';
import { cleanLine } from '../../lib/text.js';
import { parseLocalAddress, type TokenMode } from '../../spaces/directory.js';
import type { AppLogins } from '../../spaces/logins.js';
import type { PinStore } from '../../spaces/pins.js';
import type { SpaceApp, Spaces } from '../../spaces/types.js';
import type { Prompts } from '../prompts.js';
import type { Style, View, withSpinner } from '../terminal.js';

/** A Space as a person wrote it, and the endpoint after it. */
export interface Target {
  /** `owner/name`, the address of its app, or of an app on this machine. */
  space: string;
  endpoint?: string;
  /**
   * Set for an app on this machine with a path: the last part of it is the endpoint here, but may be a part of the app's
   * own address.
   */
  whole?: string;
}

/** What the words of a command mean: Spaces, or something to search for. */
type Wanted = { kind: 'spaces'; targets: Target[] } | { kind: 'search'; query: string };

const PAGE =
  /^(?:https?:\/\/(?:www\.)?(?:huggingface\.co|hf\.co)\/)?spaces\/([\w.-]+\/[\w.-]+)(?:\/([^?#]*))?(?:[?#].*)?$/i;
const APP = /^(?:https?:\/\/)?([a-z0-9-]+\.hf\.space)(?:\/([^?#]*))?(?:[?#].*)?$/i;
const ID = /^([\w.-]+\/[\w.-]+)(?:\/(\S*))?$/;
/** Parts of a Space's page that are not endpoints. */
const PAGES = /^(?:tree|blob|resolve|raw|discussions|settings|commits?|agents\.md)(?:\/|$)/;

/**
 * Reads the words of `hugwire spaces add` and `info`: Spaces if each word names one, otherwise a text to search for.
 * @param words as given
 * @param hub the configured Hub, whose addresses count as well
 * @throws HugwireError `invalid_arguments` when only some of the words name a Space
 */
export function readTargets(words: readonly string[], hub: string): Wanted {
  const targets = words.map((word) => readTarget(word.trim(), hub));
  const known = targets.filter((target) => target !== undefined);
  if (known.length === words.length) return { kind: 'spaces', targets: known };
  if (known.length === 0) return { kind: 'search', query: words.join(' ').trim() };
  const odd = words[targets.indexOf(undefined)] ?? '';
  throw new HugwireError('invalid_arguments', `"${cleanLine(odd, 80)}" is not the name of a Space.`, {
    hint: 'Give only Spaces, as owner/space or owner/space/endpoint, or only words to search for.',
  });
}

function readTarget(word: string, hub: string): Target | undefined {
  if (word.startsWith(`${hub}/spaces/`)) return readTarget(word.slice(hub.length + 1), hub);
  const local = parseLocalAddress(word);
  if (local) return readLocal(local);
  const page = PAGE.exec(word);
  if (page) return makeTarget(page[1], PAGES.test(page[2] ?? '') ? undefined : page[2]);
  const app = APP.exec(word);
  if (app) return makeTarget(`https://${app[1]}`, app[2]);
  // Other addresses are refused later, with the reason.
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(word)) return { space: word };
  const id = ID.exec(word);
  return id ? makeTarget(id[1], id[2]) : undefined;
}

function readLocal({ origin, pathname }: URL): Target {
  const parts = pathname.split('/').filter(Boolean);
  const last = parts.at(-1);
  if (last === undefined) return { space: origin };
  const whole = [origin, ...parts].join('/');
  return { space: [origin, ...parts.slice(0, -1)].join('/'), endpoint: last, whole };
}

function makeTarget(space = '', endpoint?: string): Target {
  const name = endpoint?.replace(/^\/+|(?<!\/)\/+$/g, '');
  return name ? { space, endpoint: name } : { space };
}

/** A Space's app, and the endpoint that was named with it. */
interface Opened {
  app: SpaceApp;
  endpoint?: Endpoint;
}

/**
 * Fetches the app of a Space, waking it if needed, and says what it is waiting for.
 * @param target what was written
 * @param context the way to the Space
 * @throws HugwireError whatever is wrong with the Space, or `invalid_arguments` that lists its endpoints
 */
export async function openTarget(target: Target, context: SpacesContext): Promise<Opened> {
  if (target.whole === undefined) return withEndpoint(await openApp(target.space, context), target.endpoint);
  const short = await attempt(() => openApp(target.space, context));
  if (!(short instanceof HugwireError)) {
    const opened = await attempt(() => withEndpoint(short, target.endpoint));
    if (!(opened instanceof HugwireError)) return opened;
    const whole = await attempt(() => openApp(target.whole ?? '', context));
    if (whole instanceof HugwireError) throw opened;
    return { app: whole };
  }
  // Nothing listens there, so nothing does below it either.
  if (short.code !== 'space_broken') throw short;
  return { app: await openApp(target.whole, context) };
}

function withEndpoint(app: SpaceApp, name: string | undefined): Opened {
  return name === undefined ? { app } : { app, endpoint: chooseEndpoint(app, name) };
}

/**
 * Fetches the app of a Space, waking it if needed, and says what it is waiting for.
 * @param space `owner/name` or an address
 * @param context the way to the Space
 */
function openApp(space: string, { spaces, signal, token, wait }: SpacesContext): Promise<SpaceApp> {
  return wait(`Asking ${cleanLine(space, 80)} …`, (tell) =>
    spaces.open(space, {
      signal,
      token,
      onEvent: (event) => {
        if (event.kind === 'waiting') tell(cleanLine(event.message, 120));
      },
    }),
  );
}

async function attempt<Result>(work: () => Result | Promise<Result>): Promise<Result | HugwireError> {
  try {
    return await work();
  } catch (error) {
    return toHugwireError(error);
  }
}

/** What the commands of `hugwire spaces` work with. */
export interface SpacesContext extends View {
  /** Of the config file; `spaces.lock.json` lies beside it. */
  path: string;
  /** The profile of it that is in force. */
  profile?: string;
  /** Where journals of sessions are kept. */
  sessions: string;
  /** In force, with what the command line said. */
  config: Config;
  pins: PinStore;
  spaces: Spaces;
  /** The logins of apps with a name and a password of their own. */
  logins: AppLogins;
  hub: HubClient;
  signal: AbortSignal;
  /** Missing where nobody can be asked. */
  prompts?: Prompts;
  /** What the command line says of the token; otherwise the config decides. */
  token?: TokenMode;
  /** Says something beside the result. */
  tell(text: string): void;
  wait: typeof withSpinner;
  /** Of what is told beside the result. */
  toldStyle: Style;
}
