import { isTruthy, ownTokenFile, type Paths, tilde } from '../../config/paths.js';
import type { Config } from '../../config/schema.js';
import {
  createTokenReader,
  FAULTS,
  type FoundToken,
  type TokenLook,
  type TokenPlace,
  tokenPlaces,
} from '../../config/token.js';
import type { Account } from '../../hub/account/account.js';
import { formatDay } from '../../lib/format.js';
import { cleanLine } from '../../lib/text.js';

/** One place where a token is looked for, and what was found there. Never the value. */
export interface SurveyedPlace {
  /** `env HF_TOKEN`, `file ~/.cache/huggingface/token`, `command`. */
  place: string;
  state: TokenLook['state'] | 'failed';
  /** Whether what is sent comes from here. */
  used: boolean;
  /** Why the token found here is not used. */
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

/** States that end the search, whether or not there is a token. */
const DECISIVE = new Set<string>(['found', ...Object.keys(FAULTS)]);

/**
 * Looks in every place where a token may be, in the order of the search.
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
 * The name of hugwire's own token file in a survey.
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

/** Tokens in places that are not searched, since the config names another source. */
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

const DAY_MS = 86_400_000;
const SOON_DAYS = 7;

/** What a token adds, and which one is enough. */
export const WHY_A_TOKEN = [
  'A token gives access to your private and gated repositories, your own ZeroGPU quota, and twice as many requests.',
  'A read token is enough for every tool that is on by default: `hugwire auth login`.',
];

/** Why a token with fewer rights is better. */
export const WHY_NOT_WRITE =
  'This token can write. A read token is enough for every tool that is on by default, and does less harm if it leaks.';

/**
 * Advice on the token, one sentence each.
 * @param survey where the token came from
 * @param account whose it is; undefined when the Hub was not asked or did not say
 * @param endpoint the Hub
 * @param now milliseconds since the epoch
 */
export function adviseOnToken(survey: Survey, account: Account | undefined, endpoint: string, now: number): string[] {
  if (survey.found.value === undefined) return [...unusable(survey), ...WHY_A_TOKEN, ...elsewhere(survey)];
  if (!account) return [];
  const { token } = account;
  const page = `${endpoint}/settings/tokens`;
  return [
    ...(mayWrite(token) ? [`${WHY_NOT_WRITE} Create one at ${page}.`] : []),
    ...(token.permissions && !token.permissions.includes('gated repositories')
      ? [`It cannot read gated repositories that you have access to; allow that at ${page}.`]
      : []),
    ...(token.permissions && !token.permissions.some((text) => text.includes('repo.content.read'))
      ? [`It cannot read private repositories; allow that at ${page}.`]
      : []),
    ...expiring(token.expiresAt, now),
  ];
}

/**
 * How long a token is still valid, in words; "" if unknown.
 * @param expiresAt ISO 8601
 * @param now milliseconds since the epoch
 */
export function describeExpiry(expiresAt: string | undefined, now: number): string {
  const days = daysLeft(expiresAt, now);
  if (days === undefined) return '';
  const when = days < 0 ? 'expired' : days === 0 ? 'within a day' : days === 1 ? 'in 1 day' : `in ${days} days`;
  return `${formatDay(expiresAt)} (${when})`;
}

/**
 * How to stop a place from giving a token.
 * @param place of a survey, such as `env HF_TOKEN`
 */
export function howToSwitchOff(place: string): string {
  const [kind, name] = [place.split(' ', 1)[0], place.slice(place.indexOf(' ') + 1)];
  if (kind === 'env') return `Unset ${name} in your shell, or in the env block of the MCP client.`;
  if (kind === 'file') return '`hf auth logout` removes what `hf auth login` left there.';
  return 'token.command in the config prints it.';
}

/** A stored token is not used while the config names another source. */
function elsewhere({ setting, places }: Survey): string[] {
  if (setting === 'auto') return [];
  const stored = places.find(({ state }) => state === 'found');
  return [
    stored
      ? `\`hugwire auth source auto\` would use the one in ${stored.place.replace(/^file /, '')}.`
      : `Only token.source is searched; \`hugwire auth source auto\` searches everywhere.`,
  ];
}

function expiring(expiresAt: string | undefined, now: number): string[] {
  const days = daysLeft(expiresAt, now);
  if (days === undefined || days >= SOON_DAYS) return [];
  return [`It expires ${describeExpiry(expiresAt, now)}. hugwire does not renew it, so log in again before.`];
}

function daysLeft(expiresAt: string | undefined, now: number): number | undefined {
  const left = expiresAt === undefined ? Number.NaN : Date.parse(expiresAt) - now;
  return Number.isNaN(left) ? undefined : Math.floor(left / DAY_MS);
}

/** Why nothing is sent although something was found, by the state of the place. */
export const WHY_UNUSABLE = { ...FAULTS, failed: 'gave no token' };

/** A place that comes first and cannot be used keeps the others from being used. */
function unusable({ places }: Survey): string[] {
  const first = places.find(({ state }) => state in WHY_UNUSABLE);
  if (!first) return [];
  const why = WHY_UNUSABLE[first.state as keyof typeof WHY_UNUSABLE];
  return [`${first.place} ${why}: correct or remove it, or choose another place with \`hugwire auth source\`.`];
}

/** The Hub's roles of a token, in plain words. */
const ROLES: Record<string, string> = {
  read: 'read everything that you can read',
  write: 'read and write everything that you can',
  admin: 'everything that you can do',
  oauth: 'what you agreed to when you logged in',
};

/** The permissions of fine-grained tokens, in plain words. */
const PERMISSIONS: Record<string, string> = {
  'repo.content.read': 'read repositories',
  'repo.access.read': 'see who asked for access to gated repositories',
  'repo.write': 'write repositories',
  'inference.serverless.write': 'call Inference Providers',
  'inference.endpoints.infer.write': 'call Inference Endpoints',
  'inference.endpoints.write': 'manage Inference Endpoints',
  'discussion.write': 'write discussions',
  'post.write': 'write posts',
  'collection.read': 'read collections',
  'collection.write': 'write collections',
  'user.billing.read': 'read billing',
  'user.webhooks.read': 'read webhooks',
  'user.webhooks.write': 'write webhooks',
  'job.write': 'run jobs',
  'gated repositories': 'read public gated repositories',
};

/**
 * What a token can do: one text for each kind of right.
 * @param token as whoami describes it
 */
export function describeRights({ role, permissions }: Account['token']): string[] {
  if (!permissions) return [ROLES[role ?? ''] ?? cleanLine(role ?? 'unknown', 40)];
  return permissions.length > 0 ? permissions.map(translate) : ['nothing'];
}

/**
 * Whether a token can change more on the Hub than the default tools ever need.
 * @param token as whoami describes it
 */
export function mayWrite({ role, permissions = [] }: Account['token']): boolean {
  return (
    role === 'write' || role === 'admin' || role === 'god' || permissions.some((text) => /\brepo\.write\b/.test(text))
  );
}

/** `maya: repo.content.read, repo.write` is for one account, `discussion.write` for all. */
function translate(permission: string): string {
  const [, owner, list] = /^([^:]+): (.*)$/.exec(permission) ?? [undefined, undefined, permission];
  const words = list.split(', ').map((id) => PERMISSIONS[id] ?? id);
  return cleanLine(`${owner ? `${owner}: ` : ''}${words.join(', ') || 'nothing'}`, 300);
}
