import * as z from 'zod';
import { line, record, records } from '../hub/fields.js';
import { apiPath, repoPath } from '../hub/reference.js';
import { REPO_KINDS } from '../hub/types.js';
import { type RepoName, sendWrite, WRITES } from '../hub/write/requests.js';
import { refuseWithoutRight, writingAccount } from '../hub/write/rights.js';
import { HugwireError } from '../lib/errors.js';
import { cleanLine, holdsToken, showName, showWords } from '../lib/text.js';
import { locateCredential } from '../spaces/secrets.js';
import type { ToolContext } from './tool.js';
import { defineWrite, findTarget, nameRepo, showOwnWords } from './writing.js';

const input = z.object({
  repo: z.string().describe('owner/name'),
  kind: z.enum(REPO_KINDS).optional(),
  action: z.enum(['open', 'comment', 'close', 'reopen']).optional(),
  number: z.int().min(1).optional().describe('Of the discussion or pull request'),
  title: z.string().optional().describe('To open one'),
  text: z.string().optional().describe('Markdown'),
});

export const hubDiscuss = defineWrite({
  name: 'hub_discuss',
  title: 'Discuss on the Hub',
  toolset: 'write',
  hints: { destructiveHint: false },
  description:
    'Open a discussion on a repository, comment on one or on a pull request, close or reopen it. The user is asked first.',
  input,
  aliases: {
    names: {
      id: 'repo',
      repoid: 'repo',
      discussion: 'number',
      num: 'number',
      comment: 'text',
      description: 'text',
      body: 'text',
      type: 'kind',
    },
    values: { action: { create: 'open', new: 'open', reply: 'comment', answer: 'comment', closed: 'close' } },
  },
  async prepare(wanted, ctx) {
    const { hub } = ctx;
    const { number, title = '', text = '' } = wanted;
    const action = wanted.action ?? (number === undefined ? 'open' : 'comment');
    const account = await writingAccount(hub);
    const { kind, id } = await findTarget(hub, wanted.repo, wanted.kind);
    const repo = { kind, id };
    await refuseWithoutRight(hub, account, { right: 'discussion.write', on: id });
    await refuseSecrets(`${title}\n${text}`, ctx);
    if (action === 'open') {
      if (number !== undefined)
        throw incomplete(`action="open" makes a new discussion; action="reopen" opens ${number} again.`);
      if (title.trim().length < 3) throw incomplete('A discussion needs a title of three characters or more.');
    } else if (number === undefined) throw incomplete(`To ${action}, say which: number.`);
    else if (action === 'comment' && text.trim() === '') throw incomplete('A comment needs text.');
    const found = number === undefined ? undefined : await openDiscussion(hub, repo, number);
    if (found && (action === 'close' || action === 'reopen')) {
      // What others have opened, only whoever may write to the repository closes.
      const right = found.author === account.name ? 'discussion.write' : 'repo.write';
      await refuseWithoutRight(hub, account, { right, on: id });
      const wantedStatus = action === 'close' ? 'closed' : 'open';
      if (found.status === wantedStatus || found.status === 'merged') {
        return {
          text: `${found.name} of ${id} is ${found.status} already.`,
          data: { state: 'unchanged', repo: id, kind, number, status: found.status },
        };
      }
    }
    const words = text.trim() === '' ? [] : [`Text: ${showOwnWords(text)}`];
    const what = found
      ? { comment: 'comment on', close: 'close', reopen: 'reopen', open: '' }[action]
      : `open a discussion, ${showOwnWords(title)},`;
    return {
      message: [
        `${what} ${found ? `${found.name} ${found.title} of` : 'on'} the ${nameRepo(repo)}, for everybody who sees it.`,
        ...words,
      ].join('\n'),
      title: { open: 'Open it', comment: 'Send it', close: 'Close it', reopen: 'Reopen it' }[action],
      repo,
      data: { repo: id, kind, action, number, title: title || undefined, text: text || undefined },
      input: { ...wanted, action, repo: `${kind}s/${id}` },
      apply: act,
    };

    async function act() {
      const told = (words: string, at: number, more: object) => {
        const url = `${hub.endpoint}${repoPath(kind, id, 'discussions', String(at))}`;
        return { text: `${words}: ${url}`, data: { state: 'done', action, repo: id, kind, number: at, url, ...more } };
      };
      if (number === undefined) {
        const before = await findNewest(hub, repo, title.trim(), account.name);
        let seen: number | undefined;
        const answer = await sendWrite(hub, WRITES.openDiscussion(repo, title.trim(), text.trim()), async () => {
          seen = await findNewest(hub, repo, title.trim(), account.name);
          return seen !== undefined && seen !== before;
        });
        return told(`Opened a discussion on ${id}`, Number(answer?.num ?? seen), {});
      }
      if (action === 'comment') {
        const comment = text.trim();
        const countSame = async () =>
          records((await fetchDiscussion(hub, repo, number)).events).filter(
            (event) => record(record(event.data).latest).raw === comment && record(event.author).name === account.name,
          ).length;
        const before = await countSame();
        await sendWrite(hub, WRITES.comment(repo, number, comment), async () => (await countSame()) > before);
        return told(`Commented on ${number} of ${id}`, number, {});
      }
      const status = action === 'close' ? 'closed' : 'open';
      await sendWrite(
        hub,
        WRITES.changeStatus(repo, number, status, text.trim() || undefined),
        async () => (await openDiscussion(hub, repo, number)).status === status,
      );
      return told(`${action === 'close' ? 'Closed' : 'Reopened'} ${number} of ${id}`, number, { status });
    }
  },
});

const incomplete = (message: string) =>
  new HugwireError('invalid_arguments', message, { hint: 'Nothing was written.' });

async function refuseSecrets(text: string, { hub }: ToolContext): Promise<void> {
  const { value: token } = await hub.token();
  const found = locateCredential(Buffer.from(text));
  if (!holdsToken(text, token) && !found?.isSure) return;
  throw new HugwireError(
    'blocked',
    `The text holds ${found?.what ?? 'a Hugging Face token'}, which everybody would see.`,
    {
      hint: 'Nothing was written. Take it out.',
    },
  );
}

type Hub = ToolContext['hub'];

async function fetchDiscussion(hub: Hub, { kind, id }: RepoName, number: number): Promise<Record<string, unknown>> {
  const request = { repo: { kind, id }, repeatable: false };
  try {
    return record((await hub.request(apiPath(kind, id, 'discussions', String(number)), request)).json());
  } catch (error) {
    // The repository was found before.
    if (!(error instanceof HugwireError) || error.code !== 'not_found') throw error;
    throw new HugwireError('not_found', `${id} has no discussion ${number}.`, {
      hint: `hub_read uris=["${kind}s/${id}/discussions"] lists them.`,
    });
  }
}

async function openDiscussion(hub: Hub, repo: RepoName, number: number) {
  const found = await fetchDiscussion(hub, repo, number);
  return {
    name: `${found.isPullRequest === true ? 'pull request' : 'discussion'} ${number}`,
    title: showWords(found.title, 120),
    author: line(record(found.author).name, 80),
    status: showName(line(found.status, 20) ?? 'open'),
  };
}

async function findNewest(
  hub: Hub,
  { kind, id }: RepoName,
  title: string,
  author: string,
): Promise<number | undefined> {
  const query = { type: 'discussion', status: 'all', author: cleanLine(author, 42) };
  const answer = await hub.request(apiPath(kind, id, 'discussions'), { query, repo: { kind, id }, repeatable: false });
  const [newest] = records(record(answer.json()).discussions);
  return newest?.title === title ? Number(newest.num) : undefined;
}
