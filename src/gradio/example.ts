import { alternativesOf, isObject, type JsonSchema, typesOf } from '../lib/json-schema.js';
import { componentOf } from './components.js';
import type { Endpoint, EndpointParameter } from './types.js';

/** Text for a parameter whose name tells what it is for. */
const TEXTS: [pattern: RegExp, text: string][] = [
  [/prompt|caption/i, 'a red bicycle in the rain'],
  [/url|link/i, 'https://example.com'],
  [/lang/i, 'English'],
  [/\bname\b|user/i, 'Ada'],
  [/colou?r/i, '#3366cc'],
];

/**
 * Arguments with which an endpoint can be called: all that must be given, and nothing else. They pass
 * `prepareArguments`; what the app makes of them is another matter.
 * @param endpoint described
 */
export function exampleArguments(endpoint: Endpoint): Record<string, unknown> {
  const required = endpoint.parameters.filter((one) => one.required);
  return Object.fromEntries(required.map((one) => [one.name, exampleValue(one)]));
}

function exampleValue(parameter: EndpointParameter): unknown {
  const { component, schema } = parameter;
  const { files, example } = componentOf(component);
  const file = `https://example.com/${files?.example ?? 'document.txt'}`;
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
    return Array.from({ length: Math.max(1, Number(schema.minItems ?? 1)) }, () => item);
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
