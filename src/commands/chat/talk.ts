import { explainError, HugwireError, toHugwireError } from '../../lib/errors.js';
import { cleanLine } from '../../lib/text.js';
import { screenOf } from '../terminal.js';
import { askUser } from './ask.js';
import { attachFiles } from './attachments.js';
import { readWords, TWICE_MS, watchKeys } from './input.js';
import { ChatScreen } from './screen.js';
import { type Chat, type Onlooker, type Said, wordsOf } from './session.js';
import { describeModel, recall, runSlash, SLASHES, type Talk } from './slash.js';

interface TalkOptions {
  env: NodeJS.ProcessEnv;
  /** What to tell before the first word. */
  notes: readonly string[];
  token(): Promise<string | undefined>;
  /** Whether the conversation is there later, unlike those of the demo world. */
  lasts: boolean;
}

/** What an answer that is not whole lacks, and what to do. */
const REASONS: Record<NonNullable<Said['outcome']['reason']>, string> = {
  max_tool_calls: 'It has used all its steps (assistants.limits.steps). Say “go on” to let it.',
  max_output_tokens: 'The answer was cut: it is as long as the model may write. Say “go on” for the rest.',
  content_filter: 'Whoever runs the model held the rest back.',
  max_tokens: 'The tokens of one turn are used up (assistants.limits.tokens). Say “go on” to let it.',
  max_seconds: 'The time of one turn is used up (assistants.limits.seconds). Say “go on” to let it.',
};

/**
 * What is to be told when a turn ended otherwise than with a whole answer.
 * @param id of the conversation, where what waits can be decided on
 * @returns undefined when all is well
 */
export function describeEnd({ outcome, output }: Said, id: string | undefined): string | undefined {
  const { status, reason, error } = outcome;
  if (status === 'cancelled') return 'Stopped. What was said so far is kept.';
  if (status === 'failed')
    return error && explainError(new HugwireError(error.code as 'internal', error.message, { hint: error.hint }));
  if (status === 'incomplete') return reason && REASONS[reason];
  const waiting = output.filter((item) => item.type === 'mcp_approval_request');
  if (waiting.length === 0) return undefined;
  const calls = waiting.map((item) => `${item.name} ${cleanLine(item.arguments, 120)}`).join(', ');
  return `Not run, since you must agree first: ${calls}\nNext: hugwire chat --resume ${id}, then /approve; or let it run without a question: hugwire config set assistants.tools.${waiting[0]?.name} allow`;
}

/** A conversation at the terminal, until the user leaves. */
export async function talk(chat: Chat, { env, notes, token, lasts }: TalkOptions): Promise<void> {
  const { stdin, stdout } = process;
  const live = env.TERM !== 'dumb';
  const screen = new ChatScreen({ ...screenOf(stdout, env), write: (text) => stdout.write(text), live });
  const { style } = screen.canvas;
  const history = await greet(chat, screen, notes);
  let leaves = false;
  let stoppedAt = Number.NEGATIVE_INFINITY;
  const session: Talk = {
    chat,
    screen,
    env,
    draft: '',
    async during(work) {
      const controller = new AbortController();
      const stop = () => {
        leaves ||= performance.now() - stoppedAt < TWICE_MS;
        stoppedAt = performance.now();
        controller.abort();
      };
      let release = watchKeys(stdin, stop);
      const give = () => {
        const ahead = release();
        session.draft = [session.draft, ahead.words].filter(Boolean).join(' ');
        leaves ||= ahead.leaves;
      };
      process.on('SIGINT', stop);
      const pause = () => {
        give();
        return () => {
          release = watchKeys(stdin, stop);
        };
      };
      const onlooker: Onlooker = {
        signal: controller.signal,
        onEvent: (event) => screen.show(event),
        ask: askUser({ env, screen, stop: () => controller.abort(), pause }),
      };
      try {
        return await work(onlooker);
      } finally {
        screen.end();
        process.off('SIGINT', stop);
        give();
      }
    },
    conclude(said) {
      const end = describeEnd(said, chat.id);
      if (end) for (const line of end.split('\n')) screen.line(style.yellow(line));
    },
  };
  const onLeave = () => {
    leaves = true;
    stdin.destroy();
  };
  for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.once(signal, onLeave);
  while (!leaves) {
    const words = await readWords(stdin, stdout, {
      prompt: live ? `${style.cyan('›')} ` : '> ',
      more: live ? `${style.dim('·')} ` : '. ',
      initial: session.draft,
      interruptedAt: stoppedAt,
      history,
      complete: (line) =>
        Object.keys(SLASHES)
          .map((name) => `/${name} `)
          .filter((one) => one.startsWith(line)),
      onInterrupt: () => screen.note('Ctrl-C once more, or Ctrl-D, to leave.'),
    });
    session.draft = '';
    if (words === undefined) break;
    if (words.trim() === '') continue;
    try {
      if (isSlash(words)) leaves = (await runSlash(words, session)) || leaves;
      else await say(words, session, token);
    } catch (error) {
      screen.end();
      const { code, message, hint } = toHugwireError(error);
      if (code === 'cancelled') screen.note('Stopped.');
      else for (const line of [message, hint]) if (line) screen.line(style.yellow(line));
    }
    screen.line();
  }
  for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.off(signal, onLeave);
  if (chat.id !== undefined && lasts) screen.note(`To go on: hugwire chat --resume ${chat.id}`);
}

/** Says who is there. @returns what the user said before, the newest first */
async function greet(chat: Chat, screen: ChatScreen, notes: readonly string[]): Promise<string[]> {
  const { style } = screen.canvas;
  const { name, title, description, greeting, examples } = chat.assistant;
  screen.line();
  screen.line(
    `${style.bold(cleanLine(title ?? name, 60))}${description ? `  ${style.dim(cleanLine(description, 120))}` : ''}`,
  );
  screen.wait('looking for a model');
  const found = await chat.findModel(new AbortController().signal).finally(() => screen.end());
  screen.note(describeModel(found));
  screen.note('/help shows the commands; Ctrl-C stops an answer; Ctrl-D leaves.');
  for (const note of notes) screen.note(cleanLine(note, 400));
  screen.line();
  const thread = await chat.thread();
  if (thread.items.length > 0) recall(thread, screen);
  else if (greeting) screen.line(`${cleanLine(greeting, 1000)}\n`);
  else if (examples.length > 0) screen.note(`Such as: ${examples.map((one) => cleanLine(one, 80)).join(' · ')}\n`);
  return thread.items
    .flatMap(({ item }) => (item.type === 'message' && item.role === 'user' ? [wordsOf(item)] : []))
    .reverse();
}

/** A command; a path to a file begins with a slash, too. */
const isSlash = (words: string): boolean => /^\/[a-z?]*(?:\s|$)/i.test(words.trim()) && !words.trim().includes('\n');

async function say(
  words: string,
  { chat, screen, during, conclude }: Talk,
  token: TalkOptions['token'],
): Promise<void> {
  const { content, notes } = await attachFiles(words, await token());
  for (const note of notes) screen.note(note);
  conclude(
    await during((onlooker) => {
      screen.wait('thinking');
      return chat.say(content, onlooker);
    }),
  );
}
