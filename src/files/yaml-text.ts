import { isMapping } from './value.js';

/** What any YAML reader takes for a text, without quotes. */
const PLAIN = /^(?!(?:true|false|yes|no|on|off|null|y|n)$)[a-z_][\w./-]*$/i;

/**
 * Writes a mapping as lines of YAML in block style; lists go on one line.
 * @param value a mapping
 * @param indent of its keys
 * @param step one more of it
 * @returns lines without line ends
 */
export function writeYaml(value: unknown, indent: string, step: string): string[] {
  return Object.entries(value as Record<string, unknown>)
    .filter(([, inner]) => inner !== undefined)
    .flatMap(([key, inner]) => {
      const head = `${indent}${writeScalar(key)}:`;
      if (isMapping(inner) && Object.keys(inner).length > 0) return [head, ...writeYaml(inner, indent + step, step)];
      return [`${head} ${writeYamlLine(inner)}`];
    });
}

/** Writes a value as YAML on one line. */
export function writeYamlLine(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(writeYamlLine).join(', ')}]`;
  return typeof value === 'string' ? writeScalar(value) : JSON.stringify(value);
}

const writeScalar = (text: string) => (PLAIN.test(text) ? text : JSON.stringify(text));
