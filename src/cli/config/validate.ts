import { existsSync } from 'node:fs';
import { explainIssue } from '../../config/issues.js';
import { readJsonFile } from '../../config/json-file.js';
import { configSchema } from '../../config/schema.js';
import { HugwireError } from '../../errors.js';
import { plural } from '../../text/format.js';
import type { CommandResult } from '../output.js';
import { createRuntime, type RuntimeOptions } from '../runtime.js';

export interface ValidateOptions {
  /** Of the config file. */
  path: string;
  /** Somebody asked for this very file. */
  required?: boolean;
  json?: boolean;
  /**
   * What a server would start with; asked for once the file itself is good.
   * @throws HugwireError when it could not start
   */
  start(): Omit<RuntimeOptions, 'log'>;
}

/**
 * `hugwire config validate`: every problem of the file, and what a server would leave out.
 * @param options the file, and how a server would start with it
 * @returns exit code 1 when there is anything to put right
 */
export async function validateConfig({ path, required, json, start }: ValidateOptions): Promise<CommandResult> {
  const exists = existsSync(path);
  const problems = exists ? findProblems(path) : required ? ['it does not exist'] : [];
  if (problems.length === 0) problems.push(...(await findWarnings(start)));
  const exitCode = problems.length > 0 ? 1 : 0;
  if (json) return { output: JSON.stringify({ path, exists, valid: exitCode === 0, problems }, null, 2), exitCode };
  if (exitCode === 1) {
    const head = `${path}: ${plural(problems.length, 'problem')}`;
    return { output: [head, ...problems.map((line) => `  ${line}`)].join('\n'), exitCode };
  }
  return { output: exists ? `${path} is valid.` : `${path} does not exist; all defaults apply.`, exitCode };
}

/**
 * What is wrong with a config file by itself, a line each.
 * @param path of an existing file
 */
export function findProblems(path: string): string[] {
  try {
    const found = readJsonFile(path);
    return (configSchema.safeParse(found).error?.issues ?? []).map((issue) => explainIssue(issue, found));
  } catch (error) {
    if (error instanceof HugwireError) return [error.message.replace(`${path} `, '')];
    throw error;
  }
}

async function findWarnings(start: ValidateOptions['start']): Promise<string[]> {
  const warnings: string[] = [];
  await createRuntime({ ...start(), log: (line) => warnings.push(line) }).close();
  return warnings;
}
