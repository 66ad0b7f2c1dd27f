import { type FoundClient, findClients } from '../../install/find.js';
import { isThrowaway, resolveLaunch } from '../../install/launch.js';
import {
  desktopPath,
  exists,
  findCommand,
  isInNpxCache,
  type Machine,
  pathOf,
  pathsOf,
} from '../../install/machine.js';
import type { EntryFacts } from '../../install/shapes.js';
import { quoteWords } from '../../lib/platform.js';
import { type CheckContext, type Finding, findingsOf } from './check.js';

/** Clients that are started from the desktop, without the PATH of a shell. */
const DESKTOP = new Set(['claude-desktop', 'lmstudio', 'windsurf', 'antigravity', 'goose', 'junie', 'jetbrains']);
const SHOWN = 6;

/** Which clients have hugwire, and whether they can start it. */
export async function checkClients({ machine, offline }: CheckContext): Promise<Finding[]> {
  const clients = (await findClients(machine)).filter(({ present }) => present);
  const using = clients.filter(({ entry }) => entry !== undefined);
  const checked = await Promise.all(
    clients.filter(({ entry, problem }) => entry ?? problem).map((client) => checkClient(client, machine, offline)),
  );
  return [
    ...checked,
    ...others(
      clients.filter(({ entry, problem }) => !entry && !problem),
      using.length > 0,
    ),
  ];
}

async function checkClient(client: FoundClient, machine: Machine, offline: string | undefined): Promise<Finding> {
  const { id, label, scope, path, entry, how, problem: fault, reads } = client;
  const title = scope === 'user' ? label : `${label} (project)`;
  const { ok, warning, problem } = findingsOf(`client:${id}:${scope}`, title);
  const again = installCommand(client, machine);
  if (reads)
    return warning(`hugwire is in ${path}, but this ${label} reads ${reads}`, `Set it up there: \`${again}\`.`);
  if (fault) {
    const told = fault.startsWith(path) ? fault : `${path}: ${fault}`;
    return (entry ? problem : warning)(told, 'Correct the file: until then the client may not start any server.');
  }
  // One of the two is there.
  if (!entry) return ok(path);
  const missing = await findMissing(entry, machine);
  if (missing) return problem(`${missing}, so it cannot start hugwire (${path})`, `Set it up again: \`${again}\`.`);
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
  const args = entry?.args ?? [];
  const words = [
    ...['hugwire', 'install', id],
    ...(scope === 'project' ? ['--project'] : []),
    ...(name === 'hugwire' ? [] : ['--name', name]),
    ...(args.includes('serve') ? args.slice(args.indexOf('serve') + 1) : []),
  ];
  return quoteWords(words, machine);
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
