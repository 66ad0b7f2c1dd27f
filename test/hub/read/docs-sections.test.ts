import { describe, expect, it } from 'vitest';
import { findSection, listAnchors, showAnchors } from '../../../src/hub/read/docs.js';

const page = `# Trainer[[trainer]]

Intro.

## Methods[[transformers.Trainer]]

\`\`\`python
# not a heading
\`\`\`

### train[[transformers.Trainer.train]]

Trains.

## Usage tips & tricks

Plain heading.
`;

describe('sections of a page', () => {
  it.each([
    ['the whole page', 'trainer', page.trim()],
    [
      'a section with all below it',
      'transformers.Trainer',
      page.slice(page.indexOf('## Methods'), page.indexOf('## Usage')).trim(),
    ],
    ['the last one of a level', 'transformers.Trainer.train', '### train[[transformers.Trainer.train]]\n\nTrains.'],
    ['a heading without an anchor of its own', 'usage-tips-tricks', '## Usage tips & tricks\n\nPlain heading.'],
    [
      'other capitals and separators',
      'Transformers_trainer.Train',
      '### train[[transformers.Trainer.train]]\n\nTrains.',
    ],
  ])('gives %s', (_what, anchor, expected) => {
    expect(findSection(page, anchor)).toBe(expected);
  });

  it('has none for an unknown anchor, nor for a comment in code', () => {
    expect(findSection(page, 'nope')).toBeUndefined();
    expect(findSection(page, 'not-a-heading')).toBeUndefined();
  });

  it('lists the anchors in order', () => {
    expect(listAnchors(page)).toEqual([
      'trainer',
      'transformers.Trainer',
      'transformers.Trainer.train',
      'usage-tips-tricks',
    ]);
  });

  it('tells an anchor only where the heading does not', () => {
    expect(showAnchors('# Trainer[[trainer]]\n## Methods[[transformers.Trainer]]')).toBe(
      '# Trainer\n## Methods (#transformers.Trainer)',
    );
  });
});
