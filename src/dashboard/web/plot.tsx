import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';

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
export function Plot({ label, series, data, scales, format }: PlotProps) {
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
