import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import * as z from 'zod';
import { checkRevision, repoPath } from '../hub/reference.js';
import { REPO_KINDS } from '../hub/types.js';
import { type Commit, type CommitOutcome, sendCommit } from '../hub/write/commit.js';
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
import { isObject, parseJson } from '../lib/json.js';
import { fold } from '../lib/nearest.js';
import { cleanLine, cleanText, holdsToken, quote, showName } from '../lib/text.js';
import { type FoundCredential, locateCredential } from '../spaces/secrets.js';
import { readKey } from './hub_read.js';
import type { ToolContext } from './tool.js';
import { defineWrite, findTarget, followSpace, nameRepo, showOwnWords } from './writing.js';

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
    .describe('All go into one commit'),
  message: z.string().optional(),
  branch: z.string().optional().describe('Or refs/pr/3'),
  pull_request: z.boolean().optional().describe('Default: only in repositories of others'),
  parent: z.string().optional().describe('Commit that it is based on'),
});
type Input = z.output<typeof input>;

const MAX_MESSAGE = 5000;
/** Local files up to this size are looked at as texts. */
const MAX_TEXT_BYTES = 400_000;

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
      commitmessage: 'message',
      summary: 'message',
      revision: 'branch',
      createpr: 'pull_request',
      parentcommit: 'parent',
    },
  },
  bend: bendFiles,
  recorded: withoutTexts,
  async prepare(wanted, ctx) {
    const { hub } = ctx;
    const account = await writingAccount(hub);
    const repo = await findTarget(hub, wanted.repo, wanted.kind);
    const owner = repo.id.split('/')[0] ?? repo.id;
    const { branch = repo.revision ?? 'main' } = wanted;
    refuseCommit(checkRevision(branch));
    const isOwn = mayDo(account, { right: 'repo.write', on: repo.id });
    const ofPull = branch.startsWith('refs/pr/');
    const asPull = !ofPull && (wanted.pull_request ?? (!isOwn && owner.toLowerCase() !== account.name.toLowerCase()));
    const right = (asPull || ofPull) && !isOwn ? 'discussion.write' : 'repo.write';
    const instead = 'In repositories of others, propose a change with pull_request=true.';
    await refuseWithoutRight(hub, account, { right, on: repo.id, instead });
    const changes = await readChanges(wanted, ctx);
    const target = await openTarget(hub, repo, branch);
    await refuseMoved(wanted.parent, changes, target, ctx);
    const doubts = await checkContents(changes, wanted.message, target.kind, ctx);
    const planned = await planChanges(hub, target, changes);
    if (planned.length === 0) {
      return {
        text: `Nothing to write: ${target.id} holds all of this already, at ${target.head.slice(0, 8)}.`,
        data: { state: 'unchanged', repo: target.id, kind: target.kind, commit: target.head },
      };
    }
    const [first = '', ...more] = cleanText(wanted.message ?? '', MAX_MESSAGE)
      .trim()
      .split('\n');
    const summary = cleanLine(first, 200) || suggestSummary(planned);
    const description = more.join('\n').trim();
    const commit = { target, changes: planned, summary, description, asPull };
    return {
      message: [
        `write to the ${nameRepo(target)} (${target.private ? 'private' : 'public'}), ${asPull ? `as a new pull request to ${showName(target.branch)}` : showName(target.branch)}:`,
        ...planned.map(describeChange),
        `Commit message: ${quote(summary)}`,
        ...(description ? [`Below it: ${showOwnWords(description)}`] : []),
        ...doubts,
      ].join('\n'),
      title: asPull ? 'Open the pull request' : 'Write it',
      repo: doubts.length > 0 ? undefined : { kind: target.kind, id: target.id },
      data: {
        repo: target.id,
        kind: target.kind,
        private: target.private,
        branch: target.branch,
        pullRequest: asPull,
        summary,
        description: description || undefined,
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
        const outcome = await sendCommit(hub, commit, (progress, total) =>
          ctx.progress({ progress, total, message: `uploaded ${formatBytes(progress)} of ${formatBytes(total)}` }),
        );
        const after = target.kind === 'space' && !asPull && branch === 'main' ? await followSpace(target.id, ctx) : [];
        noteWritten(commit.changes, target, outcome.commit, ctx);
        return {
          text: [...describeOutcome(hub.endpoint, commit, outcome), ...after].join('\n'),
          data: { state: 'written', repo: target.id, kind: target.kind, branch: target.branch, ...outcome },
        };
      },
    };
  },
});

function describeOutcome(
  endpoint: string,
  { target: { kind, id, branch }, changes, asPull }: Commit,
  { commit, pullRequest, ignored, unanswered }: CommitOutcome,
): string[] {
  const what = plural(changes.length - ignored.length, 'change');
  const page = commit ? ` (${commit.slice(0, 8)}): ${endpoint}${repoPath(kind, id, 'commit', commit)}` : '.';
  return [
    asPull
      ? `Proposed ${what} to ${id} as a pull request${pullRequest ? `: ${pullRequest}` : '.'}`
      : `Committed ${what} to ${id}, ${showName(branch)}${page}`,
    ...(unanswered
      ? ['The Hub did not answer properly, but it shows the change: it was done, and is not repeated.']
      : []),
    ...(ignored.length > 0
      ? [`Left out, as .gitignore says: ${ignored.map((path) => showName(path)).join(', ')}`]
      : []),
  ];
}

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

/** Other names for what is said of a file, folded. */
const FILE_WORDS: Record<string, 'path' | 'text' | 'from' | 'delete'> = {
  path: 'path',
  file: 'path',
  filename: 'path',
  filepath: 'path',
  name: 'path',
  pathinrepo: 'path',
  text: 'text',
  content: 'text',
  contents: 'text',
  body: 'text',
  from: 'from',
  source: 'from',
  localpath: 'from',
  pathorfileobj: 'from',
  delete: 'delete',
  deleted: 'delete',
  remove: 'delete',
};

/** One file beside the repository, a map of paths to texts, and other words for the same become a list of files. */
function bendFiles(given: Record<string, unknown>): Record<string, unknown> {
  const { files: told, ...rest } = given;
  const files = typeof told === 'string' ? (parseJson(told) ?? told) : told;
  if (Array.isArray(files)) return { ...rest, files: files.map(bendFile) };
  if (isObject(files)) {
    const isFile = Object.keys(files).some((name) => FILE_WORDS[fold(name)] === 'path');
    const listed = Object.entries(files).map(([path, text]) => (isObject(text) ? { path, ...text } : { path, text }));
    return { ...rest, files: (isFile ? [files] : listed).map(bendFile) };
  }
  const own = Object.entries(given).filter(([name]) => Object.hasOwn(FILE_WORDS, fold(name)) && fold(name) !== 'name');
  if (files !== undefined || !own.some(([name]) => FILE_WORDS[fold(name)] === 'path')) return given;
  const others = Object.entries(given).filter((entry) => !own.some(([name]) => name === entry[0]));
  return { ...Object.fromEntries(others), files: [bendFile(Object.fromEntries(own))] };
}

function bendFile(file: unknown): unknown {
  if (!isObject(file)) return file;
  const named = Object.entries(file).map(([name, value]) => {
    const word = FILE_WORDS[fold(name)] ?? name;
    // What is to be JSON is often sent as JSON.
    const isJson = word === 'text' && (typeof value === 'object' ? value !== null : typeof value !== 'string');
    return [word, isJson ? `${JSON.stringify(value, null, 2)}\n` : value] as const;
  });
  const bent = Object.fromEntries(named);
  return /^delete/i.test(String(bent.operation)) ? { ...bent, delete: true } : bent;
}

/** The journal names the files; what is in them is in the repository. */
function withoutTexts(args: unknown): unknown {
  const { files, ...rest } = isObject(args) ? bendFiles(args) : { files: undefined };
  const brief = (file: unknown) => {
    if (!isObject(file)) return typeof file;
    const { path, text, from, delete: gone } = file;
    if (typeof text !== 'string') return { path, from, delete: gone };
    return { path, bytes: Buffer.byteLength(text), sha256: createHash('sha256').update(text).digest('hex') };
  };
  return { ...rest, files: Array.isArray(files) ? files.map(brief) : typeof files };
}

/** What is wanted, with its bytes. */
async function readChanges({ files }: Input, { spaces }: ToolContext): Promise<Change[]> {
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
    for (const { path: below, file } of await spaces.openLocal(from, MOST_FILES)) {
      const folder = path === '' || path.endsWith('/');
      const name = below === '' ? (folder ? `${path}${file.name}` : path) : `${folder ? path : `${path}/`}${below}`;
      checkWritePath(name);
      changes.push({ path: name, content: { ...file, text: await readText(file), from: file.path } });
    }
  }
  refuseConflicts(changes);
  return changes;
}

/** A local file as text, where it is one and is not too long to be compared. */
async function readText({ size, stream }: Pick<Content, 'size' | 'stream'>): Promise<string | undefined> {
  if (size > MAX_TEXT_BYTES) return undefined;
  const pieces: Uint8Array[] = [];
  for await (const piece of stream()) pieces.push(piece);
  const bytes = Buffer.concat(pieces);
  return isUtf8(bytes) && !bytes.includes(0) ? bytes.toString() : undefined;
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
async function refuseMoved(
  parent: string | undefined,
  changes: readonly Change[],
  target: Target,
  ctx: ToolContext,
): Promise<void> {
  if (parent !== undefined) {
    if (!/^[0-9a-f]{7,40}$/i.test(parent)) {
      throw new HugwireError('invalid_arguments', `parent “${cleanLine(parent, 60)}” is not a commit's hash.`);
    }
    if (!target.head.startsWith(parent.toLowerCase())) throw await explainMoved(ctx.hub, target, parent);
    return;
  }
  for (const { path } of changes) {
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
  message: string | undefined,
  kind: Target['kind'],
  { hub }: ToolContext,
): Promise<string[]> {
  const { value: token } = await hub.token();
  const doubts: string[] = [];
  if (holdsToken(message ?? '', token)) {
    throw holdsSecret('The commit message', { what: 'a Hugging Face token', line: 1, isSure: true });
  }
  for (const { path, content } of changes) {
    const { text } = content ?? {};
    if (text === undefined) continue;
    if (holdsToken(text, token)) {
      throw holdsSecret(showName(path, 200), {
        what: 'a Hugging Face token',
        line: lineOfToken(text, token),
        isSure: true,
      });
    }
    const found = locateCredential(Buffer.from(text));
    if (found?.isSure) throw holdsSecret(showName(path, 200), found);
    if (found) doubts.push(`Note: ${showName(path, 200)} seems to hold ${found.what} in line ${found.line}.`);
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

function holdsSecret(where: string, { what, line }: FoundCredential): HugwireError {
  return new HugwireError('blocked', `${where} holds ${what} in line ${line}.`, {
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
          content?.from && `from ${showName(content.from, 1000)}`,
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
