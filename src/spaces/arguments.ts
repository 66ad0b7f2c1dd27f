import { HugwireError } from '../errors.js';
import { isObject } from '../schema/json-schema.js';
import { fold, nearest } from '../schema/nearest.js';
import { cleanLine } from '../text/sanitize.js';
import type { Endpoint, EndpointParameter, InputFileSlot, PreparedArguments } from './types.js';
import { prepareValue } from './values.js';

const TEXT = new Set(['textbox', 'multimodaltextbox']);

/** Names under which clients of Gradio send a whole list of arguments. */
const LIST_NAMES = new Set(['data', 'args', 'inputs']);

/**
 * Makes arguments ready for the wire: finds each parameter by its name, its label or its place, bends near misses, fills
 * in defaults, checks every value, and takes the files out for the upload.
 * @param endpoint what is called
 * @param args an object by name or label, a list by place, JSON text of either, or the value of the only parameter
 * @throws HugwireError `invalid_arguments` that names the parameter, what was found and what is allowed
 */
export async function prepareArguments(endpoint: Endpoint, args: unknown): Promise<PreparedArguments> {
  const given = matchArguments(endpoint, args);
  for (const [parameter, value] of given) if (isLeftOut(parameter, value)) given.delete(parameter);
  const missing = endpoint.parameters.filter((one) => one.required && !given.has(one));
  if (missing.length > 0) throw missingArguments(endpoint, missing);

  const values = new Map<string, unknown>();
  const files: InputFileSlot[] = [];
  for (const parameter of endpoint.parameters) {
    if (!given.has(parameter)) {
      values.set(parameter.name, parameter.default ?? null);
      continue;
    }
    const prepared = await prepareValue(parameter, given.get(parameter));
    values.set(parameter.name, prepared.value);
    for (const file of prepared.files) {
      const { name, slot, fileTypes: types } = parameter;
      files.push({ parameter: name, path: [slot, ...file.path], source: file.source, ...(types ? { types } : {}) });
    }
  }
  const data = endpoint.slots.map((slot) => ('state' in slot ? slot.value : values.get(slot.parameter)));
  return { data, files };
}

// Assistants write null, or an empty path, for what they mean to leave out. A required file or number may really be null,
// as the web page sends it when left empty; text never is.
function isLeftOut(parameter: EndpointParameter, value: unknown): boolean {
  if (value === null) return !parameter.required || TEXT.has(parameter.component);
  return value === '' && parameter.file !== undefined && !TEXT.has(parameter.component);
}

/** Which value was given for which parameter. */
function matchArguments(endpoint: Endpoint, args: unknown): Map<EndpointParameter, unknown> {
  const { parameters } = endpoint;
  const read = readArguments(endpoint, args);
  if (Array.isArray(read)) {
    if (read.length > parameters.length) {
      throw new HugwireError(
        'invalid_arguments',
        `${endpoint.name} takes ${parameters.length} arguments; ${read.length} were given.`,
        { hint: listParameters(endpoint) },
      );
    }
    // A hole in the list means: as if it were not given.
    return new Map(
      read.flatMap((value, at) => (value === undefined ? [] : [[parameters[at] as EndpointParameter, value]])),
    );
  }
  const given = new Map<EndpointParameter, unknown>();
  for (const [name, value] of Object.entries(read)) {
    if (value === undefined) continue;
    const parameter = findParameter(endpoint, name);
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
  const value = typeof args === 'string' ? parseJson(args) : args;
  if (value === undefined || value === null || value === '') return {};
  if (Array.isArray(value)) return value;
  if (isObject(value)) {
    const [only, ...more] = Object.entries(value);
    const isList = only && more.length === 0 && LIST_NAMES.has(only[0]) && Array.isArray(only[1]);
    const isName = endpoint.parameters.some((one) => one.name === only?.[0]);
    return isList && !isName ? (only[1] as unknown[]) : value;
  }
  // One bare value can only be meant for the one parameter that must be given.
  const required = endpoint.parameters.filter((one) => one.required);
  const [target, ...others] = required.length > 0 ? required : endpoint.parameters;
  if (target && others.length === 0) return { [target.name]: value };
  throw new HugwireError('invalid_arguments', `The arguments of ${endpoint.name} must be an object.`, {
    hint: listParameters(endpoint),
  });
}

function parseJson(text: string): unknown {
  if (!/^\s*[[{]/.test(text)) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function findParameter(endpoint: Endpoint, name: string): EndpointParameter {
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
  const shown = cleanLine(name, 80);
  const twins = parameters.filter((one) => wanted !== '' && fold(one.label) === wanted);
  if (twins.length > 1) {
    throw new HugwireError('invalid_arguments', `${endpoint.name} has several parameters labelled "${shown}".`, {
      hint: `Give one of ${twins.map((one) => one.name).join(', ')}.`,
    });
  }
  const names = parameters.map((one) => one.name);
  const guess = nearest(name, names) ?? labelOwner(parameters, name);
  throw new HugwireError('invalid_arguments', `${endpoint.name} has no parameter "${shown}".`, {
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
