import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { tilde } from '../../config/paths.js';
import type { Client, Scope } from '../../install/clients.js';
import { type FoundClient, filePath, findClients, findServer, getClient } from '../../install/find.js';
import { isInstalled, type Launch, type LaunchOptions, launchOf, serverFlags } from '../../install/launch.js';
import { type Machine, thisMachine } from '../../install/machine.js';
import { type Applied, applyChange, type Change, type Plan, previewChange } from '../../install/plan.js';
import { ENTRY_SHAPES } from '../../install/shapes.js';
import { runProgramSync } from '../../lib/children.js';
import { HugwireError } from '../../lib/errors.js';
import { isWindows } from '../../lib/platform.js';
import { cleanLine } from '../../lib/text.js';
import type { World } from '../context.js';
import { openPrompts, type Prompts } from '../prompts.js';
import { changeSkill, type SkillTarget } from '../skill.js';
import {
  alignColumns,
  type CommandResult,
  JSON_OPTION,
  type JsonOption,
  print,
  type Style,
  styleFor,
} from '../terminal.js';
import { describeOutcome, type InstallTarget, maskEntry, NPX_COST, renderApplied, renderPlan } from './view.js';

/** `hugwire install`. */
export function wire(command: Command, world: World): void {
  command
    .argument('[client]', 'such as claude-desktop, cursor or codex; asked for in a terminal')
    .option('--write', "change the client's file, with a backup beside it")
    .option('--project', "change this project's file, not the user's")
    .option('--direct', 'start this Node and this script without npx: faster, and less memory')
    .addOption(new Option('--exact', 'have npx start this version, not the latest').conflicts('direct'))
    .option('--name <key>', 'name of the server in the file', 'hugwire')
    .option('--link', 'print the link that installs it in the client')
    .addOption(
      new Option('--skill', 'write the hugwire skill where the client reads skills, and nothing else').conflicts([
        'write',
        'direct',
        'exact',
        'link',
        'list',
      ]),
    )
    .option('--list', 'list the clients on this machine, and whether they have hugwire')
    .option('--yes', 'write without asking, like --write')
    .option(...JSON_OPTION)
    .addHelpText(
      'after',
      '\n--config, --profile and --read-only become part of the command that the client\nstarts. With --dry-run nothing is written.',
    )
    .action(async (client: string | undefined, options: InstallOptions & JsonOption & { list?: boolean }) => {
      const context = openInstallContext(world, options);
      if (options.list) return print(await listClients(context, process.stdout.columns), options);
      const { profile, readOnly, dryRun, config } = world.options();
      // The client would start a server that refuses to run.
      if (profile !== undefined) world.load();
      const server = { profile, readOnly, config: config === undefined ? undefined : world.configPath() };
      print(await runInstall({ ...options, ...server, client, dryRun }, context), options);
    });
}

/** What the install commands work with in a real process. With --json nobody is asked. */
export function openInstallContext({ env }: World, { json }: JsonOption): InstallContext {
  return {
    machine: thisMachine(env),
    node: process.execPath,
    script: process.argv[1] ?? '',
    style: styleFor(process.stdout, env),
    prompts: json ? undefined : openPrompts(env),
    show: (text) => void process.stdout.write(`${text}\n`),
    installGlobally: () => installGlobally(env),
  };
}

/**
 * Runs `npm install -g hugwire`; the output of npm is shown.
 * @returns the path of the installed script
 * @throws HugwireError `unavailable` when npm could not do it
 */
function installGlobally(env: NodeJS.ProcessEnv): string {
  // On Windows npm is a script, which only a shell can start. stdout holds what hugwire prints.
  const options = { env, shell: isWindows() };
  const { status } = runProgramSync('npm', ['install', '-g', 'hugwire'], { ...options, stdio: ['inherit', 2, 2] });
  const root = runProgramSync('npm', ['root', '-g'], options).stdout ?? '';
  const script = join(root.trim(), 'hugwire', 'bin', 'hugwire.js');
  if (status === 0 && existsSync(script)) return script;
  throw new HugwireError('unavailable', 'npm could not install hugwire.', {
    hint: 'Run `npm install -g hugwire` yourself, then `hugwire install … --direct`. Or answer no, and npx starts hugwire.',
  });
}

/**
 * `hugwire install --list`: the clients on this machine, and how hugwire is in them.
 * @param width of the terminal; unset: nothing is cut
 * @returns all known clients as data
 */
export async function listClients(
  { machine, style }: Pick<InstallContext, 'machine' | 'style'>,
  width?: number,
): Promise<CommandResult> {
  const found = await findClients(machine);
  const data = { clients: found };
  const here = found.filter(({ present }) => present);
  const others = found.filter(({ present }) => !present).map(({ id }) => id);
  if (here.length === 0) {
    const known = `hugwire knows ${others.join(', ')}.`;
    return { text: `No client was found on this machine.\n${style.dim(known)}`, data, exitCode: 0 };
  }
  const heading = ['client', 'hugwire', 'file'].map((text) => style.dim(text));
  const rows = here.map((one) => [style.bold(one.id), stateOf(one, style), tilde(one.path, machine.home)]);
  const missing = here.find(({ entry, problem }) => !entry && !problem);
  const next = missing ? `\n\nNext: ${style.cyan(`npx hugwire install ${missing.id}`)}` : '';
  return { text: alignColumns([heading, ...rows], width).join('\n') + next, data, exitCode: 0 };
}

function stateOf({ scope, how, name, path, problem, reads }: FoundClient, style: Style): string {
  // The path stands in a column of its own.
  if (problem) return style.red(cleanLine(problem.replace(`${path} `, ''), 80));
  if (!how) return style.dim('no');
  if (reads) return style.yellow('in a file that it does not read');
  const own = name === 'hugwire' ? '' : ` as ${cleanLine(name, 40)}`;
  return style.green(`yes, ${how}${own}${scope === 'project' ? ', this project' : ''}`);
}

/**
 * `hugwire install`: shows the change of a client's config, and makes it when asked to.
 * @throws HugwireError when the client is unknown, its file is broken or cannot be changed, or the script may be deleted at
 *   any time
 */
export async function runInstall(asked: InstallOptions, context: InstallContext): Promise<CommandResult> {
  checkName(asked.name);
  const client = await chooseClient(asked, context);
  if (asked.skill) return changeSkill(skillTarget(client, asked, context), 'write', asked.dryRun);
  const { direct, script } = await chooseStart(client, asked, context);
  const options = { ...asked, direct };
  const launch = launchOf({ ...options, node: context.node, script }, context.machine);
  if (options.link) {
    const links = linksOf(client, options.name, launch);
    return { text: links.join('\n'), data: { client: client.id, links }, exitCode: 0 };
  }
  const target = targetOf(client, options, launch, context);
  const { path } = target;
  const wanted = (options.write || options.yes) && !options.dryRun;
  if (path === undefined) {
    if (wanted) throw withoutFile(client, `\`hugwire install ${client.id}\` shows how to set it up.`);
    return present(target, undefined, context.style);
  }
  const change: Change = { client, path, name: options.name, launch };
  if (wanted) {
    const done = await applyChange(change);
    return { ...finish(target, done, context.style), note: await noteOther(target, done) };
  }
  const plan = await previewChange(change);
  const note = await noteOther(target, plan);
  if (options.dryRun || !context.prompts || plan.status === 'unchanged') {
    return { ...present(target, plan, context.style), note };
  }
  context.show(renderPlan(target, plan, context.style, true));
  if (!(await context.prompts.confirm(`Write it to ${path}?`))) return { text: 'Nothing was changed.', exitCode: 0 };
  return finish(target, await applyChange(change), context.style);
}

/**
 * `hugwire uninstall`: removes hugwire from a client's config. In a terminal it asks first.
 * @throws HugwireError when the client is unknown, or its file is broken or cannot be changed
 */
export async function runUninstall(options: InstallOptions, context: InstallContext): Promise<CommandResult> {
  checkName(options.name);
  const client = await chooseClient(options, context, ({ entry }) => options.skill || entry !== undefined);
  if (options.skill) return changeSkill(skillTarget(client, options, context), 'remove', options.dryRun);
  const target = targetOf(client, options, undefined, context);
  const { path } = target;
  if (path === undefined) throw withoutFile(client, `Remove "${options.name}" in its settings.`);
  const change: Change = { client, path, name: options.name };
  const plan = await previewChange(change);
  if (options.dryRun) return present(target, plan, context.style);
  if (plan.status !== 'unchanged' && !options.yes && context.prompts) {
    context.show(renderPlan(target, plan, context.style, true));
    if (!(await context.prompts.confirm('Remove it?'))) return { text: 'Nothing was changed.', exitCode: 0 };
  }
  const done = await applyChange(change);
  return { ...finish(target, done, context.style), note: await noteOther(target, done) };
}

function skillTarget(client: Client, { project }: InstallOptions, { machine }: InstallContext): SkillTarget {
  return { client, scope: project ? 'project' : 'user', machine };
}

/** A note when a client has hugwire under another name than the one asked for. */
async function noteOther(
  { client, name, launch }: InstallTarget,
  { status, before }: Plan,
): Promise<string | undefined> {
  const asked = status === (launch ? 'added' : 'unchanged');
  if (!asked || before === undefined) return undefined;
  const found = await findServer(client, before);
  if (found.name === undefined) return undefined;
  return `${client.label} has hugwire as "${found.name}", not as "${name}"; --name ${found.name} means that one.`;
}

/**
 * Decides whether npx starts hugwire. A person who has not said so is asked when hugwire is not in the client's file yet;
 * otherwise it stays as it is.
 */
async function chooseStart(
  client: Client,
  options: InstallOptions,
  context: InstallContext,
): Promise<Pick<LaunchOptions, 'direct' | 'script'>> {
  const { prompts, script, machine, node } = context;
  const { direct, exact, write, yes, dryRun, link, name } = options;
  const launch = launchOf({ ...options, node, script }, machine);
  const { path, scope } = targetOf(client, options, launch, context);
  const asks = prompts && !write && !yes && !dryRun && !link;
  // A project's file is shared with other machines, which do not have this script.
  if (!asks || !path || scope === 'project' || direct || exact) return { direct, script };
  const installed = isInstalled(script);
  const { status, before = '' } = await previewChange({ client, path, name, launch });
  if (status !== 'added') {
    const { how } = await findServer(client, before);
    return { direct: installed && how === 'direct', script };
  }
  if (installed) return { direct: await prompts.confirm(`${NPX_COST}. Start this hugwire without it?`), script };
  const install = await prompts.confirm(`${NPX_COST}. Run \`npm install -g hugwire\` and start it without npx?`);
  return install ? { direct: true, script: context.installGlobally() } : { script };
}

function targetOf(
  client: Client,
  options: InstallOptions,
  launch: Launch | undefined,
  context: InstallContext,
): InstallTarget {
  const hasFile = client.user !== undefined || client.project !== undefined;
  const scope: Scope = hasFile ? scopeOf(options, client) : 'user';
  const path = hasFile ? filePath(client, scope, context.machine) : undefined;
  const { machine, script } = context;
  const installed = isInstalled(script);
  return { client, name: options.name, scope, path, launch, machine, installed, flags: flagsOf(options) };
}

/** The options of the command that say how the server is started. */
function flagsOf(options: InstallOptions): string[] {
  const { project, direct, exact, name } = options;
  return [
    ...(project ? ['--project'] : []),
    ...(direct ? ['--direct'] : []),
    ...(exact ? ['--exact'] : []),
    ...(name === 'hugwire' ? [] : ['--name', name]),
    ...serverFlags(options),
  ];
}

function withoutFile({ label }: Client, hint: string): HugwireError {
  return new HugwireError('invalid_arguments', `${label} is not set up by a file.`, {
    hint,
  });
}

function linksOf(client: Client, name: string, launch: Launch): string[] {
  if (!client.links) {
    throw new HugwireError('invalid_arguments', `There is no install link for ${client.label}.`, {
      hint: `\`hugwire install ${client.id}\` shows the other ways.`,
    });
  }
  return client.links.map((link) => link(name, launch));
}

/** Clients make it a part of tool names, some with these characters only. */
function checkName(name: string): void {
  if (/^[A-Za-z][A-Za-z0-9_-]{0,39}$/.test(name)) return;
  throw new HugwireError('invalid_arguments', `"${name}" cannot be the name of a server.`, {
    hint: 'Use at most 40 letters, digits, - and _, and begin with a letter.',
  });
}

function present(target: InstallTarget, plan: Plan | undefined, style: Style): CommandResult {
  const { client, name, launch } = target;
  const entry = plan?.entry ?? (launch && ENTRY_SHAPES[client.shape].write(launch, name));
  const data = describeOutcome(target, plan, maskEntry(entry), false);
  return { text: renderPlan(target, plan, style), data, exitCode: 0 };
}

function finish(target: InstallTarget, done: Applied, style: Style): CommandResult {
  const data = describeOutcome(target, done, maskEntry(done.entry), done.status !== 'unchanged');
  return { text: renderApplied(target, done, style), data, exitCode: 0 };
}

/** What `hugwire install` and `hugwire uninstall` are asked. */
export interface InstallOptions extends Omit<LaunchOptions, 'node' | 'script'> {
  client?: string;
  /** Key of the server in the client's file. */
  name: string;
  project?: boolean;
  write?: boolean;
  yes?: boolean;
  /** The skill, and nothing else. */
  skill?: boolean;
  /** Only show the change, whatever else is asked. */
  dryRun?: boolean;
  link?: boolean;
}

/** Where the commands work, and whom they can ask. */
export interface InstallContext {
  machine: Machine;
  /** Absolute path of Node, and path of hugwire's script. */
  node: string;
  script: string;
  style: Style;
  /** Unset: nobody can be asked. */
  prompts?: Prompts;
  /** Shows text before a question. */
  show(text: string): void;
  /** Installs hugwire globally, and returns the path of its script. */
  installGlobally(): string;
}

/**
 * The client that is named, or that a person chooses from those on the machine.
 * @param only leaves out what cannot be chosen
 * @throws HugwireError `invalid_arguments` when none is named and nobody can be asked
 */
async function chooseClient(
  { client }: InstallOptions,
  { prompts, machine }: InstallContext,
  only: (found: { entry?: unknown }) => boolean = () => true,
): Promise<Client> {
  if (client !== undefined) return getClient(client);
  if (!prompts) {
    throw new HugwireError('invalid_arguments', 'Which client?', {
      hint: 'Name one: `hugwire install cursor`. `hugwire install --list` shows those on this machine.',
    });
  }
  const here = (await findClients(machine)).filter(
    (one) => one.present && one.scope === 'user' && !one.reads && only(one),
  );
  if (here.length === 0) {
    throw new HugwireError('not_found', 'No client to choose from was found on this machine.', {
      hint: 'Name the client. `hugwire install --list` shows which ones hugwire looks for.',
    });
  }
  const choices = here.map(({ id, label, path, entry }) => ({
    value: id,
    label: entry ? `${label} (has hugwire)` : label,
    hint: path,
  }));
  return getClient(await prompts.choose('Which client?', choices));
}

/** Which of a client's files to change. */
function scopeOf({ project }: InstallOptions, client: Client): Scope {
  if (project && !client.project) {
    throw new HugwireError('invalid_arguments', `${client.label} has no file for a project.`, {
      hint: 'Leave out --project.',
    });
  }
  return project || !client.user ? 'project' : 'user';
}
