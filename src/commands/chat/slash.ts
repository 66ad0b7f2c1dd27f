import { resolve } from 'node:path';
import { HugwireError } from '../../lib/errors.js';
import { expandHome, writeNew } from '../../lib/files.js';
import { plural } from '../../lib/format.js';
import { nearest } from '../../lib/nearest.js';
import { cleanLine, cutText, showName } from '../../lib/text.js';
import type { Thread } from '../../sessions/thread.js';
import { editText } from '../editor.js';
import { alignColumns } from '../terminal.js';
import type { ChatScreen } from './screen.js';
import { type Chat, type Onlooker, type Said, wordsOf } from './session.js';

/** What a command works with. */
export interface Talk {
  chat: Chat;
  screen: ChatScreen;
  env: NodeJS.ProcessEnv;
  /** What stands in the next line already. */
  draft: string;
  /** Runs work that Ctrl-C stops, with what is shown meanwhile. */
  during<Result>(work: (onlooker: Onlooker) => Promise<Result>): Promise<Result>;
  /** Shows how a turn ended. */
  conclude(said: Said): void;
}

interface Slash {
  /** Of what follows its name. */
  takes?: string;
  does: string;
  /** @returns `leave` when the conversation is over */
  run(talk: Talk, rest: string): Promise<unknown>;
}

/** The commands within a conversation. */
export const SLASHES: Readonly<Record<string, Slash>> = {
  help: {
    does: 'show these commands',
    async run({ screen }) {
      const { style, width } = screen.canvas;
      const rows = Object.entries(SLASHES).map(([name, { takes, does }]) => [
        `  ${style.cyan(`/${name}`)}${takes ? ` ${takes}` : ''}`,
        does,
      ]);
      for (const line of alignColumns(rows, Number.isFinite(width) ? width : undefined)) screen.line(line);
      screen.line();
      screen.note(KEYS);
    },
  },
  tools: {
    does: 'what it may run: without asking, after asking, never',
    async run({ chat, screen }) {
      const { style } = screen.canvas;
      const tools = chat.tools();
      const colours = { allow: style.green, ask: style.yellow, deny: style.red };
      const rows = tools.map(({ name, permission }) => [`  ${name}`, colours[permission](permission)]);
      for (const line of alignColumns(rows)) screen.line(line);
      if (tools.length === 0) screen.line('  none');
      screen.note('For good: hugwire config set assistants.tools.NAME allow|ask|deny');
    },
  },
  model: {
    takes: '[NAME]',
    does: 'which model answers; or another one from now on',
    async run({ chat, screen, during }, rest) {
      await during(async ({ signal }) => {
        const found = await chat.findModel(signal, rest || undefined);
        const listed = await found.list(signal).catch(() => []);
        const names = listed.map(({ id }) => id);
        if (rest && names.length > 0 && !names.includes(found.model.id.replace(/:[a-z][\w-]{0,40}$/, ''))) {
          screen.note(`${showName(found.model.id)} is not among its models.`);
        }
        screen.line(`  ${describeModel(found)}`);
        const { contextLength } = await found.model.info(signal);
        const last = [...(await chat.thread()).responses.values()].at(-1);
        if (last?.context) screen.line(`  ${describeContext(last.context.used, contextLength)}`);
        if (!rest && names.length > 1) {
          const shown = names.slice(0, 12).map((name) => showName(name));
          screen.note(`There: ${shown.join(', ')}${names.length > 12 ? `, and ${names.length - 12} more` : ''}`);
        }
      });
    },
  },
  approve: {
    takes: '[yes|no|TOOL]',
    does: 'decide on what waits; or trust a tool until you leave',
    async run({ chat, screen, during, conclude }, rest) {
      const waiting = await chat.waiting();
      if (/^(?:y|yes|n|no)$/i.test(rest)) {
        if (waiting.length === 0) return screen.note('Nothing waits for you.');
        return conclude(await during((onlooker) => chat.decide(waiting, /^y/i.test(rest), onlooker)));
      }
      if (rest) {
        chat.allow(rest);
        return screen.note(`${rest} runs without a question until you leave.`);
      }
      for (const { name, message, arguments: given } of waiting) {
        screen.line(`  ${name} ${cleanLine(given, 200)}`);
        for (const line of (message ?? '').split('\n')) screen.note(`    ${cleanLine(line, 300)}`);
      }
      screen.note(waiting.length > 0 ? 'Decide with /approve yes or /approve no.' : 'Nothing waits for you.');
      const { granted } = await chat.thread();
      if (granted.size > 0)
        screen.note(`Agreed to for this conversation: ${[...granted].map((one) => cleanLine(one, 80)).join(', ')}`);
    },
  },
  summary: {
    does: 'sum up; the model goes on from the summary',
    async run({ chat, screen, during }) {
      screen.wait('summing up');
      const text = await during(({ signal }) => chat.summarise(signal));
      if (text === undefined) return screen.note('There is nothing new to sum up.');
      screen.say(text);
      screen.end();
      screen.note('The model is sent this in place of what was said; the conversation stays whole in its log.');
    },
  },
  undo: {
    does: 'take the last turn back; what tools did stays done',
    async run({ chat, screen }) {
      const words = await chat.undo();
      screen.note(
        words === undefined ? 'There is nothing to take back.' : `Taken back: ${cleanLine(words, 60) || 'a decision'}`,
      );
    },
  },
  edit: {
    does: 'take the last turn back, and write it anew',
    async run(talk) {
      const words = await talk.chat.undo();
      if (words === undefined) return talk.screen.note('There is nothing to edit.');
      // A line is edited in its place; several need more room.
      talk.draft = words.includes('\n') ? (await editText(words, talk.env)).trim() : words;
    },
  },
  save: {
    takes: '[FILE]',
    does: 'write it all into a file: Markdown, or FILE.json',
    async run({ chat, screen }, rest) {
      if (chat.id === undefined) return screen.note('Nothing was said yet.');
      const path = resolve(expandHome(rest || `${chat.id.replace(/[^\w-]+/g, '_').slice(0, 60)}.md`));
      const { items } = await chat.thread();
      const json = () => `${JSON.stringify({ id: chat.id, items: items.map(({ item }) => item) }, null, 2)}\n`;
      await writeNew(path, path.endsWith('.json') ? json() : toMarkdown(items), false);
      screen.note(`Saved as ${path}`);
    },
  },
  new: {
    does: 'begin another conversation',
    async run({ chat, screen }) {
      chat.begin();
      screen.note('A new conversation begins with what you say next.');
    },
  },
  exit: {
    does: 'leave; so does Ctrl-D',
    run: async () => 'leave',
  },
};

const KEYS =
  'Ctrl-C stops an answer, and leaves at the second press. A line that ends in \\ goes on in the next. A path such as ./photo.png or @notes.txt puts the picture or text with the message.';

/**
 * Runs a line that begins with a slash.
 * @returns whether the conversation is over
 * @throws HugwireError `invalid_arguments` for a command that there is not, with the nearest one
 */
export async function runSlash(line: string, talk: Talk): Promise<boolean> {
  const [, word = '', rest = ''] = /^\/(\S*)\s*([\s\S]*)$/.exec(line.trim()) ?? [];
  const name = ALIASES[word] ?? word;
  const found = Object.hasOwn(SLASHES, name) ? SLASHES[name] : undefined;
  if (found) return (await found.run(talk, rest)) === 'leave';
  const meant = nearest(word, Object.keys(SLASHES));
  throw new HugwireError('invalid_arguments', `There is no command /${cleanLine(word, 40)}.`, {
    hint: meant ? `Did you mean /${meant}?` : '/help shows them all.',
  });
}

const ALIASES: Readonly<Record<string, string | undefined>> = { quit: 'exit', q: 'exit', '?': 'help', h: 'help' };

/** Which model answers, and what its server gets. */
export function describeModel({ model, credential }: Awaited<ReturnType<Chat['findModel']>>): string {
  const gets = credential ? `the ${credential.kind} from ${credential.source} is sent` : 'no token is sent';
  return `Model: ${showName(model.id, 120)} (${model.where}; ${gets})`;
}

function describeContext(used: number, window: number | undefined): string {
  const tokens = `${used.toLocaleString('en')} tokens of context`;
  return window === undefined
    ? tokens
    : `${tokens} used, of ${window.toLocaleString('en')} (${Math.round((100 * used) / window)} %)`;
}

/** A conversation as people read it. */
function toMarkdown(items: Thread['items']): string {
  const parts = items.flatMap(({ item }) => {
    if (item.type === 'message' && (item.role === 'user' || item.role === 'assistant'))
      return [`## ${item.role === 'user' ? 'You' : 'Assistant'}\n\n${wordsOf(item)}`];
    if (item.type !== 'mcp_call') return [];
    const answer = cutText(item.error ?? item.output ?? '', 2000);
    // What is quoted cannot end the quotation.
    const fence = '`'.repeat(Math.max(3, ...[...answer.matchAll(/`{3,200}/g)].map(([run]) => run.length + 1)));
    return [`**${item.name}** ${item.arguments}\n\n${fence}\n${answer}\n${fence}`];
  });
  return `${parts.join('\n\n')}\n`;
}

/** What stands of an earlier conversation above its going on. */
export function recall({ items }: Thread, screen: ChatScreen): void {
  const spoken = items.filter(
    ({ item }) => item.type === 'message' && (item.role === 'user' || item.role === 'assistant'),
  );
  const { width } = screen.canvas;
  screen.note(`${plural(spoken.length, 'message')} before${spoken.length > SHOWN ? `; the last ${SHOWN}` : ''}:`);
  for (const { item } of spoken.slice(-SHOWN)) {
    const who = item.type === 'message' && item.role === 'user' ? '›' : ' ';
    screen.note(`${who} ${cleanLine(wordsOf(item), Number.isFinite(width) ? width - 2 : 200)}`);
  }
  screen.line();
}

const SHOWN = 4;
