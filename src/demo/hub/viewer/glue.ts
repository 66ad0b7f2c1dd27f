import { type Feature, float32, int32, label, makeTables, type TableSeed, text } from './table.js';

interface Task {
  config: string;
  fields: string[];
  label: Feature;
  /** Values of the fields, then of the label. */
  rows: unknown[][];
  splits: [name: string, count: number, bytes: number][];
}

const ENTAILMENT = label('entailment', 'neutral', 'contradiction');
const TWO_WAY = label('entailment', 'not_entailment');
const PARAPHRASE = label('not_equivalent', 'equivalent');
const PAIR = ['sentence1', 'sentence2'];
const INFERENCE = [
  ['The museum closes at five on Sundays.', 'The museum is open on Sunday mornings.', 1],
  ['Every seat on the evening train was taken.', 'The evening train was full.', 0],
  ['She has never been north of the river.', 'She grew up north of the river.', 2],
];

/** The benchmark's twelve configs, in the order in which the viewer lists them. */
const TASKS: Task[] = [
  {
    config: 'ax',
    fields: ['premise', 'hypothesis'],
    label: ENTAILMENT,
    rows: INFERENCE.map(([premise, hypothesis]) => [premise, hypothesis, -1]),
    splits: [['test', 1104, 80_767]],
  },
  {
    config: 'cola',
    fields: ['sentence'],
    label: label('unacceptable', 'acceptable'),
    rows: [
      ['The gardener watered the roses before the guests arrived.', 1],
      ['The gardener watered before the guests the roses.', 0],
      ['Which letter did you say that you had posted?', 1],
      ['Whose did you say that letter posted?', 0],
    ],
    splits: [
      ['train', 8551, 251_133],
      ['validation', 1043, 37_550],
      ['test', 1063, 37_706],
    ],
  },
  {
    config: 'mnli',
    fields: ['premise', 'hypothesis'],
    label: ENTAILMENT,
    rows: INFERENCE,
    splits: [
      ['train', 392_702, 52_224_361],
      ['validation_matched', 9815, 1_214_936],
      ['validation_mismatched', 9832, 1_251_761],
      ['test_matched', 9796, 1_218_568],
      ['test_mismatched', 9847, 1_257_857],
    ],
  },
  {
    config: 'mnli_matched',
    fields: ['premise', 'hypothesis'],
    label: ENTAILMENT,
    rows: INFERENCE,
    splits: [
      ['validation', 9815, 1_214_936],
      ['test', 9796, 1_218_568],
    ],
  },
  {
    config: 'mnli_mismatched',
    fields: ['premise', 'hypothesis'],
    label: ENTAILMENT,
    rows: INFERENCE,
    splits: [
      ['validation', 9832, 1_251_761],
      ['test', 9847, 1_257_857],
    ],
  },
  {
    config: 'mrpc',
    fields: PAIR,
    label: PARAPHRASE,
    rows: [
      ['Shares of the airline rose 4 percent on Tuesday.', "On Tuesday the airline's shares gained 4 percent.", 1],
      ['The bill passed by two votes.', 'The bill failed by two votes.', 0],
    ],
    splits: [
      ['train', 3668, 649_281],
      ['validation', 408, 75_678],
      ['test', 1725, 308_441],
    ],
  },
  {
    config: 'qnli',
    fields: ['question', 'sentence'],
    label: TWO_WAY,
    rows: [
      ['Who designed the bridge?', 'The bridge, a work of the engineer Anna Keller, opened in 1931.', 0],
      ['How long is the bridge?', 'The bridge, a work of the engineer Anna Keller, opened in 1931.', 1],
    ],
    splits: [
      ['train', 104_743, 17_528_917],
      ['validation', 5463, 872_949],
      ['test', 5463, 877_345],
    ],
  },
  {
    config: 'qqp',
    fields: ['question1', 'question2'],
    label: label('not_duplicate', 'duplicate'),
    rows: [
      ['How do I get candle wax out of a carpet?', 'What is the best way to remove wax from carpet?', 1],
      ['Why is the sky blue?', 'Why is the sea blue?', 0],
    ],
    splits: [
      ['train', 363_846, 33_614_198],
      ['validation', 40_430, 3_735_783],
      ['test', 390_965, 36_733_170],
    ],
  },
  {
    config: 'rte',
    fields: PAIR,
    label: TWO_WAY,
    rows: [
      ['The ferry sank off the coast in heavy fog.', 'A ship went down.', 0],
      ['The ferry sank off the coast in heavy fog.', 'The captain was to blame.', 1],
    ],
    splits: [
      ['train', 2490, 584_111],
      ['validation', 277, 69_039],
      ['test', 3000, 621_413],
    ],
  },
  {
    config: 'sst2',
    fields: ['sentence'],
    label: label('negative', 'positive'),
    rows: [
      ['a warm and quietly funny portrait of three sisters ', 1],
      ['never finds the pulse of its own story ', 0],
      ['moves with the ease of a good anecdote ', 1],
    ],
    splits: [
      ['train', 67_349, 3_110_468],
      ['validation', 872, 72_819],
      ['test', 1821, 147_793],
    ],
  },
  {
    config: 'stsb',
    fields: PAIR,
    label: float32,
    rows: [
      ['A man is playing a cello.', 'A man plays the cello.', 5],
      ['A woman is slicing onions.', 'A woman is cutting vegetables.', 3.4],
      ['Two dogs run on a beach.', 'A plane is landing.', 0.2],
    ],
    splits: [
      ['train', 5749, 502_065],
      ['validation', 1500, 151_099],
      ['test', 1379, 114_303],
    ],
  },
  {
    config: 'wnli',
    fields: PAIR,
    label: TWO_WAY,
    rows: [
      ['The trophy would not fit in the case because it was too wide.', 'The trophy was too wide.', 1],
      ['The trophy would not fit in the case because it was too wide.', 'The case was too wide.', 0],
    ],
    splits: [
      ['train', 635, 38_751],
      ['validation', 71, 11_092],
      ['test', 146, 13_632],
    ],
  },
];

const tables = TASKS.flatMap((task) =>
  task.splits.map(
    ([split, count, bytes]): TableSeed => ({
      config: task.config,
      split,
      features: { ...Object.fromEntries(task.fields.map((field) => [field, text])), label: task.label, idx: int32 },
      rows: task.rows,
      count,
      bytes,
      own: { idx: (index) => index, ...(split.startsWith('test') ? { label: () => -1 } : {}) },
    }),
  ),
);

export const glue = makeTables('nyu-mll/glue', tables);
