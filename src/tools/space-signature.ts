import { alternativesOf, isObject, type JsonSchema, typesOf } from '../schema/json-schema.js';
import { showValue } from '../schema/validate.js';
import type { Endpoint, EndpointParameter, EndpointReturn } from '../spaces/types.js';
import { cleanLine } from '../text/sanitize.js';

const MAX_CHOICES = 8;

const TYPE_NAMES: Record<string, string> = { string: 'text', boolean: 'true|false', array: 'list', null: 'null' };

/** What a file of each component is. */
const FILE_NAMES: Record<string, string> = {
  image: 'image',
  imageeditor: 'image',
  gallery: 'image',
  imageslider: 'image',
  annotatedimage: 'image',
  audio: 'audio',
  video: 'video',
  model3d: '3D',
};

/** Returns whose component says more than their schema. */
const RETURN_NAMES: Record<string, string> = {
  image: 'image',
  imageeditor: 'images',
  imageslider: 'two images',
  annotatedimage: 'image with regions',
  gallery: 'images',
  audio: 'audio',
  video: 'video',
  model3d: '3D model',
  file: 'file',
  downloadbutton: 'file',
  uploadbutton: 'file',
  plot: 'plot',
  chatbot: 'chat',
  dataframe: 'table',
  label: 'classes',
  json: 'JSON',
};

/**
 * An endpoint on one line: `/infer(prompt: text, seed?: integer 0–9 = 0) → image "Result", number "Seed"`.
 * @param endpoint described
 */
export function showSignature(endpoint: Endpoint): string {
  const parameters = endpoint.parameters.map(showParameter).join(', ');
  const returns = endpoint.returns.map(showReturn).join(', ') || 'nothing';
  return `${endpoint.name}(${parameters}) → ${returns}`;
}

function showParameter(parameter: EndpointParameter): string {
  const { name, required, schema, default: value } = parameter;
  const told =
    value !== undefined &&
    value !== null &&
    !(value === '' && parameter.file) &&
    (typeof value !== 'object' || !parameter.wire);
  return `${name}${required ? '' : '?'}${labelOf(parameter)}: ${showType(parameter, schema)}${told ? ` = ${cleanLine(showValue(value, 40), 40)}` : ''}`;
}

/** The label of a parameter that has no name of its own, only Gradio's number. */
function labelOf({ name, label }: EndpointParameter): string {
  const told = /^param_\d+$/.test(name) ? cleanLine(label, 40).replaceAll('"', '') : '';
  return told && told !== name ? ` "${told}"` : '';
}

function showType(parameter: EndpointParameter, schema: JsonSchema): string {
  const kind = Object.hasOwn(FILE_NAMES, parameter.component) ? `${FILE_NAMES[parameter.component]} ` : '';
  if (parameter.file === 'file') return `${kind}file`;
  if (parameter.file === 'files') return `list of ${kind}files`;
  return describeType(schema);
}

/**
 * A schema in a few words: `integer 1–50`, `"oil"|"ink"`, `list of text`, `{text, files}`.
 * @param schema repaired
 */
export function describeType(schema: JsonSchema): string {
  if (Array.isArray(schema.enum)) return showChoices(schema.enum);
  const alternatives = alternativesOf(schema);
  if (alternatives.length > 0) return [...new Set(alternatives.map(describeType))].join(' or ');
  const [type] = typesOf(schema);
  if (type === 'array' && isObject(schema.items) && Object.keys(schema.items).length > 0) {
    return `list of ${describeType(schema.items)}`;
  }
  if (type === 'object' && isObject(schema.properties)) {
    return `{${Object.keys(schema.properties)
      .map((name) => cleanLine(name, 40))
      .join(', ')}}`;
  }
  return `${type === undefined ? 'any' : (TYPE_NAMES[type] ?? type)}${showRange(schema)}`;
}

function showChoices(choices: readonly unknown[]): string {
  const shown = choices.slice(0, MAX_CHOICES).map((one) => cleanLine(showValue(one, 40), 40));
  const more = choices.length - shown.length;
  return `${shown.join('|')}${more > 0 ? `|… (${more} more)` : ''}`;
}

function showRange({ minimum, maximum, maxLength }: JsonSchema): string {
  if (minimum !== undefined && maximum !== undefined) return ` ${minimum}–${maximum}`;
  if (minimum !== undefined) return ` from ${minimum}`;
  if (maximum !== undefined) return ` up to ${maximum}`;
  return maxLength !== undefined ? ` up to ${maxLength} characters` : '';
}

function showReturn({ label, component, schema }: EndpointReturn): string {
  const kind = Object.hasOwn(RETURN_NAMES, component) ? RETURN_NAMES[component] : describeType(bare(schema));
  return `${kind} "${cleanLine(label, 40).replaceAll('"', '')}"`;
}

// Bounds and choices are for what is given, not for what comes back.
function bare({ type, items, properties, anyOf }: JsonSchema): JsonSchema {
  return { type, items, properties, anyOf };
}
