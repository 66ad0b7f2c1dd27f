import type { Command } from 'commander';
import { proposalsDirectory } from '../config/paths.js';
import { findTool } from '../engine/call.js';
import { createRuntime } from '../engine/runtime.js';
import { cancelled } from '../lib/errors.js';
import { formatDuration } from '../lib/format.js';
import { log } from '../lib/log.js';
import { cleanLine, cleanText, hide } from '../lib/text.js';
import { type Proposal, ProposalStore } from '../sessions/proposals.js';
import { applyProposal } from '../tools/writing.js';
import { codeOf } from './call.js';
import type { World } from './context.js';
import { nameCommands } from './name-commands.js';
import { confirm, openPrompts } from './prompts.js';
import { alignColumns, type CommandResult, catchInterrupts, JSON_OPTION, type JsonOption, print } from './terminal.js';

/** `hugwire write`. */
export function wire(command: Command, world: World): void {
  const store = new ProposalStore(proposalsDirectory(world.paths));
  command
    .command('list')
    .description('list the changes that are waiting for you; they expire after an hour')
    .option(...JSON_OPTION)
    .action(async (options: JsonOption) => print(listProposals(await store.list()), options));
  command
    .command('show')
    .description('show what a change would do')
    .argument('<id>', 'such as w_3f9k12ab')
    .option(...JSON_OPTION)
    .action(async (id: string, options: JsonOption) => print(showProposal(await store.get(id)), options));
  command
    .command('apply')
    .description('make a change')
    .argument('<id>', 'such as w_3f9k12ab')
    .option('--yes', 'do not ask')
    .option(...JSON_OPTION)
    .action(async (id: string, { yes, ...options }: { yes?: boolean } & JsonOption) =>
      print(await apply(await store.get(id), store, yes, world), options),
    );
  command
    .command('discard')
    .description('discard a change')
    .argument('<id>', 'such as w_3f9k12ab')
    .option(...JSON_OPTION)
    .action(async (id: string, options: JsonOption) => {
      await store.get(id);
      await store.remove(id);
      print({ text: `Discarded ${id}: nothing was changed.`, data: { id, state: 'discarded' }, exitCode: 0 }, options);
    });
}

const ageOf = ({ createdAt }: Proposal) => formatDuration((Date.now() - createdAt) / 1000);

function listProposals(proposals: readonly Proposal[]): CommandResult {
  const rows = proposals.map((one) => [one.id, one.tool, `${ageOf(one)} ago`, one.message.split('\n')[0] ?? '']);
  return {
    text: rows.length > 0 ? alignColumns(rows).join('\n') : 'No changes are waiting.',
    data: { proposals: proposals.map(({ id, tool, message, createdAt }) => ({ id, tool, message, createdAt })) },
    hint:
      rows.length > 0
        ? '`hugwire write show ID` shows a change in full, `hugwire write apply ID` makes it.'
        : undefined,
    exitCode: 0,
  };
}

function showProposal(proposal: Proposal): CommandResult {
  const { id, tool, input, message } = proposal;
  const words = ['message', 'title', 'text'].map((name) => ({ path: name, text: input[name] }));
  const texts = [...words, ...(Array.isArray(input.files) ? input.files : [])].flatMap(showText);
  return {
    text: [`${id}, proposed by ${tool} ${ageOf(proposal)} ago:`, message, ...texts].join('\n'),
    data: proposal,
    exitCode: 0,
  };
}

/** The new content of a file, or the whole text: whoever decides wants to see it. */
function showText(file: { path?: unknown; text?: unknown }): string[] {
  if (typeof file.text !== 'string') return [];
  return [
    '',
    `${cleanLine(file.path)}:`,
    ...cleanText(file.text)
      .replace(/\n$/, '')
      .split('\n')
      .map((line) => `  ${line}`),
  ];
}

/**
 * `hugwire write apply`: makes a change as the tool would have made it, if it is still what was proposed.
 * @throws HugwireError `cancelled` at Ctrl-C, or why the change fails
 */
async function apply(
  proposal: Proposal,
  store: ProposalStore,
  yes: boolean | undefined,
  world: World,
): Promise<CommandResult> {
  const { env, paths } = world;
  const { id, message } = proposal;
  process.stderr.write(`${message}\n`);
  const unasked = {
    message: `${id} needs your approval, and nobody can be asked here.`,
    hint: `hugwire write apply ${id} --yes`,
  };
  if (!(await confirm('Make this change?', { yes, prompts: openPrompts(env), initial: false, unasked })))
    return { text: `Nothing was changed; ${id} is still waiting.`, data: { id, state: 'declined' }, exitCode: 1 };
  const { readOnly } = world.options();
  const loaded = world.load();
  const { spaces } = loaded.config;
  // A download that went on as a job would end with this command.
  const config = { ...loaded.config, spaces: { ...spaces, waitSeconds: spaces.maxSeconds } };
  const runtime = createRuntime({ loaded: { ...loaded, config }, env, paths, readOnly, log });
  const controller = new AbortController();
  const release = catchInterrupts(() => controller.abort());
  try {
    const tool = findTool(runtime, proposal.tool);
    const ctx = runtime.context(controller.signal, ({ message: step }) => step && log(step));
    const result = await applyProposal(proposal, tool, ctx, () => store.remove(id));
    if (codeOf(result) === 'cancelled' && process.exitCode) throw cancelled();
    const clean = (text: string, secrets: ReadonlySet<string>) => [...secrets].reduce(hide, text);
    const secrets = await runtime.secrets();
    const data = JSON.parse(clean(JSON.stringify(result.data ?? {}), secrets)) as object;
    return {
      text: result.isError ? nameCommands(clean(result.text, secrets)) : clean(result.text, secrets),
      data,
      exitCode: result.isError ? 1 : 0,
    };
  } finally {
    release();
    await runtime.close();
  }
}
