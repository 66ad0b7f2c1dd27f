import { alternativesOf, isObject, type JsonSchema, typesOf } from '../../schema/json-schema.js';
import { cleanText } from '../../text/sanitize.js';

/** Longer lists of choices cost more of the assistant's context than they are worth. */
const MAX_ENUM = 40;
const MAX_DESCRIPTION = 160;

/**
 * Rewrites a schema with the keywords that every MCP host takes in a tool definition: one type each, no `null`
 * alternatives, enums of text only, `items` on every array, no default that is an object. What is said less strictly in
 * this way is still checked by the whole schema when the tool is called.
 * @param schema repaired, without `$ref`
 */
export function hostSchema(schema: JsonSchema): JsonSchema {
  const { properties, required } = schema;
  return {
    type: 'object',
    properties: isObject(properties) ? mapValues(properties, simplify) : {},
    ...(Array.isArray(required) && required.length > 0 ? { required } : {}),
  };
}

const PLAIN = ['minimum', 'maximum', 'minLength', 'maxLength', 'minItems', 'maxItems'];

function simplify(schema: JsonSchema): JsonSchema {
  const meant = alternativesOf(schema).find((one) => one.type !== 'null') ?? {};
  const whole = { ...meant, ...schema };
  const type = typesOf(whole).find((one) => one !== 'null');
  const hints = [whole.description];
  // Without a type, clients send text: what takes any value says that this text is JSON.
  const simple: JsonSchema = { type: type ?? 'string' };
  if (type === undefined && !Array.isArray(whole.enum)) hints.push('JSON');
  for (const keyword of PLAIN) if (whole[keyword] !== undefined) simple[keyword] = whole[keyword];
  hints.push(addEnum(simple, whole.enum));
  if (type === 'array') simple.items = simplify(itemsOf(whole));
  if (type === 'object' && isObject(whole.properties)) {
    simple.properties = mapValues(whole.properties, simplify);
    if (Array.isArray(whole.required)) simple.required = whole.required;
  }
  const { default: value } = whole;
  if (value !== undefined && value !== null && typeof value !== 'object') simple.default = value;
  const description = [...new Set(hints.filter((hint) => typeof hint === 'string' && hint !== ''))].join('; ');
  if (description) simple.description = cleanText(description, MAX_DESCRIPTION);
  return simple;
}

/** Adds an enum of text; other choices are told in words, which are returned. */
function addEnum(simple: JsonSchema, members: unknown): string | undefined {
  if (!Array.isArray(members)) return undefined;
  if (members.length <= MAX_ENUM && members.every((one) => typeof one === 'string')) {
    simple.enum = members;
    return undefined;
  }
  const shown = members.slice(0, MAX_ENUM / 2).map(String);
  return `one of ${shown.join(', ')}${shown.length < members.length ? ', …' : ''}`;
}

function itemsOf(schema: JsonSchema): JsonSchema {
  const [first] = Array.isArray(schema.prefixItems) ? schema.prefixItems : [];
  if (isObject(schema.items) && Object.keys(schema.items).length > 0) return schema.items;
  return isObject(first) ? first : {};
}

function mapValues(properties: Record<string, unknown>, convert: (schema: JsonSchema) => JsonSchema): JsonSchema {
  const entries = Object.entries(properties).filter(([, schema]) => isObject(schema));
  return Object.fromEntries(entries.map(([name, schema]) => [name, convert(schema as JsonSchema)]));
}
