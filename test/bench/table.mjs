import { PEERS } from './peers.mjs';

// The table of a bench: for the terminal, and for the README.

const START = { 20: 1.45, 22: 2.5, 24: 2.5 };
const MEMORY = { 20: 1.35, 22: 1.35, 24: 1.35 };

/**
 * What is shown, with its unit and, where there is one, hugwire's budget: `times` what a bare Node takes, by Node's major
 * version; what it may take `over` that; or the `most`.
 */
const ROWS = [
  { key: 'start', label: 'start to tools/list', unit: 'ms', times: START },
  { key: 'startHanging', label: 'the same, Hub hanging', unit: 'ms', times: START },
  { key: 'startPinned', label: 'the same, 20 pinned Spaces', unit: 'ms', times: START },
  { key: 'memory', label: 'memory when idle', unit: 'MiB', times: MEMORY },
  { key: 'tokens', label: 'tool list', unit: 'tokens', most: 1600 },
  { key: 'search', label: 'search for ten models', unit: 'ms', over: 2 },
  { key: 'searchCached', label: 'the same, from the cache', unit: 'ms', most: 1 },
  { key: 'searchMany', label: '64 searches at once', unit: 'ms' },
  { key: 'space', label: 'call of a Space', unit: 'ms', over: 10 },
];
const INSTALL = { packages: 'packages installed', megabytes: 'MB installed', seconds: 's to install' };

const isInteger = (value) => Math.abs(value - Math.round(value)) < 1e-9;
const round = (value) =>
  value === undefined ? '–' : value >= 100 || isInteger(value) ? value.toFixed(0) : value.toFixed(1);
const middle = (figures) => (figures?.failed ? 'no answer' : round(figures?.median));
const spread = (figures) =>
  figures?.median === undefined ? middle(figures) : `${middle(figures)} (${round(figures.low)}–${round(figures.high)})`;

function limitOf({ times, over, most }, figures, node) {
  const bare = figures.node?.median ?? Number.NaN;
  const factor = times?.[Number(node.split('.')[0])];
  if (factor !== undefined) return factor * bare;
  return over === undefined ? most : bare + over;
}

/** Prints the table. Gives the labels of what is over its budget. */
export function printTable(results) {
  const names = ['node', ...Object.keys(results.install)];
  const line = (label, cells) =>
    console.log(label.padEnd(36) + cells.map((cell) => String(cell).padStart(24)).join(''));
  console.log(`${results.machine}, Node ${results.node}, ${results.date}; medians (middle half of the runs)`);
  line('', names);
  for (const [key, label] of Object.entries(INSTALL))
    line(
      label,
      names.map((name) => round(results.install[name]?.[key])),
    );
  const over = [];
  for (const row of ROWS) {
    const figures = results[row.key] ?? {};
    const limit = limitOf(row, figures, results.node);
    line(`${row.label}, ${row.unit}`, [
      ...names.map((name) => spread(figures[name])),
      ...(limit ? [`at most ${round(limit)}`] : []),
    ]);
    if (figures.hugwire?.median > limit) over.push(row.label);
  }
  for (const [name, reason] of failuresOf(results)) console.log(`${name}: ${reason}`);
  return over;
}

function failuresOf(results) {
  return ROWS.flatMap(({ key, label }) =>
    Object.entries(results[key] ?? {})
      .filter(([, figures]) => figures?.failed)
      .map(([name, { failed }]) => [`${name}, ${label}`, failed]),
  );
}

/** The same for the README, medians alone, with when and where they were measured. */
export function writeMarkdown(results) {
  const names = ['node', ...Object.keys(results.install)];
  const rows = [
    ...Object.entries(INSTALL).map(([key, label]) => [
      label,
      ...names.map((name) => round(results.install[name]?.[key])),
    ]),
    ...ROWS.map(({ key, label, unit }) => [`${label}, ${unit}`, ...names.map((name) => middle(results[key]?.[name]))]),
  ];
  const titles = names.map((name) => (name === 'node' ? 'bare Node' : name));
  const cells = [['', ...titles], ['---', ...names.map(() => '---:')], ...rows];
  const notes = Object.keys(results.install).flatMap((name) => PEERS[name]?.note ?? []);
  return `${cells.map((row) => `| ${row.join(' | ')} |`).join('\n')}

Medians on ${results.machine}, Node ${results.node}, ${results.date}; "bare Node" does the same with the least code.
${notes.map((note) => `${note}.`).join(' ')}
`;
}
