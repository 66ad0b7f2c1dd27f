import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import type { CallRecord } from '../types.js';
import { duration, percent } from './format.js';
import { ButtonGroup } from './header.js';
import { gatherSeries, type ToolSeries } from './series.js';

const STEPS = 48;
const COLOURS = 8;
type Metric = 'Time' | 'Failures';
const METRICS: readonly Metric[] = ['Time', 'Failures'];

interface ChartsProps {
  calls: readonly CallRecord[];
  /** Milliseconds since 1970. */
  from: number;
  to: number;
}

/** How many calls, how long they take, and how many fail; over time, by tool. */
export function Charts({ calls, from, to }: ChartsProps) {
  const [metric, setMetric] = useState<Metric>('Time');
  const series = useMemo(() => gatherSeries(calls, from, to, STEPS), [calls, from, to]);
  const totals = series.good.map((good, at) => good + (series.failed[at] ?? 0));
  const times = metric === 'Time';
  return (
    <div class="split even">
      <section class="card" aria-labelledby="calls-over-time">
        <h2 id="calls-over-time">Calls over time</h2>
        <Plot
          label={`Calls over time: ${calls.length} in all`}
          // The failed ones show above the good ones, which are drawn over the total.
          series={[bar('failed', '--bad'), bar('good', '--good')]}
          data={[series.times, totals, series.good]}
          scales={{ y: { range: (_, __, max) => [0, Math.max(4, max * 1.1)] } }}
          format={(value) => (Number.isInteger(value) ? String(value) : '')}
        />
      </section>
      <section class="card" aria-labelledby="by-tool">
        <div class="title">
          <h2 id="by-tool">{times ? 'Median time by tool' : 'Share that failed, by tool'}</h2>
          <ButtonGroup label="What to draw" options={METRICS} value={metric} onChange={(chosen) => setMetric(chosen)} />
        </div>
        <Plot
          key={metric}
          label={times ? 'Median time of each tool over time' : 'Share of failed calls of each tool over time'}
          series={series.tools.map(({ tool }, at) => line(tool, `--series-${(at % COLOURS) + 1}`))}
          data={[series.times, ...series.tools.map((tool) => (times ? tool.medians : tool.failureRates))]}
          scales={{
            y: times
              ? { distr: 3, range: (_, min, max) => [Math.max(1, min / 2), Math.max(10, max * 2)] }
              : { range: [0, 1.05] },
          }}
          format={times ? duration : percent}
        />
      </section>
      {series.tools.length > 0 && <Figures tools={series.tools} />}
    </div>
  );
}

function Figures({ tools }: { tools: readonly ToolSeries[] }) {
  return (
    <section class="card wide" aria-label="Figures by tool">
      <table>
        <thead>
          <tr>
            <th scope="col">Tool</th>
            <th scope="col" class="number">
              Calls
            </th>
            <th scope="col" class="number">
              Failed
            </th>
            <th scope="col" class="number">
              Median
            </th>
            <th scope="col" class="number" title="95 of 100 calls took at most this long">
              95 %
            </th>
          </tr>
        </thead>
        <tbody>
          {tools.map(({ tool, calls, failures, median, slow }, at) => (
            <tr key={tool}>
              <th scope="row">
                <span class="swatch" style={{ background: `var(--series-${(at % COLOURS) + 1})` }} /> {tool}
              </th>
              <td class="number">{calls}</td>
              <td class={failures > 0 ? 'number bad' : 'number'}>{percent(failures / calls)}</td>
              <td class="number">{median === undefined ? '–' : duration(median)}</td>
              <td class="number">{slow === undefined ? '–' : duration(slow)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function bar(label: string, colour: string): uPlot.Series {
  return {
    label,
    stroke: colour,
    fill: colour,
    width: 0,
    paths: uPlot.paths.bars?.({ size: [0.8] }),
    points: { show: false },
  };
}

function line(label: string, colour: string): uPlot.Series {
  return { label, stroke: colour, width: 2, spanGaps: true, points: { show: true, size: 6 } };
}

interface PlotProps {
  /** Says what is drawn, for those who do not see it. */
  label: string;
  /** Of the lines or bars; colours are names of CSS variables. */
  series: uPlot.Series[];
  data: uPlot.AlignedData;
  scales?: uPlot.Scales;
  /** A value of the y axis in words. */
  format(value: number): string;
}

const HEIGHT = 190;

/** A chart over time, as wide as its place, in the colours of the page. */
function Plot({ label, series, data, scales, format }: PlotProps) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>();
  const latest = useRef(data);
  latest.current = data;
  const shape = JSON.stringify(series.map(({ label: name, stroke }) => [name, String(stroke)]));

  // The shape stands for the series, which are new each time.
  useEffect(() => {
    const element = place.current;
    if (!element) return;
    const draw = () => {
      plot.current?.destroy();
      plot.current = new uPlot(options(element, series, scales, format), latest.current, element);
    };
    draw();
    const observer = new ResizeObserver(() => plot.current?.setSize({ width: element.clientWidth, height: HEIGHT }));
    observer.observe(element);
    const dark = matchMedia('(prefers-color-scheme: dark)');
    dark.addEventListener('change', draw);
    addEventListener('themechange', draw);
    return () => {
      observer.disconnect();
      dark.removeEventListener('change', draw);
      removeEventListener('themechange', draw);
      plot.current?.destroy();
    };
  }, [shape]);
  useEffect(() => plot.current?.setData(data), [data]);
  return <div ref={place} class="plot" role="img" aria-label={label} />;
}

function options(
  element: HTMLElement,
  series: readonly uPlot.Series[],
  scales: uPlot.Scales | undefined,
  format: (value: number) => string,
): uPlot.Options {
  const colour = (name: unknown) => resolveColour(element, String(name));
  const axis: uPlot.Axis = {
    stroke: colour('--muted'),
    grid: { stroke: colour('--line'), width: 1 },
    ticks: { show: false },
    font: '12px system-ui, sans-serif',
  };
  return {
    width: element.clientWidth,
    height: HEIGHT,
    scales: { x: { time: true }, ...scales },
    cursor: { points: { size: 6 } },
    axes: [
      { ...axis, grid: { show: false } },
      { ...axis, size: 58, values: (_, ticks) => ticks.map((tick) => (tick === null ? '' : format(tick))) },
    ],
    series: [
      { value: '{HH}:{mm}' },
      ...series.map((one) => ({
        ...one,
        stroke: colour(one.stroke),
        fill: one.fill && colour(one.fill),
        value: (_: uPlot, value: number | null) => (value === null ? '–' : format(value)),
      })),
    ],
  };
}

/** A colour variable as the canvas takes it: the light or the dark one is chosen only where it is used. */
function resolveColour(element: HTMLElement, name: string): string {
  element.style.color = `var(${name})`;
  const { color } = getComputedStyle(element);
  element.style.removeProperty('color');
  return color;
}
