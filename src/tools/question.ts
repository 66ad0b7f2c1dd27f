/** One thing to be filled in. */
export type Field =
  | { type: 'yes-no'; title: string; description?: string; initial?: boolean }
  | { type: 'text'; title: string; description?: string; initial?: string; optional?: boolean }
  | { type: 'choice'; title: string; description?: string; initial?: string; choices: readonly Choice[] };

export interface Choice {
  value: string;
  label: string;
}

/** Something that only the user can tell. Never a secret: clients show and keep what is typed. */
export interface Question {
  /** What it is about; what third parties wrote must have been cleaned. */
  message: string;
  /** What is to be filled in, by name; none where yes or no to the message is all that is wanted. */
  fields: Readonly<Record<string, Field>>;
}

/** What the user did: `decline` is a no, `cancel` was no answer at all. */
export type Answer =
  | { action: 'accept'; values: Record<string, string | boolean | undefined> }
  | { action: 'decline' | 'cancel' };
