import { isObject } from '../lib/json.js';
import { cleanLine, showName } from '../lib/text.js';
import type { Endpoint } from './types.js';

/** Inputs and outputs of a function, and events that run it, that are looked at. */
const MAX_IDS = 1000;
/** Other endpoints that are named of one. */
const MAX_RELATED = 5;
/** Functions without work of their own between two of a chain. */
const MAX_BETWEEN = 10;
/** Events whose functions mostly ask what was clicked, where Gradio does not say whether they do. */
const TELLING_EVENTS = /^(?:select|like|edit|delete|copy|key_up|undo|retry|example_select|option_select|download)$/;

type Json = Record<string, unknown>;

/** An endpoint, and where it stands in the page. */
interface Wired {
  endpoint: Endpoint;
  /** Ids of components. */
  inputs: unknown[];
  outputs: unknown[];
}

/** The endpoints that have each component among their inputs or outputs. */
type Index = Map<unknown, Set<Endpoint>>;

/**
 * Fills in what the page makes of each function: what fires it, what comes after it, and what it shares with others.
 * @param config the app's `/config`
 * @param endpoints of the app; they are changed
 * @returns the same
 */
export function withWiring(config: Json, endpoints: Endpoint[]): Endpoint[] {
  const dependencies = new Map<unknown, Json>();
  for (const [index, one] of listOf(config.dependencies).entries()) {
    if (isObject(one)) dependencies.set(Number.isInteger(one.id) ? one.id : index, one);
  }
  const wired = endpoints.map((endpoint): Wired => {
    const dependency = dependencies.get(endpoint.fnIndex) ?? {};
    Object.assign(endpoint, readEvents(dependency));
    return { endpoint, inputs: idsOf(dependency.inputs), outputs: idsOf(dependency.outputs) };
  });
  const components = listOf(config.components).filter(isObject);
  // What a browser keeps does not belong to a session.
  relate(wired, new Set(components.filter(({ type }) => type === 'state').map(({ id }) => id)));
  chain(wired, dependencies);
  return endpoints;
}

/** Finds what endpoints share. */
function relate(wired: readonly Wired[], states: ReadonlySet<unknown>): void {
  // Lambdas have names that tell nothing, and are hardly ever more than wiring.
  const telling = wired.filter(({ endpoint: { name, hidden } }) => !hidden && !/^\/lambda(?:_\d+)?$/.test(name));
  const takers = indexBy(telling, 'inputs');
  const leavers = indexBy(telling, 'outputs');
  const firsts = new Map<string, string>();
  for (const { endpoint, inputs, outputs } of wired) {
    const { name } = endpoint;
    const taken = inputs.filter((id) => states.has(id));
    const left = outputs.filter((id) => states.has(id));
    if (taken.length + left.length > 0) endpoint.stateWith = listOthers(name, [takers, leavers], [...taken, ...left]);
    const sources = taken.some((id) => left.includes(id)) ? [] : listOthers(name, [leavers], taken);
    if (sources.length > 0) endpoint.stateFrom = sources;

    const given = outputs.filter((id) => !states.has(id));
    const isTaken = (by: Set<Endpoint> = new Set()) => by.size > (by.has(endpoint) ? 1 : 0);
    endpoint.prepares = given.length > 0 && given.every((id) => isTaken(takers.get(id)));

    // Gradio puts a number behind a name that is taken. Lambdas share theirs without being the same function.
    const base = name.replace(/_\d+$/, '');
    const key = [base, ...inputs, '', ...outputs].join();
    if (name === base && base !== '/lambda') firsts.set(key, name);
    else endpoint.twinOf = firsts.get(key);
  }
}

function indexBy(wired: readonly Wired[], side: 'inputs' | 'outputs'): Index {
  const index: Index = new Map();
  for (const { endpoint, [side]: ids } of wired) {
    for (const id of ids) index.set(id, (index.get(id) ?? new Set()).add(endpoint));
  }
  return index;
}

/** The names of the other endpoints that have some of the components. */
function listOthers(own: string, indexes: readonly Index[], ids: readonly unknown[]): string[] {
  const names = new Set<string>();
  for (const id of ids) {
    const found = indexes.flatMap((index) => [...(index.get(id) ?? [])].slice(0, MAX_RELATED + 1));
    for (const { name } of found) if (name !== own) names.add(name);
    if (names.size >= MAX_RELATED) break;
  }
  return [...names].slice(0, MAX_RELATED);
}

/** Finds what the page runs after what. Functions that take nothing or give nothing only tidy it up, and are passed over. */
function chain(wired: readonly Wired[], dependencies: ReadonlyMap<unknown, Json>): void {
  const working = wired.filter(({ endpoint, inputs }) => {
    return !endpoint.hidden && inputs.length > 0 && endpoint.returns.length > 0;
  });
  const byIndex = new Map<unknown, Endpoint>(working.map(({ endpoint }) => [endpoint.fnIndex, endpoint]));
  for (const { endpoint } of working) {
    let at: unknown = endpoint.fnIndex;
    let before: Endpoint | undefined;
    for (let steps = 0; steps < MAX_BETWEEN && !before; steps += 1) {
      at = dependencies.get(at)?.trigger_after;
      before = byIndex.get(at);
    }
    if (!before || before === endpoint) continue;
    before.followedBy = [...(before.followedBy ?? []), endpoint.name].slice(0, MAX_RELATED);
  }
}

function readEvents({ targets, collects_event_data: collects }: Json): Pick<Endpoint, 'events' | 'needsEvent'> {
  const named = listOf(targets)
    .slice(0, MAX_IDS)
    .map((target) => cleanLine(listOf(target)[1], 40));
  const events = [...new Set(named)].filter(Boolean);
  const isTold = events.length > 0 && events.every((event) => TELLING_EVENTS.test(event));
  return { events, needsEvent: typeof collects === 'boolean' ? collects : isTold };
}

/**
 * What a caller must know of how the app's page uses a function: a sentence each.
 * @param endpoint described
 */
export function describeUse({ needsEvent, events = [], followedBy, stateWith, stateFrom }: Endpoint): string[] {
  const show = (names: readonly string[]) => names.map((one) => showName(one)).join(', ');
  const sentences = [
    needsEvent &&
      `It needs a click in the page${events.length > 0 ? ` (${show(events)})` : ''}, which no call can make.`,
    stateFrom
      ? `It uses what ${show(stateFrom)} left in the same session: give the calls of both the same "session".`
      : stateWith &&
        `It keeps hidden state${stateWith.length > 0 ? ` (also used by ${show(stateWith)})` : ''}: calls with the same "session" share it.`,
    followedBy && `The page runs it, then ${show(followedBy)}.`,
  ];
  return sentences.filter((one) => typeof one === 'string');
}

/** Ids of components are numbers, or words. */
function idsOf(value: unknown): unknown[] {
  return listOf(value)
    .slice(0, MAX_IDS)
    .map((id) => (typeof id === 'object' ? undefined : id));
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}
