import { useState } from 'preact/hooks';
import type { Controls } from '../types.js';
import { apply, post } from './store.js';

interface SwitchProps {
  on: boolean;
  /** Of the tool. */
  name: string;
  disabled?: boolean;
}

/** A switch that writes the config; connected clients follow at once. */
export function Switch({ name, on, disabled }: SwitchProps) {
  const [problem, setProblem] = useState<string>();
  const [busy, setBusy] = useState(false);
  const toggle = async () => {
    setBusy(true);
    setProblem(undefined);
    try {
      apply({ controls: await post<Controls>('tools', { name, on: !on }) });
    } catch (error) {
      setProblem((error as Error).message);
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      <button
        type="button"
        role="switch"
        aria-checked={on}
        aria-label={name}
        disabled={disabled || busy}
        onClick={toggle}
      >
        <span />
      </button>
      {problem && (
        <small class="bad" role="alert">
          {problem}
        </small>
      )}
    </>
  );
}
