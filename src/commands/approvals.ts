import type { Command } from 'commander';
import { HugwireError } from '../lib/errors.js';
import { formatDuration } from '../lib/format.js';
import { parseJsonObject } from '../lib/json.js';
import { cleanLine, cleanText, quote } from '../lib/text.js';
import { APPROVAL_LIMITS, type Approval, type ApprovalStore } from '../sessions/approvals.js';
import { LOCAL_OWNER } from '../sessions/conversations.js';
import type { World } from './context.js';
import { confirm, type Prompts } from './prompts.js';
import { runWithStores } from './stores.js';
import { alignColumns, type CommandResult, JSON_OPTION, type JsonOption, type View } from './terminal.js';

const ID = 'its id, the start of it, or last';
const REASON_OPTION = ['--reason <text>', 'say why: the assistant is told'] as const;

export interface ApprovalsContext extends View {
  stores: readonly ApprovalStore[];
  prompts?: Prompts;
}

interface DecideOptions {
  reason?: string;
  yes?: boolean;
}

/** `hugwire approvals`. */
export function wire(command: Command, world: World): void {
  const run = (work: (context: ApprovalsContext) => Promise<CommandResult>, options: JsonOption) =>
    runWithStores(world, options, ({ approvals, ...context }) => work({ stores: approvals, ...context }));
  command
    .command('list')
    .description('list the calls that wait for you, each for ten minutes, and what was decided in the last hour')
    .option(...JSON_OPTION)
    .action((options: JsonOption) => run(listApprovals, options));
  command
    .command('show')
    .description('show what would be done')
    .argument('[id]', ID, 'last')
    .option(...JSON_OPTION)
    .action((id: string, options: JsonOption) =>
      run(async (context) => showApproval((await find(id, context)).approval), options),
    );
  command
    .command('approve')
    .description('allow a call: these arguments, once')
    .argument('<id>', ID)
    .option(...REASON_OPTION)
    .option('-y, --yes', 'agree without being asked')
    .option(...JSON_OPTION)
    .action((id: string, options: DecideOptions & JsonOption) =>
      run((context) => decide(id, true, options, context), options),
    );
  command
    .command('deny')
    .description('refuse a call')
    .argument('<id>', ID)
    .option(...REASON_OPTION)
    .option(...JSON_OPTION)
    .action((id: string, options: DecideOptions & JsonOption) =>
      run((context) => decide(id, false, options, context), options),
    );
}

const SHORT = 13;

async function findAll({ stores }: ApprovalsContext): Promise<{ approval: Approval; store: ApprovalStore }[]> {
  const found = await Promise.all(
    stores.map(async (store) => (await store.list()).map((approval) => ({ approval, store }))),
  );
  return found.flat().sort((one, other) => other.approval.createdAt - one.approval.createdAt);
}

/** `hugwire approvals list`. */
export async function listApprovals(context: ApprovalsContext): Promise<CommandResult> {
  const { style, width } = context;
  const all = (await findAll(context)).map(({ approval }) => approval);
  const rows = all.map((one) => [
    style.bold(shortId(one.id, all)),
    describeState(one),
    cleanLine(one.tool, 60),
    `${cleanLine(one.assistant, 40)} in ${cleanLine(one.conversation, 40)}`,
    cleanLine(one.message.split('\n')[0] || one.arguments, 200),
  ]);
  const waiting = all.filter(({ decision }) => !decision);
  return {
    text: rows.length > 0 ? alignColumns(rows, width).join('\n') : 'Nothing waits.',
    data: { approvals: all },
    hint:
      waiting.length > 0
        ? '`hugwire approvals show ID` shows all of one; approve or deny it with `hugwire approvals approve ID`, `deny ID`.'
        : undefined,
    exitCode: 0,
  };
}

function shortId(id: string, all: readonly Approval[]): string {
  const short = id.slice(0, SHORT);
  return cleanLine(all.filter((one) => one.id.startsWith(short)).length === 1 ? short : id, 60);
}

function describeState({ createdAt, decision }: Approval): string {
  if (decision) return decision.approve ? 'approved' : 'denied';
  return `waits ${formatDuration(Math.max(0, createdAt + APPROVAL_LIMITS.waitMs - Date.now()) / 1000)}`;
}

/** @throws HugwireError `not_found`; `invalid_arguments` when several are meant */
async function find(wanted: string, context: ApprovalsContext): Promise<{ approval: Approval; store: ApprovalStore }> {
  const all = await findAll(context);
  // The last that waits is meant, wherever there is one.
  const last = all.find(({ approval }) => !approval.decision) ?? all[0];
  const found =
    wanted === 'last' ? all.filter((one) => one === last) : all.filter(({ approval }) => approval.id === wanted);
  const begun =
    found.length > 0 || wanted === '' ? found : all.filter(({ approval }) => approval.id.startsWith(wanted));
  const [first, ...others] = begun;
  if (first && others.length === 0) return first;
  const shown = quote(cleanLine(wanted, 60));
  const hint = '`hugwire approvals list` shows what waits.';
  if (first) {
    throw new HugwireError('invalid_arguments', `${begun.length} requests begin with ${shown}.`, { hint });
  }
  const message =
    wanted === 'last'
      ? 'No call waits for you.'
      : `No request ${shown} waits: nobody decided in time, or it never did.`;
  throw new HugwireError('not_found', message, { hint });
}

/** `hugwire approvals show`. */
export function showApproval(approval: Approval): CommandResult {
  const { id, assistant, conversation, owner, server, tool, arguments: given, message, decision } = approval;
  const args = parseJsonObject(given);
  const facts: [string, string][] = [
    ['call', `${cleanLine(tool, 60)}${server === 'hugwire' ? '' : ` of ${cleanLine(server, 60)}`}`],
    [
      'assistant',
      `${cleanLine(assistant, 60)}, conversation ${cleanLine(conversation, 256)}, owner ${cleanLine(owner, 60)}`,
    ],
    [
      'state',
      [
        describeState(approval),
        decision && `by ${cleanLine(decision.by, 60)}`,
        decision?.reason && cleanLine(decision.reason),
      ]
        .filter(Boolean)
        .join(', '),
    ],
  ];
  const lines = [
    cleanLine(id, 60),
    ...alignColumns(facts),
    '',
    'arguments',
    ...indent(args === undefined ? given : JSON.stringify(args, null, 2)),
    ...(message ? ['', 'what it asks', ...indent(message)] : []),
  ];
  return { text: lines.join('\n'), data: approval, exitCode: 0 };
}

const indent = (text: string): string[] =>
  cleanText(text)
    .split('\n')
    .map((line) => `  ${line}`);

/** `hugwire approvals approve` and `deny`. */
export async function decide(
  id: string,
  approve: boolean,
  { reason, yes }: DecideOptions,
  context: ApprovalsContext,
): Promise<CommandResult> {
  const { approval, store } = await find(id, context);
  if (approve && !yes) {
    process.stderr.write(`${showApproval(approval).text}\n\n`);
    const unasked = {
      message: `${cleanLine(approval.id, 60)} needs your approval, and nobody can be asked here.`,
      hint: `hugwire approvals approve ${cleanLine(approval.id, 60)} --yes`,
    };
    const isAgreed = await confirm('Allow this call?', { prompts: context.prompts, initial: false, unasked });
    if (!isAgreed) return { text: 'Nothing was decided.', data: approval, exitCode: 1 };
  }
  const decided = await store.decide(approval, { approve, reason }, LOCAL_OWNER);
  return {
    text: `${approve ? 'Approved' : 'Denied'} ${cleanLine(decided.id, 60)}. The assistant goes on with the next message in its conversation.`,
    data: decided,
    exitCode: 0,
  };
}
