import { constants } from 'node:os';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Does something when the user or the system wants the process to end, in place of ending it at once; a second signal
 * ends it all the same.
 * @param onInterrupt what to do
 * @returns a function that takes it back
 */
export function catchInterrupts(onInterrupt: () => void): () => void {
  let caught = false;
  // Not `once`: libraries that clean up at a signal end the process when nobody else listens to it.
  const listener = (signal: NodeJS.Signals) => {
    if (caught) process.exit(128 + constants.signals[signal]);
    caught = true;
    onInterrupt();
  };
  for (const signal of SIGNALS) process.on(signal, listener);
  return () => {
    for (const signal of SIGNALS) process.off(signal, listener);
  };
}
