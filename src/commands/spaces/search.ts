import { searchSpaces } from '../../hub/search/spaces.js';
import type { RepoRow, SearchPage } from '../../hub/search/types.js';
import { formatCount } from '../../lib/format.js';
import { cleanLine, cutText } from '../../lib/text.js';
import { mayBeCalled, readinessOf } from '../../spaces/stages.js';
import type { Prompts } from '../prompts.js';
import { alignColumns, type CommandResult, type View } from '../terminal.js';
import type { SpacesContext } from './targets.js';

/**
 * `hugwire spaces search`: Spaces by what they do.
 * @param words what to look for
 * @param options of the command
 * @param context to work in
 * @returns exit code 1 when there are none
 */
export async function searchCommand(
  words: readonly string[],
  { limit = 10 }: { limit?: number },
  context: SpacesContext,
): Promise<CommandResult> {
  const page = await findSpaces(words.join(' '), limit, context);
  const exitCode = page.rows.length > 0 ? 0 : 1;
  const data = { spaces: page.rows, notes: page.notes };
  const first = pickFirst(page.rows);
  const next = first ? ['', `Pin one: ${context.style.cyan(`hugwire spaces add ${first.id}`)}`] : [];
  return { text: [renderHits(page, context), ...next].join('\n'), data, exitCode };
}

/**
 * Searches Spaces by meaning.
 * @param query in plain language
 * @param limit how many at most
 * @param context the way to the Hub
 */
export function findSpaces(query: string, limit: number, { hub, signal, wait }: SpacesContext): Promise<SearchPage> {
  return wait(`Searching Spaces for ${cleanLine(query, 60)} …`, () =>
    searchSpaces(hub.withSignal(signal), { query, limit, offset: 0 }),
  );
}

/**
 * What was found, as a table.
 * @param page of Spaces
 * @param layout colours and width
 */
export function renderHits({ rows, notes }: SearchPage, { style, width }: View): string {
  const told = notes.map((note) => style.dim(cleanLine(note, 300)));
  if (rows.length === 0) return [...told, 'No Space was found. Try other words.'].join('\n');
  const heading = ['SPACE', 'WHAT IT DOES', 'LIKES', 'STAGE', 'HARDWARE'].map((cell) => style.dim(cell));
  const lines = rows.map((row) => [
    style.bold(cleanLine(row.id, 100)),
    describeUse(row),
    row.likes === undefined ? '' : formatCount(row.likes),
    cleanLine(row.stage, 30).toLowerCase().replaceAll('_', ' '),
    cleanLine(row.hardware, 20),
  ]);
  return [...told, ...alignColumns([heading, ...lines], width)].join('\n');
}

/** What it does; of an app that is not Gradio also what it is. */
function describeUse({ description, title, sdk }: RepoRow): string {
  const what = cleanLine(description ?? title, 70);
  return sdk && sdk !== 'gradio' ? `${what} (${cleanLine(sdk, 20)})`.trim() : what;
}

/**
 * The first that can be pinned: a Gradio app.
 * @param rows found
 */
export function pickFirst(rows: readonly RepoRow[]): RepoRow | undefined {
  return rows.find(({ sdk }) => sdk === 'gradio') ?? rows[0];
}

/**
 * Lets the user choose one of the Spaces found.
 * @param page with at least one Space
 * @param prompts to ask with
 * @param width of the terminal
 * @returns its id
 */
export function chooseHit({ rows }: SearchPage, prompts: Prompts, width = 80): Promise<string> {
  // A static page has nothing to call.
  const callable = rows.filter(mayBeCalled);
  const choices = (callable.length > 0 ? callable : rows).map((row) => ({
    value: row.id,
    label: cutText(describeHit(row), width - 20),
  }));
  return prompts.choose('Which Space?', choices);
}

function describeHit(row: RepoRow): string {
  const { id, stage } = row;
  const asleep = stage && readinessOf(row) !== 'up' ? ` (${stage.toLowerCase()})` : '';
  return `${cleanLine(id, 100)}${asleep}  ${describeUse(row)}`;
}
