import { CLIENTS, type Client } from '../src/install/clients.js';
import type { Launch } from '../src/install/launch.js';
import type { Machine } from '../src/install/machine.js';
import { renderSnippet } from '../src/install/shapes.js';
import { quoteWords } from '../src/lib/platform.js';

const NAME = 'hugwire';
const LAUNCH: Launch = { command: 'npx', args: ['-y', 'hugwire'] };

/** Machines on which paths come out as people write them. */
const MACHINES = [
  ['Linux', { platform: 'linux', home: '~', env: {}, cwd: '.' }],
  ['macOS', { platform: 'darwin', home: '~', env: {}, cwd: '.' }],
  ['Windows', { platform: 'win32', home: '%USERPROFILE%', env: { APPDATA: '%APPDATA%' }, cwd: '.' }],
] as const satisfies [string, Machine][];

/** For the README: links that look like keys and offer a client to add hugwire. */
export function renderButtons(): string {
  return CLIENTS.flatMap(({ label, links = [] }) => {
    const web = links.map((link) => link(NAME, LAUNCH)).filter((link) => link.startsWith('https:'));
    return web.map((link) => `[<kbd> &nbsp;${label.replace(/ \(.*/, '')}&nbsp; </kbd>](${link})\n`);
  }).join('');
}

/** For docs/clients.md: how each client gets hugwire, as blocks that fold. */
export function renderClients(): string {
  const alike = new Map<string, Client[]>();
  for (const client of CLIENTS) {
    const body = renderBody(client);
    alike.set(body, [...(alike.get(body) ?? []), client]);
  }
  return [...alike]
    .map(([body, clients]) => {
      const title = clients.map(({ label }) => label).join(', ');
      return `<details><summary>${title}</summary>\n\n${body}\n</details>\n`;
    })
    .join('');
}

function renderBody(client: Client): string {
  const {
    id,
    user,
    project,
    command,
    settings,
    links = [],
    notes = [],
    npxNotes = [],
    projectNotes = [],
    token,
    skills,
  } = client;
  const hasFile = user !== undefined || project !== undefined;
  const parts: string[] = [];
  if (hasFile) parts.push(`\`npx hugwire install ${id} --write\`${command ? ', or' : ''}`);
  if (command) parts.push(block('sh', quoteWords(command(NAME, LAUNCH), MACHINES[0][1])));
  if (settings) parts.push(`By hand: ${settings}, and paste the JSON above.`);
  if (hasFile) parts.push(...renderFiles(client));
  const web = links.map((link) => link(NAME, LAUNCH)).filter((link) => link.startsWith('https:'));
  parts.push(...web.map((link) => `[Install it by a link](${link})`));
  parts.push(...notes, ...npxNotes, ...projectNotes);
  if (skills) parts.push(`Its skill: \`npx hugwire install ${id} --skill\``);
  if (token) parts.push(`A token, without writing it down: ${token.replace(/"env".*/, '`$&`')}`);
  return parts.join('\n\n');
}

function renderFiles(client: Client): string[] {
  const { format, servers, shape, project } = client;
  const paths = renderPaths(client);
  const projects = project?.map(code).join(' or ');
  const where = paths && projects ? `${paths}; of a project, ${projects}` : (paths ?? projects ?? '');
  const universal = format === 'json' && servers.join() === 'mcpServers' && shape === 'plain';
  if (universal) return [`The file, for the JSON above: ${where}.`];
  return [`The file: ${where}.`, block(format, renderSnippet({ ...client, name: NAME, launch: LAUNCH }))];
}

function renderPaths({ user }: Client): string | undefined {
  if (!user) return undefined;
  const all = MACHINES.map(([label, machine]) => [label, user(machine)] as const);
  const [, usual = []] = all[0] ?? [];
  const spelled = (path: string) => path.replaceAll('\\', '/').replace('%USERPROFILE%', '~');
  if (all.every(([, paths]) => paths.map(spelled).join() === usual.join())) return usual.map(code).join(' or ');
  return all.map(([label, paths]) => `${label} ${paths.map(code).join(' or ')}`).join(', ');
}

const code = (text: string) => `\`${text}\``;

const block = (language: string, text: string) => `\`\`\`${language}\n${text}\n\`\`\``;
