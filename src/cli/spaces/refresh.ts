import pLimit from 'p-limit';
import type { PinnedSpace } from '../../config/schema.js';
import { cancelled, HugwireError, toHugwireError } from '../../errors.js';
import { chooseEndpoint, rankEndpoints } from '../../spaces/choose.js';
import type { LockEntry } from '../../spaces/lock.js';
import type { App } from '../../spaces/types.js';
import { plural } from '../../text/format.js';
import { cleanLine } from '../../text/sanitize.js';
import type { CommandResult } from '../output.js';
import { wrapLine } from '../terminal/wrap.js';
import { describeChanges, recordAnew } from './changes.js';
import { showDefinition } from './definition.js';
import { indent, type Layout } from './describe.js';
import { changePins, findPins, type Pins, putEntry, readPins, refuseUnusable } from './pins.js';
import type { Place } from './place.js';
import { type PinView, viewPins } from './view.js';

export interface RefreshOptions {
  /** Only tell; nothing is written. */
  check?: boolean;
  yes?: boolean;
  json?: boolean;
}

/** How a pinned endpoint is now. */
interface Finding {
  pin: PinnedSpace;
  /** What is other than approved. */
  changes: string[];
  /** What would be approved; missing when there is nothing to approve. */
  fresh?: LockEntry;
  /** Why nothing is known, or why it cannot be pinned anew. */
  problem?: HugwireError;
}

const AT_ONCE = 4;

/**
 * `hugwire spaces refresh`: compares what was approved with the Spaces as they are, and pins them anew on approval.
 * @param words tools or Spaces; all that are pinned when there are none
 * @param options of the command
 * @param place to work in
 * @returns exit code 1 when a Space could not be asked; with `check`, also when something differs
 * @throws HugwireError `invalid_arguments` for what is not pinned, `cancelled` when the user does not agree
 */
export async function refreshSpaces(
  words: readonly string[],
  options: RefreshOptions,
  place: Place,
): Promise<CommandResult> {
  const pins = readPins(place);
  refuseUnusable(pins);
  const wanted = words.flatMap((word) => findPins(pins.pinned, word));
  const views = viewPins(pins, place.config.tools).filter(({ pin, state }) =>
    words.length > 0 ? wanted.includes(pin) : state !== 'proposed',
  );
  const findings = await place.wait(`Asking ${plural(views.length, 'Space')} …`, (tell) =>
    askAll(views, pins, tell, place),
  );
  const open = findings.filter(({ fresh }) => fresh);
  if (!options.check && open.length > 0) {
    await askApproval(open, words, options, place);
    await changePins(place, (now) => open.reduce((all, { fresh }) => (fresh ? putEntry(all, fresh) : all), now));
  }
  const failed = findings.some(({ problem }) => problem);
  const exitCode = failed || (options.check && open.length > 0) ? 1 : 0;
  if (options.json) return { output: JSON.stringify(toData(findings, options), null, 2), exitCode };
  return { output: describeFindings(findings, options, place), exitCode };
}

function askAll(
  views: readonly PinView[],
  pins: Pins,
  tell: (message: string) => void,
  place: Place,
): Promise<Finding[]> {
  const inTurn = pLimit(AT_ONCE);
  return Promise.all(views.map((view) => inTurn(() => compare(view, pins, tell, place))));
}

async function compare(
  { pin, entry }: PinView,
  { altered }: Pins,
  tell: (message: string) => void,
  place: Place,
): Promise<Finding> {
  try {
    const app = await place.spaces.open(pin.space, {
      signal: place.signal,
      onEvent: (event) => {
        if (event.kind === 'waiting') tell(`${pin.space}: ${cleanLine(event.message, 100)}`);
      },
    });
    const name = pin.endpoint ?? entry?.endpoint;
    const endpoint = name === undefined ? chooseEndpoint(app) : app.endpoints.find((one) => one.name === name);
    if (!endpoint) return { pin, changes: [], problem: gone(pin, name, app) };
    const fresh = recordAnew(app, endpoint, pin.tool, entry);
    if (!entry) return { pin, changes: ['It was never approved.'], fresh };
    const changes = describeChanges(entry, fresh, app);
    // What was changed in the lock file needs approval, whether or not the Space is as the file says.
    if (altered.includes(entry)) changes.unshift('Its record was changed since it was approved.');
    return changes.length > 0 ? { pin, changes, fresh } : { pin, changes };
  } catch (error) {
    if (place.signal.aborted) throw cancelled(error);
    return { pin, changes: [], problem: toHugwireError(error) };
  }
}

function gone({ space, tool }: PinnedSpace, endpoint = '', app: App): HugwireError {
  const names = rankEndpoints(app).map(({ name }) => name);
  return new HugwireError('not_found', `${space} no longer has ${endpoint}; it has ${names.join(', ') || 'none'}.`, {
    hint: `hugwire spaces add ${space} --tool ${tool} pins another one in its place.`,
  });
}

async function askApproval(
  open: readonly Finding[],
  words: readonly string[],
  { yes }: RefreshOptions,
  { prompts, tell, toldStyle: style, width }: Place,
): Promise<void> {
  for (const finding of open) {
    const { fresh } = finding;
    const definition = fresh ? ['', ...indent(showDefinition(fresh, { style, width: width && width - 2 }))] : [];
    tell(['', ...describeOne(finding, { style, width }), ...definition].join('\n'));
  }
  tell('');
  if (yes) return;
  if (!prompts) {
    throw new HugwireError('invalid_arguments', 'A change needs your approval, and nobody can be asked here.', {
      hint: `${['hugwire spaces refresh', ...words].join(' ')} --yes`,
    });
  }
  const tools = open.length === 1 ? 'this tool' : `these ${open.length} tools`;
  if (
    !(await prompts.confirm(`Give ${tools} to your assistants as ${open.length === 1 ? 'it is' : 'they are'} now?`))
  ) {
    throw cancelled();
  }
}

function describeFindings(findings: readonly Finding[], { check }: RefreshOptions, place: Place): string {
  if (findings.length === 0) return 'No Space is pinned.';
  const { style } = place;
  const lines = findings.flatMap((finding) => {
    if (finding.problem || check) return describeOne(finding, place);
    const { tool } = finding.pin;
    return [
      finding.fresh ? `${style.green('✓')} ${style.bold(tool)}  pinned anew` : `  ${style.bold(tool)}  as approved`,
    ];
  });
  const changed = findings.filter(({ fresh }) => fresh).map(({ pin }) => pin.tool);
  if (!check || changed.length === 0) return lines.join('\n');
  const command = `hugwire spaces refresh ${changed.join(' ')}`;
  return [...lines, '', `Approve what has changed: ${style.cyan(command)}`].join('\n');
}

function describeOne({ pin, changes, problem }: Finding, { style, width }: Layout): string[] {
  const place = style.dim(`  ${cleanLine(pin.space, 120)}${pin.endpoint ?? ''}`);
  const state = problem
    ? style.red(problem.code === 'not_found' ? 'gone' : 'cannot be asked')
    : changes.length > 0
      ? style.yellow('changed')
      : 'as approved';
  const reasons = problem ? [cleanLine(problem.message, 300), cleanLine(problem.hint, 300)].filter(Boolean) : [];
  const lines = [...reasons, ...changes].flatMap((line) => wrapLine(line, width && width - 2, '  '));
  return [`${style.bold(pin.tool)}  ${state}${place}`, ...indent(lines)];
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
