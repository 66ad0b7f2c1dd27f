import { once } from 'node:events';
import { fstatSync } from 'node:fs';
import type { Command } from 'commander';
import { BUILT_IN, openAssistant } from '../../assistants/library.js';
import { ToolServers } from '../../assistants/servers.js';
import { editConfig } from '../../config/edit.js';
import { readAdded } from '../../engine/assistants.js';
import { createService, type RunningService } from '../../engine/service.js';
import { HugwireError } from '../../lib/errors.js';
import { toAbsolute } from '../../lib/files.js';
import { log } from '../../lib/log.js';
import { nearest } from '../../lib/nearest.js';
import { cleanLine, cleanText } from '../../lib/text.js';
import { waitAtMost } from '../../lib/time.js';
import { VERSION } from '../../lib/version.js';
import type { World } from '../context.js';
import { isInteractive, openPrompts } from '../prompts.js';
import type { ServeOptions } from '../serve.js';
import { catchInterrupts, collect, JSON_OPTION, print, screenOf } from '../terminal.js';
import { askUser } from './ask.js';
import { attachFiles } from './attachments.js';
import { ChatScreen } from './screen.js';
import { Chat, findConversation, type Said, toJson } from './session.js';
import { describeEnd, talk } from './talk.js';

interface Options {
  continue?: boolean;
  resume?: string;
  model?: string;
  json?: boolean;
  demo?: boolean;
  readFrom?: string[];
}

/** `hugwire chat`. */
export function wire(command: Command, world: World): void {
  command
    .argument('[name]', 'an assistant; hugwire by default')
    .argument('[text...]', 'one message: the answer is printed, and that is all')
    .option('-c, --continue', 'continue the last conversation')
    .option('--resume <id>', 'continue this conversation')
    .option('-m, --model <name>', 'another model, or the address of a server of models')
    .option('--read-from <directory>', 'let Spaces have files of this directory; repeatable', collect)
    .option(...JSON_OPTION)
    .option('--demo', 'talk to a scripted model in the demo world')
    .addHelpText('after', HELP)
    .action(async (name: string | undefined, text: string[], options: Options) => {
      const { env, paths } = world;
      const { readOnly, dryRun } = world.options();
      const place: ServeOptions = options.demo
        ? await (await import('../demo.js')).openDemoWorld(env)
        : { loaded: world.load(), env, paths };
      const readFrom = options.readFrom?.map((path) => toAbsolute(path, '--read-from'));
      try {
        await chat(name, text, options, { ...place, readOnly, dryRun, readFrom });
      } finally {
        await place.close?.();
      }
    });
}

const HELP = `
Text that is piped in goes with the message. Exit code 0: answered. 1: no whole
answer, or something needs your approval. 2: wrong arguments.

Which model answers: assistants.model, provider and endpointUrl in the config.
Without them: whatever llama.cpp, Ollama, LM Studio or vLLM serves on this
machine. Hugging Face runs models too, with your token, if you say so:
hugwire config set assistants.provider auto`;

/** Opens the conversation, and takes one turn or many. */
async function chat(name: string | undefined, text: string[], options: Options, place: ServeOptions): Promise<void> {
  const { loaded, env, paths } = place;
  const names = [BUILT_IN.name, ...readAdded(loaded.path).map((one) => one.name)];
  const said = readWords(name, text, names);
  const isAsked = options.continue || options.resume !== undefined;
  const found = isAsked ? await findConversation(paths, { id: options.resume, assistant: said.name }) : undefined;
  if (said.name !== undefined && found && found.assistant !== said.name) {
    throw new HugwireError(
      'invalid_arguments',
      `That conversation is with ${cleanLine(found.assistant, 60)}, not ${said.name}.`,
      {
        hint: `hugwire chat --resume ${found.id}`,
      },
    );
  }
  const prompts = openPrompts(env);
  const { assistant, notes } = await openAssistant(loaded.path, said.name ?? found?.assistant ?? BUILT_IN.name, {
    env,
    ask:
      prompts &&
      (async ({ id, description, isSecret }) => {
        const label = `${id}${description ? ` (${cleanLine(description, 200)})` : ''}`;
        return isSecret ? prompts.secret(label) : prompts.text(label);
      }),
  });
  // What is in the way of a tool, not what is done with it: the screen shows that.
  const service = createService({ ...place, log: (line) => notes.push(line) });
  const servers = new ToolServers(env, log);
  service.onClient?.({ client: { name: 'hugwire chat', version: VERSION } });
  try {
    const session = new Chat({
      service,
      servers,
      env,
      paths,
      assistant,
      model: options.model,
      mayUseRouter: prompts && ((source) => askForRouter(source, prompts, place)),
    });
    if (found) await session.resume(found.id);
    else if (isAsked) notes.push('There is no earlier conversation: a new one begins.');
    const isTalk = said.text === '' && !options.json && process.stdin.isTTY === true && process.stdout.isTTY === true;
    if (isTalk) await talk(session, { env, notes, token: () => tokenOf(service), lasts: !options.demo });
    else await answerOnce(session, said.text, { json: options.json, env, notes, token: () => tokenOf(service) });
  } finally {
    await servers.close();
    await service.close();
    await service.end('the user left');
  }
}

/** The token in use, which is in no file that goes out. */
async function tokenOf(service: RunningService): Promise<string | undefined> {
  return (await service.context(new AbortController().signal, () => {}).hub.token()).value;
}

/** Which of the words are a name, and what is said. */
function readWords(
  name: string | undefined,
  text: string[],
  names: readonly string[],
): { name?: string; text: string } {
  if (name === undefined) return { text: '' };
  if (names.includes(name)) return { name, text: text.join(' ') };
  // A single word may be a name that was mistyped.
  const meant = text.length === 0 && /^[\w-]+$/.test(name) ? nearest(name, names) : undefined;
  if (meant === undefined) return { text: [name, ...text].join(' ') };
  throw new HugwireError('invalid_arguments', `There is no assistant ${name}.`, {
    hint: `Did you mean ${meant}? \`hugwire assistants list\` shows them. To say the word: hugwire chat hugwire ${name}`,
  });
}

/** Whether the router may have the token; a yes is kept in the config. */
async function askForRouter(
  source: string,
  prompts: NonNullable<ReturnType<typeof openPrompts>>,
  { loaded }: ServeOptions,
): Promise<boolean> {
  const question = `No model answers on this machine. Let Hugging Face run one? Its router gets your token (from ${source}), and what you say.`;
  if (!(await prompts.confirm(question, false))) return false;
  await editConfig(loaded.path, () => [{ path: ['assistants', 'provider'], value: 'auto' }], {
    profile: loaded.profile,
  });
  return true;
}

/** What may be piped in. */
const MAX_PIPED = 1_000_000;
/** Whatever is piped in beside words on the command line begins by then: some programs leave an empty pipe open. */
const PIPE_MS = 1000;

/**
 * What was piped in.
 * @param isExtra whether something was said already, so that nothing need come
 */
async function readPiped(isExtra: boolean): Promise<string> {
  const { stdin } = process;
  if (stdin.isTTY) return '';
  if (isExtra && !fstatSync(0).isFile()) {
    const begun = Promise.race([once(stdin, 'readable'), once(stdin, 'end')]);
    let hasBegun = false;
    await waitAtMost(
      PIPE_MS,
      begun.then(() => {
        hasBegun = true;
      }),
    );
    if (!hasBegun) {
      stdin.destroy();
      return '';
    }
  }
  let text = '';
  for await (const chunk of stdin) {
    text += chunk;
    if (text.length <= MAX_PIPED) continue;
    throw new HugwireError('too_large', `More than ${MAX_PIPED.toLocaleString('en')} characters were piped in.`, {
      hint: 'Pipe less in, or give the file to an assistant that can read it.',
    });
  }
  return cleanText(text).trim();
}

interface OnceOptions {
  json?: boolean;
  env: NodeJS.ProcessEnv;
  notes: string[];
  token(): Promise<string | undefined>;
}

/** One turn, for scripts and for people in a hurry. */
async function answerOnce(session: Chat, text: string, { json, env, notes, token }: OnceOptions): Promise<void> {
  const isTerminal = process.stdout.isTTY === true && !json;
  const { style, width } = screenOf(process.stdout, env);
  const out = new ChatScreen({
    write: (words) => process.stdout.write(words),
    style,
    width,
    live: isTerminal && env.TERM !== 'dumb',
  });
  const err = new ChatScreen({
    ...screenOf(process.stderr, env),
    write: (words) => process.stderr.write(words),
    live: false,
  });
  const aside = isTerminal ? out : err;
  const piped = await readPiped(text !== '');
  if (text === '' && piped === '') {
    throw new HugwireError('invalid_arguments', 'Nothing was said.', {
      hint: 'Write it behind the command, pipe it in, or call `hugwire chat` in a terminal: hugwire chat "Find a small speech model"',
    });
  }
  const { content, notes: told } = await attachFiles(text, await token());
  // What is piped in is not what the user typed: paths in it name nothing.
  if (piped !== '') content[0] = { type: 'input_text', text: [text, piped].filter(Boolean).join('\n\n') };
  for (const note of [...notes, ...told]) aside.note(note);
  const controller = new AbortController();
  const release = catchInterrupts(() => controller.abort());
  const ask = isInteractive(env) ? askUser({ env, screen: aside, stop: () => controller.abort() }) : undefined;
  let said: Said;
  try {
    if (isTerminal) out.wait('thinking');
    said = await session.say(content, {
      signal: controller.signal,
      ask,
      onEvent(event) {
        const isText = event.type === 'text.delta' || (event.type === 'item.done' && event.item.type === 'message');
        if (isText) {
          if (!json) out.show(event);
        } else if (event.type !== 'reasoning.delta' || isTerminal) aside.show(event);
      },
    });
  } finally {
    release();
    out.end();
    err.end();
  }
  const end = describeEnd(said, session.id);
  // Whoever stopped it has set the code of their signal.
  const stopped = said.outcome.status === 'cancelled' ? process.exitCode : undefined;
  if (json) print({ text: '', data: toJson(said), exitCode: 0 }, { json });
  if (end) aside.line(isTerminal ? style.yellow(end) : `hugwire: ${end}`);
  process.exitCode = stopped ?? (end ? 1 : 0);
}
