import { type Command, Option } from 'commander';
import { HugwireError } from '../../lib/errors.js';
import { writeNew } from '../../lib/files.js';
import { formatBytes, formatCount, plural } from '../../lib/format.js';
import { cleanLine, quote } from '../../lib/text.js';
import { localDay, localTime, readMoment } from '../../lib/time.js';
import type { Conversations } from '../../sessions/conversations.js';
import type { ConversationInfo } from '../../sessions/items.js';
import { readThread } from '../../sessions/thread.js';
import { traceConversation } from '../../sessions/traces.js';
import type { World } from '../context.js';
import { confirm, type Prompts } from '../prompts.js';
import { runWithStores } from '../stores.js';
import { alignColumns, type CommandResult, JSON_OPTION, type JsonOption, type View, wholeNumber } from '../terminal.js';
import { describeContext, renderMarkdown, renderText } from './render.js';

const ID = 'its id, the start of it, or last';
const OWNER_OPTION = ['--owner <name>', 'only those of this owner: local, or that of a key'] as const;

export interface ConversationsContext extends View {
  stores: readonly Conversations[];
  prompts?: Prompts;
  now: Date;
}

/** `hugwire conversations`. */
export function wire(command: Command, world: World): void {
  const run = (work: (context: ConversationsContext) => Promise<CommandResult>, options: JsonOption = {}) =>
    runWithStores(world, options, ({ conversations, ...context }) =>
      work({ stores: conversations, ...context, now: new Date() }),
    );
  command
    .command('list')
    .description('list conversations with assistants, newest first')
    .option('--assistant <name>', 'only those with this assistant')
    .option(...OWNER_OPTION)
    .option('--limit <count>', 'how many at most', wholeNumber(1))
    .option(...JSON_OPTION)
    .action((options: ListConversationsOptions & JsonOption) =>
      run((context) => listConversations(options, context), options),
    );
  command
    .command('show')
    .description('show what was said and done in a conversation')
    .argument('[id]', ID, 'last')
    .option(...OWNER_OPTION)
    .option(...JSON_OPTION)
    .action((id: string, options: OwnerOption & JsonOption) =>
      run((context) => showConversation(id, options, context), options),
    );
  command
    .command('export')
    .description("write a conversation out; traces is what the Hub's viewer of sessions reads")
    .argument('[id]', ID, 'last')
    .addOption(
      new Option('--format <form>', 'in which form').choices(['json', 'markdown', 'traces']).default('markdown'),
    )
    .option(...OWNER_OPTION)
    .option('-o, --output <file>', 'into this file')
    .option('--force', 'replace the file if it exists')
    .action((id: string, options: ExportConversationOptions) =>
      run((context) => exportConversation(id, options, context)),
    );
  command
    .command('remove')
    .description('remove conversations')
    .argument('[ids...]', `of each: ${ID}`)
    .option('--older-than <age>', 'all without a message since then, such as 30d')
    .option(...OWNER_OPTION)
    .option('-y, --yes', 'agree without being asked')
    .option(...JSON_OPTION)
    .action((ids: string[], options: RemoveConversationsOptions & JsonOption) =>
      run((context) => removeConversations(ids, options, context), options),
    );
}

interface OwnerOption {
  owner?: string;
}

export interface ListConversationsOptions extends OwnerOption {
  assistant?: string;
  limit?: number;
}

const LIMIT = 20;
/** Characters of an id in the list; enough of it to name the conversation. */
const SHORT = 24;

/** `hugwire conversations list`. */
export async function listConversations(
  { assistant, owner, limit = LIMIT }: ListConversationsOptions,
  context: ConversationsContext,
): Promise<CommandResult> {
  // Of a long list the end need not be read to show its beginning.
  const most = assistant === undefined ? limit + 1 : undefined;
  const found = await findAll(context, { owner, limit: most });
  const all = found.filter((info) => (assistant ?? info.assistant) === info.assistant);
  const shown = all.slice(0, limit);
  const { style, width, now } = context;
  if (shown.length === 0) {
    const isFiltered = assistant !== undefined || owner !== undefined;
    return {
      text: isFiltered ? 'No conversation fits.' : 'There are no conversations yet.',
      data: { conversations: [] },
      hint: isFiltered ? undefined : '`hugwire chat` starts one.',
      exitCode: 0,
    };
  }
  const hasOthers = shown.some((info) => info.owner !== 'local');
  const hasWindow = shown.some((info) => describeContext(info) !== '');
  const names = [
    'id',
    'last',
    'assistant',
    ...(hasOthers ? ['owner'] : []),
    'messages',
    'calls',
    'tokens',
    ...(hasWindow ? ['context'] : []),
    'title',
  ];
  const rows = shown.map((info) => [
    style.bold(shortId(info.id, all)),
    describeDay(new Date(info.lastAt), now),
    cleanLine(info.assistant, 24),
    ...(hasOthers ? [cleanLine(info.owner, 24)] : []),
    String(info.messages),
    String(info.calls),
    formatCount(info.usage.input + info.usage.output),
    ...(hasWindow ? [describeContext(info)] : []),
    info.title,
  ]);
  return {
    text: alignColumns([names.map((name) => style.dim(name)), ...rows], width).join('\n'),
    data: { conversations: shown },
    hint: all.length > shown.length ? 'There are more: a higher --limit shows them.' : undefined,
    exitCode: 0,
  };
}

/** As much of an id as tells it from the others. */
function shortId(id: string, all: readonly ConversationInfo[]): string {
  const short = id.slice(0, SHORT).trim();
  const isPlain = short === id || all.filter((one) => one.id.startsWith(short)).length === 1;
  return cleanLine(isPlain ? short : id, 256);
}

function describeDay(at: Date, now: Date): string {
  return `${localDay(at) === localDay(now) ? 'today     ' : localDay(at)} ${localTime(at).slice(0, 5)}`;
}

async function findAll(
  { stores }: ConversationsContext,
  filter: { owner?: string; limit?: number },
): Promise<ConversationInfo[]> {
  const found = await Promise.all(stores.map((store) => store.list(filter)));
  return found.flat().sort((one, other) => other.lastAt - one.lastAt);
}

/**
 * The conversation that somebody means.
 * @throws HugwireError `not_found`; `invalid_arguments` when several are meant
 */
async function find(
  wanted: string,
  owner: string | undefined,
  context: ConversationsContext,
): Promise<ConversationInfo> {
  const all = await findAll(context, { owner, limit: wanted === 'last' ? 1 : undefined });
  const exact = wanted === 'last' ? all.slice(0, 1) : all.filter(({ id }) => id === wanted);
  const found = exact.length > 0 || wanted === '' ? exact : all.filter(({ id }) => id.startsWith(wanted));
  const [first, ...others] = found;
  if (first && others.length === 0) return first;
  if (!first) {
    const none =
      all.length === 0
        ? 'There are no conversations yet.'
        : `There is no conversation ${quote(cleanLine(wanted, 60))}.`;
    throw new HugwireError('not_found', none, { hint: '`hugwire conversations list` shows them.' });
  }
  const isSame = found.every(({ id }) => id === first.id);
  throw new HugwireError(
    'invalid_arguments',
    `${found.length} conversations ${isSame ? 'are called' : 'begin with'} ${quote(cleanLine(wanted, 60))}.`,
    {
      hint: isSame
        ? `Add --owner: ${found.map((one) => cleanLine(one.owner, 60)).join(', ')}.`
        : `Give more of the id: ${found
            .slice(0, 5)
            .map(({ id }) => cleanLine(id, 60))
            .join(', ')}${found.length > 5 ? ', …' : ''}.`,
    },
  );
}

async function readOne(wanted: string, { owner }: OwnerOption, context: ConversationsContext) {
  const info = await find(wanted, owner, context);
  for (const store of context.stores) {
    const conversation = await store.open(info.id, info.owner);
    if (conversation) return { info, thread: readThread(await conversation.read()) };
  }
  throw new HugwireError('not_found', `The conversation ${quote(cleanLine(info.id, 60))} was just removed.`);
}

/** `hugwire conversations show`. */
export async function showConversation(
  id: string,
  options: OwnerOption,
  context: ConversationsContext,
): Promise<CommandResult> {
  const { info, thread } = await readOne(id, options, context);
  return {
    text: renderText(info, thread, context).join('\n'),
    data: { ...info, items: thread.items },
    exitCode: 0,
  };
}

export interface ExportConversationOptions extends OwnerOption {
  format: 'json' | 'markdown' | 'traces';
  output?: string;
  force?: boolean;
}

/** `hugwire conversations export`. */
export async function exportConversation(
  id: string,
  options: ExportConversationOptions,
  context: ConversationsContext,
): Promise<CommandResult> {
  const { format, output, force = false } = options;
  const { info, thread } = await readOne(id, options, context);
  const { items, responses, summary } = thread;
  const text = {
    json: () => JSON.stringify({ ...info, items, responses: [...responses.values()], summary }, null, 2),
    markdown: () => renderMarkdown(info, thread),
    traces: () => traceConversation({ id: info.id, name: info.title || undefined }, thread).join('\n'),
  }[format]();
  if (output === undefined) return { text, exitCode: 0 };
  await writeNew(output, `${text}\n`, force);
  return { text: output, note: `wrote ${plural(items.length, 'item')} to ${output}`, exitCode: 0 };
}

export interface RemoveConversationsOptions extends OwnerOption {
  olderThan?: string;
  yes?: boolean;
}

/** `hugwire conversations remove`. */
export async function removeConversations(
  ids: readonly string[],
  { olderThan, owner, yes }: RemoveConversationsOptions,
  context: ConversationsContext,
): Promise<CommandResult> {
  if ((ids.length === 0) === (olderThan === undefined)) {
    throw new HugwireError('invalid_arguments', 'Say which: give ids, or --older-than.', {
      hint: 'hugwire conversations remove ID, or hugwire conversations remove --older-than 30d',
    });
  }
  const wanted: ConversationInfo[] = [];
  if (olderThan === undefined) for (const id of ids) wanted.push(await find(id, owner, context));
  else {
    const before = readMoment(olderThan, { edge: 'begin', zone: 'local', now: context.now.getTime() });
    wanted.push(...(await findAll(context, { owner })).filter(({ lastAt }) => lastAt < before));
  }
  if (wanted.length === 0) return { text: 'Nothing to remove.', data: { removed: [] }, exitCode: 0 };
  const bytes = wanted.reduce((sum, one) => sum + one.bytes, 0);
  const [first] = wanted;
  const what =
    wanted.length === 1 && first
      ? `the conversation ${quote(cleanLine(first.id, 60))} (${plural(first.messages, 'message')})`
      : `${wanted.length} conversations (${formatBytes(bytes)})`;
  const unasked = { message: `This would remove ${what}.`, hint: 'Add --yes to agree.' };
  if (!(await confirm(`Remove ${what}?`, { yes, prompts: context.prompts, initial: false, unasked }))) {
    return { text: 'Nothing was removed.', data: { removed: [] }, exitCode: 0 };
  }
  const removed: { id: string; owner: string }[] = [];
  for (const { id, owner: whose } of wanted) {
    const gone = await Promise.all(context.stores.map((store) => store.remove(id, whose)));
    if (gone.includes(true)) removed.push({ id, owner: whose });
  }
  return { text: `Removed ${plural(removed.length, 'conversation')}.`, data: { removed }, exitCode: 0 };
}
