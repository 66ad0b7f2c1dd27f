import { createHash } from 'node:crypto';

const hex = (algorithm: string, text: string | Buffer) => createHash(algorithm).update(text).digest('hex');

/** 24 hex digits, the same for the same text: what Mongo's ids look like. */
export const mongoId = (of: string) => hex('sha1', `id ${of}`).slice(0, 24);

/** 40 hex digits: what a commit's hash looks like. */
export const commitId = (of: string) => hex('sha1', `commit ${of}`);

/** The true git blob id of some content. */
export const blobId = (content: Buffer) =>
  createHash('sha1').update(`blob ${content.length}\0`).update(content).digest('hex');

/** The true sha256 of some content. */
export const sha256 = (content: Buffer | string) => hex('sha256', content);

/**
 * A number in [0, 1), always the same for the same text, where real data would be random.
 * @param of what it is for
 */
export const scatter = (of: string) => Number.parseInt(hex('sha1', `scatter ${of}`).slice(0, 8), 16) / 2 ** 32;
