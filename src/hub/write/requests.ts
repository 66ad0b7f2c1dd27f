import { HugwireError, toHugwireError } from '../../lib/errors.js';
import { record } from '../fields.js';
import { apiPath } from '../reference.js';
import type { HubAnswer, HubClient, HubRequest, RepoKind } from '../types.js';

/** A repository that is written to. */
export interface RepoName {
  kind: RepoKind;
  id: string;
}

/** A request that changes something, as the Hub's own libraries send it. */
interface WriteRequest {
  path: string;
  method?: 'POST' | 'DELETE';
  query?: HubRequest['query'];
  body?: Record<string, unknown>;
  /** Whether a secret is in it, which may well be a token. */
  isSecret?: true;
  /** What it changes, for the error and for the cache. */
  repo?: RepoName;
}

const post = (path: string, body?: Record<string, unknown>, repo?: RepoName): WriteRequest => ({ path, body, repo });
const ofSpace = (id: string, rest: string[], body?: Record<string, unknown>) =>
  post(apiPath('space', id, ...rest), body, { kind: 'space', id });
const ofTalk = ({ kind, id }: RepoName, rest: string[], body: Record<string, unknown>) =>
  post(apiPath(kind, id, 'discussions', ...rest), body, { kind, id });

/**
 * Every change beside commits.
 * @see huggingface_hub, whose requests these are
 */
export const WRITES = {
  createRepo: ({ kind, id }: RepoName, visibility: string, sdk?: string) => {
    const [organization, name] = id.split('/');
    return post(
      '/api/repos/create',
      { name, organization, ...(kind !== 'model' && { type: kind }), visibility, ...(sdk && { sdk }) },
      { kind, id },
    );
  },
  duplicateRepo: ({ kind, id }: RepoName, from: string, visibility: string) =>
    post(apiPath(kind, from, 'duplicate'), { repository: id, visibility }, { kind, id }),
  openDiscussion: (repo: RepoName, title: string, description: string) =>
    ofTalk(repo, [], { title, description, pullRequest: false }),
  comment: (repo: RepoName, number: number, comment: string) => ofTalk(repo, [String(number), 'comment'], { comment }),
  changeStatus: (repo: RepoName, number: number, status: 'open' | 'closed', comment?: string) =>
    ofTalk(repo, [String(number), 'status'], { status, ...(comment && { comment }) }),
  restart: (space: string, factory: boolean): WriteRequest => ({
    ...ofSpace(space, ['restart']),
    query: factory ? { factory: 'true' } : undefined,
  }),
  pause: (space: string) => ofSpace(space, ['pause']),
  changeHardware: (space: string, flavor: string, sleepTimeSeconds?: number) =>
    ofSpace(space, ['hardware'], { flavor, ...(sleepTimeSeconds !== undefined && { sleepTimeSeconds }) }),
  changeSleepTime: (space: string, seconds: number) => ofSpace(space, ['sleeptime'], { seconds }),
  setVariable: (space: string, key: string, value: string) => ofSpace(space, ['variables'], { key, value }),
  setSecret: (space: string, key: string, value: string): WriteRequest => ({
    ...ofSpace(space, ['secrets'], { key, value }),
    isSecret: true,
  }),
  deleteVariable: (space: string, key: string): WriteRequest => ({
    ...ofSpace(space, ['variables'], { key }),
    method: 'DELETE',
  }),
  runJob: (owner: string, job: Record<string, unknown>) => post(`/api/jobs/${encodeURIComponent(owner)}`, job),
  cancelJob: (owner: string, id: string) => post(`/api/jobs/${[owner, id].map(encodeURIComponent).join('/')}/cancel`),
} satisfies Record<string, (...args: never[]) => WriteRequest>;

/** How long the Hub may take for a change: it answers when all is done. */
export const WRITE_SILENCE_MS = 60_000;

/**
 * Sends a change, once. What was kept of the repository counts as outdated from then on, whatever came of it.
 * @param hub the Hub
 * @param write of `WRITES`
 * @param wasDone asks the Hub what became of it, where no answer tells: true when it is there
 * @returns the answer; undefined when there was none, and it was done all the same
 * @throws HugwireError what the Hub refuses; where it is not known what became of it, the error says so
 */
export async function sendWrite(
  hub: HubClient,
  { path, method = 'POST', query, body, isSecret, repo }: WriteRequest,
  wasDone: () => Promise<boolean>,
): Promise<Record<string, unknown> | undefined> {
  // What is asked for may hold no token; what is handed over may.
  const sent = isSecret ? { content: { type: 'application/json', body: JSON.stringify(body) } } : { body };
  const request: HubRequest = { method, query, ...sent, repo, repeatable: false, timeoutMs: WRITE_SILENCE_MS };
  const answer = await settleWrite(hub, repo?.id, () => hub.request(path, request), wasDone).catch((caught) => {
    throw isSecret ? withoutSecret(toHugwireError(caught), String(body?.value)) : caught;
  });
  return answer && record(readJson(answer));
}

/** The Hub may repeat what it refuses: whole, cut, or on one line. */
function withoutSecret(error: HugwireError, secret: string): HugwireError {
  const { code, message, hint, requestId, retryAfterSeconds } = error;
  const words = secret.split(/\s+/).filter(Boolean);
  if (!words.some((word) => `${message} ${hint}`.includes(word.slice(0, 12)))) return error;
  return new HugwireError(
    code,
    'The Hub did not accept the secret. Its answer repeats the value, so it is not shown.',
    {
      hint: 'Nothing is known to have changed: look at the settings of the Space before you set it again.',
      requestId,
      retryAfterSeconds,
    },
  );
}

/** Some answer OK, and nothing else. */
function readJson(answer: HubAnswer): unknown {
  try {
    return JSON.parse(answer.text());
  } catch {
    return undefined;
  }
}

/** After these nobody knows whether a request was done. What is offline was never reached. */
const UNKNOWN = new Set(['timeout', 'unavailable', 'cancelled']);

/**
 * Does something that must not be done twice, and finds out what became of it where it fails halfway.
 * @param hub the Hub
 * @param id of the repository that is changed
 * @param write what to do, once
 * @param wasDone looks at the Hub: true when it is there
 * @returns what `write` gives; undefined when it gave nothing, and was done all the same
 * @throws HugwireError as `sendWrite` does
 */
export async function settleWrite<Result>(
  hub: HubClient,
  id: string | undefined,
  write: () => Promise<Result>,
  wasDone: () => Promise<boolean>,
): Promise<Result | undefined> {
  try {
    return await write();
  } catch (caught) {
    const error = toHugwireError(caught);
    if (!UNKNOWN.has(error.code)) throw error;
    const done = error.code === 'cancelled' ? undefined : await wasDone().catch(() => undefined);
    if (done) return undefined;
    const { requestId, retryAfterSeconds } = error;
    const rest = { requestId, retryAfterSeconds, cause: error };
    throw done === false
      ? new HugwireError(error.code, `${error.message} The Hub does not show the change.`, {
          ...rest,
          hint: 'It was not sent again. Check again in a minute, and repeat it if it is still not there.',
        })
      : new HugwireError(error.code, `${error.message} It is not known whether the change was made.`, {
          ...rest,
          hint: 'It was not sent again, since it could be made twice: look at the Hub before you repeat it.',
        });
  } finally {
    if (id !== undefined) await hub.forget(id);
  }
}
