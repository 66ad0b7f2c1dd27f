import { apiPath, parseRepo } from '../hub/reference.js';
import { type FoundRepo, findRepo } from '../hub/repo/lookup.js';
import { readSpaceRuntime } from '../hub/space.js';
import type { HubClient, RepoKind } from '../hub/types.js';
import { HugwireError } from '../lib/errors.js';
import { cutText, showName, showWords } from '../lib/text.js';
import { sleep } from '../lib/time.js';
import type { ToolContext } from './tool.js';

const IDENTITY = { model: ['sha'], dataset: ['sha'], space: ['sha'] };

/**
 * The one repository that is meant.
 * @param hub the Hub
 * @param text as the assistant wrote it
 * @param kind that it said beside it
 * @throws HugwireError `not_found` with how to make one; `invalid_arguments` where several kinds have the id
 */
export async function findOwn(hub: HubClient, text: string, kind?: RepoKind): Promise<FoundRepo> {
  const parsed = parseRepo(text, hub.endpoint);
  const named = { ...parsed, kind: parsed.kind ?? kind };
  const found = await findRepo(hub, named, IDENTITY).catch((error: unknown) => {
    if (!(error instanceof HugwireError) || !['not_found', 'not_visible'].includes(error.code) || error.missing)
      throw error;
    const { code, message, hint, requestId } = error;
    throw new HugwireError(code, message, { hint: `${hint ?? ''} hub_create makes a new one.`.trim(), requestId });
  });
  const [first] = found;
  if (first && found.length === 1) return first;
  const forms = found.map(({ kind, id }) => `${kind}s/${id}`).join(' or ');
  throw new HugwireError('invalid_arguments', `${named.id} is the id of several repositories.`, {
    hint: `Say which: ${forms}.`,
  });
}

/** How long a build is waited for; it goes on without anybody waiting. */
const FOLLOW_MS = 20_000;
const POLL_MS = 1000;
/** Stages in which a Space has not come to its end. */
const ON_THE_WAY = /^(?:RUNNING_)?(?:BUILDING|APP_STARTING)$/;
/** Stages in which nothing goes on by itself. */
const BROKEN = ['NO_APP_FILE', 'CONFIG_ERROR', 'BUILD_ERROR', 'RUNTIME_ERROR'];

/**
 * What became of a Space after it was changed.
 * @param id of the Space
 * @param ctx of the call; told while it builds
 * @returns lines for the assistant; none where the Hub does not tell
 */
export async function followSpace(id: string, ctx: ToolContext): Promise<string[]> {
  const { hub, signal, spaces, progress } = ctx;
  spaces.forget(id);
  const until = Date.now() + FOLLOW_MS;
  for (let step = 1; ; step += 1) {
    const answer = await hub
      .request(apiPath('space', id, 'runtime'), { repo: { kind: 'space', id } })
      .catch(() => undefined);
    if (!answer) return [];
    const { stage = 'unknown', failure } = readSpaceRuntime(answer.json());
    if (BROKEN.includes(stage)) {
      const logs = `space_admin space="${id}" action="logs" shows its log.`;
      return [`The Space does not run now: ${stage}${failure ? `, ${showWords(failure, 400)}` : ''}.`, logs];
    }
    if (!ON_THE_WAY.test(stage)) return [`The Space is ${showName(stage)}.`];
    if (Date.now() > until)
      return [`The Space is ${showName(stage)}; space_admin space="${id}" action="status" tells later.`];
    progress({ progress: step, message: `the Space is ${stage}` });
    await sleep(POLL_MS, signal).catch(() => {});
    if (signal.aborted) return [`The Space is ${showName(stage)}.`];
  }
}

/**
 * The end of a log.
 * @param lines of all of it
 * @param most lines
 * @param maxChars of them together
 * @returns the last lines that fit, and how many came before them
 */
export function lastLines(lines: readonly string[], most: number, maxChars: number): { shown: string[]; left: number } {
  const shown: string[] = [];
  let chars = 0;
  for (const one of lines.slice(-most).reverse()) {
    chars += one.length + 1;
    if (chars > maxChars && shown.length > 0) break;
    shown.unshift(cutText(one, maxChars));
  }
  return { shown, left: lines.length - shown.length };
}
