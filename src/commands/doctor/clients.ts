import { CLIENTS } from '../../install/clients.js';
import { type FoundClient, findClients, getClient } from '../../install/find.js';
import { isInstalled, isThrowaway, launchOf, resolveLaunch } from '../../install/launch.js';
import {
  desktopPath,
  exists,
  findCommand,
  isInNpxCache,
  type Machine,
  pathOf,
  pathsOf,
} from '../../install/machine.js';
import { applyChange } from '../../install/plan.js';
import type { EntryFacts } from '../../install/shapes.js';
import { quoteWords } from '../../lib/platform.js';
import { changeSkill, findOldSkill } from '../skill.js';
import { type CheckContext, type Finding, findingsOf } from './check.js';

/** Clients that are started from the desktop, without the PATH of a shell. */
const DESKTOP = new Set(['claude-desktop', 'lmstudio', 'windsurf', 'antigravity', 'goose', 'junie', 'jetbrains']);
const SHOWN = 6;

/** Which clients have hugwire, and whether they can start it. */
export async function checkClients(context: CheckContext): Promise<Finding[]> {
  const { machine } = context;
  const clients = (await findClients(machine)).filter(({ present }) => present);
  const using = clients.filter(({ entry }) => entry !== undefined);
  const checked = await Promise.all(
    clients.filter(({ entry, problem }) => entry ?? problem).map((client) => checkClient(client, context)),
  );
  return [
    ...checked,
    ...others(
      clients.filter(({ entry, problem }) => !entry && !problem),
      using.length > 0,
    ),
  ];
}

async function checkClient(client: FoundClient, context: CheckContext): Promise<Finding> {
  const { machine, offline } = context;
  const { id, label, scope, path, entry, how, problem: fault, reads } = client;
  const title = scope === 'user' ? label : `${label} (project)`;
  const { ok, warning, problem } = findingsOf(`client:${id}:${scope}`, title);
  const again = installCommand(client, machine);
  const fix = () => repairOf(client, context);
  if (reads) {
    const detail = `hugwire is in ${path}, but this ${label} reads ${reads}`;
    return warning(detail, `Set it up there: \`${again}\`.`, await fix());
  }
  if (fault) {
    const told = fault.startsWith(path) ? fault : `${path}: ${fault}`;
    return (entry ? problem : warning)(told, 'Correct the file: until then the client may not start any server.');
  }
  // One of the two is there.
  if (!entry) return ok(path);
  const missing = await findMissing(entry, machine);
  if (missing) {
    const detail = `${missing}, so it cannot start hugwire (${path})`;
    return problem(detail, `Set it up again: \`${again}\`.`, await fix());
  }
  const passing = [entry.command, ...entry.args].find(isThrowaway);
  if (passing) {
    const detail = `${passing} exists now, but may be removed any day (${path})`;
    return warning(detail, `Use paths that last: \`npm install -g hugwire\`, then \`${again} --direct\`.`);
  }
  // The PATH that an entry sets is not read: other variables beside it may be secrets.
  if (DESKTOP.has(id) && !entry.env.includes('PATH')) {
    const unseen = await findUnseen(entry, machine);
    if (unseen) {
      const detail = `${unseen} is on the PATH of your shell, but not of programs started from the desktop (${path})`;
      return warning(detail, `If it says "spawn ${unseen} ENOENT": \`${again} --direct\`.`);
    }
  }
  const command = [entry.command, ...entry.args].join(' ');
  if (how !== 'npx' || (await isInNpxCache(machine))) return ok(`starts \`${command}\``);
  const told = `starts \`${command}\`, which is not in the cache of npx yet`;
  if (offline !== undefined) return warning(told, `It cannot be fetched while offline: \`${again} --direct\`.`);
  return ok(
    told,
    'The first start downloads it and may take longer than the client waits; if so, start the client again.',
  );
}

/** The command that sets a client up again, with the options in its entry. */
function installCommand({ id, scope, name = 'hugwire', entry }: FoundClient, machine: Machine): string {
  const words = [
    ...['hugwire', 'install', id],
    ...(scope === 'project' ? ['--project'] : []),
    ...(name === 'hugwire' ? [] : ['--name', name]),
    ...flagsOf(entry).slice(1),
  ];
  return quoteWords(words, machine);
}

/**
 * What sets a client up anew, with the hugwire that runs, where that is sure to start.
 * @returns undefined for a project's file, which other machines have too
 */
async function repairOf(client: FoundClient, { machine, server }: CheckContext): Promise<Finding['fix']> {
  const { id, scope, path, reads, name = 'hugwire', entry } = client;
  const [script = ''] = server.args;
  const { command, args } = launchOf({ direct: isInstalled(script), node: server.command, script }, machine);
  const launch = { command, args: [...args, ...flagsOf(entry)] };
  if (scope === 'project' || (await findMissing({ ...launch, env: [] }, machine))) return undefined;
  return () => applyChange({ client: getClient(id), path: reads ?? path, name, launch });
}

/** What an entry says of the server: `serve` and all that follows. */
function flagsOf(entry: EntryFacts | undefined): string[] {
  const { args = [] } = entry ?? {};
  return args.includes('serve') ? args.slice(args.indexOf('serve')) : [];
}

/** What an entry needs and this machine does not have. */
async function findMissing(entry: EntryFacts, machine: Machine): Promise<string | undefined> {
  const { isAbsolute } = pathsOf(machine);
  for (const { command, args } of resolveLaunch(entry)) {
    if (!(await findCommand(command, searchPath(machine), machine))) {
      return isAbsolute(command) ? `${command} is not there` : `${command} is not on the PATH`;
    }
    const script = args.find((word) => isAbsolute(word) && /hugwire(?:\.js|\.cmd)?$/.test(word));
    if (script !== undefined && !(await exists(script))) return `${script} is not there`;
  }
  return undefined;
}

/** What an entry needs and a program started from the desktop does not find. */
async function findUnseen(entry: EntryFacts, machine: Machine): Promise<string | undefined> {
  for (const { command } of resolveLaunch(entry)) {
    if (!(await findCommand(command, desktopPath(machine), machine))) return command;
  }
  return undefined;
}

/** A program may be only on the desktop's PATH. */
const searchPath = (machine: Machine) => [pathOf(machine.env), desktopPath(machine)].join(pathsOf(machine).delimiter);

/** Installed clients without hugwire, which is not a fault. */
function others(clients: readonly FoundClient[], used: boolean): Finding[] {
  const { skipped } = findingsOf('clients', used ? 'Others' : 'Clients');
  const labels = [...new Set(clients.filter(({ scope }) => scope === 'user').map(({ label }) => label))];
  if (labels.length === 0) return used ? [] : [skipped('none found on this machine', 'See `hugwire install --help`.')];
  const more = labels.length > SHOWN ? ` and ${labels.length - SHOWN} more` : '';
  return [skipped(`without hugwire: ${labels.slice(0, SHOWN).join(', ')}${more}`, 'To set one up: `hugwire install`.')];
}

/** Skills that another version of hugwire wrote. Nothing to say of those that are as they should be. */
export async function checkSkills({ machine }: CheckContext): Promise<Finding[]> {
  const { warning } = findingsOf('skill', 'Skill');
  const told = new Map<string, Finding>();
  for (const client of CLIENTS) {
    const target = { client, scope: 'user', machine } as const;
    const path = await findOldSkill(target);
    if (path === undefined || told.has(path)) continue;
    const advice = `Write it anew: \`hugwire install ${client.id} --skill\`.`;
    told.set(
      path,
      warning(`${path} is of another version of hugwire`, advice, () => changeSkill(target, 'write')),
    );
  }
  return [...told.values()];
}
