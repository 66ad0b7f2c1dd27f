import { HugwireError } from '../../errors.js';
import { type Applied, applyChange, type Change, previewChange } from '../../install/apply.js';
import { filePath } from '../../install/client.js';
import type { Client, Scope } from '../../install/clients.js';
import { findServer } from '../../install/find.js';
import { type Launch, launchOf, serverFlags } from '../../install/launch.js';
import type { Plan } from '../../install/plan.js';
import { SHAPES } from '../../install/shapes.js';
import type { CommandResult } from '../output.js';
import { chooseClient, type InstallOptions, type InstallPlace, scopeOf } from './request.js';
import { describeOutcome, maskEntry, renderOutcome, renderPlan, type Target } from './view.js';

/**
 * `hugwire install`: shows what a client's config would get, and writes it when asked to.
 * @throws HugwireError when the client is unknown, its file is broken or cannot be changed, or --direct would not last
 */
export async function runInstall(options: InstallOptions, place: InstallPlace): Promise<CommandResult> {
  checkName(options.name);
  const client = await chooseClient(options, place);
  const launch = launchOf({ ...options, node: place.node, script: place.script }, place.machine);
  if (options.link) return { output: linksOf(client, options.name, launch).join('\n'), exitCode: 0 };
  const target = targetOf(client, options, launch, place);
  const { path } = target;
  const wanted = (options.write || options.yes) && !options.dryRun;
  if (path === undefined) {
    if (wanted) throw withoutFile(client, `\`hugwire install ${client.id}\` says how to set it up.`);
    return present(options, target, undefined, () => renderPlan(target, undefined, place.style));
  }
  const change: Change = { client, path, name: options.name, launch };
  if (wanted) {
    const done = await applyChange(change);
    return { ...finish(options, target, done, place), note: await noteOther(target, done) };
  }
  const plan = await previewChange(change);
  const note = await noteOther(target, plan);
  if (options.json || options.dryRun || !place.prompts || plan.status === 'unchanged') {
    return { ...present(options, target, plan, () => renderPlan(target, plan, place.style)), note };
  }
  place.show(renderPlan(target, plan, place.style, true));
  if (!(await place.prompts.confirm(`Write it to ${path}?`))) return { output: 'Nothing was changed.', exitCode: 0 };
  return finish(options, target, await applyChange(change), place);
}

/**
 * `hugwire uninstall`: takes hugwire out of a client's config. It asks first where somebody can be asked.
 * @throws HugwireError when the client is unknown, or its file is broken or cannot be changed
 */
export async function runUninstall(options: InstallOptions, place: InstallPlace): Promise<CommandResult> {
  checkName(options.name);
  const client = await chooseClient(options, place, ({ entry }) => entry !== undefined);
  const target = targetOf(client, options, undefined, place);
  const { path } = target;
  if (path === undefined) throw withoutFile(client, `Remove "${options.name}" in its settings.`);
  const change: Change = { client, path, name: options.name };
  const plan = await previewChange(change);
  if (options.dryRun) return present(options, target, plan, () => renderPlan(target, plan, place.style));
  if (plan.status !== 'unchanged' && !options.yes && !options.json && place.prompts) {
    place.show(renderPlan(target, plan, place.style, true));
    if (!(await place.prompts.confirm('Take it out?'))) return { output: 'Nothing was changed.', exitCode: 0 };
  }
  const done = await applyChange(change);
  return { ...finish(options, target, done, place), note: await noteOther(target, done) };
}

/** What is to be said of a client that has hugwire, but under another name than the one asked for. */
async function noteOther({ client, name, launch }: Target, { status, before }: Plan): Promise<string | undefined> {
  const asked = status === (launch ? 'added' : 'unchanged');
  if (!asked || before === undefined) return undefined;
  const found = await findServer(client, before);
  if (found.name === undefined) return undefined;
  return `${client.label} has hugwire as "${found.name}", not as "${name}"; --name ${found.name} means that one.`;
}

function targetOf(client: Client, options: InstallOptions, launch: Launch | undefined, place: InstallPlace): Target {
  const hasFile = client.user !== undefined || client.project !== undefined;
  const scope: Scope = hasFile ? scopeOf(options, client) : 'user';
  const path = hasFile ? filePath(client, scope, place.machine) : undefined;
  return { client, name: options.name, scope, path, launch, machine: place.machine, flags: flagsOf(options) };
}

/** The options of the command that say how the server is started. */
function flagsOf(options: InstallOptions): string[] {
  const { project, direct, name } = options;
  return [
    ...(project ? ['--project'] : []),
    ...(direct ? ['--direct'] : []),
    ...(name === 'hugwire' ? [] : ['--name', name]),
    ...serverFlags(options),
  ];
}

function withoutFile({ label }: Client, hint: string): HugwireError {
  return new HugwireError('invalid_arguments', `${label} is not set up by a file.`, { hint });
}

function linksOf(client: Client, name: string, launch: Launch): string[] {
  if (!client.links) {
    throw new HugwireError('invalid_arguments', `There is no install link for ${client.label}.`, {
      hint: `\`hugwire install ${client.id}\` shows the other ways.`,
    });
  }
  return client.links.map((link) => link(name, launch));
}

/** Clients build tool names from it, some only from these characters. */
function checkName(name: string): void {
  if (/^[A-Za-z][A-Za-z0-9_-]{0,39}$/.test(name)) return;
  throw new HugwireError('invalid_arguments', `"${name}" cannot be the name of a server.`, {
    hint: 'Use letters, digits, - and _, at most 40, and begin with a letter.',
  });
}

function present(
  { json }: InstallOptions,
  target: Target,
  plan: Plan | undefined,
  render: () => string,
): CommandResult {
  if (!json) return { output: render(), exitCode: 0 };
  const { client, name, launch } = target;
  const entry = plan?.entry ?? (launch && SHAPES[client.shape].write(launch, name));
  return { output: JSON.stringify(describeOutcome(target, plan, maskEntry(entry), false), null, 2), exitCode: 0 };
}

function finish({ json }: InstallOptions, target: Target, done: Applied, { style }: InstallPlace): CommandResult {
  if (!json) return { output: renderOutcome(target, done, style), exitCode: 0 };
  const written = done.status !== 'unchanged';
  const outcome = describeOutcome(target, done, maskEntry(done.entry), written);
  return { output: JSON.stringify(outcome, null, 2), exitCode: 0 };
}
