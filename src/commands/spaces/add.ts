import type { PinnedSpace } from '../../config/schema.js';
import { exampleArguments } from '../../gradio/arguments.js';
import { chooseEndpoint, likeliestEndpoints, rankEndpoints } from '../../gradio/choose.js';
import type { Endpoint } from '../../gradio/types.js';
import { cancelled, HugwireError } from '../../lib/errors.js';
import { plural } from '../../lib/format.js';
import { cutText, showWords } from '../../lib/text.js';
import type { TokenMode } from '../../spaces/directory.js';
import { isSpace } from '../../spaces/lock.js';
import { pinSpace, suggestToolName } from '../../spaces/pinned.js';
import type { NewPin } from '../../spaces/pins.js';
import type { SpaceApp } from '../../spaces/types.js';
import { previewPin } from '../../tools/pinned.js';
import { showSignature } from '../../tools/space_info.js';
import { confirm } from '../prompts.js';
import type { CommandResult } from '../terminal.js';
import { describeSpace, renderEndpoints, showDefinition } from './info.js';
import { chooseHit, findSpaces, pickFirst, renderHits } from './search.js';
import { openTarget, readTargets, type SpacesContext, type Target } from './targets.js';

/**
 * `hugwire spaces add`: fetches Spaces, shows the tools that they would become, and pins them on approval.
 * @param words Spaces with or without an endpoint, or a text to search for
 * @param options of the command
 * @param context to work in
 * @throws HugwireError whatever is wrong with a Space or a name, `cancelled` when the user does not agree; nothing is
 *   pinned then
 */
export async function addSpaces(
  words: readonly string[],
  options: AddOptions,
  context: SpacesContext,
): Promise<CommandResult> {
  const wanted = readTargets(words, context.hub.endpoint);
  if (wanted.kind === 'spaces') return addTargets(wanted.targets, options, context);
  const page = await findSpaces(wanted.query, 10, context);
  if (context.prompts && page.rows.length > 0) {
    return addTargets([{ space: await chooseHit(page, context.prompts, context.width) }], options, context);
  }
  const hits = renderHits(page, context);
  const first = pickFirst(page.rows);
  const data = { spaces: page.rows, notes: page.notes };
  return { text: hits, data, note: first && `choose one: hugwire spaces add ${first.id}`, exitCode: 2 };
}

async function addTargets(
  targets: readonly Target[],
  options: AddOptions,
  context: SpacesContext,
): Promise<CommandResult> {
  if (targets.length > 1 && (options.tool || options.endpoint?.length)) {
    throw new HugwireError('invalid_arguments', '--tool and --endpoint are for one Space at a time.', {
      hint: 'Name endpoints with their Space: owner/space/endpoint.',
    });
  }
  const drafts: Draft[] = [];
  for (const target of targets) {
    const { pinned } = context.config.spaces;
    const kept = pinned.filter((one) => !drafts.some(({ replaced }) => replaced === one));
    drafts.push(...(await draftPins(target, options, [...kept, ...drafts.map(({ pin }) => pin)], context)));
  }
  await askApproval(drafts, options, context);
  await context.pins.add(drafts);
  return describeAdded(drafts, context);
}

async function askApproval(drafts: readonly Draft[], options: AddOptions, context: SpacesContext): Promise<void> {
  const { prompts, tell, toldStyle: style, width } = context;
  const blocks = drafts.flatMap(({ entry }) => [...showDefinition(entry, { style, width }), '']);
  tell(['', 'What an assistant will see:', '', ...blocks].join('\n'));
  for (const { replaced, pin } of drafts) {
    if (replaced?.proposed) tell(`An assistant has asked for ${pin.tool}.`);
    else if (replaced?.tool === pin.tool) tell(`${pin.tool} is already pinned; its record is renewed.`);
    else if (replaced) tell(`It replaces ${replaced.tool}, which is already pinned.`);
  }
  const spaces = drafts.map(({ pin }) => `${pin.space}${pin.endpoint ?? ''}`);
  const tools = drafts.length === 1 ? 'this tool' : `these ${drafts.length} tools`;
  const unasked = {
    message: 'Pinning a Space needs your approval, and nobody can be asked here.',
    hint: writeAdd(spaces, options),
  };
  const agreed = await confirm(`Give ${tools} to your assistants?`, { yes: options.yes, prompts, unasked });
  if (!agreed) throw cancelled();
}

function describeAdded(drafts: readonly Draft[], { style, config }: SpacesContext): CommandResult {
  const lines = drafts.map(({ pin }) => `${style.green('✓')} ${style.bold(pin.tool)}  ${pin.endpoint} of ${pin.space}`);
  const [first] = drafts;
  const hidden = config.tools.readOnly ? ['It stays off while tools.readOnly is set in the config.'] : [];
  const trial = first && showTrial(first);
  const next = [
    `Connected assistants get ${drafts.length === 1 ? 'it' : `the ${plural(drafts.length, 'tool')}`} at once.`,
    ...hidden,
    ...(trial ? [`Try it: ${style.cyan(trial)}`] : []),
  ];
  const data = {
    added: drafts.map(({ pin, entry }) => ({ ...pin, hash: entry.hash, definition: previewPin(entry).listing })),
  };
  return { text: [...lines, '', ...next].join('\n'), data, exitCode: 0 };
}

/** A call to copy into a shell; none if the shell might act on a value of the Space's author. */
function showTrial({ pin, endpoint }: Draft): string | undefined {
  const pairs = Object.entries(exampleArguments(endpoint)).map(([name, value]) =>
    typeof value === 'string'
      ? `${name}=${value.includes(' ') ? `"${value}"` : value}`
      : `${name}:=${JSON.stringify(value)}`,
  );
  const safe = pairs.every((pair) => /^\w+:?="?[\w ./:,-]*"?$/.test(pair));
  return safe ? ['hugwire call', pin.tool, ...pairs].join(' ') : undefined;
}

export interface AddOptions {
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
interface Draft extends NewPin {
  endpoint: Endpoint;
}

/**
 * Fetches a Space, shows what it is, and drafts a pin for each endpoint that is wanted; in a terminal the user chooses.
 * @param target the Space
 * @param options what the command line says
 * @param pinned what is pinned, with the drafts before this one
 * @param context to work in
 * @throws HugwireError whatever is wrong with the Space, the endpoint or the name
 */
async function draftPins(
  target: Target,
  options: AddOptions,
  pinned: readonly PinnedSpace[],
  context: SpacesContext,
): Promise<Draft[]> {
  const opened = await openTarget(target, { ...context, token: options.token });
  const { app } = opened;
  const layout = { style: context.toldStyle, width: context.width };
  if (app.site.kind === 'local' && options.token === 'always') {
    throw new HugwireError('invalid_arguments', 'An app on this machine never gets your token.', {
      hint: 'Leave --token out.',
    });
  }
  const known = pinned.filter(({ space }) => isSpace(space, app.site.id));
  const token = options.token ?? known[0]?.token ?? 'auto';
  context.tell(['', ...describeSpace(app, token, layout)].join('\n'));
  const endpoints = await chooseEndpoints(app, opened.endpoint, options, context);
  if (options.tool !== undefined && endpoints.length > 1) {
    throw new HugwireError('invalid_arguments', '--tool names one tool, but several endpoints were chosen.', {
      hint: 'Add the endpoints one at a time.',
    });
  }
  const drafts: Draft[] = [];
  for (const endpoint of endpoints) {
    const replaced = known.find((one) => (one.endpoint ?? rankEndpoints(app)[0]?.name) === endpoint.name);
    const others = [...pinned.filter((one) => one !== replaced), ...drafts.map(({ pin }) => pin)];
    const suggested = replaced?.tool ?? suggestToolName(app.site.id, endpoint.name, context.pins.takenNames(others));
    const tool = options.tool ?? (await askName(suggested, others, endpoints.length, options, context));
    const fault = context.pins.findNameFault(tool, others);
    if (fault) throw new HugwireError('invalid_arguments', fault, { hint: 'Choose another name with --tool.' });
    const pin = { space: app.site.id, endpoint: endpoint.name, tool, enabled: true, token };
    drafts.push({ pin, entry: pinSpace(app, endpoint, tool), endpoint, replaced });
  }
  return drafts;
}

/**
 * The command that pins the same endpoints without a question.
 * @param places Spaces with their endpoints
 * @param options that were given
 */
function writeAdd(places: readonly string[], { tool, token }: AddOptions): string {
  const named = [...(tool === undefined ? [] : ['--tool', tool]), ...(token === undefined ? [] : ['--token', token])];
  return ['hugwire spaces add', ...places, ...named, '--yes'].join(' ');
}

/** More are offered, but not described. */
const MAX_DESCRIBED = 15;
/** Columns beside a choice. */
const MARGIN = 8;

async function chooseEndpoints(
  app: SpaceApp,
  named: Endpoint | undefined,
  options: AddOptions,
  { prompts, tell, toldStyle, width }: SpacesContext,
): Promise<Endpoint[]> {
  const { endpoint = [], all, yes } = options;
  const wanted = [...(named ? [named] : []), ...endpoint.map((name) => chooseEndpoint(app, name))];
  if (wanted.length > 0 && !all) return [...new Set(wanted)];
  const visible = rankEndpoints(app);
  if (all) return [...new Set([...wanted, ...visible])];
  const [best = chooseEndpoint(app), ...equals] = likeliestEndpoints(app);
  if (visible.length === 1 || (yes && equals.length === 0)) return [best];
  tell(['', ...renderEndpoints(visible.slice(0, MAX_DESCRIBED), { style: toldStyle, width }), ''].join('\n'));
  if (prompts) {
    const choices = visible.map((one) => ({
      value: one,
      label: cutText(showSignature(one), Math.max(40, (width ?? 80) - MARGIN)),
      hint: showWords(one.description, 80),
    }));
    return prompts.chooseSeveral('Which endpoints become tools?', choices, equals.length === 0 ? [best] : []);
  }
  throw new HugwireError('invalid_arguments', `${app.site.id} has ${plural(visible.length, 'endpoint')}: name one.`, {
    hint: writeAdd([`${app.site.id}${best.name}`], options),
  });
}

/** Asks for the name when there is one tool. */
async function askName(
  suggested: string,
  others: readonly PinnedSpace[],
  count: number,
  { yes }: AddOptions,
  { pins, prompts }: SpacesContext,
): Promise<string> {
  if (!prompts || yes || count > 1) return suggested;
  return prompts.text('Name of the tool', { initial: suggested, check: (name) => pins.findNameFault(name, others) });
}
