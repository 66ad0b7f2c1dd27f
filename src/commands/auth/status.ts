import { type Account, fetchAccount, fetchGpuQuota, type GpuQuota } from '../../hub/account/account.js';
import type { HubClient, RateWindow } from '../../hub/types.js';
import { explainError, type HugwireError, toHugwireError } from '../../lib/errors.js';
import { formatDuration } from '../../lib/format.js';
import { cleanLine } from '../../lib/text.js';
import { failureResult } from '../../tools/run.js';
import { nameCommands } from '../name-commands.js';
import { type CommandResult, listFacts, type Screen, wrapLine } from '../terminal.js';
import type { Survey, SurveyedPlace } from './token.js';
import { adviseOnToken, describeExpiry, describeRights, WHY_UNUSABLE } from './token.js';

interface StatusOptions {
  survey: Survey;
  hub: HubClient;
  screen: Screen;
  now?: number;
}

/** What the Hub says of the token; `error` when it could not be asked, or rejected it. */
interface Answer {
  account?: Account;
  quota?: GpuQuota;
  error?: HugwireError;
}

/**
 * `hugwire auth status`: which token is used and why, whose it is, what it can do, and what would be better.
 * @param options where the token came from, and the Hub
 * @returns exit code 1 when the Hub rejects the token; having no token is not a failure
 */
export async function showStatus(options: StatusOptions): Promise<CommandResult> {
  const { survey, hub, screen, now = Date.now() } = options;
  const answer = survey.found.value === undefined ? {} : await ask(hub);
  const advice = adviseOnToken(survey, answer.account, hub.endpoint, now);
  const exitCode = answer.error?.code === 'unauthorized' ? 1 : 0;
  const { style } = screen;
  const lines = [
    ...listFacts(listAccount(options, answer, now), screen),
    '',
    style.bold(`Places searched, in order (token.source is "${survey.setting}")`),
    ...listPlaces(survey.places, screen),
    ...(answer.error ? ['', ...tell(answer.error, screen)] : []),
    ...(advice.length > 0 ? ['', ...advice.flatMap((line) => wrapLine(line, screen.width))] : []),
  ];
  return { text: lines.join('\n'), data: toData(options, answer, advice), exitCode };
}

async function ask(hub: HubClient): Promise<Answer> {
  const [account, quota] = await Promise.all([
    fetchAccount(hub).catch(toHugwireError),
    fetchGpuQuota(hub).catch(() => undefined),
  ]);
  return account instanceof Error ? { error: account } : { account, quota };
}

function listAccount({ survey, hub }: StatusOptions, { account, quota }: Answer, now: number): [string, string][] {
  const facts: [string, string | undefined][] = [
    ['Token', cleanLine(survey.found.source, 200)],
    ['Account', account && describeAccount(account)],
    ['Rights', account && describeRights(account.token).join('; ')],
    ['Expires', account && describeExpiry(account.token.expiresAt, now)],
    ['ZeroGPU', quota && describeQuota(quota)],
    ['Requests', hub.limits().map(describeWindow(now)).join('; ')],
    ['Hub', `${hub.endpoint}${hub.offline ? ' (not asked: hugwire is offline)' : ''}`],
  ];
  return facts.filter((fact): fact is [string, string] => Boolean(fact[1]));
}

function describeAccount({ name, fullname, plan, orgs, token }: Account): string {
  const full = fullname && fullname !== name ? ` (${fullname})` : '';
  const member =
    orgs.length > 0
      ? `, member of ${orgs
          .slice(0, 10)
          .map((org) => org.name)
          .join(', ')}`
      : '';
  return `${name}${full}, ${plan}${member}${token.name ? `; token "${token.name}"` : ''}`;
}

function describeQuota({ base, remaining, runsRemaining, runsLimit }: GpuQuota): string {
  const runs = runsLimit === undefined ? '' : `, ${runsRemaining ?? '?'} of ${runsLimit} runs`;
  return `${formatDuration(remaining)} of ${formatDuration(base)} left today${runs}`;
}

const describeWindow =
  (now: number) =>
  ({ bucket, remaining, quota, resetsAt }: RateWindow): string =>
    `${remaining}${quota ? ` of ${quota}` : ''} left (${bucket}) for ${formatDuration(Math.max(0, (resetsAt - now) / 1000))}`;

function listPlaces(places: readonly SurveyedPlace[], { style }: Screen): string[] {
  const width = Math.max(0, ...places.map(({ place }) => place.length));
  if (places.length === 0) return [`  ${style.dim('– none')}`];
  return places.map(({ place, state, used, ignored }) => {
    const [sign, words] = used
      ? [style.green('✓'), style.green('used')]
      : state === 'found'
        ? [style.dim('–'), style.dim(`found, but ${ignored}`)]
        : state in WHY_UNUSABLE
          ? [style.yellow('!'), WORDS[state]]
          : [style.dim('–'), style.dim(WORDS[state])];
    return `  ${sign} ${place.padEnd(width)}  ${words}`;
  });
}

const WORDS: Record<SurveyedPlace['state'], string> = {
  found: 'found',
  'not set': 'not set',
  missing: 'not there',
  empty: 'empty',
  ...WHY_UNUSABLE,
};

function tell(error: HugwireError, { style, width }: Screen): string[] {
  const rejected = error.code === 'unauthorized';
  const [first = '', ...rest] = nameCommands(explainError(error)).split('\n');
  const head = rejected ? `The Hub rejected this token. ${first}` : `The account could not be looked up. ${first}`;
  const colour = rejected ? style.red : style.yellow;
  return [head, ...rest].flatMap((line) => wrapLine(line, width)).map((line) => colour(line));
}

function toData({ survey, hub }: StatusOptions, { account, quota, error }: Answer, advice: string[]): object {
  return {
    loggedIn: account !== undefined,
    source: survey.found.source,
    setting: survey.setting,
    places: survey.places,
    endpoint: hub.endpoint,
    offline: hub.offline,
    account,
    rights: account && describeRights(account.token),
    zeroGpu: quota,
    limits: hub.limits(),
    error: error && failureResult(error).data.error,
    advice,
  };
}
