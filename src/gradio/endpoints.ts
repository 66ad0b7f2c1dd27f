import { isObject, parseJson } from '../lib/json.js';
import { isShallow, isWithin, type JsonSchema } from '../lib/json-schema.js';
import { fold } from '../lib/nearest.js';
import { cleanLine, cleanText } from '../lib/text.js';
import { componentOf, describeFile } from './components.js';
import { chooseExamples, type Rows, readExample, readRows } from './examples.js';
import { fileShape, presentFiles, readFileTypes } from './files.js';
import { labelledChoices, type Props } from './refine.js';
import { repairSchema, withoutNull } from './schema.js';
import type { App, ComponentChanges, Endpoint, EndpointParameter, EndpointReturn } from './types.js';
import { withWiring } from './wiring.js';

/** Beyond these an app is described no further, and says so: large web UIs have hundreds of functions with hundreds of inputs. */
const MAX_ENDPOINTS = 1000;
const MAX_SLOTS = 1000;
/** Inputs and outputs of all endpoints together. */
const MAX_ALL_SLOTS = 60_000;
const MAX_NAME = 120;
const MAX_DESCRIPTION = 1000;

type Json = Record<string, unknown>;

/** A component of `/config`. */
interface RawComponent {
  type: string;
  props: Json;
  /** The component takes no part in API calls: hidden state, layout, buttons. */
  skipped: boolean;
  /** `/info` lists it all the same. */
  listed: boolean;
  id: unknown;
  /** Some function of the app returns to it. */
  changes: boolean;
  input: unknown;
  output: unknown;
  example: unknown;
  /** Its schemas, by the raw one: many endpoints may share a component. */
  schemas: Map<unknown, JsonSchema>;
}

/** What the docstrings of an app say: endpoint name without slash → parameter → text. */
export type ParameterDocs = Map<string, Map<string, string>>;

/** What is known of an app as a whole. */
interface Known {
  components: Map<unknown, RawComponent>;
  rows: Rows[];
  docs: ParameterDocs;
  /** Gradio's major version. */
  major: number;
  /** Where the app's own files are: ends before `/file=`. */
  filesAt: string;
}

/**
 * Describes every endpoint of an app. `/info` knows the parameters' names and types, `/config` their place on the wire,
 * bounds and choices; where `/info` is silent (it fails on some Gradio 4 apps, and leaves out what the author hid),
 * `/config` alone must do.
 * @param config the app's `/config`
 * @param info the app's `/info`; `{}` when it failed
 * @param docs from the app's MCP side, where it has one
 * @param filesAt where the app's own files are, up to `/file=`
 */
export function describeEndpoints(config: Json, info: Json, docs: ParameterDocs = new Map(), filesAt = ''): Endpoint[] {
  const components = readComponents(config);
  const major = Number.parseInt(String(config.version), 10);
  const known: Known = { components, rows: readRows(config.components), docs, major, filesAt };
  const named = isObject(info.named_endpoints) ? info.named_endpoints : {};
  const endpoints = new Map<string, Endpoint>();
  let slots = 0;
  const dependencies = Array.isArray(config.dependencies) ? config.dependencies : [];
  for (const [index, dependency] of dependencies.entries()) {
    if (endpoints.size >= MAX_ENDPOINTS || slots >= MAX_ALL_SLOTS) break;
    if (!isObject(dependency) || !isCallable(dependency)) continue;
    const name = nameOf(dependency);
    // With a part of its inputs it could not be called.
    if (endpoints.has(name) || isTooWide(dependency)) continue;
    const described = Object.hasOwn(named, name) ? named[name] : undefined;
    const endpoint = describeEndpoint(name, index, dependency, asObject(described), known);
    endpoints.set(name, endpoint);
    slots += endpoint.slots.length + endpoint.outputSlots.length;
  }
  return withWiring(config, [...endpoints.values()]);
}

/**
 * How many endpoints an app has beyond those that are described.
 * @param config the app's `/config`
 * @param described from `describeEndpoints`
 */
export function countOmitted(config: Json, described: readonly Endpoint[]): number {
  const callable = listOf(config.dependencies).filter((one) => isObject(one) && isCallable(one));
  return new Set(callable.map(nameOf)).size - described.length;
}

function nameOf(dependency: Json & { api_name: string }): string {
  return `/${dependency.api_name.replace(/^\/+/, '')}`;
}

function isTooWide({ inputs, outputs }: Json): boolean {
  return Math.max(listOf(inputs).length, listOf(outputs).length) > MAX_SLOTS;
}

// A name is what an author gives to make an endpoint callable; without it there is only the web page's own wiring.
function isCallable(dependency: Json): dependency is Json & { api_name: string } {
  const name = dependency.api_name;
  const wellNamed = typeof name === 'string' && name.length <= MAX_NAME && !['', 'false', '__proto__'].includes(name);
  return wellNamed && cleanLine(name, MAX_NAME) === name && dependency.backend_fn !== false;
}

function describeEndpoint(name: string, index: number, dependency: Json, described: Json, known: Known): Endpoint {
  const inputs = listOf(dependency.inputs).map((id) => known.components.get(id) ?? unknownComponent());
  const outputs = listOf(dependency.outputs).map((id) => known.components.get(id) ?? unknownComponent());
  const parameters = describeParameters(inputs, listOf(described.parameters), known, known.docs.get(name.slice(1)));
  const returned = outputs.flatMap((component, slot) => (component.skipped ? [] : [{ component, slot }]));
  const returns = alignListed(outputs, listOf(described.returns));
  const text = [described.description, dependency.api_description].find((one) => typeof one === 'string' && one !== '');
  const description = typeof text === 'string' ? cleanText(text, MAX_DESCRIPTION).trim() : '';
  return {
    name,
    fnIndex: Number.isInteger(dependency.id) ? (dependency.id as number) : index,
    description: description || undefined,
    parameters,
    returns: returned.map(({ component }, at) => describeReturn(component, asObject(returns[at]))),
    slots: inputs.map((component, slot) => {
      const parameter = parameters.find((one) => one.slot === slot);
      if (parameter) return { parameter: parameter.name };
      // The app keeps its state itself; other hidden inputs, such as a button's label, are what the page would send.
      const { isState } = componentOf(component.type);
      const value = isState === 'page' ? component.props.default_value : component.props.value;
      const sent = isState !== 'app' && isShallow(value) ? (value ?? null) : null;
      return { state: true, value: sent, ...(isState === 'page' ? { keptId: component.id } : {}) };
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
  known: Known,
  docs: Map<string, string> = new Map(),
): EndpointParameter[] {
  const given = inputs.flatMap((component, slot) => (component.skipped ? [] : [{ component, slot }]));
  const infos = alignListed(inputs, described);
  const row = chooseExamples(
    known.rows,
    given.map(({ component }) => component.id),
  );
  const names = new Set<string>();
  return given.map(({ component, slot }, at) => {
    const raw: RawParameter = { component, slot, info: asObject(infos[at]), docs };
    const parameter = describeParameter(raw, names, known);
    const { id, example: shown } = component;
    const example = readExample(parameter, row.get(id), [raw.info.example_input, shown], known.filesAt);
    names.add(parameter.name);
    return example ? { ...parameter, example } : parameter;
  });
}

/** What `/info` says of each component that takes part in calls; it lists some that do not. */
function alignListed(components: RawComponent[], described: unknown[]): unknown[] {
  const listed = components.filter((one) => one.listed);
  // Where the two disagree on how many there are, nothing tells which is which.
  if (described.length !== listed.length) return [];
  return described.filter((_, at) => !listed[at]?.skipped);
}

/** Gradio's own stand-ins for a label, which tell nothing. */
const PLACEHOLDER = /^(?:value|parameter)_\d+$/;

/** The first of several labels that says something in words. */
function chooseLabel(labels: unknown[]): string {
  const lines = labels.map((label) => cleanLine(label, MAX_LABEL)).filter((label) => !PLACEHOLDER.test(label));
  return lines.find((label) => /[\p{L}\p{N}]/u.test(label)) ?? '';
}

function describeReturn(component: RawComponent, info: Json): EndpointReturn {
  const { id, type, props } = component;
  const label = chooseLabel([info.label, props.label]) || type;
  const whole = schemaOf(component, info.type ?? component.output);
  const schema = presentFiles(whole, 'file');
  return { label, component: type, schema, componentId: id };
}

/**
 * An endpoint after answers have changed the page: the choices and bounds of its components, and what the page keeps. What
 * a parameter is left out for stays the app's default, unless that is no longer taken.
 * @param endpoint described
 * @param app it belongs to
 * @param changes from the answers of the same session, in their order
 */
export function withChanges(endpoint: Endpoint, { config }: App, changes: ComponentChanges): Endpoint {
  if (changes.size === 0) return endpoint;
  const raw = new Map(listOf(config.components).map((one) => [asObject(one).id, asObject(asObject(one).props)]));
  return {
    ...endpoint,
    parameters: endpoint.parameters.map((one) => {
      const change = changes.get(one.componentId);
      return change ? changeParameter(one, { ...raw.get(one.componentId), ...change }) : one;
    }),
    slots: endpoint.slots.map((slot) => {
      const kept = 'keptId' in slot ? changes.get(slot.keptId) : undefined;
      return kept ? { ...slot, value: kept.value } : slot;
    }),
  };
}

function changeParameter(parameter: EndpointParameter, props: Props): EndpointParameter {
  const { refine } = componentOf(parameter.component);
  if (!refine || parameter.wire) return parameter;
  const schema = refine(parameter.schema, props);
  const choices = labelledChoices(props);
  const { required, default: value } = parameter;
  const isTaken = required || isWithin(value, schema);
  return {
    ...parameter,
    schema,
    choices: choices.length > 0 ? choices : undefined,
    ...(!isTaken && isWithin(props.value, schema) ? { default: props.value } : {}),
  };
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
  listed: true,
  id: undefined,
  changes: false,
  input: {},
  output: {},
  example: undefined,
  schemas: new Map(),
});

function readComponents({ components: raw, dependencies, i18n_translations: translations }: Json) {
  const components = new Map<unknown, RawComponent>();
  for (const one of listOf(raw)) {
    if (!isObject(one)) continue;
    const type = cleanLine(one.type, 60).toLowerCase() || 'unknown';
    const { isState } = componentOf(type);
    components.set(one.id, {
      type,
      id: one.id,
      props: translateProps(asObject(one.props), translations),
      skipped: one.skip_api === true || isState !== undefined,
      listed: one.skip_api !== true && isState !== 'app',
      changes: false,
      input: one.api_info_as_input ?? one.api_info,
      output: one.api_info_as_output ?? one.api_info,
      example: one.example_inputs,
      schemas: new Map(),
    });
  }
  for (const dependency of listOf(dependencies)) {
    if (!isObject(dependency) || dependency.backend_fn === false) continue;
    // A row of examples sets values and nothing else.
    const [first] = listOf(dependency.inputs);
    if (components.get(first)?.type === 'dataset') continue;
    for (const id of listOf(dependency.outputs)) {
      const component = components.get(id);
      if (component) component.changes = true;
    }
  }
  return components;
}

/** How Gradio writes the key of a translation in a text. */
const TRANSLATED = /__i18n__(\{[^{}]{0,400}\})/g;

/** The words of people among the properties, in English where the app is translated; a key without words is left out. */
function translateProps(props: Props, translations: unknown): Props {
  const inWords = (value: unknown): unknown => {
    if (typeof value !== 'string' || !value.includes('__i18n__')) return value;
    return value.replace(TRANSLATED, (_, key: string) => translate(parseJson(key), translations));
  };
  const { label, info, placeholder, choices } = props;
  const translated: Props = { ...props, label: inWords(label), info: inWords(info), placeholder: inWords(placeholder) };
  // The value of a choice is what the app knows it by.
  const read = (one: unknown) => (Array.isArray(one) && one.length === 2 ? [inWords(one[0]), one[1]] : one);
  return Array.isArray(choices) ? { ...translated, choices: choices.map(read) } : translated;
}

function translate(key: unknown, translations: unknown): string {
  const name = isObject(key) && typeof key.key === 'string' ? key.key : '';
  const { en, ...others } = asObject(translations);
  for (const language of [en, ...Object.values(others)].filter(isObject)) {
    const nested = name
      .split('.')
      .reduce<unknown>((at, part) => (isObject(at) && Object.hasOwn(at, part) ? at[part] : undefined), language);
    const text = Object.hasOwn(language, name) ? language[name] : nested;
    if (typeof text === 'string') return text;
  }
  return '';
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
 * @param known of the app
 */
function describeParameter(raw: RawParameter, taken: ReadonlySet<string>, { major }: Known): EndpointParameter {
  const { component, slot, info } = raw;
  const { type, props, changes } = component;
  const inWords = chooseLabel([info.label, props.label]);
  const name = chooseName(info.parameter_name, inWords || `input ${slot + 1}`, taken);
  const label = inWords || cleanLine(props.label, MAX_LABEL) || name;
  // `null` at the root means "left empty", which every parameter may be: the wire takes it whatever the schema says.
  const wire = withoutNull(schemaOf(component, info.type ?? component.input));
  const choices = labelledChoices(props);
  const file = describeFile(type, props);
  const known = componentOf(type);
  const shown = known.present?.(wire, file) ?? presentFiles(wire, file);
  const description = describe(raw, name, label, shown.description);
  const kind = known.file ?? fileShape(wire);
  // Where Gradio does not check them, what the app takes is known to the app alone.
  const fileTypes = known.checksFileTypes && !(major < 5) ? readFileTypes(props.file_types) : undefined;
  return {
    name,
    label,
    component: type,
    ...findDefault(info, props),
    schema: { ...shown, ...(description ? { description } : {}) },
    wire: kind || known.toWire ? wire : undefined,
    choices: choices.length > 0 ? choices : undefined,
    componentId: component.id,
    ...(changes && Array.isArray(props.choices) ? { changes } : {}),
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
  const telling = ['', fold(name)].includes(fold(label)) || /^\d+(?:st|nd|rd|th)$/i.test(label) ? '' : label;
  const about = docs.get(name) ?? component.props.info;
  const placeholder = isObject(component.props) ? component.props.placeholder : undefined;
  const parts = [
    telling,
    typeof about === 'string'
      ? about
      : typeof placeholder === 'string' && placeholder.trim()
        ? `such as: ${placeholder}`
        : '',
    schema,
  ];
  const texts = parts.map((part) =>
    typeof part === 'string' ? cleanText(part, MAX_PARAMETER_DESCRIPTION).trim() : '',
  );
  return [...new Set(texts.filter(Boolean))].join('; ');
}
