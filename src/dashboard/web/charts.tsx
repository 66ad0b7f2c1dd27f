import { useEffect, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import { duration } from './format.js';
import { Card } from './parts.js';
import type { Figures, Series } from './series.js';

const DAY = 86_400_000;

interface ChartsProps {
  series: Series;
  /** What is drawn: everything, or the calls of one tool. */
  figures: Figures;
  tool?: string;
}

/** How many calls there were and how long they took, over time. */
export function Charts({ series: { times, length }, figures, tool }: ChartsProps) {
  const { steps } = figures;
  // Everything is drawn in the middle of its step.
  const middles = times.map((time) => (time + length / 2) / 1000);
  const of = tool ? ` of ${tool}` : '';
  const stretch = { length, begin: times[0] ?? 0, end: (times.at(-1) ?? 0) + length };
  return (
    <div class="split">
      <Card
        id="calls-over-time"
        title={`Calls${of} over time`}
        tools={
          <Key
            items={[
              ['good', 'ended well'],
              ['bad', 'failed'],
            ]}
          />
        }
      >
        <Plot
          {...stretch}
          label={`Calls${of} over time: ${figures.calls} in all, ${figures.failed} failed`}
          // The failed ones show above the good ones, which are drawn over the total.
          series={[bar('--bad'), bar('--good')]}
          data={[middles, steps.map(({ good, failed }) => good + failed), steps.map(({ good }) => good)]}
          scale={{ range: (_, __, max) => [0, Math.max(4, max * 1.1)] }}
          splits={whole}
          format={String}
          read={(at) => `${steps[at]?.good ?? 0} ended well, ${steps[at]?.failed ?? 0} failed`}
        />
      </Card>
      <Card
        id="time-to-answer"
        title={`Time per call${of}`}
        tools={
          <Key
            items={[
              ['busy', 'median'],
              ['warm', 'p95'],
            ]}
          />
        }
      >
        <Plot
          {...stretch}
          label={`Time of calls${of}: median ${duration(figures.median ?? 0)}, p95 ${duration(figures.p95 ?? 0)}`}
          series={[line('--warm'), line('--busy')]}
          data={[middles, steps.map(({ p95 }) => p95), steps.map(({ median }) => median)]}
          scale={{
            distr: 3,
            range: (_, min, max) => [
              10 ** Math.floor(Math.log10(Math.max(1, min ?? 10))),
              10 ** Math.ceil(Math.log10(Math.max(100, max ?? 1000))),
            ],
          }}
          splits={decades}
          format={roundDuration}
          read={(at) => {
            const { median, p95 } = steps[at] ?? {};
            return median == null || p95 == null ? 'no calls' : `median ${duration(median)}, p95 ${duration(p95)}`;
          }}
        />
      </Card>
    </div>
  );
}

/** `1 s` rather than `1.0 s`, for an axis. */
const roundDuration = (value: number) => (value < 1000 ? `${value} ms` : `${value / 1000} s`);

function Key({ items }: { items: [tone: string, label: string][] }) {
  return (
    <span class="key">
      {items.map(([tone, label]) => (
        <span key={label}>
          <span class={`swatch ${tone}`} /> {label}
        </span>
      ))}
    </span>
  );
}

function bar(colour: string): uPlot.Series {
  const paths = uPlot.paths.bars?.({ size: [0.85], radius: 0.12 });
  return { stroke: colour, fill: colour, width: 0, paths, points: { show: false } };
}

function line(colour: string): uPlot.Series {
  return { stroke: colour, width: 1.5, spanGaps: true, points: { show: true, size: 5, fill: colour } };
}

interface PlotProps {
  /** Says what is drawn, for those who do not see it. */
  label: string;
  /** Length of a step, in milliseconds. */
  length: number;
  /** Beginning and end of the stretch of time, in milliseconds since 1970. */
  begin: number;
  end: number;
  /** The lines or bars; colours are names of CSS variables. */
  series: uPlot.Series[];
  data: uPlot.AlignedData;
  scale: uPlot.Scale;
  /** Where the y axis has its lines. */
  splits(min: number, max: number): number[];
  /** A value of the y axis in words. */
  format(value: number): string;
  /** One step in words. */
  read(step: number): string;
}

const HEIGHT = 180;

/** A chart over time, as wide as its container, in the colours of the page; what is under the pointer is said below it. */
function Plot({ label, read, ...drawn }: PlotProps) {
  const { length, begin, end, data } = drawn;
  const span = end - begin;
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>();
  const latest = useRef(drawn);
  latest.current = drawn;
  const [step, setStep] = useState<number>();

  // The series and scales differ between charts, not over time; the axis depends on the stretch of time.
  useEffect(() => {
    const element = place.current;
    if (!element) return;
    const draw = () => {
      plot.current?.destroy();
      const setCursor = ({ cursor }: uPlot) => setStep(cursor.idx ?? undefined);
      const all = { ...options(element, () => latest.current), hooks: { setCursor: [setCursor] } };
      plot.current = new uPlot(all, data, element);
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
  }, [span]);
  useEffect(() => plot.current?.setData(data), [data]);
  const at = step === undefined ? undefined : begin + step * length;
  return (
    <>
      <div ref={place} class="plot" role="img" aria-label={label} />
      <p class="readout" aria-hidden="true">
        {at === undefined ? `Each step is ${stepName(length)}` : `${stepTime(at, length)}: ${read(step ?? 0)}`}
      </p>
    </>
  );
}

function stepName(length: number): string {
  if (length >= DAY) return length === DAY ? 'a day' : `${length / DAY} days`;
  if (length >= 3_600_000) return length === 3_600_000 ? 'an hour' : `${length / 3_600_000} hours`;
  return length >= 60_000 ? `${length / 60_000} min` : `${length / 1000} s`;
}

function stepTime(begin: number, length: number): string {
  const time = (at: number) =>
    new Date(at).toLocaleTimeString([], { timeStyle: length < 60_000 ? 'medium' : 'short', hourCycle: 'h23' });
  const day = new Date(begin).toLocaleDateString([], { weekday: 'short', day: 'numeric', month: 'short' });
  return length >= DAY ? day : `${day}, ${time(begin)}–${time(begin + length)}`;
}

/**
 * How a chart is drawn.
 * @param element its container
 * @param latest what is drawn; the stretch of time moves on
 */
function options(element: HTMLElement, latest: () => Omit<PlotProps, 'label' | 'read'>): uPlot.Options {
  const { series, scale, splits, format, begin, end } = latest();
  const range = (): [number, number] => [latest().begin / 1000, latest().end / 1000];
  const colour = (name: unknown) => resolveColour(element, String(name));
  const axis: uPlot.Axis = {
    stroke: colour('--muted'),
    grid: { stroke: colour('--line'), width: 1 },
    ticks: { show: false },
    font: '12px system-ui, sans-serif',
    gap: 6,
  };
  return {
    width: element.clientWidth,
    height: HEIGHT,
    legend: { show: false },
    scales: { x: { time: true, range }, y: scale },
    cursor: { points: { size: 6 }, drag: { x: false, y: false } },
    axes: [
      end - begin > 2 * DAY
        ? {
            ...axis,
            size: 26,
            splits: (_, __, min, max) => midnights(min, max, element.clientWidth),
            values: (_, ticks) => ticks.map(dayName),
          }
        : { ...axis, size: 26, grid: { show: false }, space: 70, values: (_, ticks) => ticks.map(timeName) },
      { ...axis, size: 54, splits: (_, __, min, max) => splits(min, max), values: (_, ticks) => ticks.map(format) },
    ],
    series: [
      {},
      ...series.map((one) => ({
        ...one,
        stroke: colour(one.stroke),
        ...(one.fill ? { fill: colour(one.fill) } : {}),
        ...(one.points?.fill ? { points: { ...one.points, fill: colour(one.points.fill) } } : {}),
      })),
    ],
  };
}

/** Whole numbers, at most five. */
function whole(_: number, max: number): number[] {
  const every = [1, 2, 5]
    .flatMap((one) => [1, 10, 100, 1000].map((ten) => one * ten))
    .sort((one, other) => one - other);
  const step = every.find((one) => max / one < 5) ?? max / 4;
  return Array.from({ length: Math.floor(max / step) + 1 }, (_, at) => at * step);
}

/** Powers of ten. */
function decades(min: number, max: number): number[] {
  const found: number[] = [];
  for (let value = 1; value <= max; value *= 10) if (value >= min) found.push(value);
  return found;
}

/** The beginnings of days, in seconds: as many as there is room for. */
function midnights(min: number, max: number, width: number): number[] {
  const every = Math.max(1, Math.ceil(((max - min) * 1000) / DAY / Math.max(1, width / 70)));
  const day = new Date(min * 1000);
  day.setHours(24, 0, 0, 0);
  const found: number[] = [];
  for (; day.getTime() <= max * 1000; day.setDate(day.getDate() + every)) found.push(day.getTime() / 1000);
  return found;
}

const dayName = (tick: number) => {
  const day = new Date(tick * 1000);
  return `${day.toLocaleDateString([], { weekday: 'short' })} ${day.getDate()}`;
};
const timeName = (tick: number) =>
  new Date(tick * 1000).toLocaleTimeString([], { timeStyle: 'short', hourCycle: 'h23' });

/** A colour variable as the canvas takes it: light or dark is only chosen where it is used. */
function resolveColour(element: HTMLElement, name: string): string {
  element.style.color = `var(${name})`;
  const { color } = getComputedStyle(element);
  element.style.removeProperty('color');
  return color;
}
