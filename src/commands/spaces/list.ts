import stringWidth from 'fast-string-width';
import pLimit from 'p-limit';
import type { PinnedSpace } from '../../config/schema.js';
import { HugwireError, toHugwireError } from '../../lib/errors.js';
import { formatDuration, plural } from '../../lib/format.js';
import { cleanLine, showName } from '../../lib/text.js';
import { lastUsed } from '../../sessions/directory.js';
import { findApproved, isOf, type LockEntry, whyUnapproved } from '../../spaces/lock.js';
import { compareWithLive } from '../../spaces/pinned.js';
import { type Pins, REPLACE_LOCK } from '../../spaces/pins.js';
import { describeStage, mayBeCalled, readinessOf } from '../../spaces/stages.js';
import type { SpaceApp, SpaceSite } from '../../spaces/types.js';
import { pinnedTools } from '../../tools/pinned.js';
import { selectTools } from '../../tools/select.js';
import { alignColumns, type CommandResult, type Style, wrapLine } from '../terminal.js';
import { describeLogin } from './login.js';
import type { SpacesContext } from './targets.js';

export interface ListSpacesOptions {
  /** Ask nobody. */
  offline?: boolean;
  /** Milliseconds that asking may take in all. */
  patience?: number;
}

interface Row extends PinView {
  live?: LiveState;
  /** When the tool was last called, as far as the journals tell. */
  usedAt?: Date;
}

/**
 * `hugwire spaces list`: the pinned Spaces, whether their tools are on, and the state of the Spaces.
 * @param options of the command
 * @param context to work in
 */
export async function listSpaces(
  { offline, patience = 5000 }: ListSpacesOptions,
  context: SpacesContext,
): Promise<CommandResult> {
  const pins = context.pins.read();
  const views = viewPins(pins, context);
  const isAsking = !offline && !context.hub.offline && views.length > 0;
  const live = isAsking
    ? await context.wait(`Asking ${plural(views.length, 'Space')} …`, () => askLive(views, patience, context))
    : undefined;
  const used = await lastUsed(context.sessions);
  const rows = views.map((view) => ({ ...view, live: live?.get(view.pin.tool), usedAt: used.get(view.pin.tool) }));
  const logins = await context.logins.list();
  const data = { pinned: rows.map(toData), logins };
  const { style, width } = context;
  const loggedIn = logins.length > 0 ? ['', `Logins: ${logins.map(describeLogin).join(', ')}`] : [];
  if (rows.length === 0) return { text: [NOTHING, ...loggedIn].join('\n'), data, exitCode: 0 };
  const advice = advise(rows, pins, style).flatMap((line) => wrapLine(line, width));
  return { text: [...renderRows(rows, style, width), ...advice, ...loggedIn].join('\n'), data, exitCode: 0 };
}

const NOTHING = 'No Space is pinned.\n\nPin one: hugwire spaces add owner/space';

function toData({ pin, state, reason, entry, live, usedAt }: Row) {
  const { tool, space, endpoint = entry?.endpoint, token } = pin;
  const now = live && {
    stage: live.site?.stage,
    hardware: live.site?.hardware,
    private: live.site?.private,
    problem: live.problem && { code: live.problem.code, message: live.problem.message },
  };
  return {
    tool,
    space,
    endpoint,
    state,
    reason,
    token,
    pinnedAt: entry?.pinnedAt,
    lastUsed: usedAt?.toISOString(),
    now,
    differences: live?.differences,
  };
}

function renderRows(rows: readonly Row[], style: Style, width = Number.POSITIVE_INFINITY): string[] {
  const asked = rows.some(({ live }) => live);
  const used = rows.some(({ usedAt }) => usedAt);
  const columns = COLUMNS.filter(({ needs }) => (needs === 'answers' ? asked : needs === 'journals' ? used : true));
  const titles = columns.map(({ title }) => style.dim(title));
  const cells = rows.map((row) => columns.map(({ cell }) => cell(row, style)));
  const places = rows.map(({ pin, entry }) => cleanLine(`${pin.space}${pin.endpoint ?? entry?.endpoint ?? ''}`, 300));
  const wide = alignColumns([
    insert(titles, style.dim('SPACE')),
    ...cells.map((line, at) => insert(line, places[at] ?? '')),
  ]);
  if (wide.every((line) => stringWidth(line) <= width)) return wide;
  // Each Space on a line of its own: a name that is cut off is useless.
  const [top = '', ...lines] = alignColumns([titles, ...cells], width);
  return [top, ...lines.flatMap((line, at) => [line, `  ${style.dim(places[at] ?? '')}`])];
}

interface Column {
  title: string;
  /** What it is empty without. */
  needs?: 'answers' | 'journals';
  cell(row: Row, style: Style): string;
}

const COLUMNS: Column[] = [
  { title: 'TOOL', cell: ({ pin }, style) => style.bold(pin.tool) },
  { title: 'STATE', cell: ({ state }, style) => STATES[state](style) },
  { title: 'NOW', needs: 'answers', cell: describeNow },
  { title: 'SCHEMA', needs: 'answers', cell: describeSchema },
  { title: 'LAST USED', needs: 'journals', cell: ({ usedAt }) => (usedAt ? describeAge(usedAt) : 'never') },
];

function describeAge(date: Date): string {
  return `${formatDuration(Math.max(0, (Date.now() - date.getTime()) / 1000))} ago`;
}

const insert = ([first = '', ...rest]: string[], second: string) => [first, second, ...rest];

const STATES: Record<PinState, (style: Style) => string> = {
  on: (style) => style.green('on'),
  off: (style) => style.dim('off'),
  proposed: (style) => style.yellow('proposed'),
  broken: (style) => style.red('broken'),
};

function describeNow({ live }: Row): string {
  if (!live) return '';
  const { site, problem } = live;
  if (!site) return problem?.code === 'timeout' ? 'no answer' : (problem?.code.replaceAll('_', ' ') ?? '');
  if (site.kind === 'local') return problem ? 'not running here' : 'running here';
  const stage = describeStage({ ...site, stageReason: undefined }).replace(/^is /, '');
  return site.hardware ? `${stage} on ${showName(site.hardware, 20)}` : stage;
}

function describeSchema({ live, entry }: Row, style: Style): string {
  if (!live?.differences || !entry) return '';
  return live.differences.length === 0 ? 'as approved' : style.yellow(`changed: ${live.differences.length}`);
}

/** What to do about those that need attention. */
function advise(rows: readonly Row[], { unusable }: Pins, style: Style): string[] {
  const lines = rows.flatMap(({ pin, state, reason, remedy, entry, live }) => {
    const enable = style.cyan(`hugwire spaces enable ${pin.tool}`);
    if (state === 'proposed') {
      const remove = style.cyan(`hugwire spaces remove ${pin.tool}`);
      return [`${pin.tool} is waiting for your approval: ${enable} shows it and asks; ${remove} rejects it.`];
    }
    if (state === 'broken' && unusable && !entry) return [`${unusable} ${REPLACE_LOCK}`];
    if (state === 'broken') return [`${pin.tool}: ${reason}.${remedy ? ` To fix it: ${style.cyan(remedy)}` : ''}`];
    if (state === 'off' && reason) {
      return [`${pin.tool} is off: ${reason} in the config.${remedy ? ` To turn it on: ${style.cyan(remedy)}` : ''}`];
    }
    if (live?.differences?.length) {
      return [`${pin.tool} has changed: ${style.cyan(`hugwire spaces refresh ${pin.tool}`)} shows how.`];
    }
    return live?.problem && !live.site ? [tellProblem(pin.space, live.problem.message)] : [];
  });
  return lines.length > 0 ? ['', ...new Set(lines)] : [];
}

function tellProblem(space: string, message: string): string {
  const said = cleanLine(message, 300);
  return said.includes(space) ? said : `${space}: ${said}`;
}

/** The current state of a pinned Space. */
interface LiveState {
  site?: SpaceSite;
  /** How the endpoint differs from what was approved; missing where the app could not be asked. */
  differences?: string[];
  /** Why something is unknown. */
  problem?: HugwireError;
}

const AT_ONCE = 6;

/**
 * Asks the Hub for the state of the pinned Spaces, and running ones for their schema; never wakes one.
 * @param views of the pins
 * @param milliseconds that all of it may take
 * @param context the way there
 * @returns by tool; never throws
 */
async function askLive(
  views: readonly PinView[],
  milliseconds: number,
  context: SpacesContext,
): Promise<Map<string, LiveState>> {
  const limit = AbortSignal.timeout(milliseconds);
  const signal = AbortSignal.any([context.signal, limit]);
  const inTurn = pLimit(AT_ONCE);
  const names = [...new Set(views.map(({ pin }) => pin.space))];
  const asked = names.map(async (space) => {
    const state = await inTurn(() => askSpace(space, signal, context));
    if (state.problem && limit.aborted) state.problem = tooSlow(space, milliseconds, state.problem);
    return [space, state] as const;
  });
  const states = new Map(await Promise.all(asked));
  return new Map(views.map((view) => [view.pin.tool, compare(view, states.get(view.pin.space) ?? {})]));
}

interface SpaceState {
  site?: SpaceSite;
  app?: SpaceApp;
  problem?: HugwireError;
}

async function askSpace(space: string, signal: AbortSignal, { spaces }: SpacesContext): Promise<SpaceState> {
  const state: SpaceState = {};
  try {
    state.site = await spaces.find(space, { signal });
    // A static page has no app to ask, and one that sleeps is left alone.
    const isUp = readinessOf(state.site) === 'up' && mayBeCalled(state.site);
    if (isUp) state.app = await spaces.open(space, { signal });
  } catch (error) {
    state.problem = toHugwireError(error);
  }
  return state;
}

function tooSlow(space: string, milliseconds: number, cause: HugwireError): HugwireError {
  return new HugwireError('timeout', `No answer about ${space} within ${milliseconds / 1000} s.`, { cause });
}

function compare({ pin, entry }: PinView, { site, app, problem }: SpaceState): LiveState {
  const differences =
    app && entry ? compareWithLive({ ...entry, endpoint: pin.endpoint ?? entry.endpoint }, app) : undefined;
  return { site, differences, problem };
}

/** `proposed`: an assistant asked for it; `broken`: it is on, but cannot be offered. */
type PinState = 'on' | 'off' | 'proposed' | 'broken';

/** A pin as the server sees it. */
export interface PinView {
  pin: PinnedSpace;
  state: PinState;
  /** Why it is off or broken, where the pin itself does not say it. */
  reason?: string;
  /** The command that fixes a broken one, or turns one on. */
  remedy?: string;
  /** What was approved, or is to be. */
  entry?: LockEntry;
}

/**
 * How the server sees each pin; those that wait for the user come first.
 * @param pins of the config
 * @param context with the config in force
 */
export function viewPins(pins: Pins, context: Pick<SpacesContext, 'config' | 'pins'>): PinView[] {
  const views = pins.pinned.map((pin, at) => viewPin(pin, pins.pinned.slice(0, at), pins, context));
  const isWaiting = ({ state }: PinView) => state === 'proposed';
  return [...views.filter(isWaiting), ...views.filter((view) => !isWaiting(view))];
}

function viewPin(
  pin: PinnedSpace,
  before: readonly PinnedSpace[],
  pins: Pins,
  { config: { tools }, pins: store }: Pick<SpacesContext, 'config' | 'pins'>,
): PinView {
  const approved = findApproved(pin, pins);
  const entry = typeof approved === 'string' ? pins.altered.find((one) => isOf(pin, one)) : approved;
  const known = { pin, entry };
  if (pin.proposed) return { ...known, state: 'proposed' };
  if (!pin.enabled) return { ...known, state: 'off' };
  if (typeof approved === 'string') {
    const { space, endpoint = '', tool } = pin;
    return entry
      ? {
          ...known,
          state: 'broken',
          reason: `its record in spaces.lock.json ${whyUnapproved(entry)}`,
          remedy: `hugwire spaces enable ${tool}`,
        }
      : { ...known, state: 'broken', reason: MISSING, remedy: `hugwire spaces add ${space}${endpoint} --tool ${tool}` };
  }
  const fault = store.findNameFault(pin.tool, before);
  if (fault) return { ...known, state: 'broken', reason: fault };
  const { tools: made, warnings } = pinnedTools([pin], pins);
  if (warnings[0]) return { ...known, state: 'broken', reason: warnings[0] };
  if (selectTools(made, tools).tools.length > 0) return { ...known, state: 'on' };
  if (tools.readOnly) return { ...known, state: 'off', reason: 'tools.readOnly is set' };
  const remedy = `hugwire spaces enable ${pin.tool}`;
  return { ...known, state: 'off', reason: 'tools.enable or tools.disable', remedy };
}

const MISSING = 'spaces.lock.json has no record of it';
