import { float64, int64, makeTables, type TableSeed, text } from './table.js';

const features = {
  text,
  id: text,
  dump: text,
  url: text,
  date: text,
  file_path: text,
  language: text,
  language_score: float64,
  token_count: int64,
};

const PAGES: [page: string, url: string, score: number, tokens: number][] = [
  [
    'How to sharpen a kitchen knife\n\nSoak the stone for ten minutes. Hold the blade at twenty degrees and draw it across the stone as if to cut a thin slice off its surface. Ten strokes a side on the coarse stone, then ten on the fine one. A sharp knife cuts a tomato under its own weight.',
    'https://kitchen-notes.example/sharpening',
    0.9712,
    71,
  ],
  [
    'Club news: the Saturday walk starts at the old mill at 9.30, not at 10. Bring boots, the ford is up. Tea at the hut afterwards, as always; Peter has promised scones.',
    'https://ramblers.example/2024/03/saturday-walk',
    0.9438,
    45,
  ],
  [
    'Fixing "connection refused" after an upgrade\n\nThe package now listens on localhost only. Open the configuration file, set the bind address, and restart the service. If a firewall is in the way, the log says so in its last line.',
    'https://sysadmin.example/posts/connection-refused',
    0.9581,
    54,
  ],
];

const split = (config: string, count: number, bytes: number): TableSeed => ({
  config,
  split: 'train',
  features,
  rows: PAGES.map(([page, url, score, tokens]) => [page, '', 'CC-MAIN-2024-10', url, '', '', 'en', score, tokens]),
  count,
  bytes,
  partial: true,
  own: {
    id: (index) => `<urn:uuid:00000000-0000-4000-8000-${index.toString(16).padStart(12, '0')}>`,
    date: (index) => `2024-02-${String((index % 28) + 1).padStart(2, '0')}T04:41:09Z`,
    file_path: (index) => `s3://commoncrawl/crawl-data/CC-MAIN-2024-10/segments/warc/CC-MAIN-${index % 90}.warc.gz`,
  },
});

/** Larger than what the viewer indexes: its counts are those of the first 5 GB. */
export const fineweb = makeTables('HuggingFaceFW/fineweb', [
  split('default', 1_630_000, 5_000_217_112),
  split('sample-10BT', 1_626_000, 5_000_083_904),
]);
