import stringWidth from 'fast-string-width';
import { exampleArguments } from '../../gradio/arguments.js';
import { rankEndpoints } from '../../gradio/choose.js';
import { inputSchema } from '../../gradio/schema.js';
import type { Endpoint } from '../../gradio/types.js';
import { describeUse } from '../../gradio/wiring.js';
import { HugwireError } from '../../lib/errors.js';
import { formatCount, plural } from '../../lib/format.js';
import { cleanText, cutText, showHidden, showName, showWords } from '../../lib/text.js';
import type { TokenMode } from '../../spaces/directory.js';
import { describeApp } from '../../spaces/local-apps.js';
import { isSpace, type LockEntry } from '../../spaces/lock.js';
import { describeStage } from '../../spaces/stages.js';
import type { SpaceApp, SpaceSite } from '../../spaces/types.js';
import { type ArgumentRow, costOf } from '../../tools/describe.js';
import { previewPin } from '../../tools/pinned.js';
import { showSignature } from '../../tools/space_info.js';
import { alignColumns, type CommandResult, type View, wrapLine } from '../terminal.js';
import { openTarget, readTargets, type SpacesContext } from './targets.js';

export interface InfoOptions {
  /** Hidden endpoints too. */
  all?: boolean;
}

/**
 * `hugwire spaces info`: what a Space is and what it can do; with an endpoint, the whole schema of its arguments.
 * @param word a Space, with or without an endpoint
 * @param options of the command
 * @param context to work in
 * @throws HugwireError whatever is wrong with the Space
 */
export async function showSpace(word: string, { all }: InfoOptions, context: SpacesContext): Promise<CommandResult> {
  const wanted = readTargets([word], context.hub.endpoint);
  if (wanted.kind === 'search') {
    throw new HugwireError('invalid_arguments', `"${word.slice(0, 80)}" is not the name of a Space.`, {
      hint: `hugwire spaces search ${word.slice(0, 80)}`,
    });
  }
  const [target = { space: word }] = wanted.targets;
  const { app, endpoint } = await openTarget(target, context);
  const shown = endpoint ? [endpoint] : all ? app.endpoints : rankEndpoints(app);
  const pins = context.config.spaces.pinned.filter(({ space }) => isSpace(space, app.site.id));
  const { style } = context;
  const lines = [
    ...describeSpace(app, pins[0]?.token ?? 'auto', context),
    '',
    ...(endpoint ? describeWhole(endpoint, context) : describeAll(shown, app, context)),
    '',
    ...pins.map((pin) => `Pinned as ${style.bold(pin.tool)}: ${pin.endpoint ?? rankEndpoints(app)[0]?.name}`),
    ...(shown[0] ? [`Pin it: ${style.cyan(`hugwire spaces add ${app.site.id}${endpoint?.name ?? ''}`)}`] : []),
  ];
  return { text: lines.join('\n'), data: toData(app, shown), exitCode: 0 };
}

function describeAll(shown: readonly Endpoint[], app: SpaceApp, context: SpacesContext): string[] {
  if (shown.length === 0) return ['It has no endpoint that can be called; use it on its web page.'];
  const hidden = app.endpoints.length - shown.length;
  const more = hidden > 0 ? `, and ${hidden} hidden by the author (--all shows them)` : '';
  return [`${plural(shown.length, 'endpoint')}, the most likely first${more}:`, ...renderEndpoints(shown, context)];
}

function describeWhole(endpoint: Endpoint, context: SpacesContext): string[] {
  const schema = cleanText(JSON.stringify(inputSchema(endpoint), null, 2));
  return [...renderEndpoints([endpoint], context), '', 'JSON Schema of its arguments:', ...indent(schema.split('\n'))];
}

function toData({ site, version, title }: SpaceApp, endpoints: readonly Endpoint[]) {
  const { id, origin, stage, hardware, sdk, summary, likes, zeroGpu, sha } = site;
  return {
    space: id,
    title: title ?? site.title,
    summary,
    url: origin,
    stage,
    hardware,
    sdk,
    private: site.private,
    zeroGpu,
    likes,
    sha,
    gradio: version,
    endpoints: endpoints.map((one) => ({
      name: one.name,
      description: one.description,
      hidden: one.hidden,
      use: describeUse(one),
      schema: inputSchema(one),
      returns: one.returns,
      example: exampleArguments(one),
    })),
  };
}

/**
 * Describes a Space to a person: its name, the author's summary, how it runs, and whether it gets the token.
 * @param app to describe
 * @param mode what the user chose for the token
 * @param view colours and width
 */
export function describeSpace(app: SpaceApp, mode: TokenMode, { style, width }: View): string[] {
  const { site } = app;
  const title = app.title ?? site.title;
  const heading = `${style.bold(site.id)}${title && title !== site.id ? style.dim(`  ${showWords(title, 80)}`) : ''}`;
  const summary = site.summary ? wrapLine(showWords(site.summary), roomOf(width)) : [];
  const facts = [
    site.kind === 'local' ? describeApp(site) : describeStage(site).replace(/^is /, ''),
    site.hardware && `on ${showName(site.hardware, 40)}`,
    `Gradio ${showName(app.version)}`,
    site.private && 'private',
    site.likes !== undefined && `${formatCount(site.likes)} likes`,
  ];
  const told = wrapLine(tellToken(site, mode), roomOf(width));
  return [heading, ...indent([...summary, facts.filter(Boolean).join(', '), ...told.map((line) => style.dim(line))])];
}

/** Whether the user's token is sent. */
function tellToken({ kind, private: isPrivate, zeroGpu }: SpaceSite, mode: TokenMode): string {
  if (kind === 'local') return 'Your token is never sent to an app outside the Hub.';
  if (mode === 'never') {
    const cost = isPrivate
      ? '; calls will fail, since the Space is private'
      : zeroGpu
        ? '; calls get only the small quota of guests'
        : '';
    return `Your token is not sent, as you chose${cost}.`;
  }
  if (isPrivate)
    return "Your token is sent with every call, since the Space is private; the Hub's proxy keeps it from the app.";
  if (zeroGpu) return 'Your token, if you have one, is sent with every call: ZeroGPU time counts against your quota.';
  return mode === 'always' ? 'Your token is sent with every call, as you chose.' : 'Your token is not sent to it.';
}

/**
 * The endpoints of an app, each with its signature and the author's description.
 * @param endpoints the most likely first
 * @param view colours and width
 */
export function renderEndpoints(endpoints: readonly Endpoint[], { style, width }: View): string[] {
  return indent(
    endpoints.flatMap((endpoint) => {
      const lines = wrapLine(showSignature(endpoint), roomOf(width), '    ');
      const [first = '', ...rest] = lines;
      const named = first.replace(endpoint.name, (name) => style.cyan(name));
      const about = endpoint.description ? wrapLine(showWords(endpoint.description), roomOf(width, 4)) : [];
      const use = describeUse(endpoint).flatMap((line) => wrapLine(line, roomOf(width, 4)));
      return [named, ...rest, ...indent([...about, ...use].map((line) => style.dim(line)))];
    }),
  );
}

const roomOf = (width: number | undefined, indent = 2) => (width === undefined ? undefined : width - indent);

/**
 * Moves lines two columns to the right.
 * @param lines of any text
 */
export function indent(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}

/**
 * What an assistant will see of a pinned Space, for the person who approves it: the whole definition of the tool, its cost, and
 * the values that stand for others.
 * @param entry to be approved
 * @param view colours and width
 * @throws HugwireError `invalid_arguments` when no tool can be made of it
 */
export function showDefinition(entry: LockEntry, { style, width }: View): string[] {
  const { listing, rows, aliases } = previewPin(entry);
  const room = roomOf(width, 4);
  return [
    `${style.bold(listing.name)}${style.dim(`  “${showHidden(listing.title)}”`)}`,
    ...indent(wrapLine(showHidden(listing.description), room)),
    ...indent(rows.length > 0 ? renderRows(rows, { style, width: room }) : [style.dim('takes no arguments')]),
    ...indent(
      aliases
        .slice(0, MAX_ALIASES)
        .map(([listed, sent]) =>
          style.dim(
            `${showHidden(JSON.stringify(listed))} is sent as ${cutText(showHidden(JSON.stringify(sent)), 60)}`,
          ),
        ),
    ),
    ...indent([style.dim(`≈ ${costOf(listing)} tokens in every conversation`)]),
  ];
}

/** More are not shown: assistants do not see what they stand for. */
const MAX_ALIASES = 20;

/** A line each; lines that are too long for the terminal are wrapped, never cut. */
function renderRows(rows: readonly ArgumentRow[], { style, width = Number.POSITIVE_INFINITY }: View): string[] {
  const wide = alignColumns(rows.map(({ name, type, about }) => [style.cyan(name), type, style.dim(about)]));
  if (wide.every((line) => stringWidth(line) <= width)) return wide;
  return rows.flatMap(({ name, type, about }) => [
    ...wrapLine(`${name}: ${type}`, width, '  ').map((line, at) =>
      at === 0 ? line.replace(name, style.cyan(name)) : line,
    ),
    ...indent(indent(about ? wrapLine(about, width - 4).map((line) => style.dim(line)) : [])),
  ]);
}
