// The chart for docs/benchmarks.md: bars that read on a light page and on a dark one.

const MEASURES = [
  { key: 'start', label: 'Start, until tools are listed', unit: 'ms' },
  { key: 'startHanging', label: 'The same, when the Hub hangs', unit: 'ms' },
  { key: 'memory', label: 'Memory when idle', unit: 'MiB' },
  { key: 'megabytes', label: 'Installed', unit: 'MB' },
];
const COLUMN = 380;
const GAP = 40;
const NAMES = 102;
const FIGURES = 92;
const BAR = 14;
const STEP = 24;
const HEAD = 34;

/** Draws a panel of bars for each measure, two side by side; the longest bar of a panel takes its whole width. */
export function drawChart(results) {
  const names = ['node', ...Object.keys(results.install)];
  const [major] = results.node.split('.');
  const height = HEAD + names.length * STEP + 18;
  const panels = MEASURES.map(({ key, label, unit }, index) => {
    const figures = names.map((name) => ({ name, ...readFigure(results, key, major, name) }));
    const shown = figures.filter(({ value, failed }) => value !== undefined || failed);
    const [x, y] = [(index % 2) * (COLUMN + GAP), Math.floor(index / 2) * height];
    return `<g transform="translate(${x} ${y})">
<text class="title" y="16">${label}</text>
${drawBars(shown, unit).join('\n')}
</g>`;
  });
  const [width, total] = [2 * COLUMN + GAP, Math.ceil(MEASURES.length / 2) * height - 12];
  const label = 'hugwire beside a bare Node and other servers; the same figures are in the table below';
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${total}" width="${width}" height="${total}" role="img" aria-label="${label}">
<style>
text { font: 13px system-ui, -apple-system, "Segoe UI", sans-serif; fill: #59636e }
.title { font-size: 14px; font-weight: 600; fill: #1f2328 }
.ours { font-weight: 600; fill: #1f2328 }
.figure { font-variant-numeric: tabular-nums }
rect { fill: #afb8c1 }
rect.node { fill: #d8dee4 }
rect.ours { fill: #f59300 }
@media (prefers-color-scheme: dark) {
  text { fill: #9198a1 }
  .title, .ours { fill: #f0f6fc }
  rect { fill: #656c76 }
  rect.node { fill: #3d444d }
  rect.ours { fill: #ffa116 }
}
</style>
${panels.join('\n')}
</svg>
`;
}

function readFigure(results, key, major, name) {
  const figures = results.figures[key]?.[major][name];
  return { value: figures?.p50 ?? results.install[name]?.[key], failed: figures?.failed !== undefined };
}

function drawBars(figures, unit) {
  const most = Math.max(...figures.map(({ value = 0 }) => value));
  return figures.flatMap(({ name, value }, row) => {
    const y = HEAD + row * STEP;
    const kind = name === 'hugwire' ? 'ours' : name === 'node' ? 'node' : 'other';
    const length = value === undefined ? 0 : Math.max(2, ((COLUMN - NAMES - FIGURES) * value) / most);
    const figure = value === undefined ? 'no answer' : `${writeNumber(value)} ${unit}`;
    return [
      `<text class="${kind}" y="${y + 11}">${name === 'node' ? 'bare Node' : name}</text>`,
      ...(length
        ? [`<rect class="${kind}" x="${NAMES}" y="${y}" width="${length.toFixed(1)}" height="${BAR}" rx="3"/>`]
        : []),
      `<text class="${kind} figure" x="${(NAMES + length + (length ? 8 : 0)).toFixed(1)}" y="${y + 11}">${figure}</text>`,
    ];
  });
}

/** Two digits at the least, thousands apart. */
function writeNumber(value) {
  return value < 10 ? value.toFixed(1) : Math.round(value).toLocaleString('en-GB');
}
