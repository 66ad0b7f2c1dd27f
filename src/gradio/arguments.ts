import { coerce, isLeftOut, isNoise, isNothing, matchEnum, openArguments, spreadArguments } from '../lib/coerce.js';
import { HugwireError } from '../lib/errors.js';
import { isObject, parseJson } from '../lib/json.js';
import { alternativesOf, findFault, fits, isWithin, type JsonSchema, typesOf } from '../lib/json-schema.js';
import { fold, nearest } from '../lib/nearest.js';
import { cleanLine } from '../lib/text.js';
import { componentOf } from './components.js';
import { isEmpty } from './examples.js';
import { FILE_FORMS, isFileData, presentFiles, sourceOf } from './files.js';
import { hintChoices } from './schema.js';
import type { Endpoint, EndpointParameter, InputFileSlot, PreparedArguments } from './types.js';

/**
 * Makes arguments ready for the wire: finds each parameter by its name, its label or its place, bends near misses, fills
 * in defaults, checks every value, and takes the files out for the upload.
 * @param endpoint what is called
 * @param args an object by name or label, a list by place, JSON text of either, or the value of the only parameter
 * @throws HugwireError `invalid_arguments` that names the parameter, what was found and what is allowed
 */
export async function prepareArguments(endpoint: Endpoint, args: unknown): Promise<PreparedArguments> {
  const given = matchArguments(endpoint, args);
  const missing = endpoint.parameters.filter((one) => one.required && !given.has(one));
  if (missing.length > 0) throw missingArguments(endpoint, missing);

  const values = new Map<string, unknown>();
  const files: InputFileSlot[] = [];
  const named = Object.fromEntries([...given].map(([{ name }, value]) => [name, value]));
  const switches = seedSwitches(endpoint, named);
  for (const parameter of endpoint.parameters) {
    if (!given.has(parameter)) {
      values.set(parameter.name, switches[parameter.name] ?? parameter.default ?? null);
      continue;
    }
    const prepared = await prepareValue(parameter, given.get(parameter));
    values.set(parameter.name, prepared.value);
    for (const file of prepared.files) {
      const { name, slot, fileTypes: types } = parameter;
      files.push({ parameter: name, path: [slot, ...file.path], source: file.source, types });
    }
  }
  const data = endpoint.slots.map((slot) => ('state' in slot ? slot.value : values.get(slot.parameter)));
  return { data, files };
}

const CHANCE = /^rand(?:om(?:i[sz]ed?)?)?$/;
const FIXING = /^(?:use|enable|set|fix|fixed|lock|locked|keep|custom|manual)$/;

/** How a switch of these words has to stand so that a seed counts; undefined where it has nothing to do with one. */
function seedSetting(words: readonly string[]): boolean | undefined {
  const isSeed = words.includes('seed');
  const isChance = words.some((word) => CHANCE.test(word));
  if (isChance) return isSeed || words.every((word) => word === 'use' || CHANCE.test(word)) ? false : undefined;
  return isSeed && words.length <= 3 && words.some((word) => FIXING.test(word)) ? true : undefined;
}

/**
 * The checkboxes beside a seed that would make the app ignore it, and how they have to stand so that it counts.
 * @param endpoint what is called
 * @param given the arguments by name; a seed below 0 asks for any
 * @returns values by name, of those alone that are not given
 */
export function seedSwitches({ parameters }: Endpoint, given: Record<string, unknown>): Record<string, boolean> {
  const wordsOf = ({ name, label }: EndpointParameter) =>
    [name, label].map((text) => {
      const spaced = text.replace(/[^\p{L}\p{N}]+|(?<=\p{Ll})(?=\p{Lu})|(?<=\p{L})(?=\p{N})/gu, ' ');
      return spaced.toLowerCase().trim().split(' ');
    });
  const isFlag = ({ schema }: EndpointParameter) => schema.type === 'boolean';
  const seeds = parameters.filter((one) => !isFlag(one) && wordsOf(one).some((words) => words.includes('seed')));
  const switches = parameters.filter(isFlag).flatMap((one): [string, boolean][] => {
    const value = wordsOf(one)
      .map(seedSetting)
      .find((setting) => setting !== undefined);
    const distance = ({ slot }: EndpointParameter) => Math.abs(slot - one.slot);
    const [seed] = [...seeds].sort((a, b) => distance(a) - distance(b));
    const counts = seed && (given[seed.name] ?? null) !== null && !(Number(given[seed.name]) < 0);
    return value === undefined || !counts || Object.hasOwn(given, one.name) ? [] : [[one.name, value]];
  });
  return Object.fromEntries(switches);
}

/**
 * Whether a value stands for leaving its parameter out. A required file or number may really be null, as the web page sends
 * it when left empty; text never is. Empty text and the choice "None" are values.
 */
function isMissing({ component, required, file, choices, schema }: EndpointParameter, value: unknown): boolean {
  const { isText, toWire } = componentOf(component);
  if (value === null) return !required || isText === true;
  const isWord = typeof value === 'string';
  if (!isNothing(value) || (isWord && chooseByLabel(value, choices) !== value)) return false;
  if (isText) return !required && !(isWord && value.trim() === '');
  if (file) return !required || isWord;
  return isLeftOut(value, schema, required) && !(required && toWire);
}

/** Which value was given for which parameter. */
function matchArguments(endpoint: Endpoint, args: unknown): Map<EndpointParameter, unknown> {
  const { parameters } = endpoint;
  const read = readArguments(endpoint, args);
  if (Array.isArray(read) && read.length > parameters.length) {
    throw new HugwireError(
      'invalid_arguments',
      `${endpoint.name} takes ${parameters.length} arguments; ${read.length} were given.`,
      { hint: listParameters(endpoint) },
    );
  }
  const given = new Map<EndpointParameter, unknown>();
  const isStructure = (name: string) => parameters.find((one) => one.name === name)?.schema.type !== 'string';
  const named = Array.isArray(read) ? read : spreadArguments(read, isStructure);
  for (const [name, value] of Object.entries(named)) {
    const parameter = Array.isArray(read) ? parameters[Number(name)] : findParameter(endpoint, name);
    if (!parameter && (isNoise(name) || isNothing(value))) continue;
    if (!parameter) throw unknownParameter(endpoint, name);
    if (value === undefined || isMissing(parameter, value)) continue;
    if (given.has(parameter)) {
      throw new HugwireError(
        'invalid_arguments',
        `"${parameter.name}" was given twice, once as "${cleanLine(name, 80)}".`,
      );
    }
    given.set(parameter, value);
  }
  return given;
}

function readArguments(endpoint: Endpoint, args: unknown): unknown[] | Record<string, unknown> {
  const value = openArguments(
    args,
    endpoint.parameters.flatMap(({ name, label }) => [name, label]),
  );
  if (Array.isArray(value) || isObject(value)) return value;
  // One bare value can only be meant for the one parameter that must be given.
  const required = endpoint.parameters.filter((one) => one.required);
  const [target, ...others] = required.length > 0 ? required : endpoint.parameters;
  if (target && others.length === 0) return { [target.name]: value };
  throw new HugwireError('invalid_arguments', `The arguments of ${endpoint.name} must be an object.`, {
    hint: listParameters(endpoint),
  });
}

function findParameter(endpoint: Endpoint, name: string): EndpointParameter | undefined {
  const { parameters } = endpoint;
  const wanted = fold(name);
  const ways: ((one: EndpointParameter) => boolean)[] = [
    (one) => one.name === name,
    (one) => wanted !== '' && fold(one.name) === wanted,
    (one) => one.label === name || (wanted !== '' && fold(one.label) === wanted),
  ];
  for (const way of ways) {
    const [found, ...others] = parameters.filter(way);
    if (found && others.length === 0) return found;
  }
  const twins = parameters.filter((one) => wanted !== '' && fold(one.label) === wanted);
  if (twins.length > 1) {
    throw new HugwireError(
      'invalid_arguments',
      `${endpoint.name} has several parameters labelled "${cleanLine(name, 80)}".`,
      {
        hint: `Give one of ${twins.map((one) => one.name).join(', ')}.`,
      },
    );
  }
  return undefined;
}

function unknownParameter(endpoint: Endpoint, name: string): HugwireError {
  const { parameters } = endpoint;
  const names = parameters.map((one) => one.name);
  const guess = nearest(name, names) ?? labelOwner(parameters, name);
  return new HugwireError('invalid_arguments', `${endpoint.name} has no parameter "${cleanLine(name, 80)}".`, {
    hint: `${guess ? `Did you mean "${guess}"? ` : ''}${listParameters(endpoint)}`,
  });
}

function labelOwner(parameters: EndpointParameter[], name: string): string | undefined {
  const label = nearest(
    name,
    parameters.map((one) => one.label),
  );
  return parameters.find((one) => one.label === label)?.name;
}

function missingArguments(endpoint: Endpoint, missing: EndpointParameter[]): HugwireError {
  const names = missing.map((one) => `"${one.name}"`).join(', ');
  const files = missing.some((one) => one.file);
  return new HugwireError('invalid_arguments', `${endpoint.name} needs ${names}.`, {
    hint: `${listParameters(endpoint)}${files ? ' Give null to leave a file out, as the web page can.' : ''}`,
  });
}

function listParameters(endpoint: Endpoint): string {
  if (endpoint.parameters.length === 0) return 'It takes no arguments.';
  return `It takes: ${endpoint.parameters.map((one) => `${one.name}${one.required ? '' : '?'}`).join(', ')}.`;
}

type Path = (string | number)[];

/** A value ready for the wire, with null where each file will stand. */
interface PreparedValue {
  value: unknown;
  files: { path: Path; source: string }[];
}

/**
 * Bends a value towards its parameter, checks it, and takes the files out.
 * @param parameter what it is for
 * @param given what was given; never changed
 * @throws HugwireError `invalid_arguments`
 */
async function prepareValue(parameter: EndpointParameter, given: unknown): Promise<PreparedValue> {
  // Left empty, as the web page can leave any component.
  if (given === null) return { value: null, files: [] };
  const wire = parameter.wire ?? parameter.schema;
  const exact = parameter.wire ? once(parameter.wire, presentFiles) : askedOf(parameter);
  const { toWire } = componentOf(parameter.component);

  const chosen = chooseByLabel(given, parameter.choices);
  const parsed = parseStructure(chosen, exact);
  const shaped = toWire ? toWire(parsed, wire, parameter.default) : parsed;
  const files: PreparedValue['files'] = [];
  const bare = parameter.wire ? nameFiles(shaped, wire) : shaped;
  const known = parameter.changes ? coerce(bare, parameter.schema) : bare;
  const value = asText(coerce(known, exact), parameter);
  const fault = await findFault(value, exact);
  if (fault) throw wrong(parameter, fault);
  return { value: parameter.wire ? takeFiles(value, wire, [], files, parameter) : value, files };
}

/** What a text takes of a structure: the lines of a list of texts, else JSON. */
function asText(value: unknown, { component, file, schema }: EndpointParameter): unknown {
  const isPlain = componentOf(component).isText && !file && schema.type === 'string';
  if (!isPlain || typeof value !== 'object' || isNothing(value)) return value;
  const lines = Array.isArray(value) ? value.map((one) => coerce(one, { type: 'string' })) : [value];
  return lines.every((line) => typeof line === 'string') ? lines.join('\n') : JSON.stringify(value);
}

function wrong(parameter: EndpointParameter, fault: string): HugwireError {
  const described = parameter.schema.description;
  const hint = [
    parameter.file
      ? `A file is given as a ${FILE_FORMS}.`
      : typeof described === 'string'
        ? `${parameter.name}: ${described.replace(/(?<![.\s])[.\s]*$/, '.')}`
        : '',
    'space_info with this endpoint shows its whole schema.',
  ];
  const gap = /^[.[]/.test(fault) ? '' : ' ';
  return new HugwireError('invalid_arguments', `"${parameter.name}"${gap}${fault}.`, {
    hint: hint.filter(Boolean).join(' '),
  });
}

const cache = new WeakMap<JsonSchema, JsonSchema>();

// The same object every time, so that the validator compiles it once.
function once(schema: JsonSchema, convert: (schema: JsonSchema) => JsonSchema): JsonSchema {
  const known = cache.get(schema) ?? convert(schema);
  cache.set(schema, known);
  return known;
}

/** What a parameter without files is held to. */
function askedOf({ schema, changes }: EndpointParameter): JsonSchema {
  return changes ? once(schema, hintChoices) : schema;
}

function chooseByLabel(given: unknown, choices: EndpointParameter['choices']): unknown {
  if (!choices) return given;
  if (Array.isArray(given)) return given.map((one) => chooseByLabel(one, choices));
  if (choices.some(([, value]) => value === given)) return given;
  const label = matchEnum(
    given,
    choices.map(([known]) => known),
  );
  const found = choices.find(([known]) => known === label);
  return found ? found[1] : given;
}

// JSON text for a structure, or for a parameter that takes any value.
function parseStructure(value: unknown, schema: JsonSchema): unknown {
  const open = schema.type === undefined && schema.enum === undefined && schema.anyOf === undefined;
  if (typeof value !== 'string' || !/^\s*[[{]/.test(value)) return value;
  if (!open && schema.type !== 'array' && schema.type !== 'object') return value;
  return parseJson(value) ?? value;
}

/** Turns file objects, as another call returned them, into the one string that a file is given as. */
function nameFiles(value: unknown, wire: unknown): unknown {
  if (!isObject(wire)) return value;
  if (isFileData(wire)) return sourceOf(value);
  const branch = pickBranch(value, wire);
  if (branch !== wire) return nameFiles(value, branch);
  return mapChildren(value, wire, (child, schema) => nameFiles(child, schema));
}

function takeFiles(
  value: unknown,
  wire: unknown,
  path: Path,
  files: PreparedValue['files'],
  parameter: EndpointParameter,
): unknown {
  if (!isObject(wire) || value === null) return value;
  if (isFileData(wire)) {
    if (typeof value !== 'string' || value.trim() === '') throw wrong(parameter, 'must name a file, not empty text');
    files.push({ path, source: value.trim() });
    return null;
  }
  const branch = pickBranch(value, wire);
  if (branch !== wire) return takeFiles(value, branch, path, files, parameter);
  return mapChildren(value, wire, (child, schema, key) => takeFiles(child, schema, [...path, key], files, parameter));
}

function pickBranch(value: unknown, wire: JsonSchema): JsonSchema {
  const alternatives = alternativesOf(wire);
  // Text stands for a file only where no alternative takes text as such.
  const fitting = alternatives.find((one) => !isFileData(one) && fits(value, one));
  return fitting ?? alternatives.find(isFileData) ?? alternatives[0] ?? wire;
}

function mapChildren(
  value: unknown,
  wire: JsonSchema,
  convert: (child: unknown, schema: unknown, key: string | number) => unknown,
): unknown {
  if (Array.isArray(value)) {
    const tuple = Array.isArray(wire.prefixItems) ? wire.prefixItems : [];
    return value.map((item, index) => convert(item, tuple[index] ?? wire.items, index));
  }
  if (!isObject(value)) return value;
  const properties = isObject(wire.properties) ? wire.properties : {};
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      convert(item, Object.hasOwn(properties, key) ? properties[key] : wire.additionalProperties, key),
    ]),
  );
}

/** Text for a parameter whose name tells what it is for. */
const TEXTS: [pattern: RegExp, text: string][] = [
  [/prompt|caption/i, 'a red bicycle in the rain'],
  [/url|link/i, 'https://huggingface.co/docs'],
  [/lang/i, 'English'],
  [/\bname\b|user/i, 'Ada'],
  [/colou?r/i, '#3366cc'],
];

/** Files of which an example can only say where their names go; see `isPlaceholder`. */
const PLACEHOLDER = '/path/to/';

/**
 * Whether a file is one that an example made up.
 * @param source as the assistant wrote it
 */
export function isPlaceholder(source: string): boolean {
  return source.startsWith(PLACEHOLDER);
}

/**
 * Arguments with which an endpoint can be called: all that must be given, what the call is about, and what the app's own
 * example adds. They pass `prepareArguments`; what the app makes of them is another matter.
 * @param endpoint described
 */
export function exampleArguments(endpoint: Endpoint): Record<string, unknown> {
  const main = mainInput(endpoint);
  const isShown = (one: EndpointParameter) =>
    one.required || one === main || (one.example?.own && !isSame(one.example.value, one.default));
  return Object.fromEntries(endpoint.parameters.filter(isShown).map((one) => [one.name, exampleValue(one)]));
}

/** Texts that a call is not about. */
const ASIDE = /(?:^|[_\s])(?:key|apikey|token|password|secret|negative|system)(?:$|[_\s])/i;

/** What a call is about: the first text or file, even where the app gives it a value to begin with. */
function mainInput({ parameters }: Endpoint): EndpointParameter | undefined {
  const isInput = ({ component, file }: EndpointParameter) => file || componentOf(component).isText;
  if (parameters.some((one) => one.required && isInput(one))) return undefined;
  const inputs = parameters.filter((one) => isInput(one) && ![one.name, one.label].some((name) => ASIDE.test(name)));
  const [first] = parameters.some((one) => one.required) ? [] : parameters;
  return inputs.find((one) => isEmpty(one.default)) ?? inputs[0] ?? first;
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function exampleValue(parameter: EndpointParameter): unknown {
  const { component, schema, wire, required, default: value } = parameter;
  if (parameter.example?.own) return parameter.example.value;
  if (!required && !wire && !isEmpty(value) && isWithin(value, schema)) return value;
  if (parameter.example) return parameter.example.value;
  const { files, example } = componentOf(component);
  const file = `${PLACEHOLDER}${files?.example ?? 'document.txt'}`;
  if (parameter.file === 'file') return file;
  if (parameter.file === 'files') return [file];
  if (example !== undefined) return example;
  return fromSchema(schema, `${parameter.name} ${component}`, parameter.file ? file : undefined);
}

function fromSchema(schema: JsonSchema, about: string, file: string | undefined): unknown {
  if (Array.isArray(schema.enum) && schema.enum.length > 0) return schema.enum[0];
  const [meant] = alternativesOf(schema).filter((one) => one.type !== 'null');
  if (meant) return fromSchema(meant, about, file);
  const [type] = typesOf(schema);
  const build = type === undefined ? undefined : BUILDERS[type];
  return build ? build(schema, about, file) : 'text';
}

/** Items of an example at most, however many a schema asks for. */
const MAX_ITEMS = 20;

type Build = (schema: JsonSchema, about: string, file: string | undefined) => unknown;

const BUILDERS: Record<string, Build> = {
  string: (schema, about, file) => {
    // Within a structure only the description tells a file from other text.
    if (file && String(schema.description ?? '').includes('local path')) return file;
    const text = TEXTS.find(([pattern]) => pattern.test(about))?.[1] ?? 'Hello';
    return text.slice(0, typeof schema.maxLength === 'number' ? schema.maxLength : undefined);
  },
  integer: exampleNumber,
  number: exampleNumber,
  boolean: () => true,
  null: () => null,
  array: (schema, about, file) => {
    if (Array.isArray(schema.prefixItems)) return schema.prefixItems.map((one) => fromSchema(one, about, file));
    const item = fromSchema(isObject(schema.items) ? schema.items : {}, about, file);
    return Array.from({ length: Math.min(MAX_ITEMS, Math.max(1, Number(schema.minItems ?? 1))) }, () => item);
  },
  object: (schema, about, file) => {
    const properties = isObject(schema.properties) ? schema.properties : {};
    const required = Array.isArray(schema.required) ? schema.required : [];
    const named = required.length > 0 ? required : Object.keys(properties).slice(0, 1);
    return Object.fromEntries(
      named.map((name) => [name, fromSchema(asSchema(properties[name]), `${about} ${name}`, file)]),
    );
  },
};

function exampleNumber(schema: JsonSchema): number {
  const { minimum, maximum } = schema as { minimum?: number; maximum?: number };
  if (minimum !== undefined) return schema.type === 'integer' ? Math.ceil(minimum) : minimum;
  return maximum !== undefined && maximum < 1 ? Math.floor(maximum) : 1;
}

function asSchema(value: unknown): JsonSchema {
  return isObject(value) ? value : {};
}
