import { cancelled, HugwireError } from '../../errors.js';
import { exampleArguments } from '../../spaces/example.js';
import { plural } from '../../text/format.js';
import type { CommandResult } from '../output.js';
import { showDefinition } from './definition.js';
import { type Draft, type DraftOptions, draftPins, writeAdd } from './draft.js';
import { refuseName } from './names.js';
import { changePins, isSamePlace, isSpace, type Pins, putPin } from './pins.js';
import type { Place } from './place.js';
import { chooseHit, findSpaces, pickFirst, renderHits } from './search.js';
import { readTargets, type Target } from './targets.js';

export interface AddOptions extends DraftOptions {
  json?: boolean;
}

/**
 * `hugwire spaces add`: fetches Spaces, shows the tools that would come of them, and pins those on approval.
 * @param words Spaces with or without an endpoint, or a text to search for
 * @param options of the command
 * @param place to work in
 * @throws HugwireError whatever is wrong with a Space or a name, `cancelled` when the user does not agree; nothing is
 *   pinned then
 */
export async function addSpaces(words: readonly string[], options: AddOptions, place: Place): Promise<CommandResult> {
  const wanted = readTargets(words, place.hub.endpoint);
  if (wanted.kind === 'spaces') return addTargets(wanted.targets, options, place);
  const page = await findSpaces(wanted.query, 10, place);
  if (place.prompts && page.rows.length > 0) {
    return addTargets([{ space: await chooseHit(page, place.prompts, place.width) }], options, place);
  }
  const hits = renderHits(page, place);
  const first = pickFirst(page.rows);
  const note = first ? `say which one: hugwire spaces add ${first.id}` : undefined;
  return { output: hits, ...(note ? { note } : {}), exitCode: 2 };
}

async function addTargets(targets: readonly Target[], options: AddOptions, place: Place): Promise<CommandResult> {
  if (targets.length > 1 && (options.tool || options.endpoint?.length)) {
    throw new HugwireError('invalid_arguments', '--tool and --endpoint are for one Space at a time.', {
      hint: 'Endpoints can be named with the Space: owner/space/endpoint.',
    });
  }
  const drafts: Draft[] = [];
  for (const target of targets) {
    const { pinned } = place.config.spaces;
    const kept = pinned.filter((one) => !drafts.some(({ replaced }) => replaced === one));
    drafts.push(...(await draftPins(target, options, [...kept, ...drafts.map(({ pin }) => pin)], place)));
  }
  await askApproval(drafts, options, place);
  await changePins(place, (pins) => drafts.reduce(approve, pins));
  return describeAdded(drafts, options, place);
}

async function askApproval(drafts: readonly Draft[], options: AddOptions, place: Place): Promise<void> {
  const { prompts, tell, toldStyle: style, width } = place;
  const blocks = drafts.flatMap(({ entry }) => [...showDefinition(entry, { style, width }), '']);
  tell(['', `What an assistant will see of ${drafts.length === 1 ? 'it' : 'them'}:`, '', ...blocks].join('\n'));
  for (const { replaced, pin } of drafts) {
    if (replaced?.proposed) tell(`An assistant has asked for ${pin.tool}.`);
    else if (replaced?.tool === pin.tool) tell(`${pin.tool} is pinned already; it is recorded anew.`);
    else if (replaced) tell(`It takes the place of ${replaced.tool}, which is pinned already.`);
  }
  if (options.yes) return;
  if (!prompts) {
    const places = drafts.map(({ pin }) => `${pin.space}${pin.endpoint ?? ''}`);
    throw new HugwireError('invalid_arguments', 'A Space is pinned on approval, and nobody can be asked here.', {
      hint: writeAdd(places, options),
    });
  }
  const tools = drafts.length === 1 ? 'this tool' : `these ${drafts.length} tools`;
  if (!(await prompts.confirm(`Give ${tools} to your assistants?`))) throw cancelled();
}

/** Other processes may have pinned something meanwhile. */
function approve(pins: Pins, { pin, entry, replaced }: Draft): Pins {
  const others = pins.pinned.filter((one) => one.tool !== replaced?.tool && !isSamePlace(one, pin));
  refuseName(pin.tool, others);
  const added = putPin(pins, pin, entry, replaced?.tool);
  // The token goes to a Space or it does not, whichever of its tools is called.
  const pinned = added.pinned.map((one) => (isSpace(one.space, pin.space) ? { ...one, token: pin.token } : one));
  return { ...added, pinned };
}

function describeAdded(drafts: readonly Draft[], { json }: AddOptions, { style, config }: Place): CommandResult {
  if (json) {
    const added = drafts.map(({ pin, entry }) => ({ ...pin, hash: entry.hash }));
    return { output: JSON.stringify({ added }, null, 2), exitCode: 0 };
  }
  const lines = drafts.map(({ pin }) => `${style.green('✓')} ${style.bold(pin.tool)}  ${pin.endpoint} of ${pin.space}`);
  const [first] = drafts;
  const hidden = config.tools.readOnly ? ['It stays hidden while tools.readOnly is set in the config.'] : [];
  const trial = first && showTrial(first);
  const next = [
    `Connected assistants get ${drafts.length === 1 ? 'it' : `the ${plural(drafts.length, 'tool')}`} at once.`,
    ...hidden,
    ...(trial ? [`Try it: ${style.cyan(trial)}`] : []),
  ];
  return { output: [...lines, '', ...next].join('\n'), exitCode: 0 };
}

/** A call to copy into a shell; none when a value of the Space's author might do something there. */
function showTrial({ pin, endpoint }: Draft): string | undefined {
  const pairs = Object.entries(exampleArguments(endpoint)).map(([name, value]) =>
    typeof value === 'string'
      ? `${name}=${value.includes(' ') ? `"${value}"` : value}`
      : `${name}:=${JSON.stringify(value)}`,
  );
  const safe = pairs.every((pair) => /^\w+:?="?[\w ./:,-]*"?$/.test(pair));
  return safe ? ['hugwire call', pin.tool, ...pairs].join(' ') : undefined;
}
