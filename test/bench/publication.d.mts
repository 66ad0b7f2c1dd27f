/** Where the chart is. */
export const CHART: string;

/** The tables, by the page that shows them, and the chart that follow from the figures in the repository. */
export function renderPublished(): { tables: { 'docs/benchmarks.md': string; 'README.md': string }; chart: string };

/** Puts figures into the repository, and what is made from them. */
export function publish(text: string): void;
