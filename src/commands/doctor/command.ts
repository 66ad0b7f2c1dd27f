import type { Command } from 'commander';
import stringWidth from 'fast-string-width';
import { serverFlags } from '../../install/launch.js';
import { toHugwireError } from '../../lib/errors.js';
import { plural } from '../../lib/format.js';
import { cleanLine, redact } from '../../lib/text.js';
import type { World } from '../context.js';
import { nameInHint } from '../name-commands.js';
import {
  type CommandResult,
  JSON_OPTION,
  type JsonOption,
  print,
  type Screen,
  type Style,
  screenOf,
  withSpinner,
  wrapLine,
} from '../terminal.js';
import {
  type CheckContext,
  type Finding,
  type FindingGroup,
  findingsOf,
  openCheckContext,
  type Status,
} from './check.js';
import { checkClients, checkSkills } from './clients.js';
import {
  checkConfigFile,
  checkDirectories,
  checkDownloads,
  checkEnvironment,
  checkLeftLocks,
  checkNode,
  checkSecretFiles,
  checkToken,
  checkVersion,
} from './local.js';
import { checkModel } from './model.js';
import { checkCertificates, checkClock, checkHub, checkLimits } from './network.js';
import { checkSelf } from './self-test.js';
import { checkLock, checkSpaces } from './spaces.js';

/** Everything that goes over the network has ended by then. */
const NETWORK_MS = 12_000;
/** What cannot be stopped, such as the lookup of a name, must not keep the process alive. */
const LINGER_MS = 200;

/** `hugwire doctor`. */
export function wire(command: Command, world: World): void {
  command
    .option('--fix', 'repair what can be repaired safely, and look again; with --dry-run only tell what that is')
    .option(...JSON_OPTION)
    .addHelpText('after', '\nExit code 0: no problems. 1: at least one.')
    .action(async (options: JsonOption & { fix?: boolean }) => {
      let groups = await lookAtAll(world);
      const { dryRun = false } = world.options();
      const repairs = options.fix ? await repairAll(groups, dryRun) : [];
      if (repairs.some(({ done }) => done)) groups = await lookAtAll(world);
      print(report(groups, screenOf(), repairs), options);
      setTimeout(() => process.exit(), LINGER_MS).unref();
    });
}

async function lookAtAll(world: World): Promise<FindingGroup[]> {
  const context = openCheckContext(world, serverCommand(world), AbortSignal.timeout(NETWORK_MS));
  const groups = await withSpinner('Looking at everything', () => runChecks(context));
  await context.spaces.close();
  return groups;
}

/** What `--fix` did about a finding. */
interface Repair {
  id: string;
  title: string;
  /** What was wrong. */
  detail: string;
  done: boolean;
  /** Why it could not be repaired. */
  error?: string;
}

/**
 * Repairs what can be repaired, one after the other.
 * @param groups what was found
 * @param dryRun only tell
 */
export async function repairAll(groups: readonly FindingGroup[], dryRun: boolean): Promise<Repair[]> {
  const repairs: Repair[] = [];
  for (const { id, title, detail, fix } of groups.flatMap(({ findings }) => findings)) {
    if (!fix) continue;
    const error = dryRun ? undefined : await fix().then(() => undefined, toHugwireError);
    const why = error && cleanLine(redact(error.message), 600);
    repairs.push({ id, title, detail, done: !dryRun && !error, ...(why ? { error: why } : {}) });
  }
  return repairs;
}

/** This very program, as a client would start it. */
function serverCommand(world: World) {
  const { config, profile, readOnly } = world.options();
  const flags = serverFlags({ config: config === undefined ? undefined : world.configPath(), profile, readOnly });
  return { command: process.execPath, args: [process.argv[1] ?? '', 'serve', ...flags] };
}

/** Looks at one thing. What it throws becomes a finding. */
export type Check = (context: CheckContext) => Promise<Finding | Finding[]>;

/** Checks that belong together, by the id of the finding when a check itself fails. */
interface CheckGroup {
  title: string;
  checks: Record<string, Check>;
}

/** Every check, in the order in which its findings are shown. */
const CHECKS: readonly CheckGroup[] = [
  { title: 'Program', checks: { node: checkNode, version: checkVersion, 'self-test': checkSelf } },
  { title: 'Configuration', checks: { config: checkConfigFile, environment: checkEnvironment, lock: checkLock } },
  {
    title: 'Directories',
    checks: { directories: checkDirectories, downloads: checkDownloads, 'left-lock': checkLeftLocks },
  },
  { title: 'Hub', checks: { hub: checkHub, certificates: checkCertificates, clock: checkClock, limits: checkLimits } },
  { title: 'Token', checks: { token: checkToken, 'secret-files': checkSecretFiles } },
  { title: 'Spaces', checks: { spaces: checkSpaces } },
  { title: 'Assistants', checks: { model: checkModel } },
  { title: 'Clients', checks: { clients: checkClients, skill: checkSkills } },
];

/** No check may hold the others up for longer. */
const LIMIT_MS = 14_000;

/**
 * Runs all checks at once.
 * @param context what is looked at
 * @param groupsOfChecks what to look at
 * @param limitMs time limit of each check, milliseconds
 * @returns groups with at least one finding, in order
 */
export async function runChecks(
  context: CheckContext,
  groupsOfChecks = CHECKS,
  limitMs = LIMIT_MS,
): Promise<FindingGroup[]> {
  const groups = await Promise.all(
    groupsOfChecks.map(async ({ title, checks }) => {
      const running = Object.entries(checks).map(([id, check]) => runCheck(id, check, context, limitMs));
      return { title, findings: (await Promise.all(running)).flat().map(clean) };
    }),
  );
  return groups.filter(({ findings }) => findings.length > 0);
}

async function runCheck(
  id: string,
  check: Check,
  context: CheckContext,
  limitMs: number,
): Promise<Finding | Finding[]> {
  const { problem } = findingsOf(id, id);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Finding>((resolve) => {
    timer = setTimeout(() => resolve(problem(`no result after ${Math.round(limitMs / 1000)} s`)), limitMs);
  });
  try {
    return await Promise.race([check(context), late]);
  } catch (error) {
    return problem(`this check failed: ${toHugwireError(error).message}`);
  } finally {
    clearTimeout(timer);
  }
}

/** Names, paths and errors come from others: they must not control the terminal or give a secret away. */
function clean(finding: Finding): Finding {
  const { title, detail, advice } = finding;
  return {
    ...finding,
    title: cleanLine(redact(title), 60),
    detail: cleanLine(redact(detail), 600),
    advice: advice && cleanLine(redact(nameInHint(advice)), 600),
  };
}

const SIGNS: Record<Status, [sign: string, colour: keyof Style & ('green' | 'yellow' | 'red' | 'dim')]> = {
  ok: ['✓', 'green'],
  warning: ['!', 'yellow'],
  problem: ['✗', 'red'],
  skipped: ['–', 'dim'],
};
const INDENT = 2;

/**
 * The report of the doctor.
 * @param groups what was found
 * @param screen where it is shown
 * @param repairs what `--fix` did before
 * @returns exit code 1 when there is a problem; warnings do not count
 */
export function report(
  groups: readonly FindingGroup[],
  screen: Screen,
  repairs: readonly Repair[] = [],
): CommandResult {
  const findings = groups.flatMap((group) => group.findings);
  const count = (status: Status) => findings.filter((one) => one.status === status).length;
  const exitCode = count('problem') > 0 ? 1 : 0;
  const data = {
    healthy: exitCode === 0,
    summary: { ok: count('ok'), warning: count('warning'), problem: count('problem'), skipped: count('skipped') },
    findings: groups.flatMap(({ title, findings: inside }) =>
      inside.map(({ fix, ...one }) => ({ group: title, ...one, ...(fix ? { fixable: true } : {}) })),
    ),
    ...(repairs.length > 0 ? { repairs } : {}),
  };
  const column = Math.max(...findings.map(({ title }) => stringWidth(title)));
  // Advice that several findings share is shown once; programs get it with each.
  const told = new Set<string>();
  const once = (one: Finding) => {
    const isNew = one.advice !== undefined && !told.has(one.advice);
    if (isNew) told.add(one.advice as string);
    return isNew ? one : { ...one, advice: undefined };
  };
  const lines = groups.flatMap(({ title, findings: inside }) => [
    screen.style.bold(title),
    ...inside.flatMap((one) => describe(once(one), column, screen)),
    '',
  ]);
  const fixable = findings.filter(({ fix }) => fix).length;
  const next = fixable > 0 ? [`${plural(fixable, 'finding')} can be repaired: \`hugwire doctor --fix\`.`] : [];
  const text = [...describeRepairs(repairs, screen), ...lines, summarise(count, screen), ...next].join('\n');
  return { text, data, exitCode };
}

function describeRepairs(repairs: readonly Repair[], { style, width }: Screen): string[] {
  if (repairs.length === 0) return [];
  const lines = repairs.flatMap(({ title, detail, done, error }) => {
    const sign = done ? style.green('✓') : error ? style.red('✗') : style.dim('–');
    const told = done ? `repaired: ${detail}` : error ? `not repaired: ${error}` : `would be repaired: ${detail}`;
    const [first = '', ...rest] = wrapLine(`${title}: ${told}`, width - INDENT - 2);
    return [`${' '.repeat(INDENT)}${sign} ${first}`, ...rest.map((line) => `${' '.repeat(INDENT + 2)}${line}`)];
  });
  return [style.bold('Repairs'), ...lines, ''];
}

function describe({ title, status, detail, advice }: Finding, column: number, { style, width }: Screen): string[] {
  const [sign, colour] = SIGNS[status];
  const margin = INDENT + 2 + column + 2;
  const wrapped = wrapLine(detail, width - margin);
  const told = status === 'skipped' ? wrapped.map(style.dim) : wrapped;
  const next = advice === undefined ? [] : wrapLine(`→ ${advice}`, width - margin);
  const name = `${title}${' '.repeat(column - stringWidth(title))}`;
  const [first = '', ...rest] = [
    ...told,
    ...next.map((line) => (status === 'ok' ? style.dim(line) : style.cyan(line))),
  ];
  return [
    `${' '.repeat(INDENT)}${style[colour](sign)} ${name}  ${first}`,
    ...rest.map((line) => `${' '.repeat(margin)}${line}`),
  ];
}

function summarise(count: (status: Status) => number, { style }: Screen): string {
  const [problems, warnings] = [count('problem'), count('warning')];
  const words = [
    ...(problems > 0 ? [style.red(plural(problems, 'problem'))] : []),
    ...(warnings > 0 ? [style.yellow(plural(warnings, 'warning'))] : []),
    `${count('ok')} fine`,
    ...(count('skipped') > 0 ? [`${count('skipped')} not checked`] : []),
  ].join(', ');
  return problems + warnings === 0 ? `${style.green('All is well')}: ${words}.` : `${words}.`;
}
