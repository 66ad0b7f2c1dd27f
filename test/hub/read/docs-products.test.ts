import { expect, it } from 'vitest';
import { fetchProducts } from '../../../src/hub/read/docs.js';
import { FakeClient } from '../fake-client.js';

it('names products by where their pages lie, and leaves out what lies elsewhere', async () => {
  const hub = new FakeClient(() => ({
    body: [
      { id: 'hub', url: '/docs/hub', category: 'Hub & Client Libraries' },
      { id: 'tgi', url: '/docs/text-generation-inference' },
      { id: 'whole', url: 'https://hub.test/docs/whole/' },
      { id: 'gradio', url: 'https://www.gradio.app/docs/' },
      { id: 'odd', url: '/docs/../secret' },
      { id: 'none' },
      7,
    ],
  }));
  expect((await fetchProducts(hub)).products).toEqual([
    { id: 'hub', uri: 'docs/hub', category: 'Hub & Client Libraries' },
    { id: 'tgi', uri: 'docs/text-generation-inference', category: undefined },
    { id: 'whole', uri: 'docs/whole', category: undefined },
  ]);
});
