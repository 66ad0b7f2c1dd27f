const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Does something when the user or the system wants the process to end, in place of ending it at once; a second signal
 * ends it all the same.
 * @param onInterrupt what to do
 * @returns a function that takes it back
 */
export function catchInterrupts(onInterrupt: () => void): () => void {
  for (const signal of SIGNALS) process.once(signal, onInterrupt);
  return () => {
    for (const signal of SIGNALS) process.off(signal, onInterrupt);
  };
}
