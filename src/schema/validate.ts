import type { ErrorObject, ValidateFunction } from 'ajv';
import { cutText } from '../text/sanitize.js';
import type { JsonSchema } from './json-schema.js';

type Check = (schema: JsonSchema) => ValidateFunction;

let checker: Promise<Check> | undefined;
const compiled = new WeakMap<JsonSchema, ValidateFunction>();

// ajv costs ten milliseconds to load: only who validates pays for it.
async function loadChecker(): Promise<Check> {
  const { Ajv2020 } = await import('ajv/dist/2020.js');
  const ajv = new Ajv2020({ strict: false, validateSchema: true, addUsedSchema: false, verbose: true, logger: false });
  return (schema) => {
    const known = compiled.get(schema);
    if (known) return known;
    const fresh = ajv.compile(schema);
    compiled.set(schema, fresh);
    return fresh;
  };
}

/**
 * Compiles a schema; for tests and for schemas that are about to be kept.
 * @param schema of draft 2020-12
 * @throws Error when it is not valid
 */
export async function compileSchema(schema: JsonSchema): Promise<ValidateFunction> {
  checker ??= loadChecker();
  return (await checker)(schema);
}

/**
 * Checks a value and says in words what is wrong with it.
 * @param value any JSON value
 * @param schema valid, of draft 2020-12; compiled once per object
 * @returns undefined when it fits, else such as `must be at most 50, not 99` or `.size must be a whole number, not "big"`
 */
export async function findFault(value: unknown, schema: JsonSchema): Promise<string | undefined> {
  const validate = await compileSchema(schema);
  if (validate(value)) return undefined;
  const error = mostTelling(validate.errors ?? []);
  return error ? explain(error) : 'does not fit its schema';
}

// Of the failures within a union only the deepest tells anything; the union's own failure comes last in the list.
function mostTelling(errors: ErrorObject[]): ErrorObject | undefined {
  const outside = errors.find((one) => !one.schemaPath.includes('/anyOf'));
  return outside ?? errors.find((one) => one.keyword === 'anyOf') ?? errors[0];
}

const TYPE_NAMES: Record<string, string> = {
  string: 'text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  null: 'null',
};

type Words = (params: Record<string, unknown>, error: ErrorObject) => string;

const WORDS: Record<string, Words> = {
  type: ({ type }) => `must be ${[type].flat().map(nameType).join(' or ')}`,
  enum: ({ allowedValues }) => `must be one of ${listValues(allowedValues as unknown[])}`,
  minimum: ({ limit }) => `must be at least ${limit}`,
  maximum: ({ limit }) => `must be at most ${limit}`,
  exclusiveMinimum: ({ limit }) => `must be more than ${limit}`,
  exclusiveMaximum: ({ limit }) => `must be less than ${limit}`,
  multipleOf: ({ multipleOf }) => `must be a multiple of ${multipleOf}`,
  minLength: ({ limit }) => `must have at least ${limit} characters`,
  maxLength: ({ limit }) => `must have at most ${limit} characters`,
  minItems: ({ limit }) => `must have at least ${limit} items`,
  maxItems: ({ limit }) => `must have at most ${limit} items`,
  uniqueItems: () => 'must not have the same item twice',
  required: ({ missingProperty }) => `must have "${missingProperty}"`,
  additionalProperties: ({ additionalProperty }) => `must not have "${additionalProperty}"`,
  anyOf: (_, { schema }) => {
    const types = [schema].flat().flatMap((one) => (one as JsonSchema)?.type ?? []);
    const names = [...new Set(types.map(nameType))];
    return names.length > 0 ? `must be ${names.join(' or ')}` : 'fits none of the forms that are allowed';
  },
};

function explain(error: ErrorObject): string {
  const words = Object.hasOwn(WORDS, error.keyword) ? WORDS[error.keyword]?.(error.params, error) : error.message;
  const place = error.instancePath.replace(/\/(\d+)(?=\/|$)/g, '[$1]').replaceAll('/', '.');
  return `${place}${place ? ' ' : ''}${words}, not ${showValue(error.data)}`;
}

function nameType(type: unknown): string {
  return TYPE_NAMES[String(type)] ?? String(type);
}

/**
 * A value as JSON, cut to a length that fits into a sentence.
 * @param value any JSON value
 * @param maxLength characters at most
 */
export function showValue(value: unknown, maxLength = 80): string {
  return cutText(JSON.stringify(value) ?? String(value), maxLength);
}

function listValues(values: unknown[]): string {
  const shown = values.slice(0, 20).map((value) => showValue(value, 40));
  return `${shown.join(', ')}${values.length > 20 ? ` and ${values.length - 20} more` : ''}`;
}
