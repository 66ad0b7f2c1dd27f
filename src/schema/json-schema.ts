/** A JSON Schema of draft 2020-12, as far as hugwire reads and writes it. */
export type JsonSchema = { [keyword: string]: unknown };

/** Whether a value is an object in the sense of JSON: no array, not null. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Whether a value is nested no deeper than anything real is: deeper ones exhaust the stack of whatever walks through them.
 * @param value any JSON value
 * @param levels how many are allowed
 */
export function isShallow(value: unknown, levels = 64): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return levels > 0 && Object.values(value).every((inner) => isShallow(inner, levels - 1));
}

/**
 * The same value with null in place of whatever lies deeper than allowed.
 * @param value any JSON value
 * @param levels how many are kept
 */
export function cutDeep(value: unknown, levels: number): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (levels <= 0) return null;
  if (Array.isArray(value)) return value.map((inner) => cutDeep(inner, levels - 1));
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, cutDeep(inner, levels - 1)]));
}

const TYPE_TESTS: Record<string, (value: unknown) => boolean> = {
  string: (value) => typeof value === 'string',
  number: (value) => typeof value === 'number' && Number.isFinite(value),
  integer: (value) => Number.isInteger(value),
  boolean: (value) => typeof value === 'boolean',
  array: Array.isArray,
  object: isObject,
  null: (value) => value === null,
};

/** The types that a schema names, as far as JSON knows them; none when it leaves the type open. */
export function typesOf(schema: JsonSchema): string[] {
  const named: unknown[] = Array.isArray(schema.type) ? schema.type : [schema.type];
  return named.filter((type): type is string => typeof type === 'string' && Object.hasOwn(TYPE_TESTS, type));
}

/** The alternatives of a schema (`anyOf` or `oneOf`); none when it has no such keyword. */
export function alternativesOf(schema: JsonSchema): JsonSchema[] {
  const list = schema.anyOf ?? schema.oneOf;
  return Array.isArray(list) ? list.filter(isObject) : [];
}

/**
 * Whether a value has the right shape on its first level: type, enum, required properties. Deeper levels and bounds are
 * the validator's task.
 * @param value any JSON value
 * @param schema without `$ref`
 */
export function fits(value: unknown, schema: JsonSchema): boolean {
  const alternatives = alternativesOf(schema);
  if (alternatives.length > 0 && !alternatives.some((one) => fits(value, one))) return false;
  const types = typesOf(schema);
  if (types.length > 0 && !types.some((type) => TYPE_TESTS[type]?.(value))) return false;
  if (Array.isArray(schema.enum) && !schema.enum.includes(value)) return false;
  if (!isObject(value) || !Array.isArray(schema.required)) return true;
  return schema.required.every((name) => Object.hasOwn(value, name));
}
