import { apiPath, parseReference } from '../hub/reference.js';
import { readSpaceRecord, type SpaceRecord } from '../hub/space.js';
import type { HubClient } from '../hub/types.js';
import { HugwireError } from '../lib/errors.js';
import { hostScope, isLoopback } from '../lib/hosts.js';
import { isObject } from '../lib/json.js';
import { cleanLine } from '../lib/text.js';
import { isListed } from './local-apps.js';
import type { SpaceSite } from './types.js';

export type TokenMode = 'auto' | 'always' | 'never';

interface FindSpaceOptions {
  /** Whether the token may go to this Space; `auto` unless the user said otherwise. */
  token?: TokenMode;
  /** Origins of apps that the user listed: `spaces.local`. */
  listed?: readonly string[];
}

const EXPAND = ['runtime', 'sdk', 'subdomain', 'private', 'sha', 'cardData', 'likes'];

/**
 * Looks a Space up at the Hub, without touching the Space itself.
 * @param hub bound to the call's signal
 * @param reference `owner/name`, the address of its page or of its app, or of an app on this machine or its network
 * @returns where it is, in which stage, and whether the token may go there
 * @throws HugwireError `blocked` for an address that is not plain, `not_found`, or whatever the Hub answered
 */
export async function findSpace(
  hub: HubClient,
  reference: string,
  { token = 'auto', listed }: FindSpaceOptions = {},
): Promise<SpaceSite> {
  const parsed = parseSpaceReference(reference, hub.endpoint, listed);
  if (parsed.kind === 'local') return localSite(parsed.base);
  const id = parsed.kind === 'id' ? parsed.id : await resolveSubdomain(hub, parsed.subdomain);
  const answer = await hub.request(apiPath('space', id), {
    query: { 'expand[]': EXPAND },
    repo: { kind: 'space', id },
  });
  const record = readSpaceRecord(answer.json());
  const name = record.id ?? id;
  return describeSite(name, record, await findOrigin(hub, name, record), token);
}

function localSite(base: string): SpaceSite {
  const origin = new URL(base).origin;
  return { id: base, origin, base, kind: 'local', private: false, zeroGpu: false, sendToken: false };
}

async function resolveSubdomain(hub: HubClient, subdomain: string): Promise<string> {
  const answer = await hub.request(`/api/spaces/by-subdomain/${subdomain}`, {
    repo: { kind: 'space', id: `${subdomain}.hf.space` },
  });
  const { id } = readSpaceRecord(answer.json());
  if (id !== undefined) return id;
  throw new HugwireError('not_found', `The Hub knows no Space at ${subdomain}.hf.space.`, {
    hint: 'Give the Space as owner/name; hub_search with kinds=["space"] finds it.',
  });
}

function describeSite(id: string, record: SpaceRecord, origin: string, token: TokenMode): SpaceSite {
  const { title, description, sdk, stage, failure, hardware, sha, likes, private: isPrivate } = record;
  const zeroGpu = hardware?.startsWith('zero') === true;
  const wanted = token === 'always' || (token === 'auto' && (isPrivate || zeroGpu));
  return {
    id,
    origin,
    base: origin,
    kind: 'hub',
    private: isPrivate,
    zeroGpu,
    sdk,
    stage,
    stageReason: failure,
    hardware,
    title,
    summary: description,
    sha,
    likes,
    sendToken: wanted && origin.startsWith('https://') && origin.endsWith('.hf.space'),
  };
}

/**
 * The origin of the app as the Hub names it: `*.hf.space` over https; where the Hub itself is on this machine, a host of
 * this machine over http as well. Custom domains are never used: the token must not go there.
 */
async function findOrigin(hub: HubClient, id: string, record: SpaceRecord): Promise<string> {
  const local = isLoopback(new URL(hub.endpoint));
  for (const domain of record.domains) {
    const origin = toOrigin(isObject(domain) ? domain.domain : domain, local);
    if (origin) return origin;
  }
  if (!local && record.subdomain !== undefined) return `https://${record.subdomain}.hf.space`;
  const answer = await hub.request(`${apiPath('space', id)}/host`, { repo: { kind: 'space', id } });
  const told = answer.json();
  const origin = isObject(told) ? toOrigin(told.host, local) : undefined;
  if (origin) return origin;
  throw new HugwireError('space_broken', `The Hub does not say where ${id} runs.`, {
    hint: 'The Space may never have been built; space_info of another one, or hub_repo, tells more.',
  });
}

function toOrigin(host: unknown, local: boolean): string | undefined {
  if (typeof host !== 'string') return undefined;
  const written = /^https?:\/\//.test(host)
    ? host
    : `${local && !host.endsWith('.hf.space') ? 'http' : 'https'}://${host}`;
  if (!URL.canParse(written)) return undefined;
  const url = new URL(written);
  // A host and nothing else: no user, no path.
  if (url.href !== `${url.origin}/`) return undefined;
  if (url.protocol === 'https:' && url.port === '' && /^[a-z0-9-]+\.hf\.space$/.test(url.hostname)) return url.origin;
  return local && isLoopback(url) ? url.origin : undefined;
}

/** What a person may mean by a Space. */
export type SpaceReference =
  | { kind: 'id'; id: string }
  /** Of `https://owner-name.hf.space`: only the Hub knows which Space that is. */
  | { kind: 'subdomain'; subdomain: string }
  /** An app at an address of its own; `base` has no trailing slash. */
  | { kind: 'local'; base: string };

const FORMS =
  'Give owner/name, the address of its page (https://huggingface.co/spaces/owner/name), its https://….hf.space ' +
  'address, or a local app such as http://127.0.0.1:7860.';
/** `localhost:7860`, `192.168.0.10:7860/app`, `gpu-box:7860`: an address without its scheme. A repository has no port. */
const BARE_ADDRESS =
  /^(?:localhost|\d{1,3}(?:\.\d{1,3}){3}|\[[\da-f:.]+\]|[\w-]+\.(?:hf\.space|gradio\.live)|[\w.-]+(?=:\d\d))(?::\d+)?(?:[/?#]|$)/i;
const PUBLIC_HOST = /^[\w-]+\.(?:hf\.space|gradio\.live)(?:[/?#]|$)/i;
/** What people copy along with an app's address: the routes that every Gradio app has, now and before version 5. */
const APP_ROUTES =
  /\/(?:gradio_api(?:\/.*)?|config|login|mcp(?:\/sse|\/schema)?|queue\/(?:join|data)|(?:run|api)\/predict|file=.*)\/*$/;
/** The page of a Space, with what lies below it. */
const SPACE_PAGE =
  /^(?:https?:\/\/)?(?:www\.)?(?:huggingface\.co|hf\.co)\/(?:spaces|embed)\/([\w.-]+\/[\w.-]+)(?:[/?#].*)?$/i;

/**
 * Reads the address of an app on this machine or its network, as people write it.
 * @param text what was written
 * @returns undefined for what is no address, or one that may be anywhere
 */
export function parseLocalAddress(text: string): URL | undefined {
  const url = parseAddress(text);
  return url && isPlain(url) && isLocal(url) ? url : undefined;
}

function parseAddress(text: string): URL | undefined {
  const bare = unwrap(text);
  const written = BARE_ADDRESS.test(bare) ? `http${PUBLIC_HOST.test(bare) ? 's' : ''}://${bare}` : bare;
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(written) && URL.canParse(written) ? new URL(written) : undefined;
}

/** What was copied along: the words before an address (`Running on local URL:`, `npx mcp-remote`), marks around it, a full stop. */
function unwrap(text: string): string {
  const trimmed = text.trim();
  const address = /(?:^|[\s<("'`=[])(https?:\/\/\S+)/i.exec(trimmed.slice(0, 4000));
  if (!address?.[1]) return trimmed;
  const closing = { '<': '>', '(': ')', '"': '"', "'": "'", '`': '`', '[': ']' }[address[0][0] ?? ''];
  const [inside = ''] = closing ? address[1].split(closing, 1) : [address[1]];
  return inside.replace(/(?<![.,;!…])[.,;!…]+$/, '');
}

/**
 * Understands how people name a Space.
 * @param text what was written
 * @param endpoint the configured Hub, whose addresses count as well
 * @param listed origins of apps that the user listed, wherever they are
 * @throws HugwireError `blocked` for an address that cannot be written down plainly, `invalid_arguments` for what is no Space
 */
export function parseSpaceReference(text: string, endpoint: string, listed: readonly string[] = []): SpaceReference {
  const url = parseAddress(text);
  // A Hub on this machine is a Hub, not an app.
  const isHub = url !== undefined && url.origin === new URL(endpoint).origin;
  if (url && !isHub) {
    if (isLocal(url) || isListed(url.origin, listed)) return localReference(url, text);
    const subdomain = /^([a-z0-9-]+)(?:\.static)?\.hf\.space$/.exec(url.hostname)?.[1];
    if (subdomain) return { kind: 'subdomain', subdomain };
    // Anywhere else: whether it may be asked, `LocalApps` decides.
    if (/^https?:$/.test(url.protocol) && !/^(?:www\.)?(?:huggingface\.co|hf\.co)$/.test(url.hostname))
      return localReference(url, text);
  }
  const id = unwrap(text);
  // Of a mirror's pages, those of its own address.
  const page = url && isHub ? `huggingface.co${url.pathname}` : id.slice(0, 1000);
  return { kind: 'id', id: SPACE_PAGE.exec(page)?.[1] ?? parseId(id, endpoint) };
}

/** In the addresses of the Hub's own scheme, a kind of repository stands where others have a host. */
function isLocal(url: URL): boolean {
  return /^https?:$/.test(url.protocol) ? hostScope(url.hostname) !== 'public' : isLoopback(url);
}

/** The host has to be one that can be copied into a command: URLs allow `$(…)` and `;` in names. */
function isPlain({ protocol, username, password, hostname }: URL): boolean {
  return /^https?:$/.test(protocol) && !username && !password && /^(?:[\w.-]+|\[[\da-f:.]+\])$/.test(hostname);
}

function localReference(url: URL, text: string): SpaceReference {
  if (!isPlain(url)) {
    throw new HugwireError('blocked', `"${cleanLine(text, 120)}" is not a plain address of a local app.`, {
      hint: FORMS,
    });
  }
  // Gradio prints where it listens: at every address, which is none to call.
  if (url.hostname === '0.0.0.0') url.hostname = '127.0.0.1';
  if (url.hostname === '[::]') url.hostname = '[::1]';
  url.hostname = url.hostname.replace(/\.$/, '');
  const path = url.pathname.replace(APP_ROUTES, '').replace(/(?<!\/)\/+$/, '');
  // So that it can be copied into a command.
  const safe = path.replace(/[^\w./~%:@=+,-]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
  return { kind: 'local', base: url.origin + safe };
}

function parseId(text: string, endpoint: string): string {
  const reference = parseReference(text, endpoint);
  const shown = cleanLine(text, 120);
  if (reference.type === 'path') {
    throw new HugwireError('invalid_arguments', `"${shown}" contains more than the id of a Space.`, {
      hint: `Give "${reference.id}" as the Space, and an endpoint by itself.`,
    });
  }
  if (reference.type !== 'repo' || (reference.kind !== undefined && reference.kind !== 'space')) {
    throw new HugwireError('invalid_arguments', `"${shown}" does not name a Space.`, { hint: FORMS });
  }
  if (!reference.id.includes('/')) {
    throw new HugwireError('invalid_arguments', `"${shown}" is missing the owner of the Space.`, {
      hint: `${FORMS} hub_search with kinds=["space"] finds it.`,
    });
  }
  return reference.id;
}
