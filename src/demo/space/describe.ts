import type { Component } from './component.js';
import type { Endpoint } from './endpoint.js';
import { ENDPOINTS } from './endpoints.js';

/** The Gradio version whose protocol this app speaks. */
const VERSION = '6.31.0';
/** A 64-bit number, as Gradio's are: no JavaScript number can hold it. */
const APP_ID = '13112352027489863852';

/** Uploads beyond this are refused, bytes. */
export const MAX_FILE_SIZE = 32 * 1024 * 1024;

/** Every component of the app once; its index is its id. */
const COMPONENTS: readonly Component[] = [
  ...new Set(ENDPOINTS.flatMap(({ inputs, outputs }) => [...Object.values(inputs), ...outputs])),
];

/**
 * The answer to `GET /config`, as JSON text: `app_id` is longer than a JavaScript number.
 * @param root the app's address as the caller knows it
 */
export function describeConfig(root: string): string {
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
export function describeAppId(): string {
  return `{"app_id":${APP_ID}}`;
}

/** The answer to `GET /gradio_api/info`. */
export function describeInfo() {
  const named = ENDPOINTS.map((endpoint) => [`/${endpoint.name}`, describeEndpoint(endpoint)]);
  return { named_endpoints: Object.fromEntries(named), unnamed_endpoints: {} };
}

function describeComponent(component: Component, id: number) {
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

function describeDependency({ name, inputs, outputs, generator = false }: Endpoint, id: number) {
  const ids = (components: Component[]) => components.map((component) => COMPONENTS.indexOf(component));
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

function describeEndpoint({ description, inputs, outputs }: Endpoint) {
  const visible = ([, { type }]: [string, Component]) => type !== 'state';
  return {
    parameters: Object.entries(inputs).filter(visible).map(describeParameter),
    returns: outputs.filter(({ type }) => type !== 'state').map(describeValue),
    api_visibility: 'public',
    description,
  };
}

function describeParameter([name, component]: [string, Component]) {
  const { value } = component.props;
  return {
    ...describeValue(component),
    parameter_name: name,
    parameter_has_default: value !== undefined,
    parameter_default: value ?? null,
    example_input: component.example,
  };
}

function describeValue({ type, label, schema, pythonType }: Component) {
  const component = type.charAt(0).toUpperCase() + type.slice(1);
  return { label, type: schema, python_type: { type: pythonType, description: '' }, component };
}
