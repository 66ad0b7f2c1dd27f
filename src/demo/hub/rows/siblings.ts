import type { DemoRequest } from '../../types.js';
import type { DemoFile, DemoRepo } from '../repos.js';
import { flag } from './shape.js';

/**
 * The files of a repository as the answer about it lists them: names, and with `blobs=true` sizes and hashes.
 * @param files those of the revision that was asked for
 */
export function siblings(files: readonly DemoFile[], request: DemoRequest): Record<string, unknown>[] {
  const blobs = flag(request.query, 'blobs');
  return files.map((file) => ({
    rfilename: file.path,
    ...(blobs && {
      size: file.size,
      blobId: file.oid,
      ...(file.lfs && { lfs: { sha256: file.lfs.oid, size: file.lfs.size, pointerSize: file.lfs.pointerSize } }),
    }),
  }));
}

/** What the Hub's scanners say of a repository as a whole, when `securityStatus=true` asks for it. */
export function securityRepoStatus(repo: DemoRepo, request: DemoRequest): Record<string, unknown> | undefined {
  if (!flag(request.query, 'securityStatus')) return undefined;
  const files = repo.refs[0]?.files ?? [];
  const filesWithIssues = files.filter(({ scan }) => scan !== 'safe').map(({ path, scan }) => ({ path, level: scan }));
  return { scansDone: true, filesWithIssues };
}
