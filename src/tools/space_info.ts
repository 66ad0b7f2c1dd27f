import * as z from 'zod';
import { exampleArguments } from '../gradio/arguments.js';
import { chooseEndpoint, rankEndpoints } from '../gradio/choose.js';
import { componentOf } from '../gradio/components.js';
import { inputSchema } from '../gradio/schema.js';
import type { Endpoint, EndpointParameter, EndpointReturn } from '../gradio/types.js';
import { describeUse } from '../gradio/wiring.js';
import { explainError, HugwireError, toHugwireError } from '../lib/errors.js';
import { plural } from '../lib/format.js';
import { isObject } from '../lib/json.js';
import { alternativesOf, type JsonSchema, showValue, typesOf } from '../lib/json-schema.js';
import { cleanLine, cleanText, fence, showName, showWords } from '../lib/text.js';
import { describeApp } from '../spaces/local-apps.js';
import { describeStage } from '../spaces/stages.js';
import type { SpaceApp, SpaceSite } from '../spaces/types.js';
import { askForApp } from './consent.js';
import { nameType, showRange } from './describe.js';
import { defineTool, type ToolContext } from './tool.js';

/** Endpoints told of in full; of further ones the name is told. */
const MAX_SHOWN = 12;
const MAX_NAMED = 60;
const MAX_LINE = 160;

/** An endpoint as `--json` prints it. */
interface EndpointData {
  name: string;
  description?: string;
  /** What a caller must know of how the app's page uses it. */
  use: string[];
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
    const app = await openInTime(space, ctx, site);
    if (app instanceof Error) {
      // Known but not callable is an answer too, as long as nobody asked for an endpoint.
      if (endpoint !== undefined || !DOWN.has(app.code)) throw app;
      return {
        text: [...describeSite(site, undefined, app), explainError(app)].join('\n'),
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

function siteData(site: SpaceSite, app?: SpaceApp) {
  const { id, origin, stage, hardware, sdk, title, zeroGpu, sha } = site;
  const seen = app && { gradio: app.version, hidden: app.endpoints.filter((one) => one.hidden).length };
  return { space: id, title, url: origin, stage, hardware, sdk, private: site.private, zeroGpu, sha, ...seen };
}

function describeSite(site: SpaceSite, app?: SpaceApp, problem?: HugwireError): string[] {
  const title = app?.title ?? site.title;
  // Its reason may be long, and is told once.
  const told = problem?.message.includes(describeStage(site));
  const facts = [
    site.kind === 'local' ? describeApp(site) : describeStage(told ? { ...site, stageReason: undefined } : site),
    site.hardware && `on ${showName(site.hardware)}${site.zeroGpu ? ' (counts against your ZeroGPU quota)' : ''}`,
    app && `Gradio ${showName(app.version)}`,
    site.private && 'private',
  ];
  const name = title && title !== site.id ? `${site.id} (${showWords(title)})` : site.id;
  const lines = [`${name}: ${facts.filter(Boolean).join(', ')}.`];
  if (site.summary) lines.push(`About: ${showWords(site.summary, MAX_LINE)}`);
  return lines;
}

function describeAll(endpoints: Endpoint[], app: SpaceApp): string[] {
  const [first] = endpoints;
  if (!first) return ['It has no endpoint that can be called: it can only be used on its web page.'];
  const shown = endpoints.slice(0, MAX_SHOWN);
  const rest = endpoints.slice(MAX_SHOWN, MAX_SHOWN + MAX_NAMED).map(({ name }) => showName(name));
  const more = endpoints.length - shown.length - rest.length;
  return [
    `${plural(endpoints.length, 'endpoint')}, the likeliest first:`,
    ...shown.flatMap((endpoint) => [
      showSignature(endpoint),
      ...(endpoint.description ? [`  ${showWords(endpoint.description, MAX_LINE)}`] : []),
      ...describeUse(endpoint).map((line) => `  ${line}`),
      `  Example: ${JSON.stringify(example(endpoint, app))}`,
    ]),
    ...(rest.length > 0 ? [`Also: ${rest.join(', ')}${more > 0 ? ` and ${more} more` : ''}`] : []),
    `Next: space_call with such arguments; space_info with endpoint="${first.name}" shows its whole schema.`,
  ];
}

function describeWhole(endpoint: Endpoint, app: SpaceApp): string[] {
  const { description } = endpoint;
  const schema = JSON.stringify(inputSchema(endpoint));
  return [
    showSignature(endpoint),
    ...(description ? [fence(cleanText(description, 1000), `description of ${endpoint.name}`)] : []),
    ...describeUse(endpoint),
    fence(cleanText(schema), `schema of the arguments of ${endpoint.name}`),
    `Example for space_call: ${JSON.stringify(example(endpoint, app))}`,
  ];
}

function example(endpoint: Endpoint, app: SpaceApp): EndpointData['example'] {
  return { space: app.site.id, endpoint: endpoint.name, arguments: exampleArguments(endpoint) };
}

function endpointData(endpoint: Endpoint, app: SpaceApp): EndpointData {
  const { name, description, returns } = endpoint;
  const use = describeUse(endpoint);
  return { name, description, use, schema: inputSchema(endpoint), returns, example: example(endpoint, app) };
}

const MAX_CHOICES = 8;

/**
 * An endpoint on one line: `/infer(prompt: text, seed?: integer 0–9 = 0) → image "Result", number "Seed"`.
 * @param endpoint described
 */
export function showSignature(endpoint: Endpoint): string {
  const parameters = endpoint.parameters.map(showParameter).join(', ');
  const returns = endpoint.returns.map(showReturn).join(', ') || 'nothing';
  return `${showName(endpoint.name)}(${parameters}) → ${returns}`;
}

function showParameter(parameter: EndpointParameter): string {
  const { name, required, schema, default: value } = parameter;
  const told =
    value !== undefined &&
    value !== null &&
    !(value === '' && parameter.file) &&
    (typeof value !== 'object' || !parameter.wire);
  return `${showName(name)}${required ? '' : '?'}${labelOf(parameter)}: ${showType(parameter, schema)}${told ? ` = ${showValue(value, 40)}` : ''}`;
}

/** The label of a parameter that has no name of its own, only Gradio's number. */
function labelOf({ name, label }: EndpointParameter): string {
  const told = /^param_\d+$/.test(name) ? cleanLine(label, 40).replaceAll('"', '') : '';
  return told && told !== name ? ` "${told}"` : '';
}

function showType(parameter: EndpointParameter, schema: JsonSchema): string {
  const { files } = componentOf(parameter.component);
  const kind = files ? `${files.short} ` : '';
  if (parameter.file === 'file') return `${kind}file`;
  if (parameter.file === 'files') return `list of ${kind}files`;
  return describeType(schema);
}

/** A schema in a few words: `integer 1–50`, `"oil"|"ink"`, `list of text`, `{text, files}`. */
function describeType(schema: JsonSchema): string {
  if (Array.isArray(schema.enum)) return showChoices(schema.enum);
  const alternatives = alternativesOf(schema);
  if (alternatives.length > 0) return [...new Set(alternatives.map(describeType))].join(' or ');
  const [type] = typesOf(schema);
  if (type === 'array' && isObject(schema.items) && Object.keys(schema.items).length > 0) {
    return `list of ${describeType(schema.items)}`;
  }
  if (type === 'object' && isObject(schema.properties)) {
    return `{${Object.keys(schema.properties)
      .map((name) => showName(name, 40))
      .join(', ')}}`;
  }
  const { minimum, maximum, maxLength } = schema;
  const range = showRange(minimum, maximum) || showRange(undefined, maxLength, ' characters');
  return `${type === undefined ? 'any' : nameType(type)}${range}`;
}

function showChoices(choices: readonly unknown[]): string {
  const shown = choices.slice(0, MAX_CHOICES).map((one) => showValue(one, 40));
  const more = choices.length - shown.length;
  return `${shown.join('|')}${more > 0 ? `|… (${more} more)` : ''}`;
}

function showReturn({ label, component, schema }: EndpointReturn): string {
  const kind = componentOf(component).returns ?? describeType(bare(schema));
  return `${kind} "${cleanLine(label, 40).replaceAll('"', '')}"`;
}

// Bounds and choices are for what is given, not for what comes back.
function bare({ type, items, properties, anyOf }: JsonSchema): JsonSchema {
  return { type, items, properties, anyOf };
}

/**
 * Describes a Space's app. Wakes the Space where needed, but not longer than a call may take before its client gives up.
 * @param space as the assistant wrote it
 * @param ctx of the tool's call
 * @param site where it has been looked up already
 * @returns the app, or why there is none
 */
export async function openInTime(space: string, ctx: ToolContext, site?: SpaceSite): Promise<SpaceApp | HugwireError> {
  await askForApp(space, ctx);
  const seconds = Math.max(5, ctx.config.spaces.waitSeconds);
  const limit = AbortSignal.timeout(seconds * 1000);
  let steps = 0;
  try {
    return await ctx.spaces.open(site ?? space, {
      signal: AbortSignal.any([ctx.signal, limit]),
      onEvent: (event) => {
        if (event.kind === 'waiting') ctx.progress({ progress: ++steps, message: event.message });
      },
    });
  } catch (error) {
    const failure = toHugwireError(error);
    if (ctx.signal.aborted || !limit.aborted) return failure;
    return stillComing(space, seconds, failure);
  }
}

function stillComing(space: string, seconds: number, cause: HugwireError): HugwireError {
  return new HugwireError('space_asleep', `${cleanLine(space, 120)} has not come up within ${seconds} s.`, {
    hint: 'It was asked to start: call space_info again in a minute.',
    retryAfterSeconds: 60,
    cause,
  });
}
