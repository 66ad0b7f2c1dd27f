import { HugwireError } from '../lib/errors.js';
import { nearest } from '../lib/nearest.js';
import { cleanLine, redact, showName } from '../lib/text.js';
import type { SpaceSite, Spaces } from '../spaces/types.js';
import { selectTools } from '../tools/select.js';
import type { AnyTool } from '../tools/tool.js';
import type { CallHost } from './call.js';
import type { Service } from './service.js';

/** What a caller may use; what the service says of itself may be said otherwise to this caller. */
export type CallerHost = CallHost & Partial<Omit<Service, 'serverInfo'>>;

/** What a request wants to see of the tools: less than there are, never more. */
export interface Selection {
  /** Names of tools and toolsets; unset: all. */
  tools?: readonly string[];
  /** Whether the names are those that were chosen elsewhere, and not by the request. */
  chosen?: boolean;
  /** Ids of Spaces, or names of the tools of pinned ones; unset: all. */
  spaces?: readonly string[];
  /** Leave pictures out of answers. */
  noImages: boolean;
  readOnly: boolean;
  /** What was asked for and means nothing, a line each. */
  notes: readonly string[];
}

/**
 * The same tools, and less of them.
 * @param host that a caller may use
 * @param selection what the request wants to see of it
 * @param instructions what the caller is told at the start
 */
export function narrow(host: CallerHost, selection: Selection, instructions: string): CallerHost {
  const { tools: wanted, spaces, noImages, readOnly } = selection;
  let last: { from: readonly AnyTool[]; tools: readonly AnyTool[]; notes: readonly string[] } | undefined;
  const configOf = () => host.context(new AbortController().signal, () => {}).config;
  const select = () => {
    const from = host.tools();
    if (last?.from === from) return last;
    const pinned = new Map(configOf().spaces.pinned.map(({ tool, space }) => [tool, space]));
    const mayRun = ({ name }: AnyTool) => {
      const space = pinned.get(name);
      return !spaces || space === undefined || spaces.includes(name) || isNamed(spaces, space);
    };
    const { enable, notes } = chooseTools(wanted, from, host.knownTools());
    const lists = { enable, disable: [], readOnly, dryRun: false };
    const tools = selectTools(from, lists).tools.filter(
      (tool) => mayRun(tool) && (spaces?.length !== 0 || tool.toolset !== 'spaces'),
    );
    last = { from, tools, notes: [...selection.notes, ...notes, ...describeSpaces(spaces, from, pinned)] };
    return last;
  };
  const allowed = spaces && ((site: SpaceSite) => checkSpace(site, spaces));
  return {
    ...host,
    get instructions() {
      return [
        instructions,
        ...select()
          .notes.slice(0, MAX_NOTES)
          .map((note) => `- ${redact(note)}`),
      ].join('\n');
    },
    tools: () => select().tools,
    whyOff: (tool) =>
      host.tools().includes(tool)
        ? 'by the address or the headers that this client uses (tools, toolsets, spaces, readonly)'
        : undefined,
    context(signal, progress) {
      const ctx = host.context(signal, progress);
      const { files } = ctx.config;
      return {
        ...ctx,
        config: noImages ? { ...ctx.config, files: { ...files, inlineImageBytes: 0 } } : ctx.config,
        spaces: allowed ? onlySome(ctx.spaces, allowed) : ctx.spaces,
      };
    },
  };
}

const MAX_NOTES = 8;

/** What the names mean here; a line for each that means nothing. */
function chooseTools(wanted: Selection['tools'], from: readonly AnyTool[], known: readonly AnyTool[]) {
  const names = (tools: readonly AnyTool[]) => new Set<string>(tools.flatMap(({ name, toolset }) => [name, toolset]));
  const [on, all] = [names(from), names(known)];
  const notes: string[] = [];
  const enable = (wanted ?? ['all']).flatMap((name) => {
    if (name === 'all' || name === 'default' || on.has(name)) return [name];
    const nearby = nearest(name, [...on]);
    const why = all.has(name) ? 'is off on this server' : `does not exist${nearby ? `; did you mean ${nearby}?` : ''}`;
    notes.push(`The client asks for ${showName(name, 60)}, which ${why}`);
    return [];
  });
  return { enable, notes };
}

function describeSpaces(
  spaces: Selection['spaces'],
  from: readonly AnyTool[],
  pinned: ReadonlyMap<string, string>,
): string[] {
  if (!spaces) return [];
  if (spaces.length === 0) return ['The client turns Spaces off.'];
  const others = spaces.filter(
    (one) => !from.some(({ name }) => name === one) && ![...pinned.values()].some((space) => isNamed([one], space)),
  );
  const ids = others.filter((one) => SPACE_ID.test(one)).map((one) => showName(one, 100));
  const strange = others.filter((one) => !SPACE_ID.test(one)).map((one) => showName(one, 60));
  return [
    ...(ids.length > 0
      ? [`Only these Spaces may run beside the pinned ones that are listed, with space_call: ${ids.join(', ')}`]
      : []),
    ...(strange.length > 0 ? [`The client names something that is not a Space id: ${strange.join(', ')}`] : []),
  ];
}

const SPACE_ID = /^[\w.-]+\/[\w.-]+$/;

/** Ids of the Hub are told apart without their case. */
const isNamed = (spaces: readonly string[], id: string) => spaces.includes(id.toLowerCase());

function checkSpace({ id }: SpaceSite, spaces: readonly string[]): void {
  if (isNamed(spaces, id)) return;
  throw new HugwireError(
    'disabled',
    `${cleanLine(id, 120)} is not among the Spaces that this client limits itself to.`,
    {
      hint: spaces.length > 0 ? `Use one of them: ${spaces.slice(0, 10).join(', ')}.` : 'It turns Spaces off.',
    },
  );
}

/** The same Spaces, of which only some may be asked for anything. */
function onlySome(spaces: Spaces, only: (site: SpaceSite) => void): Spaces {
  const find: Spaces['find'] = async (space, options) => {
    const site = await spaces.find(space, options);
    only(site);
    return site;
  };
  return {
    ...spaces,
    find,
    open: async (space, options) => {
      if (typeof space === 'string') return spaces.open(await find(space, options), options);
      only(space);
      return spaces.open(space, options);
    },
    // The tool of a pinned Space is there because it may run.
    plan: (call, options) => spaces.plan(call.pinned ? call : { ...call, only }, options),
    start: (call) => spaces.start(call.pinned ? call : { ...call, only }),
  };
}
