import { HugwireError } from '../lib/errors.js';
import { formatBytes } from '../lib/format.js';
import { cleanLine } from '../lib/text.js';
import type { Consent, FileWish, SpaceCall } from '../spaces/types.js';
import type { Question, ToolContext } from './tool.js';

/**
 * Asks the user to agree to something. Only a form that was accepted with every box ticked, but for optional ones, is consent; whatever goes
 * wrong on the way is none.
 * @param question to the user, whose fields are boxes to tick
 * @param ctx of the tool's call
 * @throws HugwireError `cancelled`
 */
export async function askConsent(question: Question, { ask }: Pick<ToolContext, 'ask'>): Promise<Consent> {
  if (!ask) return 'nobody';
  try {
    const answer = await ask(question);
    if (answer.action !== 'accept') return answer.action;
    const { values } = answer;
    const needed = Object.entries(question.fields).filter(([, field]) => field.type === 'choice' || !field.optional);
    return needed.every(([name]) => values[name] === true) ? 'accept' : 'decline';
  } catch (error) {
    if (error instanceof HugwireError && (error.code === 'timeout' || error.code === 'unavailable')) return 'nobody';
    throw error;
  }
}

/**
 * A call that asks the user about every file that hugwire does not send unasked: one question at a time, once for each file,
 * and none after a no, or about a directory that the user has just allowed.
 * @param call what is wanted
 * @param ctx of the tool's call
 */
export function withFileConsent(call: SpaceCall, ctx: Pick<ToolContext, 'ask' | 'allowFolder'>): SpaceCall {
  if (!ctx.ask) return call;
  const answers = new Map<string, Promise<Consent>>();
  const folders = new Set<string>();
  let last: Promise<Consent> = Promise.resolve('accept');
  const consent = (wish: FileWish): Promise<Consent> => {
    const known = answers.get(wish.path);
    if (known) return known;
    last = last.then((before) => {
      const isAllowed = wish.folder !== undefined && folders.has(wish.folder);
      return before !== 'accept' || isAllowed ? before : askForFile(call, wish, { ...ctx, folders });
    });
    answers.set(wish.path, last);
    return last;
  };
  return { ...call, consent };
}

interface FileAsking extends Pick<ToolContext, 'ask' | 'allowFolder'> {
  /** Takes what the user allows from now on. */
  folders: Set<string>;
}

async function askForFile(
  call: SpaceCall,
  wish: FileWish,
  { ask, allowFolder, folders }: FileAsking,
): Promise<Consent> {
  const folder = allowFolder && wish.folder;
  let isForGood = false;
  const listen = async (question: Question) => {
    const answer = await ask?.(question);
    isForGood = answer?.action === 'accept' && answer.values.folder === true;
    return answer ?? { action: 'cancel' as const };
  };
  const consent = await askConsent(writeQuestion(call, { ...wish, folder }), { ask: listen });
  if (consent !== 'accept' || !isForGood || folder === undefined) return consent;
  folders.add(folder);
  // The file itself was agreed to, whether or not the config can be written.
  await allowFolder?.(folder).catch(() => {});
  return consent;
}

function writeQuestion({ space }: SpaceCall, { path, bytes, place, doubts, folder }: FileWish): Question {
  const name = cleanLine(path, 300);
  const always = `From now on, send files of ${cleanLine(folder, 200)} to any Space without asking`;
  return {
    message: [
      'Your assistant asks to send a file of this computer to a Space.',
      `File: ${name} (${formatBytes(bytes)})`,
      `Space: ${cleanLine(space, 120)}`,
      ...[place, ...doubts].flatMap((reason) => (reason ? [`Note: the file ${reason}.`] : [])),
    ].join('\n'),
    fields: {
      agree: { type: 'yes-no', title: folder === undefined ? 'Send it this once' : 'Send it', initial: false },
      ...(folder === undefined ? {} : { folder: { type: 'yes-no', title: always, initial: false, optional: true } }),
    },
  };
}

/**
 * Asks the user whether the Space of a call may be used, where it is an app on this machine or its network that nothing
 * allows yet. Called before anything that asks the app itself, which refuses what is not allowed then.
 * @param space as the assistant wrote it
 * @param ctx of the tool's call
 */
export async function askForApp(space: string, ctx: ToolContext): Promise<void> {
  if (ctx.ask) await ctx.spaces.askConsent(space, (message) => askConsent({ message, fields: {} }, ctx));
}
