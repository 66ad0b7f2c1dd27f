import { createHash } from 'node:crypto';
import * as z from 'zod';
import { REPO_KINDS } from '../hub/types.js';
import { describeOutcome, sendCommit } from '../hub/write/commit.js';
import {
  type Change,
  type Content,
  checkCard,
  checkWritePath,
  explainMoved,
  fileVersion,
  MOST_FILES,
  openTarget,
  type PlannedChange,
  planChanges,
  type Target,
} from '../hub/write/draft.js';
import { mayDo, refuseWithoutRight, writingAccount } from '../hub/write/rights.js';
import { HugwireError } from '../lib/errors.js';
import { formatBytes, plural } from '../lib/format.js';
import { isObject } from '../lib/json.js';
import { cleanLine, holdsToken, showName } from '../lib/text.js';
import { type FoundCredential, locateCredential } from '../spaces/secrets.js';
import { readKey } from './hub_read.js';
import { findOwn, followSpace } from './own.js';
import type { ToolContext } from './tool.js';
import { defineWrite, nameRepo, showOwnWords } from './writing.js';

const input = z.object({
  repo: z.string().describe('owner/name'),
  kind: z.enum(REPO_KINDS).optional(),
  files: z
    .array(
      z.object({
        path: z.string().describe('In the repository; a folder ends in /'),
        text: z.string().optional().describe('Its whole new content'),
        from: z.string().optional().describe('Local file or folder to upload'),
        delete: z.boolean().optional(),
      }),
    )
    .min(1)
    .max(MOST_FILES)
    .describe('All go into one commit'),
  message: z.string().optional(),
  branch: z.string().optional().describe('Or refs/pr/3'),
  pull_request: z.boolean().optional().describe('Default: only in repositories of others'),
  parent: z.string().optional().describe('Commit that it is based on'),
});
type Input = z.output<typeof input>;

export const hubWrite = defineWrite({
  name: 'hub_write',
  title: 'Write files to the Hub',
  toolset: 'write',
  description:
    'Create, replace or delete files of a repository in one commit, or propose that as a pull request. The user is asked first.',
  input,
  aliases: {
    names: {
      repotype: 'kind',
      type: 'kind',
      id: 'repo',
      repoid: 'repo',
      file: 'files',
      commitmessage: 'message',
      summary: 'message',
      revision: 'branch',
      createpr: 'pull_request',
      parentcommit: 'parent',
    },
  },
  recorded: withoutTexts,
  async prepare(wanted, ctx) {
    const { hub, signal } = ctx;
    const account = await writingAccount(hub);
    const repo = await findOwn(hub, wanted.repo, wanted.kind);
    const owner = repo.id.split('/')[0] ?? repo.id;
    const { branch = repo.revision ?? 'main' } = wanted;
    refuseCommit(branch);
    const isOwn = mayDo(account, { right: 'repo.write', owner, id: repo.id });
    const ofPull = branch.startsWith('refs/pr/');
    const asPull = !ofPull && (wanted.pull_request ?? (!isOwn && owner.toLowerCase() !== account.name.toLowerCase()));
    const right = (asPull || ofPull) && !isOwn ? 'discussion.write' : 'repo.write';
    await refuseWithoutRight(hub, account, { right, owner, id: repo.id });
    const changes = await readChanges(wanted, repo.id, ctx);
    const target = await openTarget(hub, repo, branch);
    await refuseMoved(wanted, target, ctx);
    const doubts = await checkContents(changes, target.kind, ctx);
    const planned = await planChanges(hub, target, changes);
    if (planned.length === 0) {
      return {
        text: `Nothing to write: ${target.id} holds all of this already, at ${target.head.slice(0, 8)}.`,
        data: { state: 'unchanged', repo: target.id, kind: target.kind, commit: target.head },
      };
    }
    const summary = showOwnWords(wanted.message ?? '').slice(0, 200) || suggestSummary(planned);
    const commit = { target, changes: planned, summary, description: '', asPull };
    return {
      message: [
        `write to the ${nameRepo(target)} (${target.private ? 'private' : 'public'}), ${asPull ? `as a new pull request to ${showName(target.branch)}` : showName(target.branch)}:`,
        ...planned.map(describeChange),
        `Commit message: “${summary.replaceAll(/[“”]/g, '"')}”`,
        ...doubts,
      ].join('\n'),
      title: asPull ? 'Open the pull request' : 'Write it',
      repo: doubts.length > 0 ? undefined : { kind: target.kind, id: target.id },
      data: {
        repo: target.id,
        kind: target.kind,
        branch: target.branch,
        pullRequest: asPull,
        summary,
        files: planned.map(({ path, effect, content, before, lines }) => ({
          path,
          effect,
          bytes: content?.size,
          sha256: content?.sha256,
          before,
          ...lines,
        })),
      },
      // Whoever applies it later writes to what is seen now, or not at all.
      input: { ...wanted, parent: target.head, pull_request: asPull },
      async apply() {
        const bound = hub.withSignal(signal);
        const outcome = await sendCommit(bound, commit, (progress, total) =>
          ctx.progress({ progress, total, message: `uploaded ${formatBytes(progress)} of ${formatBytes(total)}` }),
        );
        const after = target.kind === 'space' && !asPull && branch === 'main' ? await followSpace(target.id, ctx) : [];
        noteWritten(commit.changes, target, outcome.commit, ctx);
        return {
          text: [...describeOutcome(commit, outcome), ...after].join('\n'),
          data: { state: 'written', repo: target.id, kind: target.kind, branch: target.branch, ...outcome },
        };
      },
    };
  },
});

/** What the assistant has just written it knows, as if it had read it. */
function noteWritten(
  changes: readonly PlannedChange[],
  { kind, id, branch }: Target,
  commit: string | undefined,
  { reads }: ToolContext,
): void {
  for (const { path } of changes) {
    if (commit === undefined) reads?.delete(readKey({ kind, id, branch, path }));
    else reads?.set(readKey({ kind, id, branch, path }), commit);
  }
}

/** Nothing can be written to what is past. */
function refuseCommit(branch: string): void {
  if (!/^[0-9a-f]{40}$/.test(branch)) return;
  throw new HugwireError('invalid_arguments', 'branch is a commit, which nothing can be written to.', {
    hint: 'Give a branch, such as main; parent takes the commit that the change is based on.',
  });
}

/** The journal names the files; what is in them is in the repository. */
function withoutTexts(args: unknown): unknown {
  if (!isObject(args)) return { unreadable: true };
  const { files, ...rest } = args;
  const brief = (file: unknown) => {
    if (!isObject(file) || typeof file.text !== 'string') return isObject(file) ? file : typeof file;
    const { text, ...others } = file;
    return { ...others, bytes: Buffer.byteLength(text), sha256: createHash('sha256').update(text).digest('hex') };
  };
  return { ...rest, files: Array.isArray(files) ? files.map(brief) : brief(files) };
}

/** What is wanted, with its bytes. */
async function readChanges({ files, repo }: Input, id: string, { spaces }: ToolContext): Promise<Change[]> {
  const changes: Change[] = [];
  for (const { path: given, text, from, delete: gone } of files) {
    const ways = [text !== undefined, from !== undefined, gone === true].filter(Boolean).length;
    const shown = `“${cleanLine(given, 120)}”`;
    if (ways !== 1) {
      throw new HugwireError('invalid_arguments', `${shown} needs exactly one of text, from and delete=true.`, {
        hint: 'Give an empty file as text="\\n".',
      });
    }
    const path = given.trim() === './' ? '' : given;
    if (from === undefined) {
      checkWritePath(path);
      if (text !== undefined && path.endsWith('/')) {
        throw new HugwireError('invalid_arguments', `${shown} names a folder; a file with text needs a name.`);
      }
      changes.push({ path, content: text === undefined ? undefined : contentOf(text) });
      continue;
    }
    const call = `hub_write repo=${cleanLine(repo, 120) || id}`;
    for (const { path: below, file } of await spaces.openLocal(from, call, MOST_FILES)) {
      const folder = path === '' || path.endsWith('/');
      const name = below === '' ? (folder ? `${path}${file.name}` : path) : `${folder ? path : `${path}/`}${below}`;
      checkWritePath(name);
      changes.push({ path: name, content: { ...file, text: undefined } });
    }
  }
  refuseConflicts(changes);
  return changes;
}

function refuseConflicts(changes: readonly Change[]): void {
  if (changes.length > MOST_FILES) {
    throw new HugwireError(
      'invalid_arguments',
      `${changes.length} files are more than one commit may hold: ${MOST_FILES}.`,
      {
        hint: 'Nothing was written. Write them in several calls.',
      },
    );
  }
  const paths = changes.map(({ path }) => path.replace(/\/$/, ''));
  const twice = paths.find((path, at) => paths.indexOf(path) !== at);
  const inside = twice ?? paths.find((path) => paths.some((other) => other.startsWith(`${path}/`)));
  if (inside === undefined) return;
  throw new HugwireError(
    'invalid_arguments',
    `“${cleanLine(inside, 120)}” ${twice ? 'is given twice' : 'is given, and so is something in it'}.`,
    {
      hint: 'Give each path once; delete a folder in a call of its own.',
    },
  );
}

function contentOf(text: string): Content {
  const bytes = Buffer.from(text);
  return {
    size: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    head: bytes.subarray(0, 4096),
    text,
    async *stream(start = 0, end = bytes.length) {
      yield bytes.subarray(start, end);
    },
  };
}

/**
 * Refuses what would undo unseen what somebody else has done: the branch moved since the commit that is given, or a file since it
 * was read in this session.
 */
async function refuseMoved({ parent, files }: Input, target: Target, ctx: ToolContext): Promise<void> {
  if (parent !== undefined) {
    if (!/^[0-9a-f]{7,40}$/i.test(parent)) {
      throw new HugwireError('invalid_arguments', `parent “${cleanLine(parent, 60)}” is not a commit's hash.`);
    }
    if (!target.head.startsWith(parent.toLowerCase())) throw await explainMoved(ctx.hub, target, parent);
    return;
  }
  for (const { path } of files) {
    const seen = ctx.reads?.get(readKey({ ...target, path }));
    if (seen === undefined || seen === target.head) continue;
    const [before, now] = await Promise.all(
      [seen, target.head].map((at) => fileVersion(ctx.hub, { ...target, head: at }, path)),
    );
    if (before !== now) throw await explainMoved(ctx.hub, target, seen);
  }
}

/** Looks for what must not be published, and for a card that the Hub would not take. */
async function checkContents(
  changes: readonly Change[],
  kind: Target['kind'],
  { hub }: ToolContext,
): Promise<string[]> {
  const { value: token } = await hub.token();
  const doubts: string[] = [];
  for (const { path, content } of changes) {
    const { text } = content ?? {};
    if (text === undefined) continue;
    if (holdsToken(text, token)) {
      throw holdsSecret(path, { what: 'a Hugging Face token', line: lineOfToken(text, token), isSure: true });
    }
    const found = locateCredential(Buffer.from(text));
    if (found?.isSure) throw holdsSecret(path, found);
    if (found) doubts.push(`Mind: ${showName(path, 200)} seems to hold ${found.what} in line ${found.line}.`);
  }
  const card = changes.find(({ path, content }) => path === 'README.md' && content?.text !== undefined)?.content?.text;
  const [fault, ...more] = card === undefined ? [] : await checkCard(card, kind);
  if (!fault) return doubts;
  const others = more.map(({ line, problem }) => `; line ${line}: ${problem}`).join('');
  throw new HugwireError('invalid_arguments', `README.md, line ${fault.line}: ${fault.problem}${others}.`, {
    hint: 'Nothing was written. Correct the front matter between the lines of ---.',
  });
}

function lineOfToken(text: string, token: string | undefined): number {
  const at = text.split('\n').findIndex((one) => holdsToken(one, token));
  return at + 1 || 1;
}

function holdsSecret(path: string, { what, line }: FoundCredential): HugwireError {
  return new HugwireError('blocked', `${showName(path, 200)} holds ${what} in line ${line}.`, {
    hint: 'Nothing was written. Take it out: a Space reads secrets from its settings, by `hugwire spaces secret set`.',
  });
}

const SIGNS = { new: '+', changed: '~', deleted: '-' };

function describeChange({ path, effect, content, before, lines }: PlannedChange): string {
  const facts =
    effect === 'deleted'
      ? ['delete', path.endsWith('/') ? 'the folder with all that is in it' : formatBytes(before ?? 0)]
      : [
          effect === 'new' ? 'new' : `replaces ${formatBytes(before ?? 0)}`,
          formatBytes(content?.size ?? 0),
          lines && `+${lines.added} −${lines.removed} lines`,
        ];
  return `${SIGNS[effect]} ${showName(path, 300)} (${facts.filter(Boolean).join(', ')})`;
}

function suggestSummary(planned: readonly PlannedChange[]): string {
  const [first] = planned;
  const verb = planned.every(({ effect }) => effect === 'deleted')
    ? 'Delete'
    : planned.every(({ effect }) => effect === 'new')
      ? 'Add'
      : 'Update';
  return `${verb} ${planned.length === 1 && first ? first.path.slice(0, 150) : plural(planned.length, 'file')}`;
}
