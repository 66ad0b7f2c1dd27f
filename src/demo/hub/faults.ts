import type { DemoFault } from '../types.js';

/** The faults that are switched on. */
export class Faults {
  private readonly active: { fault: DemoFault; left: number }[] = [];

  /**
   * Switches a fault on.
   * @returns the switch to turn it off
   */
  add(fault: DemoFault): () => void {
    const entry = { fault, left: fault.times ?? Number.POSITIVE_INFINITY };
    this.active.push(entry);
    return () => {
      const index = this.active.indexOf(entry);
      if (index >= 0) this.active.splice(index, 1);
    };
  }

  /**
   * The fault that hits this request, counted as used once; the one added first wins.
   * @param path decoded, with its query
   */
  take(path: string): DemoFault | undefined {
    const entry = this.active.find(({ fault, left }) => left > 0 && matches(fault.path, path));
    if (!entry) return undefined;
    entry.left -= 1;
    return entry.fault;
  }
}

/** `test` of a global expression remembers where it stopped: start over each time. */
function matches(pattern: RegExp, path: string): boolean {
  pattern.lastIndex = 0;
  return pattern.test(path);
}
