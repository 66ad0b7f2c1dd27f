/** Where the picture is. */
export const PICTURE: string;

/** Runs the demo of the built program, and draws what it prints. */
export function record(): Promise<string>;

/** The lines of a picture, without what differs from run to run. */
export function readLines(picture: string): string[];
