import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { drawChart } from './chart.mjs';
import { writeMarkdown } from './table.mjs';

// What the repository keeps of a bench: its figures, and the table and the chart that are made from them.

const at = (path) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const RESULTS = at('test/bench/results.json');
const README = at('README.md');

/** Where the chart is. */
export const CHART = at('.github/bench.svg');

/** The table and the chart that follow from the figures in the repository. */
export function renderPublished() {
  const results = JSON.parse(readFileSync(RESULTS, 'utf8'));
  return { table: writeMarkdown(results), chart: drawChart(results) };
}

/** Puts figures into the repository, and what is made from them: nothing is left to do but to commit. */
export function publish(text) {
  writeFileSync(RESULTS, text);
  const { table, chart } = renderPublished();
  writeFileSync(CHART, chart);
  const readme = readFileSync(README, 'utf8');
  writeFileSync(
    README,
    readme.replace(/(<!-- bench -->\n).*?(<!-- \/bench -->)/s, (_, open, close) => open + table + close),
  );
}
