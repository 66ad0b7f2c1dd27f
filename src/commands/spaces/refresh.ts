import pLimit from 'p-limit';
import type { PinnedSpace } from '../../config/schema.js';
import { rankEndpoints } from '../../gradio/choose.js';
import type { Endpoint } from '../../gradio/types.js';
import { cancelled, HugwireError, toHugwireError } from '../../lib/errors.js';
import { plural } from '../../lib/format.js';
import { cleanLine, showWords } from '../../lib/text.js';
import { DEFAULT_LOCK, hashEntry, type LockEntry, whyUnapproved } from '../../spaces/lock.js';
import { compareWithLive, pinSpace, propertiesOf } from '../../spaces/pinned.js';
import { findPins, type Pins, refuseUnusable } from '../../spaces/pins.js';
import type { SpaceApp } from '../../spaces/types.js';
import { nameInHint } from '../name-commands.js';
import { confirm } from '../prompts.js';
import { type CommandResult, type View, wrapLine } from '../terminal.js';
import { indent, showDefinition } from './info.js';
import { type PinView, viewPins } from './list.js';
import type { SpacesContext } from './targets.js';

export interface RefreshOptions {
  /** Only compare; nothing is written. */
  check?: boolean;
  yes?: boolean;
}

/** The current state of a pinned endpoint. */
interface Finding {
  pin: PinnedSpace;
  /** What differs from what was approved. */
  changes: string[];
  /** What is to be approved; missing when nothing is. */
  fresh?: LockEntry;
  /** Why the Space could not be compared, or cannot be pinned again. */
  problem?: HugwireError;
}

const AT_ONCE = 4;

/**
 * `hugwire spaces refresh`: compares the pinned Spaces with what was approved, and records their changes on approval.
 * @param words tools or Spaces; all pins when there are none
 * @param options of the command
 * @param context to work in
 * @returns exit code 1 when a Space could not be asked; with `check`, also when something differs
 * @throws HugwireError `invalid_arguments` for what is not pinned, `cancelled` when the user does not agree
 */
export async function refreshSpaces(
  words: readonly string[],
  options: RefreshOptions,
  context: SpacesContext,
): Promise<CommandResult> {
  const pins = context.pins.read();
  refuseUnusable(pins);
  const wanted = words.flatMap((word) => findPins(pins.pinned, word));
  const views = viewPins(pins, context).filter(({ pin, state }) =>
    words.length > 0 ? wanted.includes(pin) : state !== 'proposed',
  );
  const findings = await context.wait(`Asking ${plural(views.length, 'Space')} …`, (tell) =>
    askAll(views, pins, tell, context),
  );
  const open = findings.filter(({ fresh }) => fresh);
  if (!options.check && open.length > 0) {
    await askApproval(open, words, options, context);
    await context.pins.record(open.flatMap(({ fresh }) => fresh ?? []));
  }
  const failed = findings.some(({ problem }) => problem);
  const exitCode = failed || (options.check && open.length > 0) ? 1 : 0;
  return { text: describeFindings(findings, options, context), data: toData(findings, options), exitCode };
}

function askAll(
  views: readonly PinView[],
  pins: Pins,
  tell: (message: string) => void,
  context: SpacesContext,
): Promise<Finding[]> {
  const inTurn = pLimit(AT_ONCE);
  return Promise.all(views.map((view) => inTurn(() => compare(view, pins, tell, context))));
}

async function compare(
  { pin, entry }: PinView,
  { altered }: Pins,
  tell: (message: string) => void,
  context: SpacesContext,
): Promise<Finding> {
  try {
    const app = await context.spaces.open(pin.space, {
      signal: context.signal,
      onEvent: (event) => {
        if (event.kind === 'waiting') tell(`${pin.space}: ${cleanLine(event.message, 100)}`);
      },
    });
    const name = pin.endpoint ?? entry?.endpoint;
    const endpoint = name === undefined ? rankEndpoints(app)[0] : app.endpoints.find((one) => one.name === name);
    if (!endpoint) return { pin, changes: [], problem: gone(pin, name, app) };
    const fresh = recordAnew(app, endpoint, pin.tool, entry);
    if (!entry) return { pin, changes: ['It was never approved.'], fresh };
    const changes = describeChanges(entry, fresh, app);
    // A record that was changed must be approved, whether or not the Space agrees with it.
    if (altered.includes(entry)) changes.unshift(`Its record ${whyUnapproved(entry)}.`);
    return { pin, changes, fresh: changes.length > 0 ? fresh : undefined };
  } catch (error) {
    if (context.signal.aborted) throw cancelled(error);
    return { pin, changes: [], problem: toHugwireError(error) };
  }
}

function gone({ space, tool }: PinnedSpace, endpoint = '', app: SpaceApp): HugwireError {
  const names = rankEndpoints(app).map(({ name }) => name);
  return new HugwireError('not_found', `${space} no longer has ${endpoint}; it has ${names.join(', ') || 'none'}.`, {
    hint: `\`hugwire spaces add ${space} --tool ${tool}\` pins another endpoint instead.`,
  });
}

async function askApproval(
  open: readonly Finding[],
  words: readonly string[],
  { yes }: RefreshOptions,
  { prompts, tell, toldStyle: style, width }: SpacesContext,
): Promise<void> {
  for (const finding of open) {
    const { fresh } = finding;
    const definition = fresh ? ['', ...indent(showDefinition(fresh, { style, width: width && width - 2 }))] : [];
    tell(['', ...describeOne(finding, { style, width }), ...definition].join('\n'));
  }
  tell('');
  const tools = open.length === 1 ? 'this tool' : `these ${open.length} tools`;
  const state = open.length === 1 ? 'it is' : 'they are';
  const unasked = {
    message: 'Changes need your approval, and nobody can be asked here.',
    hint: `${['hugwire spaces refresh', ...words].join(' ')} --yes`,
  };
  const agreed = await confirm(`Give ${tools} to your assistants as ${state} now?`, { yes, prompts, unasked });
  if (!agreed) throw cancelled();
}

function describeFindings(findings: readonly Finding[], { check }: RefreshOptions, context: SpacesContext): string {
  if (findings.length === 0) return 'No Space is pinned.';
  const { style } = context;
  const lines = findings.flatMap((finding) => {
    if (finding.problem || check) return describeOne(finding, context);
    const { tool } = finding.pin;
    return [
      finding.fresh ? `${style.green('✓')} ${style.bold(tool)}  pinned again` : `  ${style.bold(tool)}  as approved`,
    ];
  });
  const changed = findings.filter(({ fresh }) => fresh).map(({ pin }) => pin.tool);
  if (!check || changed.length === 0) return lines.join('\n');
  const command = `hugwire spaces refresh ${changed.join(' ')}`;
  return [...lines, '', `To approve the changes: ${style.cyan(command)}`].join('\n');
}

function describeOne({ pin, changes, problem }: Finding, { style, width }: View): string[] {
  const where = style.dim(`  ${cleanLine(pin.space, 120)}${pin.endpoint ?? ''}`);
  const state = problem
    ? style.red(problem.code === 'not_found' ? 'gone' : 'did not answer')
    : changes.length > 0
      ? style.yellow('changed')
      : 'as approved';
  const reasons = problem
    ? [cleanLine(problem.message, 300), cleanLine(nameInHint(problem.hint ?? ''), 300)].filter(Boolean)
    : [];
  const lines = [...reasons, ...changes].flatMap((line) => wrapLine(line, width && width - 2, '  '));
  return [`${style.bold(pin.tool)}  ${state}${where}`, ...indent(lines)];
}

function toData(findings: readonly Finding[], { check }: RefreshOptions) {
  return {
    tools: findings.map(({ pin, changes, fresh, problem }) => ({
      tool: pin.tool,
      space: pin.space,
      endpoint: pin.endpoint,
      changes,
      pinnedAnew: fresh !== undefined && !check,
      problem: problem && { code: problem.code, message: problem.message, hint: problem.hint },
    })),
  };
}

/**
 * Makes a new record of an endpoint for an existing tool. Tools that ship with hugwire keep their own words.
 * @param app in its current state
 * @param endpoint of the app
 * @param tool its name
 * @param before what was approved, if anything was
 * @param now when
 */
function recordAnew(app: SpaceApp, endpoint: Endpoint, tool: string, before?: LockEntry, now = new Date()): LockEntry {
  const fresh = pinSpace(app, endpoint, tool, now);
  if (!before || !DEFAULT_LOCK.includes(before)) return fresh;
  const entry = { ...fresh, title: before.title, description: before.description };
  return { ...entry, hash: hashEntry(entry) };
}

/**
 * What has changed since the approval: what matters to calls first, then the texts that an assistant reads.
 * @param before what was approved
 * @param fresh what would be
 * @param app as it is now
 * @returns a line each; none when an assistant would see the same
 */
function describeChanges(before: LockEntry, fresh: LockEntry, app: SpaceApp): string[] {
  const calls = compareWithLive(before, app);
  // Tools that ship with hugwire have their own words, which say nothing about changes of the Space.
  if (DEFAULT_LOCK.includes(before)) return calls;
  if (hashEntry(before) === fresh.hash) return calls;
  const texts = [
    tell('title', before.title, fresh.title),
    tell('description', before.description, fresh.description),
    ...describeTexts(before, fresh),
  ].filter((line) => line !== undefined);
  const all = [...calls, ...texts];
  return all.length > 0 ? all : ['Details of its schema have changed.'];
}

function describeTexts(before: LockEntry, fresh: LockEntry): (string | undefined)[] {
  const now = propertiesOf(fresh.schema);
  return Object.entries(propertiesOf(before.schema)).map(([name, schema]) =>
    Object.hasOwn(now, name)
      ? tell(`text of "${cleanLine(name, 64)}"`, schema.description, now[name]?.description)
      : undefined,
  );
}

function tell(what: string, before: unknown, now: unknown): string | undefined {
  const [old, fresh] = [showWords(before, 300), showWords(now, 300)];
  if (old === fresh) return undefined;
  return `${what}: ${old || 'none'} → ${fresh || 'none'}`;
}
