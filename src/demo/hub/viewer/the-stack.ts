import { bool, int64, makeTables, text } from './table.js';

/** Gated: rows only for accounts that its authors let in. */
export const theStack = makeTables('bigcode/the-stack-v2', [
  {
    config: 'default',
    split: 'train',
    features: { blob_id: text, repo_name: text, path: text, language: text, length_bytes: int64, is_generated: bool },
    rows: [
      ['7c1f2a', 'mlindqvist/tide-tables', '/src/harmonics.py', 'Python', 4182, false],
      ['b09e44', 'okafor/budget', '/cmd/report/main.go', 'Go', 2290, false],
      ['e3d710', 'open-atlas/tiles', '/generated/schema.ts', 'TypeScript', 18_204, true],
    ],
    count: 5_462_798,
    bytes: 3_310_204_118,
  },
]);
