import { line, records } from './fields.js';
import { staleNotes } from './staleness.js';
import type { HubClient } from './types.js';

/** A library, or another subject, that has documentation. */
export interface DocsProduct {
  /** `docs/transformers`. Addresses go by this and not by the product's id: `tgi` lies at `text-generation-inference`. */
  uri: string;
  /** `Core ML Libraries`. */
  category?: string;
}

/**
 * Lists what the Hub has documentation of. Products whose documentation lies on other sites are left out.
 * @param hub the Hub
 * @returns the products, and notes on how old the list is
 */
export async function fetchProducts(hub: HubClient): Promise<{ products: DocsProduct[]; notes: string[] }> {
  const answer = await hub.request('/api/docs', { cache: 'vocabulary' });
  const products = records(answer.json()).flatMap(({ url, category }) => {
    const path = line(url, 200)?.replace(hub.endpoint, '');
    const slug = /^\/docs\/([\w.-]+)\/?$/.exec(path ?? '')?.[1];
    return slug ? [{ uri: `docs/${slug}`, category: line(category, 60) }] : [];
  });
  return { products, notes: staleNotes(answer) };
}
