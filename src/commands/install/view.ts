import { posix, win32 } from 'node:path';
import type { Client, Scope } from '../../install/clients.js';
import { type Launch, launchKind } from '../../install/launch.js';
import type { Machine } from '../../install/machine.js';
import type { Applied, Plan } from '../../install/plan.js';
import { renderSnippet, type ServerEntry } from '../../install/shapes.js';
import { isMapping } from '../../lib/documents/document.js';
import { quoteWords } from '../../lib/platform.js';
import { cleanText, cutText, redact } from '../../lib/text.js';
import type { Style } from '../terminal.js';

/** What is changed. */
export interface InstallTarget {
  client: Client;
  /** Key of the server. */
  name: string;
  scope: Scope;
  /** The client's file; unset where it has none. */
  path?: string;
  /** Unset: hugwire is to be removed. */
  launch?: Launch;
  machine: Machine;
  /** Whether the running hugwire stays where it is. */
  installed: boolean;
  /** Options on how to start it, repeated in the next command. */
  flags: readonly string[];
}

/**
 * What a person sees before anything is written: the change, other ways to make it, and the next step.
 * @param asks whether a question follows; it is the next step then
 */
export function renderPlan(target: InstallTarget, plan: Plan | undefined, style: Style, asks = false): string {
  const { client, path, launch } = target;
  const head = style.bold(client.label) + (path === undefined ? '' : `  ${style.dim(path)}`);
  const blocks = [head, plan ? renderChange(plan, style) : renderSteps(target, style)];
  if (launch) blocks.push(renderWays(target, plan, style, asks));
  return `${blocks.filter(Boolean).join('\n\n')}\n`;
}

function renderChange({ status, entry, before, after }: Plan, style: Style): string {
  if (status === 'unchanged') return `hugwire is ${entry ? 'already' : 'not'} there; nothing to change.`;
  const paint = { '+': style.green, '-': style.red, ' ': style.dim };
  const note =
    before === undefined ? ['The file will be created:'] : after === undefined ? ['The file will be removed:'] : [];
  const lines = compareLines(before ?? '', after ?? '').map(({ sign, text }) =>
    paint[sign](`${sign} ${text}`.trimEnd()),
  );
  return [...note, ...lines].join('\n');
}

/** For clients without a file. */
function renderSteps(target: InstallTarget, style: Style): string {
  const { client, name, launch } = target;
  if (!launch) return '';
  const command = ownCommand(target);
  if (command) return `Run:\n  ${style.cyan(command)}`;
  return `Settings: ${client.settings}. Paste:\n\n${style.cyan(renderSnippet({ ...client, name, launch }))}`;
}

function renderWays(target: InstallTarget, plan: Plan | undefined, style: Style, asks: boolean): string {
  const { client } = target;
  const command = ownCommand(target);
  const ways: [label: string, way: string | undefined][] = [
    ['Write it', asks ? undefined : style.cyan(nextCommand(target, '--write'))],
    ['Or run', command && style.cyan(command)],
    ['Or a link', client.links && style.cyan(nextCommand(target, '--link'))],
    ['Or by hand', client.settings],
  ];
  const open = plan !== undefined && plan.status !== 'unchanged';
  const lines = ways.flatMap(([label, way]) => (open && way ? [`${style.bold(label.padEnd(11))} ${way}`] : []));
  const notes = [
    ...notesOf(target),
    ...(plan && client.token ? [`To pass HF_TOKEN on without writing its value down: ${client.token}.`] : []),
  ];
  return [...lines, ...notes.map((note) => style.dim(note))].join('\n');
}

function ownCommand({ client, name, launch, scope, machine }: InstallTarget): string | undefined {
  const command = scope === 'user' ? client.command : client.projectCommand;
  return launch && command && quoteWords(command(name, launch), machine);
}

function nextCommand({ client, flags, machine }: InstallTarget, option: string): string {
  return quoteWords(['npx', 'hugwire', 'install', client.id, ...flags, option], machine);
}

/** What npx costs, as `npm run bench` measures it. */
export const NPX_COST = 'npx costs 0.4 s of CPU at each start, and 75 MiB of memory';

function notesOf({ client, scope, flags, launch, installed }: InstallTarget): string[] {
  const { notes = [], npxNotes = [], projectNotes = [] } = client;
  const direct = installed
    ? '`--direct` starts this hugwire without it'
    : `\`npm install -g hugwire\`, then \`hugwire install ${client.id} --direct\`, avoids that`;
  return [
    ...notes,
    ...(flags.includes('--direct') ? [] : npxNotes),
    ...(scope === 'user' && launch && launchKind(launch) === 'npx' ? [`${NPX_COST}; ${direct}.`] : []),
    ...(scope === 'project' ? [...projectNotes, ...sharingNotes(launch)] : []),
  ];
}

/** A project's file is for everybody who has the project, whatever their machine. */
function sharingNotes(launch: Launch | undefined): string[] {
  const { command = '', args = [] } = launch ?? {};
  const shared = 'Everybody who shares this project gets this file';
  if (command === 'cmd') return [`${shared}; \`cmd\` starts on Windows alone: elsewhere use \`npx\` instead.`];
  const own = [command, ...args].find((word) => posix.isAbsolute(word) || win32.isAbsolute(word));
  return own ? [`${shared}; ${own} is a path on this machine.`] : [];
}

const DONE: Record<Plan['status'], string> = {
  added: 'hugwire was added to',
  updated: 'hugwire was updated in',
  removed: 'hugwire was removed from',
  unchanged: '',
};

/** What a person sees when the change is made. */
export function renderApplied(target: InstallTarget, done: Applied, style: Style): string {
  const { client, path = '', launch } = target;
  if (done.status === 'unchanged') {
    return launch
      ? `${client.label}: hugwire is already there, nothing changed.  ${style.dim(path)}`
      : `${client.label}: hugwire is not there, nothing changed.  ${style.dim(path)}`;
  }
  const gone = done.after === undefined ? '; the file held nothing else and was deleted' : '';
  const lines = [`${style.green('✓')} ${DONE[done.status]} ${style.bold(client.label)}${gone}.  ${style.dim(path)}`];
  if (done.backup) lines.push(style.dim(`  Backup: ${done.backup}`));
  for (const backup of done.left ?? []) lines.push(style.dim(`  ${backup} stays: it holds what the file does not.`));
  if (launch) for (const note of notesOf(target)) lines.push(style.dim(`  ${note}`));
  if (done.status === 'added') lines.push(`  Try asking: ${style.cyan('What is trending on Hugging Face today?')}`);
  return lines.join('\n');
}

/** The same as data. */
export function describeOutcome(
  target: InstallTarget,
  plan: Applied | undefined,
  entry: ServerEntry | undefined,
  written: boolean,
): object {
  const { client, name, scope, path, launch } = target;
  return {
    client: client.id,
    label: client.label,
    name,
    scope,
    path,
    exists: plan ? plan.before !== undefined : undefined,
    status: plan?.status,
    written,
    backup: plan?.backup,
    left: plan?.left,
    entry,
    how: launch && launchKind(launch),
    command: ownCommand(target),
    links: launch && client.links?.map((link) => link(name, launch)),
    settings: client.settings,
    notes: notesOf(target),
  };
}

/** An entry without the values of variables and headers, which may be secrets. */
export function maskEntry(entry: ServerEntry | undefined): ServerEntry | undefined {
  if (entry === undefined) return undefined;
  const hidden = (value: Record<string, unknown>) => Object.fromEntries(Object.keys(value).map((key) => [key, '…']));
  return Object.fromEntries(
    Object.entries(entry).map(([key, value]) => [key, isMapping(value) ? hidden(value) : value]),
  );
}

/** A line of a comparison: taken away, added, or there before and after. */
interface ComparedLine {
  sign: '-' | '+' | ' ';
  text: string;
}

const CONTEXT = 2;
const MAX_LENGTH = 160;
/** Values of such keys are other servers' secrets, which nobody needs to see. */
const SECRET = /((?:key|token|secret|passw(?:or)?d|credential|authorization)\w{0,40}["']?\s*[:=]\s*)[^\s[{].*/i;

/**
 * Compares two states of a text that differ in one place. Values that may be secrets are left out. A comma at the end of
 * a line makes no difference: it comes and goes with the line after it.
 * @returns the lines that differ, with a few around them
 */
export function compareLines(before: string, after: string): ComparedLine[] {
  const [old, fresh] = [split(before), split(after)];
  const same = (one = '', other = '') => one.replace(/,\s*$/, '') === other.replace(/,\s*$/, '');
  const most = Math.min(old.length, fresh.length);
  let start = 0;
  while (start < most && same(old[start], fresh[start])) start++;
  let end = 0;
  while (end < most - start && same(old.at(-1 - end), fresh.at(-1 - end))) end++;
  const show = (sign: ComparedLine['sign'], lines: string[]) => lines.map((text) => ({ sign, text: mask(text) }));
  const tail = fresh.length - end;
  return [
    ...show(' ', fresh.slice(Math.max(0, start - CONTEXT), start)),
    ...show('-', old.slice(start, old.length - end)),
    ...show('+', fresh.slice(start, tail)),
    ...show(' ', fresh.slice(tail, tail + CONTEXT)),
  ];
}

function split(text: string): string[] {
  const lines = text.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/);
  return lines.at(-1) === '' ? lines.slice(0, -1) : lines;
}

const mask = (line: string) => cutText(redact(cleanText(line)).replace(SECRET, '$1…'), MAX_LENGTH);
