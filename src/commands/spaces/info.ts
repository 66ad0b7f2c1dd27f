import { exampleArguments } from '../../gradio/arguments.js';
import { chooseEndpoint, rankEndpoints } from '../../gradio/choose.js';
import { inputSchema } from '../../gradio/schema.js';
import type { Endpoint } from '../../gradio/types.js';
import { HugwireError } from '../../lib/errors.js';
import { plural } from '../../lib/format.js';
import { cleanText } from '../../lib/text.js';
import { isSpace } from '../../spaces/pins.js';
import type { SpaceApp } from '../../spaces/types.js';
import type { CommandResult } from '../terminal.js';
import { describeEndpoints, describeSpace, indent } from './describe.js';
import { openTarget, readTargets, type SpacesContext } from './targets.js';

export interface InfoOptions {
  /** Hidden endpoints too. */
  all?: boolean;
  json?: boolean;
}

/**
 * `hugwire spaces info`: what a Space is and what it can do; with an endpoint, the whole schema of its arguments.
 * @param word a Space, with or without an endpoint
 * @param options of the command
 * @param context to work in
 * @throws HugwireError whatever is wrong with the Space
 */
export async function describeCommand(
  word: string,
  { all, json }: InfoOptions,
  context: SpacesContext,
): Promise<CommandResult> {
  const wanted = readTargets([word], context.hub.endpoint);
  if (wanted.kind === 'search') {
    throw new HugwireError('invalid_arguments', `"${word.slice(0, 80)}" names no Space.`, {
      hint: `hugwire spaces search ${word.slice(0, 80)}`,
    });
  }
  const [target = { space: word }] = wanted.targets;
  const { app, endpoint } = await openTarget(target, context);
  const shown = endpoint ? [endpoint] : all ? app.endpoints : rankEndpoints(app);
  if (json) return { output: JSON.stringify(toData(app, shown), null, 2), exitCode: 0 };
  const pins = context.config.spaces.pinned.filter(({ space }) => isSpace(space, app.site.id));
  const { style } = context;
  const lines = [
    ...describeSpace(app, pins[0]?.token ?? 'auto', context),
    '',
    ...(endpoint ? describeWhole(endpoint, context) : describeAll(shown, app, context)),
    '',
    ...pins.map((pin) => `Pinned: ${style.bold(pin.tool)} is ${pin.endpoint ?? chooseEndpoint(app).name}.`),
    ...(shown[0] ? [`Pin it: ${style.cyan(`hugwire spaces add ${app.site.id}${endpoint?.name ?? ''}`)}`] : []),
  ];
  return { output: lines.join('\n'), exitCode: 0 };
}

function describeAll(shown: readonly Endpoint[], app: SpaceApp, context: SpacesContext): string[] {
  if (shown.length === 0) return ['It has no endpoint that can be called: it can only be used on its web page.'];
  const hidden = app.endpoints.length - shown.length;
  const more = hidden > 0 ? `, and ${hidden} that its author hides (--all)` : '';
  return [`${plural(shown.length, 'endpoint')}, the likeliest first${more}:`, ...describeEndpoints(shown, context)];
}

function describeWhole(endpoint: Endpoint, context: SpacesContext): string[] {
  const schema = cleanText(JSON.stringify(inputSchema(endpoint), null, 2));
  return [...describeEndpoints([endpoint], context), '', 'Schema of its arguments:', ...indent(schema.split('\n'))];
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
      schema: inputSchema(one),
      returns: one.returns,
      example: exampleArguments(one),
    })),
  };
}
