import type { PinnedSpace } from '../../config/schema.js';
import { HugwireError } from '../../errors.js';
import { chooseEndpoint, rankEndpoints } from '../../spaces/choose.js';
import type { TokenMode } from '../../spaces/directory.js';
import type { LockEntry } from '../../spaces/lock.js';
import { pinSpace, suggestToolName } from '../../spaces/pin.js';
import type { App, Endpoint } from '../../spaces/types.js';
import { plural } from '../../text/format.js';
import { describeEndpoints, describeSpace } from './describe.js';
import { findNameFault, refuseName, takenNames } from './names.js';
import { openTarget } from './open.js';
import { isSpace } from './pins.js';
import type { Place } from './place.js';
import type { Target } from './targets.js';

export interface DraftOptions {
  /** Names of endpoints. */
  endpoint?: string[];
  /** All visible endpoints. */
  all?: boolean;
  /** Name of the tool. */
  tool?: string;
  token?: TokenMode;
  yes?: boolean;
}

/** A pin that the user has not agreed to yet. */
export interface Draft {
  pin: PinnedSpace;
  entry: LockEntry;
  endpoint: Endpoint;
  /** The pin of the same endpoint that it would replace. */
  replaced?: PinnedSpace;
}

/**
 * Fetches a Space, shows what it is, and makes a draft of a pin for each endpoint that is wanted; at a terminal the user
 * chooses.
 * @param target the Space
 * @param options what the command line says
 * @param pinned what is pinned, with the drafts before this one
 * @param place to work in
 * @throws HugwireError whatever is wrong with the Space, the endpoint or the name
 */
export async function draftPins(
  target: Target,
  options: DraftOptions,
  pinned: readonly PinnedSpace[],
  place: Place,
): Promise<Draft[]> {
  const opened = await openTarget(target, { ...place, token: options.token });
  const { app } = opened;
  const layout = { style: place.toldStyle, width: place.width };
  if (app.site.kind === 'local' && options.token === 'always') {
    throw new HugwireError('invalid_arguments', 'An app on this machine never gets your token.', {
      hint: 'Leave --token out.',
    });
  }
  const known = pinned.filter(({ space }) => isSpace(space, app.site.id));
  const token = options.token ?? known[0]?.token ?? 'auto';
  place.tell(['', ...describeSpace(app, token, layout)].join('\n'));
  const endpoints = await chooseEndpoints(app, opened.endpoint, options, place);
  if (options.tool !== undefined && endpoints.length > 1) {
    throw new HugwireError('invalid_arguments', '--tool names one tool, and there would be several.', {
      hint: 'Add the endpoints one by one.',
    });
  }
  const drafts: Draft[] = [];
  for (const endpoint of endpoints) {
    const replaced = known.find((one) => (one.endpoint ?? chooseEndpoint(app).name) === endpoint.name);
    const others = [...pinned.filter((one) => one !== replaced), ...drafts.map(({ pin }) => pin)];
    const suggested = replaced?.tool ?? suggestToolName(app.site.id, endpoint.name, takenNames(others));
    const tool = options.tool ?? (await askName(suggested, others, endpoints.length, options, place));
    refuseName(tool, others);
    const pin = { space: app.site.id, endpoint: endpoint.name, tool, enabled: true, token };
    drafts.push({ pin, entry: pinSpace(app, endpoint, tool), endpoint, ...(replaced ? { replaced } : {}) });
  }
  return drafts;
}

/**
 * The command that pins endpoints as they were asked for, without a question.
 * @param places Spaces with their endpoints
 * @param options that were given
 */
export function writeAdd(places: readonly string[], { tool, token }: DraftOptions): string {
  const named = [...(tool === undefined ? [] : ['--tool', tool]), ...(token === undefined ? [] : ['--token', token])];
  return ['hugwire spaces add', ...places, ...named, '--yes'].join(' ');
}

/** Further ones are offered by name. */
const MAX_DESCRIBED = 15;

async function chooseEndpoints(
  app: App,
  named: Endpoint | undefined,
  options: DraftOptions,
  { prompts, tell, toldStyle, width }: Place,
): Promise<Endpoint[]> {
  const { endpoint = [], all, yes } = options;
  const wanted = [...(named ? [named] : []), ...endpoint.map((name) => chooseEndpoint(app, name))];
  if (wanted.length > 0 && !all) return [...new Set(wanted)];
  const visible = rankEndpoints(app);
  const best = chooseEndpoint(app);
  if (all) return [...new Set([...wanted, ...visible])];
  if (visible.length === 1) return [best];
  if (yes) return [best];
  tell(['', ...describeEndpoints(visible.slice(0, MAX_DESCRIBED), { style: toldStyle, width }), ''].join('\n'));
  if (prompts) {
    const choices = visible.map((one) => ({ value: one, label: one.name }));
    return prompts.chooseSeveral('Which endpoints become tools?', choices, [best]);
  }
  throw new HugwireError('invalid_arguments', `${app.site.id} has ${plural(visible.length, 'endpoint')}: say which.`, {
    hint: writeAdd([`${app.site.id}${best.name}`], options),
  });
}

/** Only one tool is worth a question for its name. */
async function askName(
  suggested: string,
  others: readonly PinnedSpace[],
  count: number,
  { yes }: DraftOptions,
  { prompts }: Place,
): Promise<string> {
  if (!prompts || yes || count > 1) return suggested;
  return prompts.text('Name of the tool', { initial: suggested, check: (name) => findNameFault(name, others) });
}
