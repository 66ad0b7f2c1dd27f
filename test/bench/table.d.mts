/** The budgets that are broken, each in words. */
export function findBroken(results: unknown): string[];
