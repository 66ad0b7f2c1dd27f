export type Status = 'ok' | 'warning' | 'problem' | 'skipped';

/** What one check found. */
export interface Finding {
  /** Stable, for scripts: `config`, `hub`, `space:generate_image`. */
  id: string;
  title: string;
  status: Status;
  /** What is the case, in one line. */
  detail: string;
  /** What to do about it. */
  advice?: string;
}

/** Findings that belong together. */
export interface FindingGroup {
  title: string;
  findings: Finding[];
}

/**
 * Makes the findings of one check.
 * @param id stable, for scripts
 * @param title for people
 */
export function findingsOf(id: string, title: string): Record<Status, (detail: string, advice?: string) => Finding> {
  const make = (status: Status) => (detail: string, advice?: string) => ({
    id,
    title,
    status,
    detail,
    ...(advice === undefined ? {} : { advice }),
  });
  return { ok: make('ok'), warning: make('warning'), problem: make('problem'), skipped: make('skipped') };
}
