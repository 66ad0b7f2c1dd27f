import { HugwireError } from '../../lib/errors.js';
import { record, records } from '../fields.js';
import { apiPath, repoPath } from '../reference.js';
import type { HubClient, HubRequest } from '../types.js';
import { type Content, explainMoved, type PlannedChange, type Target } from './draft.js';
import { settleWrite, WRITE_SILENCE_MS } from './requests.js';

/** Files that one question about how to send them may name, as huggingface_hub has it. */
const PREUPLOAD_FILES = 256;
/** Bytes of a file by which the Hub tells how to send it. */
const SAMPLE_BYTES = 512;
/** Bytes of files that git holds itself, which go in one body. */
const MOST_REGULAR_BYTES = 48_000_000;

/** A commit as it was agreed to. */
export interface Commit {
  target: Target;
  changes: readonly PlannedChange[];
  /** One line. */
  summary: string;
  description: string;
  /** Propose it as a new pull request, in place of writing it to the branch. */
  asPull: boolean;
}

/** What a commit led to. */
export interface CommitOutcome {
  /** Its hash, where the Hub told. */
  commit?: string;
  /** Address of the pull request that was opened. */
  pullRequest?: string;
  /** Paths that the repository's .gitignore kept out of it. */
  ignored: string[];
  /** Whether there was no answer, and the Hub shows it all the same. */
  unanswered?: true;
}

/** What the Hub says of a commit. */
export type CommitAnswer = Record<string, unknown>;

/**
 * Sends a commit: all of it or nothing, and once. The head that was seen is its parent, so that what somebody else has
 * written since is not lost.
 * @param hub the Hub, bound to a signal
 * @param commit what to send
 * @param onUpload told of every piece of large files
 * @throws HugwireError `invalid_arguments` that says who changed the branch since, or what else the Hub refuses
 */
export async function sendCommit(
  hub: HubClient,
  commit: Commit,
  onUpload: (uploaded: number, total: number) => void,
): Promise<CommitOutcome> {
  const { target, changes } = commit;
  await validateCard(hub, commit);
  const modes = await askUploadModes(hub, commit);
  const ignored = changes.filter(({ path }) => modes.get(path) === 'ignored').map(({ path }) => path);
  const kept = changes.filter(({ path }) => !ignored.includes(path));
  if (kept.length === 0) {
    throw new HugwireError('invalid_arguments', `The .gitignore of ${target.id} excludes all of these files.`, {
      hint: 'Nothing was written. Change .gitignore in the same commit, or use other paths.',
    });
  }
  const large = kept.filter(({ path, content }) => content && content.size > 0 && modes.get(path) === 'lfs');
  const regular = kept.filter((change) => !large.includes(change));
  refuseTooMuch(regular);
  const before = commit.asPull ? await findLatestPull(hub, target) : undefined;
  let found: CommitOutcome | undefined;
  const post = async (body: string): Promise<CommitAnswer> => {
    const answer = await settleWrite(
      hub,
      target.id,
      () => postCommit(hub, commit, body),
      async () => {
        found = await findCommit(hub, commit, before?.number);
        return found !== undefined;
      },
    );
    return answer ?? {};
  };
  const answer =
    large.length > 0
      ? // A library that hardly any session needs.
        await (await import('./large.js')).commitLarge(hub, {
          commit,
          changes: kept,
          large: new Set(large.map(({ path }) => path)),
          post,
          onUpload,
        })
      : await post(await writeBody(commit, kept));
  if (found) return { ...found, ignored, unanswered: true };
  const id = COMMIT.exec(String(answer.commitOid))?.[0];
  const number = /\/discussions\/(\d{1,9})$/.exec(String(answer.pullRequestUrl))?.[1];
  return { commit: id, ignored, pullRequest: number && pullRequestPage(hub, target, number) };
}

async function postCommit(hub: HubClient, { target, asPull }: Commit, body: string): Promise<CommitAnswer> {
  const { kind, id, branch, head } = target;
  const request: HubRequest = {
    method: 'POST',
    query: asPull ? { create_pr: 1 } : {},
    content: { type: 'application/x-ndjson', body },
    repo: { kind, id, revision: branch },
    repeatable: false,
    timeoutMs: WRITE_SILENCE_MS,
  };
  try {
    return record((await hub.request(apiPath(kind, id, 'commit', branch), request)).json());
  } catch (error) {
    const moved = error instanceof HugwireError && /commit has happened since/i.test(error.message);
    throw moved ? await explainMoved(hub, target, head) : error;
  }
}

function refuseTooMuch(regular: readonly PlannedChange[]): void {
  const bytes = regular.reduce((sum, { content }) => sum + (content?.size ?? 0), 0);
  if (bytes <= MOST_REGULAR_BYTES) return;
  throw new HugwireError(
    'too_large',
    `These files hold ${Math.round(bytes / 1e6)} MB that go in one request; at most ${MOST_REGULAR_BYTES / 1e6} MB can.`,
    {
      hint: 'Nothing was written. Write them in several commits.',
    },
  );
}

/** The Hub knows more of what may stand in a card than a parser of YAML. */
async function validateCard(hub: HubClient, { target, changes }: Commit): Promise<void> {
  const card = changes.find(({ path, content }) => path === 'README.md' && content)?.content;
  if (!card) return;
  const content = card.text ?? Buffer.concat(await collect(card)).toString();
  const body = { content, repoType: target.kind };
  try {
    await hub.request('/api/validate-yaml', { method: 'POST', body, repeatable: true });
  } catch (error) {
    if (!(error instanceof HugwireError) || error.code !== 'invalid_arguments') throw error;
    throw new HugwireError(
      'invalid_arguments',
      `The Hub does not accept the front matter of README.md. ${error.message}`,
      {
        hint: 'Nothing was written. Correct it between the lines of ---, then write again.',
        requestId: error.requestId,
      },
    );
  }
}

async function collect({ stream }: Content): Promise<Uint8Array[]> {
  const pieces: Uint8Array[] = [];
  for await (const piece of stream()) pieces.push(piece);
  return pieces;
}

/** How each file is to be sent. */
async function askUploadModes(
  hub: HubClient,
  { target, changes, asPull }: Commit,
): Promise<Map<string, 'regular' | 'lfs' | 'ignored'>> {
  const { kind, id, branch } = target;
  const files = changes.flatMap(({ path, content }) =>
    content
      ? [{ path, sample: Buffer.from(content.head.subarray(0, SAMPLE_BYTES)).toString('base64'), size: content.size }]
      : [],
  );
  const modes = new Map<string, 'regular' | 'lfs' | 'ignored'>();
  const gitIgnore = changes.find(({ path, content }) => path === '.gitignore' && content)?.content?.text;
  for (let at = 0; at < files.length; at += PREUPLOAD_FILES) {
    const answer = await hub.request(apiPath(kind, id, 'preupload', branch), {
      method: 'POST',
      query: asPull ? { create_pr: 1 } : {},
      body: { files: files.slice(at, at + PREUPLOAD_FILES), ...(gitIgnore !== undefined && { gitIgnore }) },
      repo: { kind, id, revision: branch },
      // It changes nothing.
      repeatable: true,
    });
    for (const { path, uploadMode, shouldIgnore } of records(record(answer.json()).files)) {
      modes.set(String(path), shouldIgnore === true ? 'ignored' : uploadMode === 'lfs' ? 'lfs' : 'regular');
    }
  }
  return modes;
}

/** One JSON object a line: the header, then what happens to each path. */
async function writeBody({ target, summary, description }: Commit, changes: readonly PlannedChange[]): Promise<string> {
  const parts = [JSON.stringify({ key: 'header', value: { summary, description, parentCommit: target.head } })];
  for (const { path, content } of changes) parts.push(JSON.stringify(await writeLine(path, content)));
  return `${parts.join('\n')}\n`;
}

async function writeLine(path: string, content: Content | undefined): Promise<object> {
  if (!content) return { key: path.endsWith('/') ? 'deletedFolder' : 'deletedFile', value: { path } };
  const bytes = Buffer.concat(await collect(content));
  return { key: 'file', value: { content: bytes.toString('base64'), path, encoding: 'base64' } };
}

async function findLatestPull(hub: HubClient, { kind, id }: Target) {
  const request = { query: { type: 'pull_request', status: 'all' }, repo: { kind, id }, repeatable: false };
  const answer = await hub.request(apiPath(kind, id, 'discussions'), request);
  const [latest] = records(record(answer.json()).discussions);
  return latest && { number: Number(latest.num), title: latest.title };
}

/** The commit, where the Hub has it although it did not say so; not the pull request that was the latest before. */
async function findCommit(hub: HubClient, commit: Commit, before = 0): Promise<CommitOutcome | undefined> {
  const { target, summary, asPull } = commit;
  const { kind, id, branch, head } = target;
  if (asPull) {
    const latest = await findLatestPull(hub, target);
    const isOurs = latest && latest.number > before && latest.title === summary;
    return isOurs ? { pullRequest: pullRequestPage(hub, target, String(latest.number)), ignored: [] } : undefined;
  }
  const request = { query: { limit: 10 }, repo: { kind, id }, repeatable: false };
  const answer = await hub.request(apiPath(kind, id, 'commits', branch), request);
  const rows = records(answer.json());
  const until = rows.findIndex((row) => row.id === head);
  const ours = rows.slice(0, until === -1 ? rows.length : until).find(({ title }) => title === summary);
  return ours && { commit: COMMIT.exec(String(ours.id))?.[0], ignored: [] };
}

const COMMIT = /^[0-9a-f]{40,64}$/;

const pullRequestPage = ({ endpoint }: HubClient, { kind, id }: Target, number: string) =>
  `${endpoint}${repoPath(kind, id, 'discussions', number)}`;
