import { isObject } from '../lib/json.js';
import { isShallow, type JsonSchema } from '../lib/json-schema.js';
import { fold } from '../lib/nearest.js';
import { cleanLine, cleanText } from '../lib/text.js';
import { componentOf, describeFile } from './components.js';
import { fileShape, presentFiles, readFileTypes } from './files.js';
import { labelledChoices } from './refine.js';
import { repairSchema, withoutNull } from './schema.js';
import type { Endpoint, EndpointParameter, EndpointReturn } from './types.js';
import { withWiring } from './wiring.js';

/** Beyond these an app is described no further: no real app comes near. */
const MAX_ENDPOINTS = 500;
const MAX_SLOTS = 200;
/** Inputs and outputs of all endpoints together. */
const MAX_ALL_SLOTS = 20_000;
const MAX_NAME = 120;
const MAX_DESCRIPTION = 1000;

type Json = Record<string, unknown>;

/** A component of `/config`. */
interface RawComponent {
  type: string;
  props: Json;
  /** The component takes no part in API calls: hidden state, layout, buttons. */
  skipped: boolean;
  input: unknown;
  output: unknown;
  /** Its schemas, by the raw one: many endpoints may share a component. */
  schemas: Map<unknown, JsonSchema>;
}

/** What the docstrings of an app say: endpoint name without slash → parameter → text. */
export type ParameterDocs = Map<string, Map<string, string>>;

/**
 * Describes every endpoint of an app. `/info` knows the parameters' names and types, `/config` their place on the wire,
 * bounds and choices; where `/info` is silent (it fails on some Gradio 4 apps, and leaves out what the author hid),
 * `/config` alone must do.
 * @param config the app's `/config`
 * @param info the app's `/info`; `{}` when it failed
 * @param docs from the app's MCP side, where it has one
 */
export function describeEndpoints(config: Json, info: Json, docs: ParameterDocs = new Map()): Endpoint[] {
  const components = readComponents(config.components);
  const named = isObject(info.named_endpoints) ? info.named_endpoints : {};
  const endpoints = new Map<string, Endpoint>();
  let slots = 0;
  const dependencies = Array.isArray(config.dependencies) ? config.dependencies : [];
  for (const [index, dependency] of dependencies.entries()) {
    if (endpoints.size >= MAX_ENDPOINTS || slots >= MAX_ALL_SLOTS) break;
    if (!isObject(dependency) || !isCallable(dependency)) continue;
    const name = `/${dependency.api_name.replace(/^\/+/, '')}`;
    if (endpoints.has(name)) continue;
    const described = Object.hasOwn(named, name) ? named[name] : undefined;
    const endpoint = describeEndpoint(name, index, dependency, asObject(described), components, docs);
    endpoints.set(name, endpoint);
    slots += endpoint.slots.length + endpoint.outputSlots.length;
  }
  return withWiring(config, [...endpoints.values()]);
}

// A name is what an author gives to make an endpoint callable; without it there is only the web page's own wiring.
function isCallable(dependency: Json): dependency is Json & { api_name: string } {
  const name = dependency.api_name;
  const wellNamed = typeof name === 'string' && name.length <= MAX_NAME && !['', 'false', '__proto__'].includes(name);
  return wellNamed && cleanLine(name, MAX_NAME) === name && dependency.backend_fn !== false;
}

function describeEndpoint(
  name: string,
  index: number,
  dependency: Json,
  described: Json,
  components: Map<unknown, RawComponent>,
  docs: ParameterDocs,
): Endpoint {
  const inputs = idsOf(dependency.inputs).map((id) => components.get(id) ?? unknownComponent());
  const outputs = idsOf(dependency.outputs).map((id) => components.get(id) ?? unknownComponent());
  const parameters = describeParameters(inputs, listOf(described.parameters), docs.get(name.slice(1)));
  const returned = outputs.flatMap((component, slot) => (component.skipped ? [] : [{ component, slot }]));
  const returns = listOf(described.returns);
  const text = [described.description, dependency.api_description].find((one) => typeof one === 'string' && one !== '');
  const description = typeof text === 'string' ? cleanText(text, MAX_DESCRIPTION).trim() : '';
  return {
    name,
    fnIndex: Number.isInteger(dependency.id) ? (dependency.id as number) : index,
    description: description || undefined,
    parameters,
    returns: returned.map(({ component }, at) =>
      describeReturn(component, returns.length === returned.length ? asObject(returns[at]) : {}),
    ),
    slots: inputs.map((component, slot) => {
      const parameter = parameters.find((one) => one.slot === slot);
      if (parameter) return { parameter: parameter.name };
      // The app keeps its state itself; other hidden inputs, such as a button's label, are what the page would send.
      const { value } = component.props;
      return { state: true, value: !componentOf(component.type).isState && isShallow(value) ? (value ?? null) : null };
    }),
    outputSlots: returned.map(({ slot }) => slot),
    queue: dependency.queue !== false,
    hidden: isHidden(dependency),
  };
}

function isHidden(dependency: Json): boolean {
  const { api_visibility: visibility, show_api: shown } = dependency;
  return shown === false || (typeof visibility === 'string' && visibility !== 'public');
}

function describeParameters(
  inputs: RawComponent[],
  described: unknown[],
  docs: Map<string, string> = new Map(),
): EndpointParameter[] {
  const given = inputs.flatMap((component, slot) => (component.skipped ? [] : [{ component, slot }]));
  // Where the two disagree on how many there are, nothing tells which is which.
  const agree = described.length === given.length;
  const names = new Set<string>();
  return given.map(({ component, slot }, at) => {
    const raw: RawParameter = { component, slot, info: agree ? asObject(described[at]) : {}, docs };
    const parameter = describeParameter(raw, names);
    names.add(parameter.name);
    return parameter;
  });
}

function describeReturn(component: RawComponent, info: Json): EndpointReturn {
  const label = cleanLine(info.label, 80) || cleanLine(component.props.label, 80) || component.type;
  const whole = schemaOf(component, info.type ?? component.output);
  const schema = presentFiles(whole, 'file');
  return { label, component: component.type, schema };
}

/** A schema of `/info` or `/config`, made valid and corrected by what the component's properties say. */
function schemaOf({ type, props, schemas }: RawComponent, raw: unknown): JsonSchema {
  const known = schemas.get(raw);
  if (known) return known;
  const repaired = repairSchema(raw);
  const schema = componentOf(type).refine?.(repaired, props) ?? repaired;
  schemas.set(raw, schema);
  return schema;
}

const unknownComponent = (): RawComponent => ({
  type: 'unknown',
  props: {},
  skipped: false,
  input: {},
  output: {},
  schemas: new Map(),
});

function readComponents(raw: unknown): Map<unknown, RawComponent> {
  const components = new Map<unknown, RawComponent>();
  for (const one of listOf(raw)) {
    if (!isObject(one)) continue;
    const type = cleanLine(one.type, 60).toLowerCase() || 'unknown';
    components.set(one.id, {
      type,
      props: asObject(one.props),
      skipped: one.skip_api === true || componentOf(type).isState === true,
      input: one.api_info_as_input ?? one.api_info,
      output: one.api_info_as_output ?? one.api_info,
      schemas: new Map(),
    });
  }
  return components;
}

function idsOf(value: unknown): unknown[] {
  return listOf(value).slice(0, MAX_SLOTS);
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function asObject(value: unknown): Json {
  return isObject(value) ? value : {};
}

const MAX_PARAMETER_NAME = 64;
const MAX_LABEL = 80;
const MAX_PARAMETER_DESCRIPTION = 400;

/** All that is known of one input of a function. */
interface RawParameter {
  component: RawComponent;
  slot: number;
  /** Its entry in `/info`; `{}` when there is none. */
  info: Record<string, unknown>;
  /** Texts of the docstring, by parameter name. */
  docs: Map<string, string>;
}

/**
 * Describes one parameter.
 * @param raw what `/info` and `/config` say of it
 * @param taken names of the parameters before it
 */
function describeParameter(raw: RawParameter, taken: ReadonlySet<string>): EndpointParameter {
  const { component, slot, info } = raw;
  const { type, props } = component;
  const label = cleanLine(info.label, MAX_LABEL) || cleanLine(props.label, MAX_LABEL) || `input ${slot + 1}`;
  const name = chooseName(info.parameter_name, label, taken);
  // `null` at the root means "left empty", which every parameter may be: the wire takes it whatever the schema says.
  const wire = withoutNull(schemaOf(component, info.type ?? component.input));
  const choices = labelledChoices(props);
  const file = describeFile(type, props);
  const known = componentOf(type);
  const shown = known.present?.(wire, file) ?? presentFiles(wire, file);
  const description = describe(raw, name, label, shown.description);
  const kind = known.file ?? fileShape(wire);
  const fileTypes = readFileTypes(props.file_types);
  return {
    name,
    label,
    component: type,
    ...findDefault(info, props),
    schema: { ...shown, ...(description ? { description } : {}) },
    wire: kind || known.toWire ? wire : undefined,
    choices: choices.length > 0 ? choices : undefined,
    file: kind,
    fileTypes: kind && fileTypes,
    slot,
  };
}

function findDefault(
  info: Record<string, unknown>,
  props: Record<string, unknown>,
): { required: boolean; default?: unknown } {
  if (info.parameter_has_default === false) return { required: true };
  const value = (info.parameter_has_default === true ? info.parameter_default : props.value) ?? null;
  if (value === null && info.parameter_has_default !== true) return { required: true };
  return { required: false, default: isShallow(value) ? value : null };
}

function chooseName(given: unknown, label: string, taken: ReadonlySet<string>): string {
  const isName = typeof given === 'string' && PYTHON_NAME.test(given) && given !== '__proto__';
  // Some letters are shown as nothing.
  const name = isName && cleanLine(given) === given ? given : toName(label);
  for (let count = 1; ; count += 1) {
    const unique = count === 1 ? name : `${name}_${count}`;
    if (!taken.has(unique)) return unique;
  }
}

const PYTHON_NAME = /^[\p{L}_][\p{L}\p{N}_]{0,63}$/u;

function toName(label: string): string {
  const name = label
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '_')
    .slice(0, MAX_PARAMETER_NAME);
  return name.replace(/^_+|(?<!_)_+$/g, '') || 'input';
}

function describe({ component, docs }: RawParameter, name: string, label: string, schema: unknown): string {
  const telling = fold(label) === fold(name) || /^\d+(?:st|nd|rd|th)$|^parameter[ _]\d+$/i.test(label) ? '' : label;
  const about = docs.get(name) ?? component.props.info;
  const placeholder = isObject(component.props) ? component.props.placeholder : undefined;
  const parts = [
    telling,
    typeof about === 'string' ? about : typeof placeholder === 'string' ? `such as: ${placeholder}` : '',
    schema,
  ];
  const texts = parts.map((part) =>
    typeof part === 'string' ? cleanText(part, MAX_PARAMETER_DESCRIPTION).trim() : '',
  );
  return [...new Set(texts.filter(Boolean))].join('; ');
}
