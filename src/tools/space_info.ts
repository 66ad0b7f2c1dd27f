import * as z from 'zod';
import type { JsonSchema } from '../schema/json-schema.js';
import { chooseEndpoint, rankEndpoints } from '../spaces/choose.js';
import { exampleArguments } from '../spaces/example.js';
import { inputSchema } from '../spaces/schema/input.js';
import { describeStage } from '../spaces/stages.js';
import type { App, Endpoint, SpaceSite } from '../spaces/types.js';
import { plural } from '../text/format.js';
import { cleanLine, cleanText, fence } from '../text/sanitize.js';
import { openInTime } from './open-app.js';
import { explainError } from './run.js';
import { showSignature } from './space-signature.js';
import { defineTool } from './tool.js';

/** Endpoints told of in full; of further ones the name is told. */
const MAX_SHOWN = 12;
const MAX_NAMED = 60;
const MAX_LINE = 160;

/** An endpoint as `--json` prints it. */
interface EndpointData {
  name: string;
  description?: string;
  schema: JsonSchema;
  returns: { label: string; component: string; schema: JsonSchema }[];
  /** Arguments for space_call. */
  example: { space: string; endpoint: string; arguments: Record<string, unknown> };
}

export const spaceInfo = defineTool({
  name: 'space_info',
  title: 'Describe a Space',
  toolset: 'spaces',
  effect: 'read',
  description:
    'Show what a Gradio Space does, whether it runs, and its endpoints with parameters and an example for space_call. ' +
    'With endpoint: the whole JSON Schema.',
  input: z.object({
    space: z.string().describe('owner/name, or URL of a local Gradio app'),
    endpoint: z.string().optional().describe('Such as /infer'),
  }),
  aliases: { names: { id: 'space', repo: 'space', url: 'space', name: 'space', apiname: 'endpoint' } },
  async run({ space, endpoint }, ctx) {
    const site = await ctx.spaces.find(space, { signal: ctx.signal });
    const app = await openInTime(space, ctx);
    if (app instanceof Error) {
      // Known but not callable is an answer too, as long as nobody asked for an endpoint.
      if (endpoint !== undefined || !DOWN.has(app.code)) throw app;
      return {
        text: [...describeSite(site), explainError(app)].join('\n'),
        data: { ...siteData(site), problem: { code: app.code, message: app.message, hint: app.hint }, endpoints: [] },
        // Of a Space the Hub has told something; of a local app nobody has.
        isError: site.kind === 'local',
      };
    }
    const chosen = endpoint === undefined ? undefined : chooseEndpoint(app, endpoint);
    const endpoints = chosen ? [chosen] : rankEndpoints(app);
    const lines = chosen ? describeWhole(chosen, app) : describeAll(endpoints, app);
    return {
      text: [...describeSite(app.site, app), ...lines].join('\n'),
      data: { ...siteData(app.site, app), endpoints: endpoints.map((one) => endpointData(one, app)) },
    };
  },
});

/** Failures that say how the Space is, not that the question was wrong. */
const DOWN: ReadonlySet<string> = new Set(['space_asleep', 'space_broken', 'unavailable', 'timeout', 'unauthorized']);

function siteData(site: SpaceSite, app?: App) {
  const { id, origin, stage, hardware, sdk, title, zeroGpu, sha } = site;
  const seen = app && { gradio: app.version, hidden: app.endpoints.filter((one) => one.hidden).length };
  return { space: id, title, url: origin, stage, hardware, sdk, private: site.private, zeroGpu, sha, ...seen };
}

function describeSite(site: SpaceSite, app?: App): string[] {
  const title = app?.title ?? site.title;
  const facts = [
    site.kind === 'local' ? 'a local app' : describeStage(site),
    site.hardware && `on ${site.hardware}${site.zeroGpu ? ' (counts against your ZeroGPU quota)' : ''}`,
    app && `Gradio ${app.version}`,
    site.private && 'private',
  ];
  const name = title && title !== site.id ? `${site.id} (“${title}”)` : site.id;
  const lines = [`${name}: ${facts.filter(Boolean).join(', ')}.`];
  if (site.summary) lines.push(`About: “${cleanLine(site.summary, MAX_LINE)}”`);
  return lines;
}

function describeAll(endpoints: Endpoint[], app: App): string[] {
  const [first] = endpoints;
  if (!first) return ['It has no endpoint that can be called: it can only be used on its web page.'];
  const shown = endpoints.slice(0, MAX_SHOWN);
  const rest = endpoints.slice(MAX_SHOWN, MAX_SHOWN + MAX_NAMED).map(({ name }) => name);
  const more = endpoints.length - shown.length - rest.length;
  return [
    `${plural(endpoints.length, 'endpoint')}, the likeliest first:`,
    ...shown.flatMap((endpoint) => [
      showSignature(endpoint),
      ...(endpoint.description ? [`  “${cleanLine(endpoint.description, MAX_LINE)}”`] : []),
      `  Example: ${JSON.stringify(example(endpoint, app))}`,
    ]),
    ...(rest.length > 0 ? [`Also: ${rest.join(', ')}${more > 0 ? ` and ${more} more` : ''}`] : []),
    `Next: space_call with such arguments; space_info with endpoint="${first.name}" shows its whole schema.`,
  ];
}

function describeWhole(endpoint: Endpoint, app: App): string[] {
  const { description } = endpoint;
  const schema = JSON.stringify(inputSchema(endpoint));
  return [
    showSignature(endpoint),
    ...(description ? [fence(cleanText(description, 1000), `description of ${endpoint.name}`)] : []),
    fence(cleanText(schema), `schema of the arguments of ${endpoint.name}`),
    `Example for space_call: ${JSON.stringify(example(endpoint, app))}`,
  ];
}

function example(endpoint: Endpoint, app: App): EndpointData['example'] {
  return { space: app.site.id, endpoint: endpoint.name, arguments: exampleArguments(endpoint) };
}

function endpointData(endpoint: Endpoint, app: App): EndpointData {
  const { name, description, returns } = endpoint;
  return { name, description, schema: inputSchema(endpoint), returns, example: example(endpoint, app) };
}
