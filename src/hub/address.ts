import { isLoopback } from './origins.js';
import type { QueryValue } from './types.js';

/**
 * Where the dataset viewer is: as told, else beside a Hub on this machine, else the public one.
 * @param told HF_DATASETS_SERVER
 * @param endpoint the Hub
 */
export function viewerAddress(told: string | undefined, endpoint: string): string {
  if (told) return told.replace(/\/+$/, '');
  return isLoopback(new URL(endpoint)) ? `${endpoint}/datasets-server` : 'https://datasets-server.huggingface.co';
}

/**
 * A query string with its `?`, or "" when there is nothing to say. Arrays repeat their key.
 * @param query names to values; undefined and "" are left out
 */
export function encodeQuery(query: Record<string, QueryValue> = {}): string {
  const pairs = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== undefined && one !== '') pairs.append(key, String(one));
    }
  }
  const text = pairs.toString();
  return text ? `?${text}` : '';
}
