import { isObject } from '../schema/json-schema.js';
import type { Client } from '../sessions/recorder.js';
import { cleanLine } from '../text/sanitize.js';
import { meta } from './subscriptions.js';

/**
 * Who has asked to begin, as revisions up to 2025-11-25 have it.
 * @param params of `initialize`
 * @param result its answer, which names the revision
 */
export function readInitialize(params: unknown, result: unknown): Client {
  const { clientInfo, capabilities } = isObject(params) ? params : {};
  return describe(clientInfo, capabilities, isObject(result) ? result.protocolVersion : undefined);
}

/**
 * Who sent a request, as revision 2026-07-28 has it.
 * @param envelope `_meta` of the request
 */
export function readEnvelope(envelope: Record<string, unknown>): Client {
  const read = (name: string) => envelope[meta(name)];
  return describe(read('clientInfo'), read('clientCapabilities'), read('protocolVersion'));
}

function describe(info: unknown, capabilities: unknown, protocol: unknown): Client {
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
