/**
 * A day on the clock of this machine: 2026-11-20.
 * @param date any
 */
export function localDay(date: Date): string {
  return [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join('-');
}

/**
 * A time on the clock of this machine: 21:33:53.
 * @param date any
 */
export function localTime(date: Date): string {
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':');
}

const two = (value: number): string => String(value).padStart(2, '0');
