import { listTools, runCall } from '../engine/call.js';
import { type CallerHost, narrow } from '../engine/narrow.js';
import type { JsonSchema } from '../lib/json-schema.js';
import type { Answer, AnyTool, Effect, Progress, Question, ToolResult } from '../tools/tool.js';
import type { Assistant } from './types.js';

/** What ties a call of an assistant's tool to the turn. */
interface ToolLink {
  signal: AbortSignal;
  progress(step: Progress): void;
  /** Asks the user; missing where nobody can be asked. */
  ask?(question: Question): Promise<Answer>;
  /** Whether the user is asked also where the config says that they need not be. */
  alwaysAsk: boolean;
}

/** A tool that an assistant can call: one of hugwire's, or of another MCP server. */
export interface AssistantTool {
  name: string;
  description?: string;
  /** JSON Schema of its arguments. */
  parameters: JsonSchema;
  /** `hugwire`, or the name of the other server. */
  server: string;
  effect: Effect;
  toolset?: string;
  /** Whether it asks the user by itself before it changes anything, with what it would change. */
  asksItself: boolean;
  /** Whether its answers hold what third parties wrote. */
  bringsText: boolean;
  /** What a yes to running it is good for, for the rest of a conversation; undefined: for this call alone. */
  grantFor(args: Record<string, unknown>): string | undefined;
  /** Tells what the call would do; missing where that cannot be told. */
  plan?(args: Record<string, unknown>, signal: AbortSignal): Promise<string>;
  /** Never throws: a failure is a result. */
  run(args: Record<string, unknown>, link: ToolLink): Promise<Pick<ToolResult, 'text' | 'images' | 'isError'>>;
}

/** Their answers are hugwire's own words, or the user's. */
const OWN_WORDS = ['hub_whoami', 'history', 'memory_save', 'memory_search'];
/** They only follow up what the user has agreed to already. */
const FOLLOW_UPS = ['space_result'];
const MEMORY: Record<Assistant['memory'], string[]> = {
  off: [],
  read: ['memory_search'],
  write: ['memory_search', 'memory_save'],
};

/**
 * hugwire's tools as an assistant may have them: those that are on, less what it does without.
 * @param host that runs them
 * @param assistant whom they are for
 */
export function hugwireTools(host: CallerHost, assistant: Assistant): AssistantTool[] {
  const { allowedTools, spaces, memory } = assistant;
  const narrowed = narrow(
    host,
    {
      tools: allowedTools,
      spaces: spaces?.map((space) => space.toLowerCase()),
      noImages: false,
      readOnly: assistant.readOnly === true,
      notes: [],
    },
    host.instructions ?? '',
  );
  // What the user's own assistant remembers, it remembers also where other clients of hugwire do not.
  const remembers = ({ name, toolset }: AnyTool) =>
    toolset === 'memory' && !assistant.isShared && (name !== 'history' || allowedTools === undefined);
  const on = narrowed.tools();
  const more = host.knownTools().filter((tool) => remembers(tool) && !on.includes(tool));
  const tools = [...on, ...more].filter(
    ({ name, toolset }) => toolset !== 'memory' || name === 'history' || MEMORY[memory].includes(name),
  );
  const pinned = new Map(configOf(narrowed).spaces.pinned.map(({ tool, space }) => [tool, space]));
  const listings = new Map(listTools({ tools: () => tools }).map((listing) => [listing.name, listing]));
  return tools.flatMap((tool) => {
    const listing = listings.get(tool.name);
    return listing ? [adapt(tool, listing, narrowed, pinned)] : [];
  });
}

const configOf = (host: CallerHost) => host.context(new AbortController().signal, () => {}).config;

function adapt(
  tool: AnyTool,
  { description, inputSchema }: { description: string; inputSchema: JsonSchema },
  host: CallerHost,
  pinned: ReadonlyMap<string, string>,
): AssistantTool {
  const { name, toolset } = tool;
  const effect = FOLLOW_UPS.includes(name) ? 'read' : tool.effect;
  return {
    name,
    description,
    parameters: inputSchema,
    server: 'hugwire',
    effect,
    toolset,
    asksItself: tool.prepare !== undefined,
    bringsText: !OWN_WORDS.includes(name),
    grantFor({ space }) {
      if (effect !== 'run') return undefined;
      const id = pinned.get(name) ?? (typeof space === 'string' ? space : undefined);
      return id === undefined ? undefined : `space ${id.toLowerCase()}`;
    },
    plan:
      tool.plan &&
      (async (args, signal) => {
        const { text } = await runCall(asDryRun(host), tool, args, { signal, progress() {} });
        // That nothing was done goes without saying in a question.
        return text.replace(/^Dry run: nothing was done\.\n/, '');
      }),
    run: (args, { alwaysAsk, ...link }) => runCall(alwaysAsk ? withoutLeave(host) : host, tool, args, link),
  };
}

/** The same, where tools only tell what they would do; that is no call, and is not recorded as one. */
function asDryRun({ record: _, admit: __, onCall: ___, ...host }: CallerHost): CallerHost {
  return {
    ...host,
    context(signal, progress) {
      const ctx = host.context(signal, progress);
      return { ...ctx, config: { ...ctx.config, tools: { ...ctx.config.tools, dryRun: true } } };
    },
  };
}

/** The same, where no change is made without a question. */
function withoutLeave(host: CallerHost): CallerHost {
  return {
    ...host,
    context(signal, progress) {
      const ctx = host.context(signal, progress);
      return { ...ctx, config: { ...ctx.config, write: { ...ctx.config.write, allow: [] } } };
    },
  };
}
