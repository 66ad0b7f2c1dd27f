import { type FileHandle, open } from 'node:fs/promises';
import { devNull } from 'node:os';
import { vi } from 'vitest';

/** What a file does with bytes that it is given: how many it has taken, or an error. */
type Write = (bytes: Buffer, take: (bytes: Buffer) => Promise<number>) => Promise<number>;

/**
 * Stands between the program and the files that it writes to, until `vi.restoreAllMocks()`.
 * @param write does what the disk does; `take` really writes
 */
export async function interceptWrites(write: Write): Promise<void> {
  const any = await open(devNull, 'r');
  const handles = Object.getPrototypeOf(any) as FileHandle;
  await any.close();
  const original = handles.write as (bytes: Buffer) => Promise<{ bytesWritten: number }>;
  vi.spyOn(handles, 'write').mockImplementation(async function (this: FileHandle, bytes: unknown) {
    const take = async (some: Buffer) => (await original.call(this, some)).bytesWritten;
    const bytesWritten = await write(bytes as Buffer, take);
    return { bytesWritten, buffer: bytes } as never;
  });
}
