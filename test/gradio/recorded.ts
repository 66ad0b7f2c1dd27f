import { readFileSync } from 'node:fs';
import { readParameterDocs } from '../../src/gradio/app.js';
import { describeEndpoints } from '../../src/gradio/endpoints.js';
import type { App, Endpoint, EndpointParameter } from '../../src/gradio/types.js';
import type { SpaceApp, SpaceSite } from '../../src/spaces/types.js';

/** The versions of Gradio whose apps were recorded, see test/fixtures/gradio/record.py. */
export const VERSIONS = ['4.44.1', '5.49.1', '6.25.0'] as const;
export type Version = (typeof VERSIONS)[number];
export type AppName = 'components' | 'endpoints';

export const SITE: SpaceSite = {
  id: 'owner/name',
  origin: 'https://owner-name.hf.space',
  base: 'https://owner-name.hf.space',
  kind: 'hub',
  private: false,
  zeroGpu: false,
  sdk: 'gradio',
  stage: 'RUNNING',
  sendToken: false,
};

export function readRecorded(version: Version, app: AppName, kind: 'config' | 'info' | 'mcp'): Record<string, unknown> {
  const url = new URL(`../fixtures/gradio/${version}-${app}.${kind}.json`, import.meta.url);
  return JSON.parse(readFileSync(url, 'utf8'));
}

/** A recorded app, described. */
export function recordedApp(version: Version, app: AppName): SpaceApp {
  const config = readRecorded(version, app, 'config');
  const info = readRecorded(version, app, 'info');
  const docs =
    app === 'endpoints' && version !== '4.44.1' ? readParameterDocs(readRecorded(version, app, 'mcp')) : undefined;
  return {
    site: SITE,
    version,
    apiPrefix: version.startsWith('4.') ? '' : '/gradio_api',
    endpoints: describeEndpoints(config, info, docs),
    config,
  };
}

export function endpointOf(app: App, name: string): Endpoint {
  const found = app.endpoints.find((one) => one.name === name);
  if (!found) throw new Error(`no endpoint ${name}`);
  return found;
}

/** The only parameter of an endpoint of the `components` app. */
export function onlyParameter(app: App, name: string): EndpointParameter {
  const [parameter] = endpointOf(app, name).parameters;
  if (!parameter) throw new Error(`${name} takes nothing`);
  return parameter;
}
