import { isObject } from '../lib/json.js';
import { cleanLine } from '../lib/text.js';
import type { SessionClient } from '../sessions/recorder.js';
import type { ServerCard } from './prepared.js';

/** The stateless revision that begins with no `initialize`. */
export const MODERN = '2026-07-28';
/** How long a client may keep the tool list: short, since a change of the config changes it. */
export const LIST_TTL_MS = 60_000;
/** A session goes on while it is read. */
export const RESOURCE_TTL_MS = 1000;

/** A key of `_meta` that the protocol reserves. */
export function meta(name: string): string {
  return `io.modelcontextprotocol/${name}`;
}

/**
 * What the server declares. It is fixed for as long as the process lives.
 * @param served `resources` and `prompts` when there are any
 */
export function capabilitiesOf({
  resources,
  prompts,
}: {
  resources?: unknown;
  prompts?: unknown;
}): ServerCard['capabilities'] {
  return {
    tools: { listChanged: true },
    ...(resources ? { resources: {} } : {}),
    ...(prompts ? { prompts: { listChanged: true } } : {}),
  };
}

/**
 * Who has asked to begin, as revisions up to 2025-11-25 have it.
 * @param params of `initialize`
 * @param protocol the revision that both agree on
 */
export function readInitialize(params: unknown, protocol: unknown): SessionClient {
  const { clientInfo, capabilities } = isObject(params) ? params : {};
  return describeClient(clientInfo, capabilities, protocol);
}

/**
 * Who sent a request, as revision 2026-07-28 has it.
 * @param envelope `_meta` of the request
 */
export function readClient(envelope: Record<string, unknown>): SessionClient {
  const read = (name: string) => envelope[meta(name)];
  return describeClient(read('clientInfo'), read('clientCapabilities'), read('protocolVersion'));
}

function describeClient(info: unknown, capabilities: unknown, protocol: unknown): SessionClient {
  const said = isObject(info) ? info : {};
  const read = (value: unknown, length: number) => cleanLine(value, length) || undefined;
  const name = read(said.name, 80);
  const abilities = isObject(capabilities) ? Object.keys(capabilities).slice(0, 20) : undefined;
  return {
    client: name === undefined ? undefined : { name, version: read(said.version, 40), title: read(said.title, 80) },
    protocol: read(protocol, 40),
    capabilities: abilities?.map((ability) => cleanLine(ability, 60)),
  };
}
