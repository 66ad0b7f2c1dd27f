import { describe, expect, it } from 'vitest';
import { readTargets } from '../../../src/commands/spaces/targets.js';

const HUB = 'https://huggingface.co';

describe('readTargets', () => {
  it.each([
    ['owner/name', { space: 'owner/name' }],
    ['owner/name/infer', { space: 'owner/name', endpoint: 'infer' }],
    ['owner/name//infer/', { space: 'owner/name', endpoint: 'infer' }],
    ['owner/na.me-1/a/b', { space: 'owner/na.me-1', endpoint: 'a/b' }],
    ['spaces/owner/name', { space: 'owner/name' }],
    ['https://huggingface.co/spaces/owner/name', { space: 'owner/name' }],
    ['https://hf.co/spaces/owner/name/infer', { space: 'owner/name', endpoint: 'infer' }],
    ['https://huggingface.co/spaces/owner/name/tree/main', { space: 'owner/name' }],
    ['https://huggingface.co/spaces/owner/name?logs=run#x', { space: 'owner/name' }],
    ['https://owner-name.hf.space', { space: 'https://owner-name.hf.space' }],
    ['owner-name.hf.space/infer', { space: 'https://owner-name.hf.space', endpoint: 'infer' }],
    ['http://127.0.0.1:7860', { space: 'http://127.0.0.1:7860' }],
    ['http://127.0.0.1:7860/', { space: 'http://127.0.0.1:7860' }],
    [
      'localhost:7860/infer',
      { space: 'http://localhost:7860', endpoint: 'infer', whole: 'http://localhost:7860/infer' },
    ],
    [
      'http://[::1]:7860/app/infer?x#y',
      { space: 'http://[::1]:7860/app', endpoint: 'infer', whole: 'http://[::1]:7860/app/infer' },
    ],
    ['https://example.com/a', { space: 'https://example.com/a' }],
  ])('reads %s', (word, target) => {
    expect(readTargets([word], HUB)).toEqual({ kind: 'spaces', targets: [target] });
  });

  it('takes the pages of the Hub that is configured', () => {
    const hub = 'http://127.0.0.1:5000';
    expect(readTargets([`${hub}/spaces/owner/name/infer`], hub)).toEqual({
      kind: 'spaces',
      targets: [{ space: 'owner/name', endpoint: 'infer' }],
    });
  });

  it('takes anything else for something to search for', () => {
    expect(readTargets(['remove', 'the', 'background'], HUB)).toEqual({
      kind: 'search',
      query: 'remove the background',
    });
  });

  it('does not guess when only some of the words name a Space', () => {
    expect(() => readTargets(['owner/name', 'draw'], HUB)).toThrow(/"draw" is not the name of a Space/);
  });
});
