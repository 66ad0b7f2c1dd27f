import { isNoise } from '../lib/coerce.js';
import { HugwireError } from '../lib/errors.js';
import { fold, nearest } from '../lib/nearest.js';
import { cleanLine, showName } from '../lib/text.js';
import { componentOf } from './components.js';
import type { App, Endpoint } from './types.js';

const MAX_LISTED = 20;
/** Wiring of the web page: these change what it shows. */
const UTILITY = /^\/(?:on|handle|update|prepare|load|clear|reset|toggle|activate|deactivate)_|^\/lambda/;
const PREFERRED =
  /^\/(?:predict|infer|generate|generate_image|run|process|chat|respond|transcribe|translate|synthesize|tts)$/;

/**
 * The endpoint that a call is for: the one named, else the one that most likely is what the app is there for.
 * @param app described
 * @param name with or without its slash
 * @param given names of the arguments of the call: an endpoint that takes them all is more likely meant
 * @throws HugwireError `invalid_arguments` that lists the endpoints, `space_broken` when there is none
 */
export function chooseEndpoint(app: App, name?: string, given: readonly string[] = []): Endpoint {
  if (name !== undefined && name.trim() !== '') return findEndpoint(app, name.trim());
  const [best] = rankEndpoints(app, given);
  if (best) return best;
  throw new HugwireError('space_broken', `${app.site.id} has no endpoint that can be called.`, {
    hint: 'Its author hid them all, or the app has none; look for another Space with hub_search.',
  });
}

/**
 * The visible endpoints, most useful first; wiring of the web page comes last.
 * @param app described
 * @param given names of the arguments of a call, if there is one
 */
export function rankEndpoints(app: App, given: readonly string[] = []): Endpoint[] {
  const scored = app.endpoints
    .filter((one) => !one.hidden)
    .map((endpoint) => ({ endpoint, points: score(endpoint) + (takesAll(endpoint, given) ? 5 : 0) }));
  // Sorting is stable: equals stay in the author's order.
  return scored.sort((one, other) => other.points - one.points).map(({ endpoint }) => endpoint);
}

function takesAll(endpoint: Endpoint, given: readonly string[]): boolean {
  const known = endpoint.parameters.flatMap((one) => [fold(one.name), fold(one.label)]);
  const meant = given.filter((name) => !isNoise(name) || known.includes(fold(name)));
  return meant.length > 0 && meant.every((name) => known.includes(fold(name)));
}

function score(endpoint: Endpoint): number {
  const { name, parameters, returns } = endpoint;
  if (UTILITY.test(name) || (parameters.length === 0 && returns.length === 0)) return -10;
  let points = endpoint.description ? 2 : 0;
  if (PREFERRED.test(name)) points += 3;
  if (returns.some((one) => componentOf(one.component).isResult)) points += 2;
  if (parameters.some((one) => one.required && (one.file || componentOf(one.component).isText))) points += 1;
  // What only sets something up takes nothing, or gives nothing back.
  if (parameters.length === 0 || returns.length === 0) points -= 3;
  return points;
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
  if (names.length === 0) return 'It has none that can be called.';
  const more = names.length > MAX_LISTED ? ` and ${names.length - MAX_LISTED} more` : '';
  return `It has: ${names
    .slice(0, MAX_LISTED)
    .map((name) => showName(name))
    .join(', ')}${more}.`;
}
