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
import { measureOnce } from '../lib/large-json.js';
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
/** Characters of all that is told of endpoints in one answer, and of the arguments of one. */
const MAX_TEXT = 12_000;
/** Characters of a signature or an example beside others. */
const MAX_BESIDE = 1000;
/** Choices of one parameter in its schema. */
const MAX_ENUM = 100;

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
    offset: z.int().min(0).optional().describe('From the last answer'),
  }),
  aliases: { names: { id: 'space', repo: 'space', url: 'space', name: 'space', apiname: 'endpoint' } },
  async run({ space, endpoint, offset = 0 }, ctx) {
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
    const lines = chosen ? describeWhole(chosen, app, offset) : describeAll(endpoints, app, offset);
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

function describeAll(endpoints: Endpoint[], app: SpaceApp, offset: number): string[] {
  const { omitted = 0 } = app;
  const beyond =
    omitted > 0
      ? [`${plural(omitted, 'endpoint')} of it cannot be called with hugwire: too many, or with too many inputs.`]
      : [];
  if (endpoints.length === 0) {
    return beyond.length > 0 ? beyond : ['It has no endpoint that can be called: it can only be used on its web page.'];
  }
  const told = takeRoom(
    endpoints.slice(offset, offset + MAX_SHOWN).map((endpoint) => describeOne(endpoint, app)),
    MAX_TEXT,
  );
  const end = offset + told.length;
  const rest = endpoints.slice(end, end + MAX_NAMED).map(({ name }) => showName(name));
  const more = endpoints.length - end - rest.length;
  const [first] = endpoints.slice(offset);
  return [
    `${plural(endpoints.length, 'endpoint')}, the likeliest first${offset > 0 ? `, from number ${offset + 1} on` : ''}:`,
    ...told,
    ...(rest.length > 0 ? [`Also: ${rest.join(', ')}${more > 0 ? ` and ${more} more` : ''}`] : []),
    ...beyond,
    `Next: space_call with such arguments${first ? `; space_info with endpoint=${showValue(first.name, 130)} shows its whole schema` : ''}${rest.length > 0 ? `, with offset=${end} the next endpoints` : ''}.`,
  ];
}

function describeOne(endpoint: Endpoint, app: SpaceApp): string {
  const given = showExample(endpoint, app);
  const isLong = given.length > MAX_BESIDE;
  return [
    showSignature(endpoint, MAX_BESIDE),
    ...(endpoint.description ? [`  ${showWords(endpoint.description, MAX_LINE)}`] : []),
    ...describeUse(endpoint).map((line) => `  ${line}`),
    isLong
      ? `  Its example is long: space_info with endpoint=${showValue(endpoint.name, 130)} shows it.`
      : `  Example: ${given}`,
  ].join('\n');
}

/** As many as there is room for; one at least. */
function takeRoom(texts: readonly string[], room: number): string[] {
  let left = room;
  const end = texts.findIndex((text, at) => {
    left -= text.length;
    return left < 0 && at > 0;
  });
  return texts.slice(0, end < 0 ? undefined : end);
}

function describeWhole(endpoint: Endpoint, app: SpaceApp, offset: number): string[] {
  const { name, description, parameters } = endpoint;
  const { schema, end, alike, cut } = cutSchema(endpoint, offset);
  const given = showExample(endpoint, app);
  const part = end < parameters.length || offset > 0;
  return [
    showSignature(endpoint, MAX_TEXT / 4),
    ...(description ? [fence(cleanText(description, 1000), `description of ${name}`)] : []),
    ...describeUse(endpoint),
    fence(cleanText(JSON.stringify(schema)), `schema of the arguments of ${name}`),
    ...alike,
    ...cut,
    ...(part ? [`These are arguments ${Math.min(offset, end) + 1} to ${end} of ${parameters.length}.`] : []),
    given.length > MAX_TEXT / 2
      ? `It must be given ${parameters.filter((one) => one.required).length} arguments, too many for an example here.`
      : `Example for space_call: ${given}`,
    ...(end < parameters.length
      ? [`Next: space_info with endpoint=${showValue(name, 130)} and offset=${end} shows the next arguments.`]
      : []),
  ];
}

/** The schema of as many arguments as there is room for: of those that are alike, the first; of many choices, some. */
function cutSchema(endpoint: Endpoint, offset: number) {
  const groups = groupAlike(endpoint.parameters.slice(offset), twinKey);
  const whole = inputSchema(endpoint) as { properties: Record<string, JsonSchema>; required?: string[] };
  const shown: [string, JsonSchema][] = [];
  const alike: string[] = [];
  const cut: string[] = [];
  const told = new Set<string>();
  let room = MAX_TEXT;
  for (const { first, others } of groups) {
    const { name } = first;
    const { schema: fits, choices } = cutChoices(whole.properties[name] ?? {});
    const isLarge = JSON.stringify(fits).length > MAX_TEXT;
    const schema = isLarge ? { type: fits.type } : fits;
    const cost = JSON.stringify(schema).length + name.length;
    if (shown.length > 0 && cost > room) break;
    room -= cost;
    shown.push([name, schema]);
    if (isLarge)
      cut.push(`What ${showName(name)} takes is too long for here: \`hugwire spaces info\` shows it in a terminal.`);
    else if (choices > 0)
      cut.push(
        `${showName(name)} has ${choices} choices, of which ${MAX_ENUM} are shown; one that is not shown is taken as well.`,
      );
    if (others.length > 0)
      alike.push(`Like ${showName(name)}: ${plural(others.length, 'argument')} more, ${nameRange(others)}.`);
    for (const one of [first, ...others]) told.add(one.name);
  }
  // Twins may stand far apart: what comes next is the first that was not told.
  const next = endpoint.parameters.findIndex((one, at) => at >= offset && !told.has(one.name));
  const end = next < 0 ? endpoint.parameters.length : next;
  const properties = Object.fromEntries(shown);
  const required = whole.required?.filter((name) => Object.hasOwn(properties, name));
  const schema = { ...whole, properties, ...(whole.required ? { required } : {}) };
  return { schema, end, alike, cut };
}

function cutChoices(schema: JsonSchema): { schema: JsonSchema; choices: number } {
  if (isObject(schema.items)) {
    const { schema: items, choices } = cutChoices(schema.items);
    return { schema: choices > 0 ? { ...schema, items } : schema, choices };
  }
  const keyword = schema.enum ? 'enum' : 'examples';
  const members = schema[keyword];
  if (!Array.isArray(members) || members.length <= MAX_ENUM) return { schema, choices: 0 };
  return { schema: { ...schema, [keyword]: members.slice(0, MAX_ENUM) }, choices: members.length };
}

function showExample(endpoint: Endpoint, app: SpaceApp): string {
  return cleanText(JSON.stringify(example(endpoint, app)));
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
 * An endpoint on one line: `/infer(prompt: text, seed?: integer 0–9 = 0) → image "Result", number "Seed"`. Of what differs
 * by its number alone, the first is shown.
 * @param endpoint described
 * @param max characters of the parameters, and of the returns
 */
export function showSignature(endpoint: Endpoint, max = Number.POSITIVE_INFINITY): string {
  const parameters = groupAlike(endpoint.parameters, twinKey).map(({ first, others }) => ({
    text: `${showParameter(first)}${others.length > 0 ? ` (and ${others.length} more like it: ${nameRange(others)})` : ''}`,
    count: 1 + others.length,
  }));
  const returns = groupAlike(endpoint.returns, (one) => withoutNumbers(showReturn(one))).map(({ first, others }) => ({
    text: `${showReturn(first)}${others.length > 0 ? ` (and ${others.length} more like it)` : ''}`,
    count: 1 + others.length,
  }));
  return `${showName(endpoint.name)}(${joinWithin(parameters, max)}) → ${joinWithin(returns, max) || 'nothing'}`;
}

function joinWithin(parts: { text: string; count: number }[], max: number): string {
  const shown = takeRoom(
    parts.map(({ text }) => text),
    max,
  );
  const more = parts.slice(shown.length).reduce((sum, { count }) => sum + count, 0);
  return [...shown, ...(more > 0 ? [`… and ${more} more`] : [])].join(', ');
}

/** So many that are alike are told one by one. */
const FEW = 2;

/** Puts together what has the same key, each group where its first member stands. */
function groupAlike<T>(list: readonly T[], keyOf: (one: T) => string): { first: T; others: T[] }[] {
  const keyed = list.map((one) => ({ one, key: keyOf(one) }));
  const groups = new Map<string, T[]>();
  for (const { one, key } of keyed) {
    const group = groups.get(key);
    if (group) group.push(one);
    else groups.set(key, [one]);
  }
  return keyed.flatMap(({ one, key }) => {
    const group = groups.get(key) ?? [];
    if (group.length <= FEW) return [{ first: one, others: [] }];
    return one === group[0] ? [{ first: one, others: group.slice(1) }] : [];
  });
}

/** The same for parameters that only a number tells apart. */
function twinKey({ name, label, required, schema, default: value, choices }: EndpointParameter): string {
  const { description } = schema;
  const shape = numberLarge(schema) ?? { ...schema, description: undefined };
  const others = [value, choices].map((one) => numberLarge(one) ?? one);
  return JSON.stringify([...[name, label, description].map(withoutNumbers), required, shape, ...others]);
}

/** Beyond it, two values are alike only where they are one and the same. */
const MAX_COMPARED = 2000;
const numbers = new WeakMap<object, number>();
let numbered = 0;

/** Stands for a value that is too large to be compared; undefined for any other. */
function numberLarge(value: unknown): { large: unknown } | undefined {
  if (typeof value === 'string' && value.length > MAX_COMPARED) return { large: value.slice(0, MAX_COMPARED) };
  if (typeof value !== 'object' || value === null) return undefined;
  const { nodes, characters } = measureOnce(value);
  if (nodes + characters <= MAX_COMPARED) return undefined;
  const number = numbers.get(value) ?? ++numbered;
  numbers.set(value, number);
  return { large: number };
}

function withoutNumbers(text: unknown): string {
  return String(text ?? '').replace(/[_ ]?\d+/g, '');
}

function nameRange(twins: readonly EndpointParameter[]): string {
  return [twins[0], twins.at(-1)].map((one) => showName(one?.name)).join(' to ');
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
  const choices = isObject(schema.items) ? schema.items.enum : schema.enum;
  const isOpen = parameter.changes && Array.isArray(choices) && choices.length <= MAX_CHOICES;
  return `${describeType(schema)}${isOpen ? '|…' : ''}`;
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
  return label === component ? kind : `${kind} "${cleanLine(label, 40).replaceAll('"', '')}"`;
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
