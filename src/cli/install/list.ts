import { tilde } from '../../config/paths.js';
import { type FoundClient, findClients } from '../../install/find.js';
import { cleanLine } from '../../text/sanitize.js';
import type { CommandResult } from '../output.js';
import { alignColumns } from '../terminal/columns.js';
import type { InstallPlace } from './request.js';

/**
 * `hugwire install --list`: the clients on this machine, and how hugwire is in them.
 * @param json print all that are known, as data
 * @param width of the terminal; unset: nothing is cut
 */
export async function listClients(
  { machine, style }: Pick<InstallPlace, 'machine' | 'style'>,
  { json, width }: { json?: boolean; width?: number },
): Promise<CommandResult> {
  const found = await findClients(machine);
  if (json) return { output: JSON.stringify({ clients: found }, null, 2), exitCode: 0 };
  const here = found.filter(({ present }) => present);
  const others = found.filter(({ present }) => !present).map(({ id }) => id);
  if (here.length === 0) {
    const known = `hugwire knows ${others.join(', ')}.`;
    return { output: `No client was found on this machine.\n${style.dim(known)}`, exitCode: 0 };
  }
  const heading = ['client', 'hugwire', 'file'].map((text) => style.dim(text));
  const rows = here.map((one) => [style.bold(one.id), stateOf(one, style), tilde(one.path, machine.home)]);
  const missing = here.find(({ entry, problem }) => !entry && !problem);
  const next = missing ? `\n\nNext: ${style.cyan(`npx hugwire install ${missing.id}`)}` : '';
  return { output: alignColumns([heading, ...rows], width).join('\n') + next, exitCode: 0 };
}

function stateOf({ scope, how, name, path, problem }: FoundClient, style: InstallPlace['style']): string {
  // The path stands in a column of its own.
  if (problem) return style.red(cleanLine(problem.replace(`${path} `, ''), 80));
  if (!how) return style.dim('no');
  const own = name === 'hugwire' ? '' : ` as ${cleanLine(name, 40)}`;
  return style.green(`yes, ${how}${own}${scope === 'project' ? ', this project' : ''}`);
}
