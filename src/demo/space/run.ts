import { AppError, type Component, UnreadableValue } from './component.js';
import type { Endpoint, RunContext } from './endpoint.js';

/** Values of `state` components, one map for each session. */
export type SessionState = Map<Component, unknown>;

/**
 * Runs a function of the app as Gradio does: reads the inputs, fills in the session's state, keeps the new state.
 * @param endpoint what to run
 * @param data one value for each input, null for state
 * @param state of the caller's session; changed
 * @param context passed to the function
 * @returns the outputs, whole, once or (from a generator) several times; null stands for state
 * @throws AppError for a refusal in the app's words, Error for anything else
 */
export async function* runEndpoint(
  endpoint: Endpoint,
  data: unknown[],
  state: SessionState,
  context: RunContext,
): AsyncGenerator<unknown[]> {
  const values = readInputs(endpoint, data, state, context);
  const result = await endpoint.run(values, context);
  if (Array.isArray(result)) yield keepState(endpoint, result, state);
  else for await (const outputs of result) yield keepState(endpoint, outputs, state);
}

/** How a failed run is told to the caller; title and duration only for a refusal in the app's own words. */
export interface Failure {
  error: string;
  visible: true;
  title?: string;
  duration?: number;
}

/**
 * Describes a failed run.
 * @param error what the run threw
 */
export function describeFailure(error: unknown): Failure {
  const message = error instanceof Error ? error.message : String(error);
  if (!(error instanceof AppError)) return { error: message, visible: true };
  return { error: message, duration: 10, visible: true, title: error.title };
}

function readInputs(endpoint: Endpoint, data: unknown[], state: SessionState, context: RunContext) {
  const inputs = Object.entries(endpoint.inputs);
  if (data.length < inputs.length) {
    throw new Error(
      `An event handler (${endpoint.name}) didn't receive enough input values ` +
        `(needed: ${inputs.length}, got: ${data.length}).`,
    );
  }
  const values: Record<string, unknown> = {};
  for (const [index, [name, component]] of inputs.entries()) {
    if (component.type === 'state') values[name] = state.get(component) ?? component.props.value;
    else values[name] = readInput(endpoint, index, component, data[index], context);
  }
  return values;
}

function readInput(endpoint: Endpoint, index: number, component: Component, value: unknown, context: RunContext) {
  try {
    return component.read(value, context);
  } catch (error) {
    if (!(error instanceof UnreadableValue)) throw error;
    throw new Error(
      `Could not preprocess input component at index ${index} (a \`${component.type}\` component) of the event handler ` +
        `(named "${endpoint.name}"). ${error.message}, but the value passed was: ${JSON.stringify(error.value)}.`,
    );
  }
}

function keepState(endpoint: Endpoint, outputs: unknown[], state: SessionState): unknown[] {
  return endpoint.outputs.map((component, index) => {
    if (component.type !== 'state') return outputs[index] ?? null;
    state.set(component, outputs[index]);
    return null;
  });
}
