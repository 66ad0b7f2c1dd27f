import { setImmediate, setTimeout } from 'node:timers/promises';
import { encodePng, startLandscape } from '../pictures.js';
import {
  AppError,
  checkbox,
  type DemoComponent,
  file,
  image,
  json,
  number,
  slider,
  state,
  textbox,
  toFileData,
} from './components.js';
import { type FileStore, MAX_FILE_SIZE, type StoredFile } from './files.js';

/** What a function of the app can do beside returning. */
export interface RunContext {
  /** Aborted when the caller cancels or goes away. */
  signal: AbortSignal;
  files: FileStore;
  /** The app's address as the caller knows it. */
  root: string;
  /** `gr.Progress()`: step `index` of `length` is being worked on. */
  progress(index: number, length: number, unit: string, description: string): void;
  /** `gr.Info(…)`: a line for the caller. */
  info(message: string, title?: string): void;
}

/** A function of the app with an API name. */
export interface DemoEndpoint {
  /** Without its slash. */
  name: string;
  description: string;
  /** By parameter name; callers never see that of a state component. */
  inputs: Record<string, DemoComponent>;
  outputs: DemoComponent[];
  /** A generator yields whole values; the last one is the result. */
  run(values: Record<string, unknown>, context: RunContext): unknown[] | Promise<unknown[]> | AsyncGenerator<unknown[]>;
  generator?: boolean;
}

const BANDS = 8;
const note = state('');

const greet: DemoEndpoint = {
  name: 'greet',
  description: 'Greets somebody by name.',
  inputs: { name: textbox('Name'), excited: checkbox('Excited', false) },
  outputs: [textbox('Greeting')],
  run: ({ name, excited }) => [excited ? `HELLO, ${String(name).toUpperCase()}!` : `Hello, ${name}.`],
};

const draw: DemoEndpoint = {
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

const slow: DemoEndpoint = {
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

const count: DemoEndpoint = {
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

const fail: DemoEndpoint = {
  name: 'fail',
  description: 'Always fails, with the given message and title.',
  inputs: { message: textbox('Message', { value: 'This went wrong.' }), title: textbox('Title', { value: 'Oops' }) },
  outputs: [textbox('Never filled')],
  run({ message, title }) {
    throw new AppError(String(message), String(title));
  },
};

const describeFile: DemoEndpoint = {
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

const remember: DemoEndpoint = {
  name: 'remember',
  description: 'Keeps a note for the rest of the session.',
  inputs: { note: textbox('Note'), kept: note },
  outputs: [textbox('Answer'), note],
  run: ({ note }) => ['Noted.', note],
};

const recall: DemoEndpoint = {
  name: 'recall',
  description: 'Gives the note of this session back; empty when there is none.',
  inputs: { kept: note },
  outputs: [textbox('Note')],
  run: ({ kept }) => [kept],
};

/** What the demo Space offers, in the order of its `fn_index`. */
export const ENDPOINTS: readonly DemoEndpoint[] = [greet, draw, slow, count, fail, describeFile, remember, recall];

async function* countTo(last: number, pauseMs: number, signal: RunContext['signal']): AsyncGenerator<unknown[]> {
  let text = '';
  for (let value = 1; value <= last; value += 1) {
    text += value === 1 ? '1' : ` ${value}`;
    yield [text];
    if (value < last) await setTimeout(pauseMs, undefined, { signal });
  }
}

/** The Gradio version whose protocol this app speaks. */
const VERSION = '6.31.0';
/** A 64-bit number, as Gradio's are: no JavaScript number can hold it. */
const APP_ID = '13112352027489863852';

/** Every component of the app once; its index is its id. */
const COMPONENTS: readonly DemoComponent[] = [
  ...new Set(ENDPOINTS.flatMap(({ inputs, outputs }) => [...Object.values(inputs), ...outputs])),
];

/**
 * The answer to `GET /config`, as JSON text: `app_id` is longer than a JavaScript number.
 * @param root the app's address as the caller knows it
 */
export function appConfig(root: string): string {
  const config = {
    version: VERSION,
    api_prefix: '/gradio_api',
    mode: 'blocks',
    app_id: 0,
    title: 'hugwire demo Space',
    space_id: null,
    is_space: false,
    enable_queue: true,
    show_error: true,
    connect_heartbeat: true,
    max_file_size: MAX_FILE_SIZE,
    protocol: 'sse_v3',
    mcp_server: false,
    components: COMPONENTS.map(describeComponent),
    dependencies: ENDPOINTS.map(describeDependency),
    username: null,
    root,
  };
  return JSON.stringify(config).replace('"app_id":0', `"app_id":${APP_ID}`);
}

/** The answer to `GET /gradio_api/app_id`, as JSON text. */
export function appId(): string {
  return `{"app_id":${APP_ID}}`;
}

/** The answer to `GET /gradio_api/info`. */
export function appInfo() {
  const named = ENDPOINTS.map((endpoint) => [`/${endpoint.name}`, describeEndpoint(endpoint)]);
  return { named_endpoints: Object.fromEntries(named), unnamed_endpoints: {} };
}

function describeComponent(component: DemoComponent, id: number) {
  const { type, label, props, schema, example } = component;
  if (type === 'state') return { id, type, props: { time_to_live: null, name: type }, skip_api: true, key: null };
  return {
    id,
    type,
    props: { ...props, label, show_label: true, visible: true, name: type },
    skip_api: false,
    key: null,
    api_info: schema,
    api_info_as_input: schema,
    api_info_as_output: schema,
    example_inputs: example,
  };
}

function describeDependency({ name, inputs, outputs, generator = false }: DemoEndpoint, id: number) {
  const ids = (components: DemoComponent[]) => components.map((component) => COMPONENTS.indexOf(component));
  return {
    id,
    targets: [],
    inputs: ids(Object.values(inputs)),
    outputs: ids(outputs),
    backend_fn: true,
    queue: true,
    api_name: name,
    api_description: null,
    api_visibility: 'public',
    batch: false,
    max_batch_size: 4,
    cancels: [],
    types: { generator, cancel: false },
    connection: 'sse',
    time_limit: null,
  };
}

function describeEndpoint({ description, inputs, outputs }: DemoEndpoint) {
  const visible = ([, { type }]: [string, DemoComponent]) => type !== 'state';
  return {
    parameters: Object.entries(inputs).filter(visible).map(describeParameter),
    returns: outputs.filter(({ type }) => type !== 'state').map(describeValue),
    api_visibility: 'public',
    description,
  };
}

function describeParameter([name, component]: [string, DemoComponent]) {
  const { value } = component.props;
  return {
    ...describeValue(component),
    parameter_name: name,
    parameter_has_default: value !== undefined,
    parameter_default: value ?? null,
    example_input: component.example,
  };
}

function describeValue({ type, label, schema, pythonType }: DemoComponent) {
  const component = type.charAt(0).toUpperCase() + type.slice(1);
  return { label, type: schema, python_type: { type: pythonType, description: '' }, component };
}
