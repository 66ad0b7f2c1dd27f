import { describe, expect, it } from 'vitest';
import type { EndpointParameter } from '../../src/gradio/types.js';
import { showSignature } from '../../src/tools/space_info.js';
import { plainEndpoint } from '../doubles/scripted-space.js';

const parameter = (change: Partial<EndpointParameter>): EndpointParameter => ({
  name: 'text',
  label: 'Text',
  component: 'textbox',
  required: false,
  schema: { type: 'string' },
  slot: 0,
  ...change,
});

describe('showSignature', () => {
  it.each<[string, Partial<EndpointParameter>, string]>([
    ['an empty default', { default: '' }, 'text?: text = ""'],
    ['no default', { required: true }, 'text: text'],
    ['a file left out', { default: '', file: 'file', component: 'image' }, 'text?: image file'],
    ['the label where the name is a number', { name: 'param_0', label: 'Your "name"' }, 'param_0? "Your name": text'],
    ['a number as a label too', { name: 'param_0', label: 'param_0' }, 'param_0?: text'],
  ])('shows %s', (_, change, words) => {
    const endpoint = plainEndpoint({ name: '/run', parameters: [parameter(change)], returns: [] });
    expect(showSignature(endpoint)).toBe(`/run(${words}) → nothing`);
  });
});
