import { isObject, isShallow } from '../schema/json-schema.js';
import { fold } from '../schema/nearest.js';
import { cleanLine, cleanText } from '../text/sanitize.js';
import type { RawComponent } from './endpoints.js';
import { readFileTypes } from './file-types.js';
import { choicesOf, describeFile, refineSchema } from './schema/components.js';
import { fileShape, presentFiles } from './schema/file-data.js';
import { repairSchema, withoutNull } from './schema/repair.js';
import { SHAPES } from './schema/shapes.js';
import type { EndpointParameter } from './types.js';

const MAX_NAME = 64;
const MAX_LABEL = 80;
const MAX_DESCRIPTION = 400;

/** All that is known of one input of a function. */
export interface RawParameter {
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
export function describeParameter(raw: RawParameter, taken: ReadonlySet<string>): EndpointParameter {
  const { component, slot, info } = raw;
  const { type, props } = component;
  const label = cleanLine(info.label, MAX_LABEL) || cleanLine(props.label, MAX_LABEL) || `input ${slot + 1}`;
  const name = chooseName(info.parameter_name, label, taken);
  // `null` at the root means "left empty", which every parameter may be: the wire takes it whatever the schema says.
  const wire = withoutNull(refineSchema(type, repairSchema(info.type ?? component.input), props));
  const choices = choicesOf(props).filter(([known, value]) => known !== String(value));
  const file = describeFile(type, props);
  const shape = Object.hasOwn(SHAPES, type) ? SHAPES[type] : undefined;
  const shown = shape?.present(wire, file) ?? presentFiles(wire, file);
  const description = describe(raw, name, label, shown.description);
  const kind = shape?.file ?? fileShape(wire);
  const fileTypes = readFileTypes(props.file_types);
  return {
    name,
    label,
    component: type,
    ...findDefault(info, props),
    schema: { ...shown, ...(description ? { description } : {}) },
    ...(kind || shape ? { wire } : {}),
    ...(choices.length > 0 ? { choices } : {}),
    ...(kind ? { file: kind } : {}),
    ...(kind && fileTypes ? { fileTypes } : {}),
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
  const name = typeof given === 'string' && PYTHON_NAME.test(given) && given !== '__proto__' ? given : toName(label);
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
    .slice(0, MAX_NAME);
  return name.replace(/^_+|_+$/g, '') || 'input';
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
  const texts = parts.map((part) => (typeof part === 'string' ? cleanText(part, MAX_DESCRIPTION).trim() : ''));
  return [...new Set(texts.filter(Boolean))].join('; ');
}
