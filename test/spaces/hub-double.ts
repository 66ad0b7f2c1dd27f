import type { HubAnswer, HubClient, HubRequest } from '../../src/hub/types.js';
import { HugwireError } from '../../src/lib/errors.js';

/** A request that was made of the double. */
interface Asked {
  path: string;
  request?: HubRequest;
}

/**
 * A Hub that answers from a table: path to JSON, to bytes, to an error, or to a function that is asked every time.
 * What is not in the table is not found.
 */
export function hubDouble(answers: Record<string, unknown>, endpoint = 'https://huggingface.co') {
  const asked: Asked[] = [];
  const request = async (path: string, options?: HubRequest): Promise<HubAnswer> => {
    asked.push({ path, request: options });
    const known = answers[path];
    const value: unknown = typeof known === 'function' ? known() : known;
    if (value instanceof Error) throw value;
    if (value === undefined) throw new HugwireError('not_found', `${path} does not exist.`);
    const bytes = value instanceof Uint8Array ? value : Buffer.from(JSON.stringify(value));
    const text = () => Buffer.from(bytes).toString('utf8');
    return {
      status: 200,
      headers: new Headers(),
      url: endpoint + path,
      bytes,
      truncated: false,
      text,
      json: () => JSON.parse(text()),
    };
  };
  const hub: HubClient = {
    endpoint,
    offline: false,
    request,
    recall: async () => undefined,
    keep: async () => {},
    forget: async () => {},
    transfer: () => Promise.reject(new Error('nothing is uploaded')),
    isAway: () => false,
    withSignal: () => hub,
    limits: () => [],
    token: async () => ({ value: 'hf_secretsecretsecret', source: 'env HF_TOKEN' }),
  };
  return { hub, asked };
}
