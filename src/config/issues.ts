import type * as z from 'zod';
import { redact } from '../text/redact.js';
import { cleanLine } from '../text/sanitize.js';

const MAX_ISSUES = 5;
const MAX_VALUE = 80;

/**
 * Tells in one line what is wrong with a config: each key, what was found, and what is allowed.
 * @param issues as zod found them
 * @param root the whole value
 */
export function explainIssues(issues: readonly z.core.$ZodIssue[], root: unknown): string {
  const told = issues.slice(0, MAX_ISSUES).map((issue) => explainIssue(issue, root));
  const rest = issues.length - told.length;
  return [...told, ...(rest > 0 ? [`and ${rest} more`] : [])].join('; ');
}

/**
 * Tells in one line what is wrong with one key of a config: what was found, and what is allowed.
 * @param issue as zod found it
 * @param root the whole value
 */
export function explainIssue(issue: z.core.$ZodIssue, root: unknown): string {
  const key = cleanLine(issue.path.map(String).join('.'), MAX_VALUE);
  if (issue.code === 'unrecognized_keys') {
    const names = issue.keys.map((name) => `"${key && `${key}.`}${cleanLine(name, MAX_VALUE)}"`);
    return `unknown key ${names.join(', ')}`;
  }
  const found = issue.path.reduce<unknown>((value, part) => (value as Record<PropertyKey, unknown>)?.[part], root);
  return `${key ? `"${key}"` : 'the file'} is ${show(found, issue.path)}; ${allowed(issue)}`;
}

/** Some write the token itself where its source belongs: text in that section is not shown. */
function show(value: unknown, path: readonly PropertyKey[]): string {
  if (value === undefined) return 'missing';
  const [section, key] = path[0] === 'profiles' ? path.slice(2) : path;
  if (section === 'token' && key !== 'source' && typeof value === 'string') return 'a text';
  return redact(cleanLine(JSON.stringify(value), MAX_VALUE));
}

function allowed(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_value') {
    return `allowed: ${issue.values.map((value) => JSON.stringify(value)).join(', ')}`;
  }
  if (issue.code === 'invalid_key') return issue.issues.map(({ message }) => `its name ${message}`).join(', ');
  return issue.message.replace(/^Invalid input: /, '').replace(/^Too (?:big|small): /, '');
}
