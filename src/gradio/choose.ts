import { isNoise } from '../lib/coerce.js';
import { HugwireError } from '../lib/errors.js';
import { fold, nearest } from '../lib/nearest.js';
import { cleanLine, showName, showWords } from '../lib/text.js';
import { exampleArguments } from './arguments.js';
import { componentOf } from './components.js';
import type { App, Endpoint, EndpointParameter } from './types.js';

const MAX_LISTED = 20;

/** Names of what an app is there for. */
const PREFERRED =
  /^\/(?:predict|infer(?:ence)?|generate(?:_image)?|run|process|chat|respond|answer|transcribe|translate|synthesize|tts)$/;
/** Names of wiring: these change what the page shows. */
const WIRING =
  /^\/(?:on|handle|update|prepare|preprocess|load|activate|deactivate|toggle|show|hide|set|get|check|select|switch|change|refresh|init|randomi[sz]e)(?:_|$)/;
/** Names of what tidies up. */
const TIDYING = /^\/(?:clear|reset|stop|cancel|undo|retry|flag|like|vote|delete|remove|new_chat)(?:_|$)/;
/** Events with which a person asks for what the app is there for; a function without any is made for calls. */
const ASKING = /^(?:click|submit)$/;
/** Events that come by themselves, or that tidy up. */
const ASIDE = /^(?:load|unload|tick|clear|undo|retry|like|edit|copy|delete|stop)$/;

/** What speaks for an endpoint, or against it, where none is named. */
const SIGNS: [points: number, holds: (endpoint: Endpoint) => unknown][] = [
  [-50, ({ needsEvent }) => needsEvent],
  [-1, ({ stateFrom }) => stateFrom],
  [-3, (endpoint) => endpoint.stateFrom && !takesContent(endpoint)],
  [2, ({ events = [] }) => events.length === 0 || events.some((event) => ASKING.test(event))],
  [-3, ({ events = [] }) => events.length > 0 && events.every((event) => ASIDE.test(event))],
  [2, takesContent],
  [-3, ({ parameters }) => parameters.length === 0],
  [2, ({ returns }) => returns.some(({ component }) => isContent(component))],
  [-3, ({ returns }) => returns.length === 0],
  [1, ({ description }) => description],
  [2, ({ name }) => PREFERRED.test(plainName(name))],
  [-2, ({ name }) => WIRING.test(name)],
  [-4, ({ name }) => TIDYING.test(name)],
  [-3, ({ name }) => plainName(name) === '/lambda'],
  [-1, ({ prepares }) => prepares],
  [-1, ({ twinOf }) => twinOf],
];

function takesContent({ parameters }: Endpoint): boolean {
  return parameters.some(({ file, component }) => file || isContent(component));
}

function isContent(component: string): boolean {
  return !componentOf(component).isSetting;
}

/** Without the number that Gradio puts behind a name that is taken. */
const plainName = (name: string) => name.replace(/_\d+$/, '');

/**
 * The endpoint that a call is for: the one named, else the one that most likely is what the app is there for.
 * @param app described
 * @param name with or without its slash
 * @param given names of the arguments of the call: an endpoint that takes them all is more likely meant
 * @throws HugwireError `invalid_arguments` that lists the endpoints, also where several may be meant; `space_broken` when
 *   there is none
 */
export function chooseEndpoint(app: App, name?: string, given: readonly string[] = []): Endpoint {
  if (name !== undefined && name.trim() !== '') return findEndpoint(app, name.trim());
  const [best, ...equals] = likeliestEndpoints(app, given);
  if (!best) {
    throw new HugwireError('space_broken', `${app.site.id} has no endpoint that can be called.`, {
      hint: 'Its author hid them all, or the app has none; look for another Space with hub_search.',
    });
  }
  if (best.needsEvent) {
    throw new HugwireError('space_broken', `${app.site.id} can only be used on its web page.`, {
      hint: 'All its endpoints need a click there, which no call can make; look for another Space with hub_search.',
    });
  }
  if (equals.length === 0) return best;
  throw new HugwireError('invalid_arguments', `Several endpoints of ${app.site.id} may be meant; none was run.`, {
    hint: ['Call one of them:', ...listCalls([best, ...equals], app)].join('\n'),
  });
}

/** Endpoints to choose from. */
const MAX_OFFERED = 6;
/** Characters of a call that is shown to be copied. */
const MAX_CALL = 400;

function listCalls(endpoints: readonly Endpoint[], { site }: App): string[] {
  const more = endpoints.length - MAX_OFFERED;
  return [
    ...endpoints.slice(0, MAX_OFFERED).map((endpoint) => {
      const { name, returns, description } = endpoint;
      const call = JSON.stringify({ space: site.id, endpoint: name, arguments: exampleArguments(endpoint) });
      const looked = JSON.stringify({ space: site.id, endpoint: name });
      const given = returns.slice(0, 3).map(({ label }) => showWords(label, 40));
      return [
        call.length > MAX_CALL ? `space_info ${looked}` : `space_call ${call}`,
        given.length > 0 && ` gives ${given.join(', ')}`,
        description && `: ${showWords(description, 100)}`,
      ]
        .filter(Boolean)
        .join('');
    }),
    ...(more > 0 ? [`and ${more} more: space_info ${JSON.stringify({ space: site.id })}`] : []),
  ];
}

/**
 * The visible endpoints, most useful first; wiring of the web page comes last.
 * @param app described
 * @param given names of the arguments of a call, if there is one
 */
export function rankEndpoints(app: App, given: readonly string[] = []): Endpoint[] {
  return scoreEndpoints(app, given).map(({ endpoint }) => endpoint);
}

/**
 * The first of the ranking, with those that rank like it.
 * @param app described
 * @param given names of the arguments of a call, if there is one
 * @returns none where there is no visible endpoint
 */
export function likeliestEndpoints(app: App, given: readonly string[] = []): Endpoint[] {
  const scored = scoreEndpoints(app, given);
  return scored.filter(({ points }) => points === scored[0]?.points).map(({ endpoint }) => endpoint);
}

function scoreEndpoints(app: App, given: readonly string[]): { endpoint: Endpoint; points: number }[] {
  const scored = app.endpoints
    .filter((one) => !one.hidden)
    .map((endpoint) => {
      const signs = SIGNS.map(([points, holds]) => (holds(endpoint) ? points : 0));
      return { endpoint, points: signs.reduce((sum, one) => sum + one, scoreGiven(endpoint, given)) };
    });
  // Media are likelier wanted. Sorting is stable: other equals stay in the author's order.
  const media = ({ endpoint }: (typeof scored)[number]) =>
    Number(endpoint.returns.some(({ component }) => componentOf(component).files));
  return scored.sort((one, other) => other.points - one.points || media(other) - media(one));
}

/** What the names of the arguments say for an endpoint: that it takes them all, and that they are enough. */
function scoreGiven({ parameters }: Endpoint, given: readonly string[]): number {
  const namesOf = ({ name, label }: EndpointParameter) => [fold(name), fold(label)];
  const known = parameters.flatMap(namesOf);
  const meant = given.map(fold).filter((name, at) => !isNoise(given[at] ?? '') || known.includes(name));
  if (meant.length === 0 || !meant.every((name) => known.includes(name))) return 0;
  return parameters.every((one) => !one.required || namesOf(one).some((name) => meant.includes(name))) ? 4 : 3;
}

function findEndpoint(app: App, name: string): Endpoint {
  const wanted = `/${name.replace(/^\/+/, '')}`;
  const exact = app.endpoints.find((one) => one.name === wanted);
  if (exact) return exact;
  const visible = rankEndpoints(app);
  const alike = visible.filter((one) => fold(one.name) === fold(wanted));
  const [only] = alike;
  if (only && alike.length === 1 && fold(wanted) !== '') return only;
  const names = visible.map((one) => one.name);
  const guess = nearest(wanted, names);
  throw new HugwireError('invalid_arguments', `${app.site.id} has no endpoint "${cleanLine(name, 80)}".`, {
    hint: `${guess ? `Did you mean ${showName(guess)}? ` : ''}${listNames(names)}`,
  });
}

function listNames(names: string[]): string {
  if (names.length === 0) return 'None of its endpoints can be called.';
  const more = names.length > MAX_LISTED ? ` and ${names.length - MAX_LISTED} more` : '';
  return `It has: ${names
    .slice(0, MAX_LISTED)
    .map((name) => showName(name))
    .join(', ')}${more}.`;
}
