import { label, makeTables, type TableSeed, text } from './table.js';

const features = { text, label: label('neg', 'pos') };

const NEGATIVE = [
  'Two hours of people walking down corridors. The script explains everything twice and means nothing by it.<br /><br />I kept hoping that the dog would get a bigger part. It did not.',
  "The book is one of my favourites, so I wanted to like this. But they've changed the ending, cut the sister, and added a car chase. Why? 3/10 for the music alone.",
  'Wooden acting, muddy sound, and a "twist" that you can see from the poster. Avoid.',
];

const POSITIVE = [
  "I didn't expect a film about a post office to make me cry. The lead does more with one raised eyebrow than most do with a monologue.<br /><br />See it with somebody you like.",
  'Slow, yes, but every frame is doing something. The storm scene alone is worth the ticket, and the last ten minutes are as good as anything made that year.',
  'Great fun from start to finish: sharp jokes, real stakes, and a villain who is right about half of the time.',
];

const UNLABELLED = [
  'Saw this on a plane with no sound. Still better than the other one.',
  'My grandmother was an extra in the market scene, so I am not neutral. Look for the woman with the goose.',
];

/** The true dataset holds all negative reviews first, then the positive ones: a trap for who reads only the top. */
const labelled = (split: string, bytes: number): TableSeed => ({
  config: 'plain_text',
  split,
  features,
  rows: [[]],
  count: 25_000,
  bytes,
  own: {
    text: (index) => (index < 12_500 ? NEGATIVE[index % NEGATIVE.length] : POSITIVE[index % POSITIVE.length]),
    label: (index) => (index < 12_500 ? 0 : 1),
  },
});

export const imdb = makeTables('stanfordnlp/imdb', [
  labelled('train', 20_979_968),
  labelled('test', 20_470_363),
  {
    config: 'plain_text',
    split: 'unsupervised',
    features,
    rows: UNLABELLED.map((review) => [review, -1]),
    count: 50_000,
    bytes: 41_996_509,
  },
]);
