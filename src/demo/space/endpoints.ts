import { setImmediate, setTimeout } from 'node:timers/promises';
import { AppError, checkbox, json, number, slider, state, textbox } from './component.js';
import type { Endpoint, RunContext } from './endpoint.js';
import type { StoredFile } from './files.js';
import { startLandscape } from './landscape.js';
import { file, image, toFileData } from './media.js';
import { encodePng } from './png.js';

const BANDS = 8;
const note = state('');

const greet: Endpoint = {
  name: 'greet',
  description: 'Greets somebody by name.',
  inputs: { name: textbox('Name'), excited: checkbox('Excited', false) },
  outputs: [textbox('Greeting')],
  run: ({ name, excited }) => [excited ? `HELLO, ${String(name).toUpperCase()}!` : `Hello, ${name}.`],
};

const draw: Endpoint = {
  name: 'draw',
  description: 'Draws a landscape; words such as night, sunset, forest or sea set its colours.',
  inputs: {
    prompt: textbox('Prompt'),
    seed: number('Seed', { value: 0, minimum: 0, maximum: 2147483647, precision: 0 }),
    size: slider('Size', { value: 512, minimum: 64, maximum: 1024, step: 64 }),
  },
  outputs: [image('Picture')],
  async run({ prompt, seed, size }, context) {
    const side = Math.round(Number(size));
    const painting = startLandscape(String(prompt), Number(seed), side);
    for (let band = 0; band < BANDS; band += 1) {
      context.progress(band, BANDS, 'bands', 'Painting');
      painting.paintRows(Math.floor((side * band) / BANDS), Math.floor((side * (band + 1)) / BANDS));
      await setImmediate(undefined, { signal: context.signal });
    }
    const stored = context.files.add('image.png', encodePng(painting.pixels, side, side));
    return [toFileData(stored, context.root)];
  },
};

const slow: Endpoint = {
  name: 'slow',
  description: 'Works through steps of a given length, one job at a time, and tells how far it is.',
  inputs: {
    steps: number('Steps', { value: 5, minimum: 1, maximum: 1000, precision: 0 }),
    step_seconds: number('Step seconds', { value: 1, minimum: 0, maximum: 60 }),
  },
  outputs: [textbox('Result')],
  async run({ steps, step_seconds }, context) {
    const total = Number(steps);
    for (let step = 0; step < total; step += 1) {
      context.progress(step, total, 'steps', 'Working');
      await setTimeout(Number(step_seconds) * 1000, undefined, { signal: context.signal });
      if ((step + 1) * 2 === total) context.info('Half of the steps are done.', 'Half way');
    }
    return [`Did ${total} steps of ${step_seconds} s.`];
  },
};

const count: Endpoint = {
  name: 'count',
  description: 'Counts aloud: every number is handed out as soon as it is there.',
  inputs: {
    to: number('Count to', { value: 5, minimum: 1, maximum: 1000, precision: 0 }),
    pause_seconds: number('Pause, seconds', { value: 0.1, minimum: 0, maximum: 60 }),
  },
  outputs: [textbox('Numbers')],
  generator: true,
  run: ({ to, pause_seconds }, { signal }) => countTo(Number(to), Number(pause_seconds) * 1000, signal),
};

const fail: Endpoint = {
  name: 'fail',
  description: 'Always fails, with the given message and title.',
  inputs: { message: textbox('Message', { value: 'This went wrong.' }), title: textbox('Title', { value: 'Oops' }) },
  outputs: [textbox('Never filled')],
  run({ message, title }) {
    throw new AppError(String(message), String(title));
  },
};

const describeFile: Endpoint = {
  name: 'describe_file',
  description: 'Tells the name, size in bytes, SHA-256 and type of a file.',
  inputs: { file: file('File') },
  outputs: [json('Description')],
  run({ file }) {
    if (!file) throw new AppError('No file was given.', 'Nothing to describe');
    const { name, bytes, sha256, type } = file as StoredFile;
    return [{ name, size: bytes.length, sha256, type: type.split(';')[0] }];
  },
};

const remember: Endpoint = {
  name: 'remember',
  description: 'Keeps a note for the rest of the session.',
  inputs: { note: textbox('Note'), kept: note },
  outputs: [textbox('Answer'), note],
  run: ({ note }) => ['Noted.', note],
};

const recall: Endpoint = {
  name: 'recall',
  description: 'Gives the note of this session back; empty when there is none.',
  inputs: { kept: note },
  outputs: [textbox('Note')],
  run: ({ kept }) => [kept],
};

/** What the demo Space offers, in the order of its `fn_index`. */
export const ENDPOINTS: readonly Endpoint[] = [greet, draw, slow, count, fail, describeFile, remember, recall];

async function* countTo(last: number, pauseMs: number, signal: RunContext['signal']): AsyncGenerator<unknown[]> {
  let text = '';
  for (let value = 1; value <= last; value += 1) {
    text += value === 1 ? '1' : ` ${value}`;
    yield [text];
    if (value < last) await setTimeout(pauseMs, undefined, { signal });
  }
}
