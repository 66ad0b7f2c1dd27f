import { HugwireError } from '../errors.js';
import { apiPath } from '../hub/ids.js';
import { isLoopback } from '../hub/origins.js';
import type { HubClient } from '../hub/types.js';
import { isObject } from '../schema/json-schema.js';
import { cleanLine } from '../text/sanitize.js';
import { parseSpaceReference } from './reference.js';
import type { SpaceSite } from './types.js';

export type TokenMode = 'auto' | 'always' | 'never';

export interface FindSpaceOptions {
  /** Whether the token may go to this Space; `auto` unless the user said otherwise. */
  token?: TokenMode;
}

/** What the Hub tells of a Space; each field may be missing. */
export interface SpaceRecord {
  id?: unknown;
  sdk?: unknown;
  subdomain?: unknown;
  private?: unknown;
  sha?: unknown;
  runtime?: unknown;
  cardData?: unknown;
  likes?: unknown;
}

const EXPAND = ['runtime', 'sdk', 'subdomain', 'private', 'sha', 'cardData', 'likes'];

/**
 * Looks a Space up at the Hub, without touching the Space itself.
 * @param hub bound to the call's signal
 * @param reference `owner/name`, the address of its page or of its app, or of an app on this machine
 * @returns where it is, in which stage, and whether the token may go there
 * @throws HugwireError `blocked` for any other address, `not_found`, or whatever the Hub answered
 */
export async function findSpace(
  hub: HubClient,
  reference: string,
  { token = 'auto' }: FindSpaceOptions = {},
): Promise<SpaceSite> {
  const parsed = parseSpaceReference(reference, hub.endpoint);
  if (parsed.kind === 'local') return localSite(parsed.base);
  const id = parsed.kind === 'id' ? parsed.id : await resolveSubdomain(hub, parsed.subdomain);
  const answer = await hub.request(apiPath('space', id), {
    query: { 'expand[]': EXPAND },
    repo: { kind: 'space', id },
  });
  const record = answer.json<SpaceRecord>();
  // The Hub follows renames: what it answers with is what the Space is called now.
  const name = typeof record.id === 'string' && /^[\w.-]+\/[\w.-]+$/.test(record.id) ? record.id : id;
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
  const { id } = answer.json<SpaceRecord>();
  if (typeof id === 'string' && /^[\w.-]+\/[\w.-]+$/.test(id)) return id;
  throw new HugwireError('not_found', `The Hub knows no Space at ${subdomain}.hf.space.`, {
    hint: 'Give the Space as owner/name; hub_search with kinds=["space"] finds it.',
  });
}

function describeSite(id: string, record: SpaceRecord, origin: string, token: TokenMode): SpaceSite {
  const runtime = isObject(record.runtime) ? record.runtime : {};
  const hardware = isObject(runtime.hardware) ? runtime.hardware : {};
  const running = cleanLine(hardware.current, 40) || cleanLine(hardware.requested, 40);
  const isPrivate = record.private === true;
  const zeroGpu = running.startsWith('zero');
  const wanted = token === 'always' || (token === 'auto' && (isPrivate || zeroGpu));
  const card = isObject(record.cardData) ? record.cardData : {};
  const fields = {
    sdk: cleanLine(record.sdk, 20),
    stage: cleanLine(runtime.stage, 40),
    stageReason: cleanLine(runtime.errorMessage, 300),
    hardware: running,
    title: cleanLine(card.title, 120),
    summary: cleanLine(card.short_description, 200),
    sha: cleanLine(record.sha, 64),
  };
  return {
    id,
    origin,
    base: origin,
    kind: 'hub',
    private: isPrivate,
    zeroGpu,
    ...Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== '')),
    ...(Number.isSafeInteger(record.likes) ? { likes: record.likes as number } : {}),
    sendToken: wanted && origin.startsWith('https://') && origin.endsWith('.hf.space'),
  };
}

/**
 * The origin of the app as the Hub names it: `*.hf.space` over https; where the Hub itself is on this machine, a host of
 * this machine over http as well. Custom domains are never used: the token must not go there.
 */
async function findOrigin(hub: HubClient, id: string, record: SpaceRecord): Promise<string> {
  const local = isLoopback(new URL(hub.endpoint));
  const runtime = isObject(record.runtime) ? record.runtime : {};
  const domains = Array.isArray(runtime.domains) ? runtime.domains : [];
  for (const domain of domains) {
    const origin = toOrigin(isObject(domain) ? domain.domain : domain, local);
    if (origin) return origin;
  }
  const { subdomain } = record;
  if (!local && typeof subdomain === 'string' && /^[a-z0-9-]+$/i.test(subdomain)) {
    return `https://${subdomain.toLowerCase()}.hf.space`;
  }
  const answer = await hub.request(`${apiPath('space', id)}/host`, { repo: { kind: 'space', id } });
  const origin = toOrigin(answer.json<{ host?: unknown }>().host, local);
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
