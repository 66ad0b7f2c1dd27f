import { isObject } from '../schema/json-schema.js';
import { cleanLine, cutText } from '../text/sanitize.js';

/** A column of a dataset. */
export interface DatasetColumn {
  name: string;
  /** In words: `string`, `list<int32>`, `label 0=neg 1=pos`, `image`. */
  type: string;
  /** Names of the values 0, 1, 2 … of a class label. */
  labels?: string[];
}

const MAX_COLUMNS = 1000;
const MAX_DEPTH = 4;
const MAX_TYPE_LENGTH = 240;

/**
 * The columns in an answer of the dataset viewer.
 * @param features the list of `/rows` and `/first-rows`, or the object of `/info`
 */
export function readColumns(features: unknown): DatasetColumn[] {
  const entries: [unknown, unknown][] = Array.isArray(features)
    ? features.filter(isObject).map(({ name, type }) => [name, type])
    : Object.entries(isObject(features) ? features : {});
  return entries.slice(0, MAX_COLUMNS).map(([name, type]) => {
    const labels = readLabels(type);
    return { name: String(name), type: cutText(describeFeature(type), MAX_TYPE_LENGTH), ...(labels ? { labels } : {}) };
  });
}

/**
 * A feature in words, in the vocabulary of the `datasets` library.
 * @param feature as the viewer gives it: `_type` names its class
 */
export function describeFeature(feature: unknown, depth = 0): string {
  if (depth > MAX_DEPTH) return '…';
  if (Array.isArray(feature)) return `list<${describeFeature(feature[0], depth + 1)}>`;
  if (!isObject(feature)) return 'unknown';
  const type = feature._type;
  if (typeof type === 'string') return (DESCRIPTIONS.get(type) ?? describeOther)(feature, depth);
  const fields = Object.entries(feature).map(
    ([name, of]) => `${cleanLine(name, 60)}: ${describeFeature(of, depth + 1)}`,
  );
  return `{${fields.join(', ')}}`;
}

type Describe = (feature: Record<string, unknown>, depth: number) => string;

const describeList: Describe = ({ feature }, depth) => `list<${describeFeature(feature, depth + 1)}>`;
const describeArray: Describe = ({ shape, dtype }) =>
  `array ${cleanLine(Array.isArray(shape) ? shape.map((side) => side ?? '?').join('×') : '', 60)} ${cleanLine(dtype, 20)}`;
const describeLanguages: Describe = ({ languages }) =>
  `translation ${cleanLine(Array.isArray(languages) ? languages.join(' ') : '', 120)}`.trim();
const describeOther: Describe = ({ _type }) => cleanLine(_type, 40).toLowerCase();

const DESCRIPTIONS = new Map<string, Describe>([
  ['Value', ({ dtype }) => cleanLine(dtype, 40) || 'unknown'],
  [
    'ClassLabel',
    (feature) => `label ${(readLabels(feature) ?? []).map((name, index) => `${index}=${name}`).join(' ')}`,
  ],
  ['Sequence', describeList],
  ['List', describeList],
  ['LargeList', describeList],
  ['Array2D', describeArray],
  ['Array3D', describeArray],
  ['Array4D', describeArray],
  ['Array5D', describeArray],
  ['Translation', describeLanguages],
  ['TranslationVariableLanguages', describeLanguages],
]);

function readLabels(feature: unknown): string[] | undefined {
  if (!isObject(feature) || feature._type !== 'ClassLabel' || !Array.isArray(feature.names)) return undefined;
  return feature.names.map((name) => cleanLine(name, 60));
}
