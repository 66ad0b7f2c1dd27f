import { isTruthy, ownTokenFile, type Paths, tilde } from '../../config/paths.js';
import type { Config } from '../../config/schema.js';
import {
  createTokenReader,
  type FoundToken,
  type TokenLook,
  type TokenPlace,
  tokenPlaces,
} from '../../config/token.js';

/** One place where a token is looked for, and what became of it. Never the value. */
export interface SurveyedPlace {
  /** `env HF_TOKEN`, `file ~/.cache/huggingface/token`, `command`. */
  place: string;
  state: TokenLook['state'] | 'failed';
  /** Whether what is sent comes from here. */
  used: boolean;
  /** Why what was found here is not used. */
  ignored?: string;
}

export interface Survey {
  found: FoundToken;
  /** `token.source` of the config. */
  setting: Config['token']['source'];
  places: SurveyedPlace[];
}

export interface TokenWorld {
  config: Config['token'];
  env: NodeJS.ProcessEnv;
  paths: Paths;
}

/** A look that ends the search, whether it gives a token or not. */
const DECISIVE = new Set<SurveyedPlace['state']>(['found', 'invalid', 'unreadable']);

/**
 * Looks everywhere a token may be, in the order of the search.
 * @param world the `token` section, the environment and hugwire's directories
 */
export async function surveyToken({ config, env, paths }: TokenWorld): Promise<Survey> {
  const found = await createTokenReader(config, env, paths)();
  const looked = await lookAt(tokenPlaces(config, env, paths));
  const barred = config.source === 'auto' && isTruthy(env.HF_HUB_DISABLE_IMPLICIT_TOKEN);
  const first = barred ? undefined : looked.find(({ state }) => DECISIVE.has(state));
  const places = looked.map((seen) => {
    if (seen.state !== 'found') return seen;
    if (seen === first) return { ...seen, used: true };
    return { ...seen, ignored: barred ? 'HF_HUB_DISABLE_IMPLICIT_TOKEN is set' : describeFirst(first) };
  });
  const rest = config.source === 'auto' ? [] : await lookElsewhere(config.source, looked, env, paths);
  return { found, setting: config.source, places: [...commandPlace(config, found), ...places, ...rest] };
}

/**
 * How a survey calls hugwire's own token file.
 * @param paths hugwire's directories
 */
export function ownPlace(paths: Paths): string {
  return `file ${tilde(ownTokenFile(paths))}`;
}

function lookAt(places: readonly TokenPlace[]): Promise<SurveyedPlace[]> {
  const look = async ({ kind, name, look }: TokenPlace): Promise<SurveyedPlace> => {
    const { state } = await look();
    return { place: `${kind} ${name}`, state, used: false };
  };
  return Promise.all(places.map(look));
}

/** What lies where nobody looks, since the config names another source. */
async function lookElsewhere(
  source: string,
  looked: readonly SurveyedPlace[],
  env: NodeJS.ProcessEnv,
  paths: Paths,
): Promise<SurveyedPlace[]> {
  const seen = await lookAt(tokenPlaces({ source: 'auto' }, env, paths));
  return seen
    .filter(({ place, state }) => state === 'found' && !looked.some((one) => one.place === place))
    .map((one) => ({ ...one, ignored: `token.source is "${source}"` }));
}

function describeFirst(first: SurveyedPlace | undefined): string {
  return first?.state === 'found' ? `${first.place} wins` : `${first?.place} comes first, and cannot be used`;
}

function commandPlace({ source }: Config['token'], { value }: FoundToken): SurveyedPlace[] {
  if (source !== 'command') return [];
  return [{ place: 'command', state: value === undefined ? 'failed' : 'found', used: value !== undefined }];
}
