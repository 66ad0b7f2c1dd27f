/** The version that is meant: `wanted`, or the current one with that number raised. */
export function nextVersion(current: string, wanted: string): string;

/** Closes the part of the changelog that is not released yet, and begins a new one. */
export function closeChangelog(text: string, version: string, date: string): string;

/** What the changelog says of a version, or of `Unreleased`. */
export function readNotes(text: string, version: string): string;

/** Sets the version in all files that tell it. */
export function setVersion(directory: string, before: string, version: string): void;
