import { brotliCompressSync, gzipSync } from 'node:zlib';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { describe, expect, it } from 'vitest';
import { describeBinary, identifyBinary, isText } from '../../../src/hub/read/formats/binary.js';
import { binaryFormat, textFormat } from '../../../src/hub/read/formats/formats.js';
import { serveFile } from '../served-file.js';

async function describeFile(path: string, content: Uint8Array | string) {
  const { file, ranges } = await serveFile(path, content);
  const format = binaryFormat(file) ?? textFormat(file);
  if (!format) throw new Error(`no format for ${path}`);
  return { ...(await format(file)), ranges };
}

describe('CSV', () => {
  it('tells columns, their types, the first rows and how many there are', async () => {
    const { facts, inside } = await describeFile(
      'a.csv',
      '\uFEFFid,name,score,day,ok\n1,"a, b",0.5,2024-01-02,true\n2,"line\nbreak",1e3,2024-01-03,false\n',
    );
    expect(facts).toEqual(['CSV, 2 rows, 5 columns']);
    expect(inside).toBe(
      'columns: id integer, name text, score number, day date, ok boolean\nfirst 2 rows:\nid | name | score | day | ok\n1 | a, b | 0.5 | 2024-01-02 | true\n2 | line break | 1e3 | 2024-01-03 | false',
    );
  });

  it.each([
    ['tabs', 'a.tsv', 'a\tb\n1\t2\n', 'TSV, 1 row, 2 columns'],
    ['semicolons', 'a.csv', 'a;b;c\n1;2;3\n', 'CSV (separated by ";"), 1 row, 3 columns'],
    ['uneven rows', 'a.csv', 'a,b\n1\n1,2,3\n', 'CSV, 2 rows, 2 columns'],
    ['a stray quote', 'a.csv', 'a,b\n1,5" nail\n', 'CSV, 1 row, 2 columns'],
    ['nothing but a heading', 'a.csv', 'a,b', 'CSV, 0 rows, 2 columns'],
  ])('reads %s', async (_what, path, text, fact) => {
    expect((await describeFile(path, text)).facts).toEqual([fact]);
  });

  it('reads no more of a large file than its head, and estimates the rest', async () => {
    const { facts, ranges } = await describeFile('a.csv', `id,text\n${'1,0123456789\n'.repeat(1_000_000)}`);
    expect(facts).toEqual(['CSV, about 1M rows, 2 columns']);
    expect(ranges).toEqual(['bytes=0-262143']);
  });
});

describe('JSON Lines', () => {
  it('tells fields and first rows; a broken line does no harm', async () => {
    const { facts, inside } = await describeFile('a.jsonl', '{"a":1,"b":[1,2]}\nbroken\n{"a":null,"c":{"d":"x"}}\n');
    expect(facts).toEqual(['JSON Lines, 3 rows, 3 columns']);
    expect(inside).toContain('columns: a number, b list, c object');
    expect(inside).toContain('1 | [1,2]');
    expect(inside).toContain('{"d":"x"}');
  });
});

describe('JSON', () => {
  it('is outlined', async () => {
    const vocabulary = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`token${i}`, i]));
    const { inside } = await describeFile(
      'a.json',
      JSON.stringify({
        version: '1.0',
        empty: {},
        model: { vocab: vocabulary },
        list: [{ id: 1 }, { id: 2 }],
        long: Array(20).fill(7),
      }),
    );
    expect(inside).toMatch(/^version: "1\.0"\nempty: \{\}\nmodel: 1 key\n {2}vocab: 50 keys\n {4}token0: 0\n/);
    expect(inside).toContain('    … and 35 more keys');
    expect(inside).toContain('list: list of 2\n  - 1 key\n    id: 1');
    expect(inside).toContain('long: list of 20, first [7,7,7]');
  });

  it('is shown from its beginning when it is broken or too large to parse', async () => {
    expect(await describeFile('a.json', '{"a": ')).toMatchObject({
      facts: ['JSON that cannot be parsed; its beginning:'],
      inside: '{"a": ',
    });
    const { facts, ranges } = await describeFile('a.json', `["${'x'.repeat(5_000_000)}"]`);
    expect(facts[0]).toMatch(/too large/);
    expect(ranges).toHaveLength(1);
  });
});

describe('Parquet', () => {
  const table = {
    columnData: [
      { name: 'id', data: [1n, 2n, 3n, 4n], type: 'INT64' as const },
      { name: 'text', data: ['a', 'b\u202e', 'c', 'd'], type: 'STRING' as const },
      { name: 'picture', data: [1, 2, 3, 4].map((n) => new Uint8Array(n).fill(255)), type: 'BYTE_ARRAY' as const },
    ],
  };

  it('is described by its footer and its first rows', async () => {
    const { facts, inside } = await describeFile('a.parquet', new Uint8Array(parquetWriteBuffer(table)));
    expect(facts).toEqual(['Parquet, 4 rows in 1 row group, 3 columns']);
    expect(inside).toMatch(/^columns: id int64, text (?:utf8|string), picture byte_array\nfirst 3 rows:\n/);
    expect(inside).toContain('1 | a | <1 bytes>');
    expect(inside).toContain('2 | b | <2 bytes>');
    expect(inside).not.toContain('\u202e');
  });

  it.each<['GZIP' | 'BROTLI', (bytes: Uint8Array) => Buffer]>([
    ['GZIP', gzipSync],
    ['BROTLI', brotliCompressSync],
  ])('is read when it is packed with %s', async (codec, pack) => {
    const bytes = new Uint8Array(parquetWriteBuffer({ ...table, codec, compressors: { [codec]: pack } }));
    expect((await describeFile('a.parquet', bytes)).inside).toContain('3 | c | <3 bytes>');
  });

  it('of gigabytes is described by its footer alone', async () => {
    const numbers = Float64Array.from({ length: 2_000_000 }, (_, i) => Math.sin(i));
    const bytes = new Uint8Array(
      parquetWriteBuffer({
        columnData: [{ name: 'x', data: [...numbers], type: 'DOUBLE' }],
        rowGroupSize: [2_000_000],
      }),
    );
    const { facts, inside, ranges } = await describeFile('a.parquet', bytes);
    expect(facts).toEqual(['Parquet, 2M rows in 1 row group, 1 column']);
    expect(inside).toBe('columns: x double');
    expect(ranges).toEqual(['bytes=0-262143', `bytes=${bytes.length - 65_536}-${bytes.length - 1}`]);
  });

  it('with a false footer fetches no more than a part', async () => {
    const bytes = Buffer.alloc(64 * 1024 * 1024);
    bytes.write('PAR1', 0);
    bytes.writeUInt32LE(60 * 1024 * 1024, bytes.length - 8);
    bytes.write('PAR1', bytes.length - 4);
    const { facts, ranges } = await describeFile('a.parquet', bytes);
    expect(facts[0]).toMatch(/footer cannot be read: it is too long/);
    expect(ranges).toHaveLength(2);
  });
});

describe('safetensors', () => {
  const write = (header: unknown, data = 0) => {
    const text = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(text.length));
    return Buffer.concat([length, text, Buffer.alloc(data)]);
  };

  it('is described by its header', async () => {
    const { facts, inside, ranges } = await describeFile(
      'model.safetensors',
      write(
        {
          __metadata__: { format: 'pt', note: 'a\u200bb' },
          'layer.weight': { dtype: 'BF16', shape: [1024, 4096], data_offsets: [0, 1] },
          'layer.bias': { dtype: 'F32', shape: [4096], data_offsets: [0, 1] },
        },
        5_000_000,
      ),
    );
    expect(facts).toEqual(['safetensors, 2 tensors, 4.2M parameters (BF16 4.2M, F32 4.1K)']);
    expect(inside).toBe('format: pt\nnote: ab\nlayer.weight BF16 [1024, 4096]\nlayer.bias F32 [4096]');
    expect(ranges).toEqual(['bytes=0-262143']);
  });

  it.each<[what: string, bytes: Buffer, fact: RegExp]>([
    ['too short', Buffer.from('abc'), /broken header/],
    ['no JSON', write('{nonsense'), /broken header/],
    ['a list', write('[1, 2]'), /broken header/],
    ['a header that is longer than the file', Buffer.from([255, 255, 255, 255, 0, 0, 0, 0, 1]), /broken header/],
    ['nothing but a header of 20 MB', write(`{"a":"${'x'.repeat(20_000_000)}"}`), /too large to read/],
  ])('says so when it is %s', async (_what, bytes, fact) => {
    const { facts, ranges } = await describeFile('model.safetensors', bytes);
    expect(facts[0]).toMatch(fact);
    expect(ranges).toHaveLength(1);
  });
});

describe('hostile lengths', () => {
  const varint = (value: number): number[] =>
    value < 128 ? [value] : [(value % 128) | 128, ...varint(Math.floor(value / 128))];
  const footer = (thrift: number[] | Buffer) => {
    const bytes = Buffer.from(thrift);
    const end = Buffer.alloc(8);
    end.writeUInt32LE(bytes.length);
    end.write('PAR1', 4);
    return Buffer.concat([Buffer.from('PAR1'), bytes, end]);
  };
  /** A list of 33 million, in a list of as many, and so on: as many as an engine makes room for at once. */
  const nested = (levels: number) => [
    0x19,
    ...Array.from({ length: levels }, () => [0xf9, ...varint(33_000_000)]).flat(),
  ];

  it.each<[what: string, thrift: number[] | Buffer, fact: RegExp]>([
    ['lists within lists', nested(200), /longer than the rest/],
    ['a list of two billion', [0x19, 0xfc, ...varint(2 ** 31 - 1)], /longer than the rest/],
    ['a text of a gigabyte', [0x18, ...varint(2 ** 30)], /longer than the rest/],
    ['a number of a megabyte', Buffer.concat([Buffer.from([0x16]), Buffer.alloc(2 ** 20, 255)]), /too long/],
    [
      'ten million values',
      Buffer.concat([Buffer.from([0x19, 0xf3, ...varint(1e7)]), Buffer.alloc(1e7)]),
      /more than 500K/,
    ],
    ['structures within structures', Buffer.alloc(100_000, 0x1c), /nested too deeply/],
  ])('of a Parquet footer take neither memory nor time: %s', async (_what, thrift, fact) => {
    const before = process.memoryUsage().rss;
    const { facts } = await describeFile('a.parquet', footer(thrift));
    expect(facts[0]).toMatch(/^Parquet whose footer cannot be read: /);
    expect(facts[0]).toMatch(fact);
    expect(process.memoryUsage().rss - before).toBeLessThan(200 * 2 ** 20);
  });

  it('of a page show no rows', async () => {
    const table = { columnData: [{ name: 'id', data: [1, 2, 3], type: 'INT32' as const }] };
    const bytes = Buffer.from(parquetWriteBuffer({ ...table, codec: 'UNCOMPRESSED' }));
    expect((await describeFile('a.parquet', bytes)).inside).toContain('first 3 rows');
    // The header of the first page comes right behind the mark: its unpacked size is the second number in it.
    expect([...bytes.subarray(4, 7)]).toEqual([0x15, 6, 0x15]);
    const size = [...bytes.subarray(7)].findIndex((byte) => byte < 128) + 1;
    const told = Buffer.concat([bytes.subarray(0, 7), Buffer.from(varint(2 ** 31 - 2)), bytes.subarray(7 + size)]);
    const { inside } = await describeFile('a.parquet', told);
    expect(inside).not.toContain('rows:');
  });
});

describe('GGUF', () => {
  it('says so when its header is broken', async () => {
    const { facts } = await describeFile('a.gguf', Buffer.concat([Buffer.from('GGUF'), Buffer.alloc(1000, 255)]));
    expect(facts[0]).toMatch(/^GGUF whose header cannot be read: /);
  });
});

describe('other files', () => {
  it.each<[what: string, path: string, bytes: Buffer, expected: string]>([
    [
      'a ZIP archive',
      'a.zip',
      Buffer.from('PK\u0003\u0004\u0014\u0000\u0000\u0000\u0000\u0000'),
      'ZIP file (application/zip), 10 B; binary, not shown',
    ],
    [
      'weights in a pickle',
      'pytorch_model.bin',
      Buffer.from([0x80, 2, 0x8a, 0]),
      'PyTorch weights (pickle), 4 B; binary, not shown',
    ],
    ['bytes of no known form', 'x.dat', Buffer.from([1, 0, 2]), 'binary file, 3 B; binary, not shown'],
  ])('are named: %s', async (_what, path, bytes, expected) => {
    const { file } = await serveFile(path, bytes);
    expect(describeBinary(file, await identifyBinary(file))).toBe(expected);
  });

  it.each<[what: string, bytes: Buffer, text: boolean]>([
    ['UTF-8', Buffer.from('naïve 😀'), true],
    ['nothing', Buffer.alloc(0), true],
    ['colours of a terminal', Buffer.from('\u001b[31mred\u001b[0m'), true],
    ['a character cut in two where the sample ends', Buffer.from(`${'x'.repeat(8191)}é`), true],
    ['a character cut in two at the end of the file', Buffer.from('é').subarray(0, 1), false],
    ['Latin-1', Buffer.from([0x6e, 0x61, 0xef, 0x76, 0x65]), false],
    ['NUL', Buffer.from('a\u0000b'), false],
    ['many controls', Buffer.from('\u0001\u0002\u0003abc'), false],
  ])('are text or not: %s', async (_what, bytes, text) => {
    expect(isText((await serveFile('x', bytes)).file)).toBe(text);
  });
});
