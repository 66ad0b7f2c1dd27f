import { useState } from 'preact/hooks';
import type { Store } from './store.js';

const MINUTE = 60_000;

/** The stretches of time that can be looked at, in milliseconds. */
export const RANGES = {
  '15 min': 15 * MINUTE,
  '1 h': 60 * MINUTE,
  '24 h': 24 * 60 * MINUTE,
  '7 days': 7 * 24 * 60 * MINUTE,
} as const;

interface HeaderProps {
  connection: Store['connection'];
  range: keyof typeof RANGES;
  onRange(range: keyof typeof RANGES): void;
}

/** Name, state of the connection, the stretch of time, and light or dark. */
export function Header({ connection, range, onRange }: HeaderProps) {
  return (
    <header>
      <h1>hugwire</h1>
      <span class={`state ${connection}`} role="status">
        {{ connecting: 'connecting', live: 'live', lost: 'stopped' }[connection]}
      </span>
      <span class="grow" />
      <Choice
        label="Stretch of time"
        options={Object.keys(RANGES) as (typeof range)[]}
        value={range}
        onChange={onRange}
      />
      <ThemeButton />
    </header>
  );
}

interface ChoiceProps<Value extends string> {
  label: string;
  options: readonly Value[];
  value: Value;
  onChange(value: Value): void;
}

/** A few options side by side, one of which is chosen. */
export function Choice<Value extends string>({ label, options, value, onChange }: ChoiceProps<Value>) {
  return (
    <fieldset class="choice">
      <legend class="hidden">{label}</legend>
      {options.map((option) => (
        <button key={option} type="button" aria-pressed={option === value} onClick={() => onChange(option)}>
          {option}
        </button>
      ))}
    </fieldset>
  );
}

const DARK = '(prefers-color-scheme: dark)';

/** What the page looks like is the system's choice until somebody presses this. */
function ThemeButton() {
  const [dark, setDark] = useState(document.documentElement.dataset.theme === 'dark' || matchMedia(DARK).matches);
  const toggle = () => {
    document.documentElement.dataset.theme = dark ? 'light' : 'dark';
    // The charts are drawn on canvas, in colours that they read once.
    dispatchEvent(new Event('themechange'));
    setDark(!dark);
  };
  return (
    <button type="button" class="quiet" onClick={toggle}>
      {dark ? 'Light' : 'Dark'}
    </button>
  );
}
