import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { drawChart } from './chart.mjs';
import { writeMarkdown, writeSummary } from './table.mjs';

// What the repository keeps of a bench: its figures, and the tables and the chart that are made from them.

const at = (path) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const RESULTS = at('test/bench/results.json');

/** Where the chart is. */
export const CHART = at('.github/bench.svg');

/** The tables, by the page that shows them, and the chart that follow from the figures in the repository. */
export function renderPublished() {
  const results = JSON.parse(readFileSync(RESULTS, 'utf8'));
  const tables = { 'docs/benchmarks.md': writeMarkdown(results), 'README.md': writeSummary(results) };
  return { tables, chart: drawChart(results) };
}

/** Puts figures into the repository, and what is made from them: nothing is left to do but to commit. */
export function publish(text) {
  writeFileSync(RESULTS, text);
  const { tables, chart } = renderPublished();
  writeFileSync(CHART, chart);
  for (const [page, table] of Object.entries(tables)) {
    const before = readFileSync(at(page), 'utf8');
    writeFileSync(
      at(page),
      before.replace(/(<!-- bench -->\n).*?(<!-- \/bench -->)/s, (_, open, close) => `${open}${table}${close}`),
    );
  }
}
