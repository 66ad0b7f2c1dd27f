import type { Definition } from '../../assistants/definition.js';
import { COLLECTION, findAdded, readDefinition, TAGS } from '../../assistants/library.js';
import { AGENT_FILE, type AssistantFiles } from '../../engine/assistants.js';
import { apiPath, checkRepoId } from '../../hub/reference.js';
import { attempt } from '../../hub/repo/lookup.js';
import { writingAccount } from '../../hub/write/rights.js';
import { HugwireError } from '../../lib/errors.js';
import { cleanLine, holdsToken, redact } from '../../lib/text.js';
import { isSecretName, locateCredential } from '../../spaces/secrets.js';
import { hubCreate } from '../../tools/hub_create.js';
import { hubWrite } from '../../tools/hub_write.js';
import type { ToolResult, WritePlan } from '../../tools/tool.js';
import { confirm } from '../prompts.js';
import type { CommandResult } from '../terminal.js';
import { NOTHING } from './add.js';
import type { AssistantsContext } from './command.js';
import { showLaunch } from './describe.js';

export interface ShareOptions {
  public?: boolean;
  /** A dataset that gets a pull request; `true`: the collection of tiny-agents. */
  pr?: string | true;
  yes?: boolean;
}

/**
 * `hugwire assistants share`: puts an assistant into a dataset of the Hub, or proposes it to one. The whole change is shown, and
 * made by the write core, which asks nobody but the person at the terminal, and refuses secrets.
 * @param name of the assistant
 * @param wanted id of the dataset; one of the account's own with the assistant's name where left out
 * @param options of the command
 * @param context to work in
 * @throws HugwireError `blocked` for an assistant with secrets, and what the Hub refuses
 */
export async function shareAssistant(
  name: string,
  wanted: string | undefined,
  options: ShareOptions,
  context: AssistantsContext,
): Promise<CommandResult> {
  const { config, settings, hub, ctx, prompts, tell } = context;
  if (settings.tools.readOnly) throw new HugwireError('disabled', 'hugwire is set to read only (tools.readOnly).');
  const added = findAdded(config, name);
  const definition = await readDefinition(config, added);
  refuseSecrets(definition);
  const account = await writingAccount(hub);
  const proposed = options.pr === true ? COLLECTION.id : options.pr?.replace(/^datasets\//, '');
  const id = checkRepoId(
    proposed ?? (wanted?.includes('/') ? wanted.replace(/^datasets\//, '') : `${account.name}/${wanted ?? name}`),
  );
  const repo = { kind: 'dataset' as const, id };
  const found = await attempt(hub.request(apiPath('dataset', id), { repo, repeatable: false }));
  if ('error' in found && !(proposed === undefined && ['not_found', 'not_visible'].includes(found.error.code)))
    throw found.error;
  const folder = proposed === undefined ? '' : `${account.name}/${name}/`;
  const card = folder === '' ? { 'README.md': writeCard(name, id, definition) } : {};
  const files = Object.entries({ ...definition.files, ...card }).map(([path, text]) => ({
    path: `${folder}${path}`,
    text,
  }));
  const message = `Share the assistant ${name}`;
  const write = () =>
    hubWrite.prepare?.(
      { repo: `datasets/${id}`, files, message, pull_request: proposed === undefined ? undefined : true },
      ctx,
    );
  const agree = (plan: WritePlan, more: readonly string[] = []) => {
    tell([`hugwire is about to ${plan.message}`, ...more].join('\n'));
    const again = [
      'hugwire assistants share',
      name,
      wanted,
      options.public && '--public',
      proposed && `--pr datasets/${proposed}`,
      '--yes',
    ];
    const unasked = {
      message: 'An assistant is shared on approval, and nobody can be asked here.',
      hint: again.filter(Boolean).join(' '),
    };
    return confirm('Share it?', { yes: options.yes, prompts, initial: false, unasked });
  };
  if ('error' in found) {
    const plan = await hubCreate.prepare?.(
      { repo: `datasets/${id}`, kind: 'dataset', private: options.public !== true },
      ctx,
    );
    if (isPlan(plan)) {
      if (
        !(await agree(plan, ['Into it go:', ...files.map(({ path, text }) => `+ ${path} (${text.length} characters)`)]))
      )
        return NOTHING;
      await plan.apply();
      return show(await applyUnasked(await write()), id);
    }
  }
  const plan = await write();
  if (!isPlan(plan)) return show(plan, id);
  return (await agree(plan)) ? show(await plan.apply(), id) : NOTHING;
}

const isPlan = (plan: WritePlan | ToolResult | undefined): plan is WritePlan => plan !== undefined && 'apply' in plan;
const applyUnasked = async (plan: WritePlan | ToolResult | undefined) => (isPlan(plan) ? plan.apply() : plan);

function show(result: ToolResult | undefined, id: string): CommandResult {
  const next = `Others add it with: hugwire assistants add ${id}`;
  const isProposal = (result?.data as { pullRequest?: unknown } | undefined)?.pullRequest !== undefined;
  return {
    text: [result?.text, isProposal ? undefined : next].filter(Boolean).join('\n'),
    data: result?.data as object | undefined,
    exitCode: result?.isError ? 1 : 0,
  };
}

const SECRET = /auth|cookie|key|token|secret|passw|credential/i;

/** Keys belong into inputs, which everybody fills in for themselves. */
function refuseSecrets({ assistant, servers, files }: Definition): void {
  const isOpen = (value: string | undefined) =>
    value !== undefined && value !== '' && !/\$\{input:[\w-]+\}/.test(value);
  const faults = isOpen(assistant.model.apiKey) ? ['"apiKey"'] : [];
  for (const { name, launch } of servers) {
    const named = launch.type === 'stdio' ? launch.env : launch.headers;
    for (const [key, value] of Object.entries(named ?? {})) {
      const isSecret = SECRET.test(key) || isSecretName(key) || redact(value) !== value;
      if (isSecret && isOpen(value)) faults.push(`"${cleanLine(key, 60)}" of its server ${name}`);
    }
    for (const arg of launch.type === 'stdio' ? launch.args : []) {
      const [option = '', ...value] = arg.split('=');
      if (SECRET.test(option) && isOpen(value.join('='))) faults.push(`${cleanLine(option, 60)} of its server ${name}`);
    }
  }
  for (const [file, text] of Object.entries(files)) {
    const found = locateCredential(Buffer.from(text));
    if (found?.isSure || holdsToken(text, undefined)) faults.push(`${found?.what ?? 'a token'} in ${file}`);
  }
  if (faults.length === 0) return;
  throw new HugwireError(
    'blocked',
    `${cleanLine(assistant.name, 64)} holds what looks like a secret: ${faults.join(', ')}. Nothing was shared.`,
    {
      hint: `Write "\${input:my-key}" in its place in ${AGENT_FILE}, and list it in "inputs": whoever uses the assistant is asked for their own.`,
    },
  );
}

function writeCard(
  name: string,
  id: string,
  { assistant, servers, files }: Definition & { files: AssistantFiles },
): string {
  const { title = name, description, model, allowedTools, examples } = assistant;
  const front = [
    '---',
    `pretty_name: ${JSON.stringify(title)}`,
    'tags:',
    ...[...TAGS, 'tiny-agents'].map((tag) => `- ${tag}`),
    'viewer: false',
    '---',
  ];
  const tools =
    allowedTools === undefined ? 'all that are on' : allowedTools.map((tool) => `\`${tool}\``).join(', ') || 'none';
  const facts = [
    model.model && `- Model: \`${model.model}\``,
    `- Tools of [hugwire](https://www.npmjs.com/package/hugwire): ${tools}`,
    ...servers.map((server) => `- Another MCP server, which runs only if you allow it: \`${showLaunch(server)}\``),
  ];
  const body = [
    `# ${title}`,
    description,
    'An assistant: instructions for a model, and the tools that it may use.',
    facts.filter(Boolean).join('\n'),
    examples.length > 0 ? ['Ask it:', ...examples.map((example) => `- ${example}`)].join('\n') : undefined,
    ['## Use it', '', '```sh', `npx hugwire assistants add ${id}`, `npx hugwire chat ${name}`, '```'].join('\n'),
    `Or download the folder (${Object.keys(files)
      .map((file) => `\`${file}\``)
      .join(', ')}) and run it with tiny-agents.`,
  ];
  return `${front.join('\n')}\n\n${body.filter((part) => part !== undefined).join('\n\n')}\n`;
}
