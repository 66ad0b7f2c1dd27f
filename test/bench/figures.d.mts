interface Summary {
  p50: number;
  p95: number;
}

interface Figure extends Partial<Summary> {
  runs?: number;
  times?: Summary;
  over?: Summary;
  failed?: string;
}

/** Runs things in turn and gives measure → contender → figures. */
export function compare(
  contenders: Record<string, (round: number) => Promise<Record<string, number>>>,
  runs: number,
  warmUp?: number,
): Promise<Record<string, Record<string, Figure>>>;
