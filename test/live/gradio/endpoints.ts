import { CLIP, MESH, PICTURE, SOUND, TABLE, TEXT } from './samples.js';

/** The series of a Gradio version: 4, 5 or 6. */
export type Major = 4 | 5 | 6;

/** An endpoint of the kitchen sink with arguments to try it with. */
export interface Trial {
  endpoint: string;
  /** By parameter name or, where the endpoint tells none, by place; a `Sample` stands where a file goes. */
  arguments: Record<string, unknown> | unknown[];
  /** The same in the simpler form that hugwire asks for, where it takes Gradio's own form as well. */
  simple?: Record<string, unknown>;
  /** True for a form that hugwire takes without asking for it. */
  unasked?: true;
  /** The first and the last series that has it. */
  from?: Major;
  to?: Major;
  /** Who refuses: the app, in words that both clients must tell, or already hugwire, which checks the arguments. */
  fails?: 'app' | 'arguments';
  /** The values where the plain client is known to be wrong. */
  right?: unknown[];
}

/** Trials of the endpoints that give back what they take: the value, or the values one after the other. */
const ECHOES: Record<string, unknown[]> = {
  textbox: ['hello', 'ünïcode 世界 👩‍🚀', 'two\nlines'],
  textbox_empty: ['', 'text'],
  textarea: ['a\n\nb'],
  code: ['def f():\n    return 1'],
  markdown: ['# Title\n\n*text*'],
  html: ['<b>bold</b>'],
  color: ['#00ff00'],
  number: [1.5, 0, -3],
  number_zero: [4],
  number_bounds: [-1, 20],
  integer: [1, 9],
  slider: [1, 50],
  slider_fine: [0.05],
  checkbox: [true, false],
  checkbox_true: [false],
  checkbox_group: [['green', 'blue'], []],
  checkbox_group_numbers: [[256, 1024]],
  radio: ['fast'],
  radio_numbers: [1024],
  dropdown: ['v1'],
  dropdown_none: ['v2'],
  dropdown_pairs: ['nl_bert'],
  dropdown_numbers: [4],
  dropdown_custom: ['ink', 'something else'],
  dropdown_multi: [['b', 'c'], []],
  image: [PICTURE],
  image_pixels: [PICTURE],
  audio: [SOUND],
  file: [TEXT],
  file_typed: [TABLE],
  files: [[TEXT, TABLE]],
  upload_button: [TEXT],
  download_button: [TEXT],
  model3d: [MESH],
  multimodal: [
    { text: 'look', files: [PICTURE, TEXT] },
    { text: 'only words', files: [] },
  ],
  image_editor: [{ background: PICTURE, layers: [PICTURE], composite: PICTURE, id: null }],
  json: [{ a: [1, { b: null }] }, [1, 2], 7, true],
  datetime: ['2026-11-20 12:30:00'],
  label: [{ label: 'cat', confidences: [{ label: 'cat', confidence: 0.75 }] }],
  highlighted: [[{ token: 'Ada', class_or_confidence: 'name' }]],
  timer: [2],
  dataset: [1],
};

const DATAFRAME = { headers: ['name', 'age'], data: [['Ada', 36]], metadata: null };
const HISTORY = [
  { role: 'user', content: 'hi' },
  { role: 'assistant', content: 'hello' },
];
const PAIRS = [['hi', 'hello']];
const HISTORY_OF_PARTS = HISTORY.map(({ role, content }) => ({ role, content: [{ type: 'text', text: content }] }));

const OTHERS: Trial[] = [
  // What the components fall back on when nothing is given.
  { endpoint: '/textbox_default', arguments: {} },
  { endpoint: '/textbox_empty', arguments: {} },
  { endpoint: '/number_zero', arguments: {} },
  { endpoint: '/integer', arguments: {} },
  { endpoint: '/slider', arguments: {} },
  { endpoint: '/checkbox_true', arguments: {} },
  { endpoint: '/checkbox_group', arguments: {} },
  { endpoint: '/radio_numbers', arguments: {} },
  { endpoint: '/dropdown_numbers', arguments: {} },
  { endpoint: '/dropdown_multi', arguments: {} },
  { endpoint: '/color', arguments: {} },
  // Forms that an assistant need not know.
  { endpoint: '/gallery', arguments: { value: [{ image: PICTURE, caption: 'one' }] }, unasked: true },
  { endpoint: '/gallery', arguments: { value: [{ image: PICTURE, caption: null }] }, simple: { value: [PICTURE] } },
  // What differs from series to series.
  { endpoint: '/video', arguments: { value: CLIP }, from: 6 },
  {
    endpoint: '/video',
    arguments: { value: { video: CLIP, subtitles: null } },
    simple: { value: CLIP },
    to: 5,
  },
  { endpoint: '/dataframe', arguments: { value: DATAFRAME } },
  { endpoint: '/chatbot', arguments: { value: HISTORY_OF_PARTS }, simple: { value: HISTORY }, from: 6 },
  { endpoint: '/chatbot', arguments: { value: HISTORY }, from: 5, to: 5 },
  { endpoint: '/chatbot', arguments: { value: PAIRS }, simple: { value: HISTORY }, to: 4 },
  { endpoint: '/chatbot_pairs', arguments: { value: PAIRS }, simple: { value: HISTORY }, to: 5 },
  { endpoint: '/image_slider', arguments: { value: [PICTURE, PICTURE] }, from: 5 },
  { endpoint: '/file_explorer', arguments: { value: [] } },
  {
    endpoint: '/annotated',
    arguments: { value: { image: PICTURE, annotations: [{ image: PICTURE, label: 'all' }] } },
  },
  { endpoint: '/dialogue', arguments: { value: [{ speaker: 'A', text: 'hi' }] }, from: 5 },
  { endpoint: '/json', arguments: { value: 'text' }, fails: 'app' },
  { endpoint: '/slider', arguments: { value: 999 }, from: 5, fails: 'arguments' },
  // Its only input is a component that `/info` keeps quiet about: the web page sends its value, the plain client null.
  { endpoint: '/button', arguments: {}, right: ['Press'] },
  // What a browser keeps is no argument; the plain client asks for it.
  { endpoint: '/browser_state', arguments: {}, from: 5, right: [] },
  // Answers that were not given.
  { endpoint: '/picture', arguments: { size: 16 } },
  { endpoint: '/pictures', arguments: { count: 3 } },
  { endpoint: '/text_file', arguments: { text: 'kept' } },
  { endpoint: '/several_files', arguments: {} },
  { endpoint: '/sound', arguments: { seconds: 0.1 } },
  { endpoint: '/long_text', arguments: { characters: 200_000 } },
  { endpoint: '/odd_json', arguments: {} },
  { endpoint: '/table', arguments: { rows: 3 } },
  { endpoint: '/entities', arguments: { text: 'Ada wrote programs' } },
  { endpoint: '/regions', arguments: { size: 16 } },
  { endpoint: '/plot', arguments: { points: 5 } },
  { endpoint: '/line', arguments: { points: 5 } },
  { endpoint: '/conversation', arguments: { text: 'hi' } },
  { endpoint: '/change', arguments: { text: 'new' } },
  { endpoint: '/several', arguments: { text: 'abc' } },
  { endpoint: '/none', arguments: {} },
  { endpoint: '/nothing', arguments: {} },
  // Behaviour.
  { endpoint: '/count_up', arguments: {} },
  { endpoint: '/between', arguments: { first: 'a', second: 2 } },
  { endpoint: '/stream_words', arguments: { text: 'one two three' } },
  { endpoint: '/stream_two', arguments: { steps: 4 } },
  { endpoint: '/stream_then_fail', arguments: { text: 'first' }, fails: 'app' },
  { endpoint: '/stream_later', arguments: { count: 3 } },
  { endpoint: '/with_progress', arguments: { steps: 3 } },
  { endpoint: '/with_tqdm', arguments: { steps: 3 } },
  { endpoint: '/with_notices', arguments: { text: 'this' } },
  { endpoint: '/refuse', arguments: { text: 'that' }, fails: 'app' },
  { endpoint: '/crash', arguments: { text: 'it' }, fails: 'app' },
  { endpoint: '/in_batches', arguments: { words: 'word' } },
  { endpoint: '/who_calls', arguments: { text: 'me' } },
  { endpoint: '/at_once', arguments: { value: 'abc' } },
  { endpoint: '/defaults', arguments: {} },
  { endpoint: '/skip', arguments: {}, from: 5 },
  // Names.
  { endpoint: '/shout', arguments: { text: 'hi', options: '?' } },
  { endpoint: '/shout_1', arguments: { text: 'hi' } },
  { endpoint: '/lambda', arguments: { value: 'x' } },
  { endpoint: '/lambda_1', arguments: { value: 'x' } },
  { endpoint: '/größe', arguments: { länge: 2, 幅: 3 } },
  // Its one parameter has a name that is longer than 64 characters.
  { endpoint: '/a_name_that_is_much_longer_than_what_most_callers_can_take_as_a_name', arguments: ['x'] },
  { endpoint: '/on_change', arguments: { value: 'x' } },
  { endpoint: '/unlisted', arguments: ['x'] },
  { endpoint: '/any_number', arguments: ['a', 'b', 'c'] },
  // Functions without components.
  { endpoint: '/add_up', arguments: { numbers: [1, 2], weights: { a: 0.5 } }, from: 5 },
  { endpoint: '/choose', arguments: { mode: 'good', level: 3 }, from: 5 },
  { endpoint: '/maybe', arguments: { name: 'Ada' }, from: 5 },
  { endpoint: '/anything', arguments: { value: [1, 'a'] }, from: 5 },
];

/** Every trial of the kitchen sink, for all versions. */
const TRIALS: readonly Trial[] = [
  ...Object.entries(ECHOES).flatMap(([name, values]) =>
    values.map((value): Trial => ({ endpoint: `/${name}`, arguments: { value } })),
  ),
  ...OTHERS,
];

/**
 * The trials that a series of Gradio can be put to.
 * @param major the series
 */
export function trialsFor(major: Major): Trial[] {
  return TRIALS.filter(({ from = 4, to = 6 }) => from <= major && major <= to);
}
