import { isObject, type JsonSchema } from '../../schema/json-schema.js';
import { cleanLine } from '../../text/sanitize.js';
import { FILE_FORMS } from './file-data.js';
import { typeOfAll } from './repair.js';

type Props = Record<string, unknown>;

/** A choice as people see it, and the value that goes over the wire for it. */
export type Choice = [label: string, value: unknown];

const MAX_CHOICES = 1000;
const MAX_EXAMPLES = 8;

/** What the properties of a component add to the schema that `/info` gives, or correct in it. */
const REFINEMENTS: Record<string, (schema: JsonSchema, props: Props) => JsonSchema> = {
  textbox: (schema, props) => ({ ...schema, ...pickCount(props, 'max_length', 'maxLength') }),
  // Gradio 4 says "number" even of whole ones.
  number: (schema, props) => ({
    ...schema,
    type: props.precision === 0 ? 'integer' : 'number',
    ...pickBounds(props),
  }),
  slider: (_, props) => {
    const whole = Number.isInteger(props.step) && Number.isInteger(props.minimum ?? 0);
    return { type: whole ? 'integer' : 'number', ...pickBounds(props), ...describeStep(props.step) };
  },
  radio: (_, props) => chooseOne(props),
  dropdown: (_, props) => (props.multiselect === true ? chooseMany(props) : chooseOne(props)),
  checkboxgroup: (_, props) => chooseMany(props),
  json: () => ({ description: 'any JSON value' }),
  paramviewer: () => ({ description: 'any JSON value' }),
};

/** What a file of a component is, for its description. */
const FILE_KINDS: Record<string, string> = {
  image: 'image',
  imageeditor: 'image',
  imageslider: 'image',
  annotatedimage: 'image',
  gallery: 'image or video',
  audio: 'audio',
  video: 'video',
  model3d: '3D model',
};

/**
 * Corrects the schema of a parameter by what its component says in `/config`: bounds, whole numbers, choices of their
 * true type, choices that are only suggestions.
 * @param component lower case
 * @param schema repaired
 * @param props of the component
 */
export function refineSchema(component: string, schema: JsonSchema, props: Props): JsonSchema {
  const refine = Object.hasOwn(REFINEMENTS, component) ? REFINEMENTS[component] : undefined;
  return refine ? refine(schema, props) : schema;
}

/**
 * Says what a file parameter takes: `image file: local path, …; .png, .jpg only`.
 * @param component lower case
 * @param props of the component
 */
export function describeFile(component: string, props: Props): string {
  const kind = Object.hasOwn(FILE_KINDS, component) ? `${FILE_KINDS[component]} file` : 'file';
  const types = Array.isArray(props.file_types)
    ? props.file_types.slice(0, MAX_EXAMPLES).map((one) => cleanLine(one, 30))
    : [];
  const only = types.filter(Boolean).join(', ');
  return `${kind}: ${FILE_FORMS}${only ? `; ${only} only` : ''}`;
}

/**
 * The choices of a component, as label and value.
 * @param props of the component
 */
export function choicesOf(props: Props): Choice[] {
  if (!Array.isArray(props.choices)) return [];
  return props.choices.flatMap((choice): Choice[] => {
    const [label, value] = Array.isArray(choice) && choice.length === 2 ? choice : [choice, choice];
    return isObject(value) || Array.isArray(value) ? [] : [[cleanLine(String(label)), value]];
  });
}

function chooseOne(props: Props): JsonSchema {
  const choices = choicesOf(props);
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
  return { ...(type ? { type } : {}), enum: [...new Set(values)], ...describeLabels(choices) };
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

function describeLabels(choices: Choice[]): JsonSchema {
  const telling = choices.filter(([label, value]) => label !== String(value)).slice(0, MAX_EXAMPLES);
  if (telling.length === 0) return {};
  return { description: telling.map(([label, value]) => `${cleanLine(String(value), 60)} = ${label}`).join(', ') };
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
