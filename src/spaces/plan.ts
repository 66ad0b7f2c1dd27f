import type { HubClient } from '../hub/types.js';
import { isObject } from '../schema/json-schema.js';
import { prepareArguments } from './arguments.js';
import { chooseEndpoint } from './choose.js';
import { openInputFile } from './files-in.js';
import { pinFetch } from './origin.js';
import { explainChange } from './pinned-call.js';
import type { AdaptedCall, App, Endpoint, PreparedArguments, SpaceCall, SpacePlan } from './types.js';
import { nameInput, readInputs } from './upload.js';

/** A call whose arguments fit the app as it is now. */
export interface FittedCall {
  endpoint: Endpoint;
  prepared: PreparedArguments;
  /** What had to be changed for it. */
  notes: string[];
}

/**
 * Chooses the endpoint of a call and makes its arguments ready, without sending anything.
 * @param app described
 * @param call what is wanted
 * @throws HugwireError for an endpoint that is not there, or arguments that it does not take
 */
export async function fitCall(app: App, call: SpaceCall): Promise<FittedCall> {
  const asIs: AdaptedCall = { arguments: call.arguments, notes: [] };
  const { arguments: given, notes } = (await call.adapt?.(app)) ?? asIs;
  try {
    const endpoint = chooseEndpoint(app, call.endpoint, isObject(given) ? Object.keys(given) : []);
    return { endpoint, prepared: await prepareArguments(endpoint, given), notes };
  } catch (error) {
    throw explainChange(error, notes);
  }
}

export interface PlanOptions {
  hub: HubClient;
  net: typeof fetch;
  /** Directories whose files may be sent. */
  roots: readonly string[];
  /** Bytes of one file at most. */
  maxBytes: number;
  signal?: AbortSignal;
}

/**
 * Checks all of a call that can be checked without making it: the endpoint, the arguments, and every file that it would
 * send, which is opened.
 * @param app described and running
 * @param call what is wanted
 * @throws HugwireError whatever the call itself would fail with before anything is sent
 */
export async function planCall(app: App, call: SpaceCall, options: PlanOptions): Promise<SpacePlan> {
  const { hub, roots, maxBytes, signal } = options;
  const { site } = app;
  const { endpoint, prepared, notes } = await fitCall(app, call);
  const token = site.sendToken ? (await hub.token()).value : undefined;
  const net = pinFetch(options.net, site, { token });
  const access = { app, hub, net, roots, maxBytes, signal };
  const inputs = await readInputs(prepared, app, (source) => openInputFile(source, access));
  const named = endpoint.parameters.map(({ name, slot }): [string, unknown] => [name, prepared.data[slot]]);
  const values = Object.fromEntries(named.filter(([, value]) => value !== null));
  const files = inputs.map((input, at) => ({
    parameter: prepared.files[at]?.parameter ?? '',
    source: nameInput(input),
  }));
  return { site, endpoint, values, files, sentToken: token !== undefined, notes };
}
