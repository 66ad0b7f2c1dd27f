import { HugwireError } from '../../lib/errors.js';
import { isObject } from '../../lib/json.js';
import { isIdentifier } from '../../lib/text.js';
import { line } from '../fields.js';
import { apiPath } from '../reference.js';
import { describeStaleness } from '../staleness.js';
import type { CacheKind, HubAnswer, HubClient, QueryValue } from '../types.js';
import { explainViewerRefusal } from './failures.js';

export interface ViewerAnswer {
  body: Record<string, unknown>;
  /** Set when the answer is older than it should be. */
  note?: string;
}

/**
 * Asks the dataset viewer.
 * @param hub the Hub
 * @param path of the endpoint, such as `/rows`
 * @param query its parameters, `dataset` among them
 * @param cache how long the answer may serve; unset: never again
 * @throws HugwireError for every kind of failure, also one that comes with status 200
 */
export async function askViewer(
  hub: HubClient,
  path: string,
  query: Record<string, QueryValue> & { dataset: string },
  cache: CacheKind | undefined,
): Promise<ViewerAnswer> {
  const request = { query, service: 'viewer', repo: { kind: 'dataset', id: query.dataset }, cache } as const;
  const answer = await hub.request(path, request);
  const body = answer.json();
  if (!isObject(body)) {
    throw new HugwireError('unavailable', 'The dataset viewer answered in a form that hugwire does not know.');
  }
  if (typeof body.error === 'string') {
    throw explainViewerRefusal({ ...answer, body: answer.text(), request, path });
  }
  return { body, note: describeStaleness(answer) };
}

/** A dataset as the viewer must be asked for it. */
export interface ServedDataset {
  id: string;
  notes: string[];
}

/**
 * Does something with the viewer's view of a dataset. When the viewer knows no such dataset, the Hub is asked why: a
 * renamed one is tried again under its new name, anything else becomes the error that tells the true reason.
 * @param hub the Hub
 * @param id of the dataset
 * @param use what to do; called again with the new id after a rename
 * @throws HugwireError what `use` throws, or the better explanation
 */
export async function withDataset<Result>(
  hub: HubClient,
  id: string,
  use: (dataset: ServedDataset) => Promise<Result>,
): Promise<Result> {
  try {
    return await use({ id, notes: [] });
  } catch (error) {
    if (!(error instanceof HugwireError) || (error.code !== 'not_found' && error.code !== 'not_visible')) throw error;
    const current = await identify(hub, id, error);
    if (current === id) throw error;
    return use({ id: current, notes: [`${id} is now ${current}.`] });
  }
}

/** The dataset's id of today. Throws when the Hub says why the viewer has nothing. */
async function identify(hub: HubClient, id: string, refused: HugwireError): Promise<string> {
  const answer = await hub.request(apiPath('dataset', id), {
    query: { 'expand[]': ['gated', 'private', 'disabled'] },
    repo: { kind: 'dataset', id },
    cache: 'repo',
  });
  const { id: told, gated, private: hidden } = describeDataset(answer);
  const current = told !== undefined && isIdentifier(told) ? told : id;
  const page = `https://huggingface.co/datasets/${current}`;
  if (current !== id) return current;
  if (refused.code !== 'not_visible') return id;
  if (gated) {
    throw new HugwireError('gated', `Dataset ${id} is gated: its rows need a token of an account with access.`, {
      hint: `Ask for access at ${page}; hub_whoami shows which token is used.`,
    });
  }
  if (hidden) {
    throw new HugwireError('disabled', `The dataset viewer does not serve the private dataset ${id}.`, {
      hint: 'It serves private datasets of PRO users and paid organisations only. hub_read reads its files.',
    });
  }
  return id;
}

function describeDataset(answer: HubAnswer): { id?: string; gated: boolean; private: boolean } {
  const body = answer.json();
  const { id, gated, private: hidden } = isObject(body) ? body : {};
  return { id: line(id), gated: gated === 'auto' || gated === 'manual', private: hidden === true };
}
