import { isObject } from '../lib/json.js';
import type { JsonSchema } from '../lib/json-schema.js';
import { fold } from '../lib/nearest.js';
import { cleanLine } from '../lib/text.js';
import { typeOfAll } from './schema.js';

/** The properties of a component, as `/config` has them. */
export type Props = Record<string, unknown>;

/** A choice as people see it, and the value that goes over the wire for it. */
type Choice = [label: string, value: unknown];

const MAX_CHOICES = 1000;
const MAX_EXAMPLES = 8;

/** Text: how long it may be. */
export function refineText(schema: JsonSchema, props: Props): JsonSchema {
  return { ...schema, ...pickCount(props, 'max_length', 'maxLength') };
}

/** A number: Gradio 4 says "number" even of whole ones. */
export function refineNumber(schema: JsonSchema, props: Props): JsonSchema {
  return { ...schema, type: props.precision === 0 ? 'integer' : 'number', ...pickBounds(props) };
}

/** A slider: its bounds and its step. */
export function refineSlider(_: JsonSchema, props: Props): JsonSchema {
  const whole = Number.isInteger(props.step) && Number.isInteger(props.minimum ?? 0);
  return { type: whole ? 'integer' : 'number', ...pickBounds(props), ...describeStep(props.step) };
}

/** Choices of their true type, of which one is taken, or several. */
export function refineChoice(_: JsonSchema, props: Props): JsonSchema {
  return props.multiselect === true ? chooseMany(props) : chooseOne(props);
}

/** Choices of their true type, of which several are taken. */
export function refineChoices(_: JsonSchema, props: Props): JsonSchema {
  return chooseMany(props);
}

/**
 * All choices of a component.
 * @param props of the component
 */
export function allChoices(props: Props): Choice[] {
  return readChoices(props).all;
}

/**
 * The choices of a component whose label is not their value.
 * @param props of the component
 */
export function labelledChoices(props: Props): Choice[] {
  return readChoices(props).labelled;
}

interface Choices {
  all: Choice[];
  labelled: Choice[];
}

/** Choices that were read, by the raw ones: many endpoints may share a component. */
const known = new WeakMap<unknown[], Choices>();

function readChoices(props: Props): Choices {
  const { choices } = props;
  if (!Array.isArray(choices)) return { all: [], labelled: [] };
  const before = known.get(choices);
  if (before) return before;
  const all = choices.flatMap((choice): Choice[] => {
    const [label, value] = Array.isArray(choice) && choice.length === 2 ? choice : [choice, choice];
    return isObject(value) || Array.isArray(value) ? [] : [[cleanLine(String(label)), value]];
  });
  const read = { all, labelled: all.filter(([label, value]) => label !== String(value)) };
  known.set(choices, read);
  return read;
}

function chooseOne(props: Props): JsonSchema {
  const { all: choices, labelled } = readChoices(props);
  const values = choices.map(([, value]) => value);
  const type = typeOfAll(values);
  if (values.length === 0) return { description: 'choices are filled while the app runs' };
  const examples = values.slice(0, MAX_EXAMPLES).map((value) => cleanLine(String(value), 60));
  // An enum would forbid what the app allows.
  if (props.allow_custom_value === true) {
    return { ...(type === 'string' ? { type } : {}), description: `any value, such as ${examples.join(', ')}` };
  }
  if (values.length > MAX_CHOICES) {
    return {
      ...(type ? { type } : {}),
      description: `one of ${values.length} choices, such as ${examples.join(', ')}`,
    };
  }
  return { ...(type ? { type } : {}), enum: [...new Set(values)], ...describeLabels(labelled) };
}

function chooseMany(props: Props): JsonSchema {
  const { description, ...items } = chooseOne(props);
  return {
    type: 'array',
    items,
    ...(description === undefined ? {} : { description }),
    ...pickCount(props, 'max_choices', 'maxItems'),
  };
}

function describeLabels(labelled: Choice[]): JsonSchema {
  const shown = labelled.map(([label, value]) => [cleanLine(String(value), 60), cleanLine(label, 60)] as const);
  const telling = shown.filter(([value, label]) => !isSame(value, label)).slice(0, MAX_EXAMPLES);
  if (telling.length === 0) return {};
  return { description: telling.map(([value, label]) => `${value} = ${label}`).join(', ') };
}

/** Whether a label says no more than the value: `Fast` of `fast`, or what was cut at the same place. */
function isSame(value: string, label: string): boolean {
  return value === label || (fold(value) !== '' && fold(value) === fold(label));
}

function describeStep(step: unknown): JsonSchema {
  return typeof step === 'number' && step !== 1 && step > 0 ? { description: `step ${step}` } : {};
}

function pickBounds(props: Props): JsonSchema {
  const { minimum, maximum } = props;
  const bounds: JsonSchema = {};
  if (typeof minimum === 'number') bounds.minimum = minimum;
  if (typeof maximum === 'number') bounds.maximum = maximum;
  return (minimum as number) > (maximum as number) ? {} : bounds;
}

function pickCount(props: Props, name: string, keyword: string): JsonSchema {
  const count = props[name];
  return Number.isInteger(count) && (count as number) > 0 ? { [keyword]: count } : {};
}
