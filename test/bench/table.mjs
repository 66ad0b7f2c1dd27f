import { PEERS } from './peers.mjs';

// The tables of a bench: for the terminal, docs/benchmarks.md and the README.

const START = { 20: 1.3, 22: 1.15, 24: 1.15 };

/**
 * What is measured, with its unit and, where there is one, hugwire's budget for the median, for all lines of Node or by major
 * version: how many `times` what a bare Node takes; what it may take `over` that; or the `most`. `shown`: in docs/benchmarks.md, for
 * the Node that ran the bench or for all lines; `summary`: also in the README's short table.
 */
const MEASURES = [
  { key: 'start', label: 'start to tools/list', unit: 'ms', times: START, shown: 'all', summary: true },
  { key: 'startCpu', label: 'start, CPU', unit: 'ms', times: START },
  { key: 'startHanging', label: 'start, Hub hanging', unit: 'ms', times: START, shown: 'own', summary: true },
  { key: 'startHangingCpu', label: 'start, Hub hanging, CPU', unit: 'ms', times: START },
  { key: 'startPinned', label: 'start, 20 pinned Spaces', unit: 'ms', times: START, shown: 'own' },
  { key: 'startPinnedCpu', label: 'start, 20 pinned Spaces, CPU', unit: 'ms', times: START },
  { key: 'startAll', label: 'start and 10 s of idling, CPU', unit: 'ms', shown: 'own' },
  { key: 'memory', label: 'memory, idle for 10 s', unit: 'MiB', times: 1.5, shown: 'own', summary: true },
  { key: 'firstSearch', label: 'first search, CPU', unit: 'ms', most: { 20: 50 }, shown: 'own', summary: true },
  { key: 'memorySearched', label: 'memory after the first search', unit: 'MiB', most: { 20: 75 }, shown: 'own' },
  { key: 'heap', label: 'live heap after 10,000 calls, more by', unit: 'MiB', most: 2 },
  { key: 'block', label: 'longest block while answers of 20 MB are read', unit: 'ms', most: 100 },
  { key: 'tokens', label: 'tool list as sent', unit: 'tokens', most: 1700, shown: 'own', summary: true },
  { key: 'tokensRead', label: 'tool list, what a model reads', unit: 'tokens', shown: 'own' },
  { key: 'searchTokens', label: 'ten search results', unit: 'tokens', most: 450, shown: 'own', summary: true },
  { key: 'search', label: 'search for ten models', unit: 'ms', over: 2, shown: 'own' },
  { key: 'searchCached', label: 'search, from the cache', unit: 'ms', most: 1, shown: 'own' },
  { key: 'searchMany', label: '64 searches at once', unit: 'ms', shown: 'own' },
  { key: 'space', label: 'call of a Space', unit: 'ms', over: 4, shown: 'own', summary: true },
  { key: 'gradio6', label: 'call of an app of Gradio 6', unit: 'ms', over: 4 },
  { key: 'gradio5', label: 'call of an app of Gradio 5', unit: 'ms', over: 4 },
];
const INSTALL = { packages: 'packages installed', megabytes: 'MB installed', seconds: 's to install' };
/** What the budgets hold for. */
const OURS = ['hugwire', 'hugwire serve'];
const TITLES = { node: 'bare Node', 'npx hugwire': 'through npx' };

const isInteger = (value) => Math.abs(value - Math.round(value)) < 1e-9;
const round = (value) =>
  value === undefined ? '–' : value >= 100 || isInteger(value) ? value.toFixed(0) : value.toFixed(1);
const factor = ({ times }) => `${times.p50.toFixed(2)} (${times.p95.toFixed(2)}) ×`;
const majorOf = (version) => version.split('.')[0];

/** One row for each measure and line of Node: the Node that ran the bench is the first. */
function rowsOf({ node, others = [], figures }) {
  const majors = [node, ...others].map(majorOf);
  return MEASURES.flatMap((measure) =>
    majors.flatMap((major) => {
      const cells = figures[measure.key]?.[major];
      return cells ? [{ ...measure, major, cells, own: major === majors[0] }] : [];
    }),
  );
}

const labelOf = ({ label, unit, major, own }) => `${label}, ${unit}${own ? '' : `, Node ${major}`}`;

const pick = (limit, major) => (typeof limit === 'object' ? limit[major] : limit);

/** hugwire's budget in a row: the figure that it is about, the most that this may be, and both in words. */
function budgetOf({ times, over, most, unit, major }) {
  const kinds = [
    {
      limit: pick(times, major),
      read: (figure) => figure.times?.p50,
      tell: (value) => `${value.toFixed(2)} × a bare Node`,
    },
    {
      limit: pick(over, major),
      read: (figure) => figure.over?.p50,
      tell: (value) => `${round(value)} ${unit} over the raw call`,
    },
    { limit: pick(most, major), read: (figure) => figure.p50, tell: (value) => `${round(value)} ${unit}` },
  ];
  return kinds.find(({ limit }) => limit !== undefined);
}

/**
 * The budgets that are broken.
 * @returns a line for each measure, about the way to start hugwire that takes most
 */
export function findBroken(results) {
  const broken = new Map();
  for (const row of rowsOf(results)) {
    const budget = budgetOf(row);
    const ours = OURS.flatMap((name) => row.cells[name] ?? []);
    if (!budget || ours.length === 0) continue;
    const failed = ours.find((figure) => figure.failed);
    const worst = Math.max(...ours.map((figure) => budget.read(figure) ?? 0));
    if (!failed && worst <= budget.limit) continue;
    const told = failed ? `no answer on Node ${row.major}` : `${budget.tell(worst)} on Node ${row.major}`;
    broken.set(row.label, [...(broken.get(row.label) ?? []), `${told} (at most ${budget.limit})`]);
  }
  return [...broken].map(([label, told]) => `${label}: ${told.join(', ')}`);
}

/** All contenders that were measured, in the order in which they are shown. */
function contendersOf(results) {
  const known = ['node', ...OURS, 'npx hugwire', ...Object.keys(PEERS)];
  const found = new Set(rowsOf(results).flatMap(({ cells }) => Object.keys(cells)));
  return known.filter((name) => found.has(name));
}

/** Prints all figures: median (95th percentile), and the same of how it relates to a bare Node in the same round. */
export function printTable(results) {
  const names = contendersOf(results);
  const cell = ({ over }, figure) => {
    if (!figure) return '–';
    if (figure.failed) return 'no answer';
    const beside =
      figure.over && (over ? ` +${round(figure.over.p50)} (${round(figure.over.p95)})` : ` ${factor(figure)}`);
    const tail = figure.p95 === undefined || figure.runs === 1 ? '' : ` (${round(figure.p95)})`;
    return `${round(figure.p50)}${tail}${beside ?? ''}`;
  };
  const budget = (row) => {
    const { limit, tell } = budgetOf(row) ?? {};
    return limit === undefined ? '' : `at most ${tell(limit)}`;
  };
  const lines = [
    ['median (p95) × or + a bare Node', ...names, 'budget'],
    ...Object.entries(INSTALL).map(([key, label]) => [
      label,
      ...names.map((name) => round(results.install[name]?.[key])),
      '',
    ]),
    ...rowsOf(results).map((row) => [labelOf(row), ...names.map((name) => cell(row, row.cells[name])), budget(row)]),
  ];
  const widths = lines[0].map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  const { size, unpackedSize, files } = results.package;
  console.log(`${results.machine}, Node ${[results.node, ...results.others].join(', ')}, ${results.date}`);
  console.log(`the package: ${round(size / 1000)} kB packed, ${round(unpackedSize / 1000)} kB in ${files} files`);
  for (const line of lines) {
    console.log(
      line.map((text, column) => (column ? text.padStart(widths[column]) : text.padEnd(widths[0]))).join('  '),
    );
  }
  for (const row of rowsOf(results)) {
    for (const [name, { failed }] of Object.entries(row.cells)) {
      if (failed) console.log(`${name}, ${labelOf(row)}: ${failed}`);
    }
  }
  const missing = MEASURES.filter(({ key }) => !results.figures[key]?.[majorOf(results.node)]?.hugwire);
  if (missing.length > 0) console.log(`not measured: ${missing.map(({ label }) => label).join('; ')}`);
  for (const broken of findBroken(results)) console.log(`over budget: ${broken}`);
}

/** Where another server takes less than hugwire, in words. */
function listLosses(results, rows) {
  const measured = [
    ...Object.entries(INSTALL).map(([key, label]) => ({ label, read: (name) => results.install[name]?.[key] })),
    ...rows.map((row) => ({ label: labelOf(row), read: (name) => row.cells[name]?.p50 })),
  ];
  return Object.keys(PEERS).flatMap((name) => {
    const lost = measured.filter(({ read }) => read(name) < read('hugwire'));
    const told = lost.map(({ label, read }) => `${label} (${round(read(name))} to ${round(read('hugwire'))})`);
    return told.length > 0 ? [`${name} takes less than hugwire: ${told.join('; ')}.`] : [];
  });
}

/** The same for docs/benchmarks.md, medians alone, with when and where they were measured, and what is not as it should be. */
export function writeMarkdown(results) {
  const names = contendersOf(results).filter((name) => name !== 'hugwire serve');
  const rows = rowsOf(results).filter(({ shown, own }) => shown === 'all' || (shown && own));
  const notes = Object.keys(results.install).flatMap((name) => (PEERS[name] ? `${PEERS[name].note}.` : []));
  const broken = findBroken(results).map((text) => `- ${text}\n`);
  const budgets = broken.length > 0 ? `Budgets that are not met:\n\n${broken.join('')}` : 'All budgets are met.\n';
  return `${tableOf(results, names, rows)}
Medians on ${results.machine}, Node ${results.node}, ${results.date}; "bare Node" does the same with the least code, calls of Spaces with @gradio/client.
${[...notes, ...listLosses(results, rows)].join(' ')}

${budgets}`;
}

/** The short table for the README: hugwire beside the alternatives. */
export function writeSummary(results) {
  const names = contendersOf(results).filter((name) => name !== 'hugwire serve' && name !== 'node');
  const rows = rowsOf(results).filter(({ summary, own }) => summary && own);
  return `${tableOf(results, names, rows)}
Medians on ${results.machine}, Node ${results.node}, ${results.date}.
`;
}

function tableOf(results, names, rows) {
  const cell = (figure) => {
    if (!figure) return '–';
    return figure.failed ? 'no answer' : round(figure.p50);
  };
  const cells = [
    ['', ...names.map((name) => TITLES[name] ?? name)],
    ['---', ...names.map(() => '---:')],
    ...Object.entries(INSTALL).map(([key, label]) => [
      label,
      ...names.map((name) => round(results.install[name]?.[key])),
    ]),
    ...rows.map((row) => [labelOf(row), ...names.map((name) => cell(row.cells[name]))]),
  ];
  return cells.map((row) => `| ${row.join(' | ')} |\n`).join('');
}
