import { HugwireError } from '../errors.js';
import { coerce, matchEnum } from '../schema/coerce.js';
import { alternativesOf, fits, isObject, type JsonSchema } from '../schema/json-schema.js';
import { findFault } from '../schema/validate.js';
import { FILE_FORMS, isFileData, presentFiles } from './schema/file-data.js';
import { SHAPES } from './schema/shapes.js';
import type { EndpointParameter } from './types.js';

type Path = (string | number)[];

/** A value ready for the wire, with null where each file will stand. */
export interface PreparedValue {
  value: unknown;
  files: { path: Path; source: string }[];
}

/**
 * Bends a value towards its parameter, checks it, and takes the files out.
 * @param parameter what it is for
 * @param given what was given; never changed
 * @throws HugwireError `invalid_arguments`
 */
export async function prepareValue(parameter: EndpointParameter, given: unknown): Promise<PreparedValue> {
  // Left empty, as the web page can leave any component.
  if (given === null) return { value: null, files: [] };
  const wire = parameter.wire ?? parameter.schema;
  const exact = parameter.wire ? presented(parameter.wire) : parameter.schema;
  const shape = Object.hasOwn(SHAPES, parameter.component) ? SHAPES[parameter.component] : undefined;

  const chosen = chooseByLabel(given, parameter.choices);
  const parsed = parseStructure(chosen, exact);
  const shaped = shape ? shape.shape(parsed, wire, parameter.default) : parsed;
  const files: PreparedValue['files'] = [];
  const bare = parameter.wire ? nameFiles(shaped, wire) : shaped;
  const value = coerce(bare, exact);
  const fault = await findFault(value, exact);
  if (fault) throw wrong(parameter, fault);
  return { value: parameter.wire ? takeFiles(value, wire, [], files, parameter) : value, files };
}

function wrong(parameter: EndpointParameter, fault: string): HugwireError {
  const described = parameter.schema.description;
  const hint = [
    parameter.file
      ? `A file is given as a ${FILE_FORMS}.`
      : typeof described === 'string'
        ? `${parameter.name}: ${described.replace(/[.\s]*$/, '.')}`
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
function presented(wire: JsonSchema): JsonSchema {
  const known = cache.get(wire) ?? presentFiles(wire);
  cache.set(wire, known);
  return known;
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
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

/** Turns file objects, as another call returned them, into the one string that a file is given as. */
function nameFiles(value: unknown, wire: unknown): unknown {
  if (!isObject(wire)) return value;
  if (isFileData(wire)) return isObject(value) ? sourceOf(value) : value;
  const branch = pickBranch(value, wire);
  if (branch !== wire) return nameFiles(value, branch);
  return mapChildren(value, wire, (child, schema) => nameFiles(child, schema));
}

function sourceOf(file: Record<string, unknown>): unknown {
  const { url, path } = file;
  return typeof url === 'string' && url !== '' ? url : typeof path === 'string' ? path : file;
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
