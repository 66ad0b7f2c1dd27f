import { useState } from 'preact/hooks';
import type { Controls } from '../types.js';
import { apply, post } from './store.js';

interface SwitchProps {
  /** What it turns on and off. */
  label: string;
  on: boolean;
  /** Where the wish is sent to, and what it is about. */
  path: 'tools' | 'spaces';
  name: string;
  disabled?: boolean;
}

/** A switch that writes the config; connected clients follow at once. */
export function Switch({ label, on, path, name, disabled }: SwitchProps) {
  const [problem, setProblem] = useState<string>();
  const [busy, setBusy] = useState(false);
  const toggle = async () => {
    setBusy(true);
    setProblem(undefined);
    try {
      apply({ controls: await post<Controls>(path, { name, on: !on }) });
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
        aria-label={label}
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
