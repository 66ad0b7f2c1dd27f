import * as z from 'zod';
import type { PinnedSpace } from '../config/schema.js';
import { chooseEndpoint, rankEndpoints } from '../gradio/choose.js';
import type { Endpoint } from '../gradio/types.js';
import { HugwireError } from '../lib/errors.js';
import { showHidden, showName, showWords } from '../lib/text.js';
import { isSpace, type LockEntry } from '../spaces/lock.js';
import { pinSpace, suggestToolName } from '../spaces/pinned.js';
import type { PinStore } from '../spaces/pins.js';
import { describeStage, readinessOf, refuseDown } from '../spaces/stages.js';
import type { SpaceApp } from '../spaces/types.js';
import { askConsent } from './consent.js';
import type { ArgumentRow } from './describe.js';
import { toldOnly } from './dry-run.js';
import { type PinPreview, previewPin } from './pinned.js';
import { openInTime } from './space_info.js';
import { defineTool, type Question, type ToolContext, type ToolResult } from './tool.js';

const MAX_REASON = 300;
/** A longer question nobody reads in a small window: the user approves such a tool in a terminal. */
const MAX_QUESTION = 6000;

const input = z.object({
  space: z.string().describe('owner/name, or URL of a local Gradio app'),
  endpoint: z.string().optional().describe('Such as /infer; the main one if left out'),
  tool: z.string().optional().describe('Name of the tool: a-z, 0-9, _'),
  reason: z.string().optional().describe('Shown to the user'),
});
type Input = z.output<typeof input>;

export const spacePin = defineTool({
  name: 'space_pin',
  title: 'Pin a Space as a tool',
  toolset: 'pin',
  effect: 'write',
  hints: { destructiveHint: false, idempotentHint: true },
  description:
    'Propose an endpoint of a Space as a permanent tool of its own, for what the user does often. ' +
    'The user is asked, or finds the proposal waiting; nothing is pinned without consent.',
  input,
  aliases: { names: { id: 'space', repo: 'space', url: 'space', apiname: 'endpoint', name: 'tool', why: 'reason' } },
  async plan(wanted, ctx) {
    const site = await ctx.spaces.find(wanted.space, { signal: ctx.signal });
    refuseDown(site);
    if (readinessOf(site) !== 'up') {
      return toldOnly(`Would wake ${site.id}, which ${describeStage(site)}, to see what there is to pin.`, {
        space: site.id,
      });
    }
    const draft = await draftPin(wanted, ctx);
    if (isSettled(draft, ctx)) return tellKnown(draft);
    const { space, endpoint, tool } = draft.entry;
    const how = ctx.ask ? 'Would ask the user whether to pin' : 'Would propose to the user to pin';
    return toldOnly(`${how} ${nameIt(draft.entry)} as ${tool}.`, { tool, space, endpoint });
  },
  async run(wanted, ctx) {
    const draft = await draftPin(wanted, ctx);
    if (isSettled(draft, ctx)) return tellKnown(draft);
    const question = writeQuestion(draft, wanted.reason);
    // One that does not fit is not asked in part.
    const consent = question.message.length > MAX_QUESTION ? 'nobody' : await askConsent(question, ctx);
    if (consent === 'accept') {
      await draft.store.addWanted(draft.entry, 'pinned');
      return tell(draft, 'pinned');
    }
    if (consent !== 'nobody') return tell(draft, consent === 'decline' ? 'declined' : 'dismissed');
    if (draft.known) return tellKnown(draft);
    await draft.store.addWanted(draft.entry, 'proposed');
    return tell(draft, 'proposed');
  },
});

/** What would be pinned. */
interface Draft {
  app: SpaceApp;
  entry: LockEntry;
  preview: PinPreview;
  store: PinStore;
  /** The pin that there is of this endpoint already. */
  known?: PinnedSpace;
}

async function draftPin({ space, endpoint: name, tool: wish }: Input, ctx: ToolContext): Promise<Draft> {
  const store = await ctx.pins?.();
  if (!store) throw new HugwireError('disabled', 'Spaces cannot be pinned from here.', { hint: 'hugwire spaces add' });
  const app = await openInTime(space, ctx);
  if (app instanceof Error) throw app;
  const endpoint = chooseEndpoint(app, name);
  const { pinned } = store.read();
  const known = pinned.find((pin) => isPinOf(pin, app, endpoint));
  const taken = store.takenNames(pinned).filter((one) => one !== known?.tool);
  const free = known?.tool ?? suggestToolName(app.site.id, endpoint.name, taken);
  const tool = known || wish === undefined ? free : wish.trim();
  if (taken.includes(tool)) {
    throw new HugwireError('invalid_arguments', `A tool named ${tool} already exists.`, { hint: `${free} is free.` });
  }
  const entry = pinSpace(app, endpoint, tool);
  return { app, entry, preview: previewPin(entry), store, known };
}

function isPinOf(pin: PinnedSpace, app: SpaceApp, endpoint: Endpoint): boolean {
  return isSpace(pin.space, app.site.id) && (pin.endpoint ?? rankEndpoints(app)[0]?.name) === endpoint.name;
}

/** Whether there is nothing to decide: a proposal that waits is decided as soon as the user can be asked. */
function isSettled({ known }: Draft, { ask }: ToolContext): boolean {
  return known !== undefined && !(known.proposed && ask);
}

/** The whole definition is in it: the user agrees to every word that assistants get to see. */
function writeQuestion({ app, entry, preview }: Draft, reason: string | undefined): Question {
  const { site } = app;
  const { listing, rows } = preview;
  const name = site.title && site.title !== site.id ? ` (${showWords(site.title, 60)})` : '';
  const why = showWords(reason, MAX_REASON);
  const place = site.kind === 'local' ? `${site.origin}, a local app` : site.origin;
  return {
    message: [
      'Your assistant asks to pin a Space as a permanent tool.',
      `Tool: ${entry.tool}`,
      `Space: ${site.id}${name}`,
      `Title: ${showHidden(listing.title)}`,
      `Description: ${showHidden(listing.description)}`,
      ...(rows.length > 0 ? ['Arguments:', ...rows.map(writeRow)] : ['It takes no arguments.']),
      `Calls go to: ${place}, ${site.sendToken ? 'with your token' : 'without your token'}`,
      ...(why ? [`Reason it gives: ${why}`] : []),
    ].join('\n'),
    fields: { agree: { type: 'yes-no', title: `Pin it as ${entry.tool}`, initial: false } },
  };
}

function writeRow({ name, type, about }: ArgumentRow): string {
  return `- ${name}: ${type}${about ? ` (${about})` : ''}`;
}

const OUTCOMES: Record<string, (draft: Draft) => string> = {
  pinned: ({ entry }) => `Pinned: ${nameIt(entry)} is the tool ${entry.tool} from now on.`,
  proposed: ({ entry }) =>
    `Proposed: the user could not be asked here, so ${nameIt(entry)} waits for approval as ${entry.tool}.\n` +
    `Next: tell the user. \`hugwire spaces list\` shows it waiting, \`hugwire spaces enable ${entry.tool}\` approves it.`,
  declined: ({ entry }) => `The user declined: ${nameIt(entry)} was not pinned. space_call still runs it.`,
  dismissed: ({ entry }) => `The user did not decide: ${nameIt(entry)} was not pinned. space_call still runs it.`,
};

function nameIt({ endpoint, space }: LockEntry): string {
  return `${showName(endpoint)} of ${space}`;
}

function tell(draft: Draft, state: string): ToolResult {
  const { space, endpoint, tool } = draft.entry;
  return { text: OUTCOMES[state]?.(draft) ?? state, data: { state, tool, space, endpoint } };
}

function tellKnown({ entry, known }: Draft): ToolResult {
  const { space, endpoint, tool } = entry;
  const state = known?.proposed ? 'waiting' : known?.enabled ? 'known' : 'off';
  const approve = `\`hugwire spaces enable ${tool}\``;
  const text = {
    known: `${nameIt(entry)} is pinned already: call the tool ${tool}.`,
    off: `${nameIt(entry)} is pinned already as ${tool}, and the user has turned it off; ${approve} turns it on.`,
    waiting: `${nameIt(entry)} waits for the user's approval already, as ${tool}: ${approve} approves it.`,
  }[state];
  return { text, data: { state, tool, space, endpoint } };
}
