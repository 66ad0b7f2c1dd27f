import { rm, rmdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Command } from 'commander';
import { configSchema } from '../config/schema.js';
import { writeInstructions } from '../engine/service.js';
import type { Client, Scope } from '../install/clients.js';
import { type Machine, pathsOf } from '../install/machine.js';
import { HugwireError } from '../lib/errors.js';
import { changeFile, fileFailure, readText } from '../lib/files.js';
import { VERSION } from '../lib/version.js';
import { TOOLS } from '../tools/index.js';
import { pinnedTools } from '../tools/pinned.js';
import { OPT_IN } from '../tools/tool.js';
import type { World } from './context.js';
import { type CommandResult, JSON_OPTION, type JsonOption, print } from './terminal.js';

/** `hugwire skill`. */
export function wire(command: Command, _world: World): void {
  command
    .option(...JSON_OPTION)
    .addHelpText('after', '\n`hugwire install CLIENT --skill` writes it where that client reads skills.')
    .action((options: JsonOption) => {
      const skill = renderSkill();
      print({ text: skill.trimEnd(), data: { name: NAME, version: VERSION, skill }, exitCode: 0 }, options);
    });
}

/** Of the skill, and of its folder, which has to be the same. */
const NAME = 'hugwire';
/** Tells hugwire's own file from one that somebody else has written. */
const MARK = '<!-- Made by `hugwire skill`';

/**
 * The skill: what hosts that show a model no instructions of servers can tell it instead. Made of those instructions and of
 * the tools that a fresh install has.
 * @returns the text of SKILL.md
 */
export function renderSkill(): string {
  const [about = '', ...rest] = writeInstructions(false).split('\n\n');
  const { tools: pinned } = pinnedTools(configSchema.parse({}).spaces.pinned, { entries: [], altered: [] });
  const on = [...TOOLS, ...pinned].filter(({ toolset }) => !OPT_IN.includes(toolset));
  const lines = on.map(({ name, description }) => `- ${name}: ${description.split('. ', 1)[0]?.replace(/\.$/, '')}`);
  return `---
name: ${NAME}
description: ${JSON.stringify(about)}
---
${MARK} ${VERSION} -->

Tools of the MCP server \`hugwire\`:
${lines.join('\n')}

${rest.join('\n\n')}
- Files that Spaces return are saved on this computer: tell the user the path.
- A long run answers with a job id: call space_result, do not start it again.
- Off until the user runs \`hugwire tools enable NAME\`: ${OPT_IN.join(', ')}.
- Without the server, in a shell: \`npx -y hugwire call hub_search query=whisper\`, \`npx -y hugwire tools info NAME\`.
`;
}

/** Whose skill it is, and where. */
export interface SkillTarget {
  client: Client;
  scope: Scope;
  machine: Machine;
}

/**
 * Where a client reads the skill of hugwire.
 * @returns undefined when it is not known to read skills
 */
export function skillPath({ client, scope, machine }: SkillTarget): string | undefined {
  const { join } = pathsOf(machine);
  const { skills } = client;
  return skills && join(scope === 'user' ? skills.user(machine) : join(machine.cwd, skills.project), NAME, 'SKILL.md');
}

/**
 * Looks for a skill that hugwire wrote and would write otherwise now.
 * @returns its path
 */
export async function findOldSkill(target: SkillTarget): Promise<string | undefined> {
  const path = skillPath(target);
  const text = path && (await readText(path).catch(() => undefined));
  return text?.includes(MARK) && text !== renderSkill() ? path : undefined;
}

/**
 * `hugwire install CLIENT --skill`, and the same of `hugwire uninstall`.
 * @param action what is to become of the skill
 * @param dryRun only tell
 * @throws HugwireError `invalid_arguments` when the client is not known to read skills, or the file there is not hugwire's
 */
export async function changeSkill(
  target: SkillTarget,
  action: 'write' | 'remove',
  dryRun = false,
): Promise<CommandResult> {
  const { label, id } = target.client;
  const path = skillPath(target);
  if (path === undefined) {
    throw new HugwireError('invalid_arguments', `hugwire does not know where ${label} reads skills.`, {
      hint: '`hugwire skill` prints it: save it as hugwire/SKILL.md in its folder of skills.',
    });
  }
  const before = await readText(path);
  if (before !== undefined && !before.includes(MARK)) {
    throw new HugwireError('invalid_arguments', `${path} was not written by hugwire, so it is left alone.`, {
      hint: 'Move it away, then run the command again.',
    });
  }
  const skill = renderSkill();
  const changes = action === 'write' ? before !== skill : before !== undefined;
  if (changes && !dryRun) await (action === 'write' ? changeFile(path, () => skill) : removeSkill(path));
  const data = { client: id, label, scope: target.scope, path, changes, written: changes && !dryRun };
  return { text: describeSkill(label, path, action, changes, dryRun), data, exitCode: 0 };
}

function describeSkill(label: string, path: string, action: string, changes: boolean, dryRun: boolean): string {
  if (!changes)
    return `${label}: the skill is ${action === 'write' ? 'already' : 'not'} there; nothing to change.  ${path}`;
  if (action === 'remove') return `${label}: the skill ${dryRun ? 'would be' : 'was'} removed.  ${path}`;
  const next = dryRun ? '' : '\nIts next session reads it.';
  return `${label}: the skill ${dryRun ? 'would be' : 'was'} written.  ${path}${next}`;
}

async function removeSkill(path: string): Promise<void> {
  try {
    await rm(path);
    // With other files beside it, the folder is somebody else's too.
    await rmdir(dirname(path)).catch(() => {});
  } catch (cause) {
    throw fileFailure(path, 'removed', cause);
  }
}
