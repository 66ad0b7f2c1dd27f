import { describe, expect, it } from 'vitest';
import { listChanges } from '../../../src/hub/read/history.js';

const pointer = (sign: string, size: number) => `${sign}oid sha256:${String(size).repeat(8)}\n${sign}size ${size}\n`;

describe('listChanges', () => {
  it.each<[string, string, string]>([
    [
      'a changed text',
      'diff --git a/a b.txt b/a b.txt\nindex 1..2 100644\n--- a/a b.txt\n+++ b/a b.txt\n@@ -1,2 +1,2 @@\n-- old\n+new\n+++ odd\n kept\n',
      'M a b.txt +2 -1',
    ],
    [
      'a new file',
      'diff --git a/x.py b/x.py\nnew file mode 100644\nindex 0..1\n--- /dev/null\n+++ b/x.py\n@@ -0,0 +1 @@\n+diff --git a/fake b/fake\n',
      'A x.py +1 -0',
    ],
    [
      'a removed file',
      'diff --git a/x b/x\ndeleted file mode 100644\nindex 1..0\n--- a/x\n+++ /dev/null\n@@ -1 +0,0 @@\n-gone\n',
      'D x +0 -1',
    ],
    [
      'a renamed file',
      'diff --git a/old name b/new name\nsimilarity index 100%\nrename from old name\nrename to new name\n',
      'R old name → new name',
    ],
    ['an empty file', 'diff --git a/d/e b/d/e\nnew file mode 100644\nindex 0..e\n', 'A d/e'],
    [
      'a binary file',
      'diff --git a/i.png b/i.png\nindex 1..2 100644\nBinary files a/i.png and b/i.png differ\n',
      'M i.png, binary',
    ],
    [
      'weights that were changed',
      `diff --git a/w.bin b/w.bin\nindex 1..2 100644\n--- a/w.bin\n+++ b/w.bin\n@@ -1,3 +1,3 @@\n version https://git-lfs.github.com/spec/v1\n${pointer('-', 2000)}${pointer('+', 3_000_000)}`,
      'M w.bin 2 kB → 3 MB, in LFS',
    ],
    [
      'weights of the same size',
      `diff --git a/w.bin b/w.bin\nindex 1..2 100644\n--- a/w.bin\n+++ b/w.bin\n@@ -1,3 +1,3 @@\n version https://git-lfs.github.com/spec/v1\n-oid sha256:1\n+oid sha256:2\n size 2000\n`,
      'M w.bin 2 kB, in LFS',
    ],
  ])('tells of %s', (_name, diff, summary) => {
    const before = 'diff --git a/z b/z\nindex 1..2 100644\n--- a/z\n+++ b/z\n@@ -1 +1 @@\n-a\n+b\n';
    expect(listChanges(diff + before).map((change) => change.summary)).toEqual([summary, 'M z +1 -1']);
  });

  it('finds nothing in what is no diff, however long it is', () => {
    expect(listChanges('')).toEqual([]);
    expect(listChanges(':100644 100644 1 2 M\tREADME.md\n')).toEqual([]);
    expect(listChanges(`diff --git ${'a/x '.repeat(50_000)}\n${'@@ \n'.repeat(50_000)}`)).toHaveLength(1);
  });
});
