import { describe, expect, it } from 'vitest';
import { formatBytes, formatCount, formatDay, formatDuration, plural, renderTable } from '../../src/lib/format.js';

describe('formats', () => {
  it.each([
    [0, '0'],
    [7, '7'],
    [0.125, '0.13'],
    [950, '950'],
    [999, '999'],
    [999.6, '1K'],
    [1000, '1K'],
    [1234, '1.2K'],
    [9949, '9.9K'],
    [9960, '10K'],
    [12_345, '12K'],
    [999_499, '999K'],
    [999_500, '1M'],
    [34_000_000, '34M'],
    [7_615_616_512, '7.6B'],
    [2e15, '2000T'],
    [-1500, '-1.5K'],
  ])('the count %d is %s', (value, text) => expect(formatCount(value)).toBe(text));

  it.each([
    [0, '0 B'],
    [812, '812 B'],
    [1000, '1 kB'],
    [1_250_000, '1.3 MB'],
    [16 * 1024 * 1024, '17 MB'],
    [999_999_999, '1 GB'],
  ])('%d bytes are %s', (value, text) => expect(formatBytes(value)).toBe(text));

  it.each([
    [0, '0 s'],
    [0.2, '1 s'],
    [119, '119 s'],
    [120, '2 min'],
    [150, '3 min'],
    [7100, '118 min'],
    [7199, '2 h'],
    [7500, '2 h 5 min'],
    [10_799, '3 h'],
    [86_400, '24 h'],
    [172_799, '2 days'],
    [345_600, '4 days'],
  ])('%d seconds are %s', (seconds, text) => expect(formatDuration(seconds)).toBe(text));

  it.each([
    ['2026-10-23T23:59:59.000Z', '2026-10-23'],
    [new Date(0), '1970-01-01'],
    ['no date', ''],
    ['', ''],
    [undefined, ''],
    [null, ''],
  ])('the day of %j is %j', (date, text) => expect(formatDay(date)).toBe(text));

  it('counts in words', () => {
    expect([plural(1, 'row'), plural(2, 'row'), plural(0, 'query', 'queries')]).toEqual([
      '1 row',
      '2 rows',
      '0 queries',
    ]);
  });
});

describe('a table', () => {
  const columns = [
    ['id', (row: Record<string, string>) => row.id ?? ''],
    ['task', (row: Record<string, string>) => row.task ?? ''],
    ['likes', (row: Record<string, string>) => row.likes ?? ''],
  ] as const;

  it('has a heading and a line for each row', () => {
    expect(renderTable(columns, [{ id: 'a', task: 't', likes: '1' }])).toBe('id | task | likes\na | t | 1');
  });

  it('leaves out columns that say nothing, and empty cells at the end of a row', () => {
    const rows: Record<string, string>[] = [{ id: 'a', likes: '1' }, { id: 'b' }, { id: 'c', likes: '3' }];
    expect(renderTable(columns, rows)).toBe('id | likes\na | 1\nb\nc | 3');
  });

  it('marks empty cells in the middle', () => {
    expect(
      renderTable(columns, [
        { id: 'a', task: 't' },
        { id: 'b', likes: '1' },
      ]),
    ).toBe('id | task | likes\na | t\nb | - | 1');
  });

  it('keeps its columns apart from what stands in them', () => {
    expect(renderTable(columns, [{ id: 'a|b', task: 'c', likes: 'd' }])).toBe('id | task | likes\na¦b | c | d');
  });
});
