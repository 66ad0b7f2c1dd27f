/** Where the chart is. */
export const CHART: string;

/** The table and the chart that follow from the figures in the repository. */
export function renderPublished(): { table: string; chart: string };

/** Puts figures into the repository, and what is made from them. */
export function publish(text: string): void;
