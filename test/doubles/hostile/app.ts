import type { Fields } from './misbehaviour.js';

const TEXT = { type: 'string' };

const FILE = {
  title: 'FileData',
  type: 'object',
  properties: {
    path: { type: 'string' },
    url: { anyOf: [{ type: 'string' }, { type: 'null' }], default: null },
    orig_name: { anyOf: [{ type: 'string' }, { type: 'null' }], default: null },
    meta: { type: 'object', default: { _type: 'gradio.FileData' } },
  },
  required: ['path'],
};

/** A component of the app: its id is its place. */
const COMPONENTS = [
  { type: 'textbox', label: 'Text', schema: TEXT },
  { type: 'textbox', label: 'Answer', schema: TEXT },
  { type: 'file', label: 'File', schema: FILE },
  { type: 'json', label: 'Made', schema: { type: {}, description: 'any valid json' } },
];

/** The endpoints: `/echo` takes a text, `/send` a file, `/make` nothing. */
const ENDPOINTS = [
  { name: 'echo', parameter: 'text', input: 0, output: 1 },
  { name: 'send', parameter: 'file', input: 2, output: 1 },
  { name: 'make', output: 3 },
];

/**
 * The description of the app that the hostile Space would be if it behaved.
 * @param root the app's address
 */
export function goodConfig(root: string): Fields {
  return {
    version: '6.31.0',
    api_prefix: '/gradio_api',
    mode: 'blocks',
    app_id: 42,
    title: 'A Space',
    space_id: null,
    enable_queue: true,
    show_error: true,
    connect_heartbeat: false,
    max_file_size: null,
    protocol: 'sse_v3',
    components: COMPONENTS.map(({ type, label, schema }, id) => component(id, type, label, schema)),
    dependencies: ENDPOINTS.map(({ name, input, output }, id) =>
      dependency(id, name, input === undefined ? [] : [input], [output]),
    ),
    root,
  };
}

/** The description of its endpoints. */
export function goodInfo(): Fields {
  const named = ENDPOINTS.map(({ name, parameter, input, output }) => {
    const parameters = input === undefined ? [] : [{ ...valueAt(input), ...asParameter(parameter) }];
    return [`/${name}`, { parameters, returns: [valueAt(output)], api_visibility: 'public', description: '' }];
  });
  return { named_endpoints: Object.fromEntries(named), unnamed_endpoints: {} };
}

/** A component as `/config` lists it. */
export function component(id: number, type: string, label: unknown, schema: unknown): Fields {
  const props = { label, name: type, visible: true };
  return { id, type, props, skip_api: false, api_info: schema, api_info_as_input: schema, api_info_as_output: schema };
}

/** A function as `/config` lists it. */
export function dependency(id: number, api_name: unknown, inputs: number[], outputs: number[]): Fields {
  return {
    id,
    targets: [],
    inputs,
    outputs,
    backend_fn: true,
    queue: true,
    api_name,
    api_visibility: 'public',
    batch: false,
    types: { generator: false, cancel: false },
    connection: 'sse',
    time_limit: null,
  };
}

/** A parameter as `/info` lists it. */
export function parameter(name: unknown, label: unknown, type: unknown): Fields {
  return { label, type, python_type: { type: 'str', description: '' }, component: 'Textbox', ...asParameter(name) };
}

function valueAt(id: number) {
  const { type, label, schema } = COMPONENTS[id] as (typeof COMPONENTS)[number];
  const component = type.charAt(0).toUpperCase() + type.slice(1);
  return { label, type: schema, python_type: { type: 'Any', description: '' }, component };
}

function asParameter(parameter_name: unknown) {
  return { parameter_name, parameter_has_default: false, parameter_default: null, example_input: 'x' };
}
