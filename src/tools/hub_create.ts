import * as z from 'zod';
import { apiPath, checkRepoId, repoPath } from '../hub/reference.js';
import { attempt, keepRepos } from '../hub/repo/lookup.js';
import { REPO_KINDS } from '../hub/types.js';
import { sendWrite, WRITES } from '../hub/write/requests.js';
import { refuseWithoutRight, writingAccount } from '../hub/write/rights.js';
import { HugwireError } from '../lib/errors.js';
import { cleanLine, showName } from '../lib/text.js';
import { defineWrite, findTarget, nameRepo } from './writing.js';

const input = z.object({
  repo: z.string().describe('New id: owner/name, or a name of your own'),
  kind: z.enum(REPO_KINDS).optional().describe('Default model'),
  from: z.string().optional().describe('Repository to duplicate'),
  sdk: z.enum(['gradio', 'docker', 'static']).optional().describe('Of a Space'),
  private: z.boolean().default(true),
});

export const hubCreate = defineWrite({
  name: 'hub_create',
  title: 'Create a repository on the Hub',
  toolset: 'write',
  hints: { destructiveHint: false },
  description: 'Create a model, dataset or Space repository, or duplicate one. The user is asked first.',
  input,
  aliases: {
    names: {
      id: 'repo',
      name: 'repo',
      repoid: 'repo',
      type: 'kind',
      repotype: 'kind',
      source: 'from',
      duplicate: 'from',
      spacesdk: 'sdk',
    },
  },
  async prepare(wanted, ctx) {
    const { hub } = ctx;
    const account = await writingAccount(hub);
    const source = wanted.from === undefined ? undefined : await findTarget(hub, wanted.from, wanted.kind);
    const { kind: prefixed, name } = readName(wanted.repo);
    const kind = source?.kind ?? prefixed ?? wanted.kind ?? 'model';
    const id = checkRepoId(name.includes('/') ? name : `${account.name}/${name}`);
    const [owner = ''] = id.split('/');
    await refuseWithoutRight(hub, account, { right: 'repo.write', on: owner });
    if (kind === 'space' && !source && wanted.sdk === undefined) {
      throw new HugwireError('invalid_arguments', 'A new Space needs an sdk.', {
        hint: 'sdk: gradio, docker or static.',
      });
    }
    const repo = { kind, id };
    const isThere = async () => {
      const found = await attempt(hub.request(apiPath(kind, id), { repo, repeatable: false }));
      if ('value' in found) return true;
      if (['not_found', 'not_visible'].includes(found.error.code)) return false;
      throw found.error;
    };
    const page = `${hub.endpoint}${repoPath(kind, id)}`;
    if (await isThere()) {
      return {
        text: `The ${nameRepo(repo)} already exists: ${page}`,
        data: { state: 'exists', repo: id, kind, url: page },
      };
    }
    const visibility = wanted.private ? 'private' : 'public';
    const sdk = kind === 'space' && !source ? wanted.sdk : undefined;
    const opened = source?.info.private === true ? `, and ${source.id} is private` : '';
    const how = source ? `, a copy of the ${nameRepo(source)}` : sdk ? `, with the SDK ${sdk}` : '';
    return {
      message: `create the ${visibility} ${nameRepo(repo)}${how}.${wanted.private ? '' : `\nNote: everybody will see it${opened}.`}`,
      title: wanted.private ? 'Create it' : 'Create it, for everybody to see',
      // What everybody sees wants a yes of its own.
      repo: wanted.private ? repo : undefined,
      data: { repo: id, kind, visibility, sdk, from: source?.id },
      input: { ...wanted, repo: `${kind}s/${id}`, from: source && `${source.kind}s/${source.id}` },
      async apply() {
        const write = source
          ? WRITES.duplicateRepo(repo, source.id, visibility)
          : WRITES.createRepo(repo, visibility, sdk);
        await sendWrite(hub, write, isThere);
        await keepRepos(hub, id, []);
        return {
          text: `Created the ${visibility} ${nameRepo(repo)}${how}: ${page}\nNext: hub_write repo="${kind}s/${id}" files=[…] puts files into it.`,
          data: { state: 'created', repo: id, kind, visibility, url: page },
        };
      },
    };
  },
});

/** The name of what is not there yet, which may say its kind as references do. */
function readName(text: string): { kind?: (typeof REPO_KINDS)[number]; name: string } {
  const [, prefix, name = ''] =
    /^(?:https?:\/\/[^/]+\/)?(?:(model|dataset|space)s\/)?([^?#]*)$/.exec(text.trim()) ?? [];
  if (/^[\w.-]+(?:\/[\w.-]+)?$/.test(name)) return { kind: REPO_KINDS.find((kind) => kind === prefix), name };
  throw new HugwireError(
    'invalid_arguments',
    `${showName(cleanLine(text, 100)) || 'That'} cannot be the id of a repository.`,
    {
      hint: 'Give owner/name of letters, digits, hyphens, underscores and dots.',
    },
  );
}
