import { afterEach } from 'vitest';

/** What the limits were before a test changed them. */
const changed: (() => void)[] = [];

afterEach(() => {
  for (const restore of changed.splice(0)) restore();
});

/** Sets limits for the rest of the test. */
export function setLimits<Limits extends object>(limits: Limits, change: Partial<Limits>): void {
  const before = { ...limits };
  changed.unshift(() => Object.assign(limits, before));
  Object.assign(limits, change);
}
