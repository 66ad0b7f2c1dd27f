import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { encodePng, startLandscape } from '../../../src/world/pictures.js';

/** A file that an argument names, by its place in the samples' folder. */
export class Sample {
  constructor(
    readonly name: string,
    readonly type: string,
  ) {}
}

export const PICTURE = new Sample('picture.png', 'image/png');
export const SOUND = new Sample('tone.wav', 'audio/wav');
export const CLIP = new Sample('clip.mp4', 'video/mp4');
export const TEXT = new Sample('notes ü #1.txt', 'text/plain');
export const TABLE = new Sample('table.csv', 'text/csv');
export const MESH = new Sample('mesh.obj', 'model/obj');

/**
 * Writes every sample file.
 * @param folder an existing one
 */
export async function writeSamples(folder: string): Promise<void> {
  const contents: [Sample, string | Uint8Array][] = [
    [PICTURE, drawPicture(32)],
    [SOUND, writeTone(800)],
    [CLIP, Buffer.from('\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom', 'latin1')],
    [TEXT, 'A line with ünïcode.\n'],
    [TABLE, 'name,age\nAda,36\n'],
    [MESH, 'v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n'],
  ];
  await Promise.all(contents.map(([{ name }, content]) => writeFile(join(folder, name), content)));
}

function drawPicture(size: number): Buffer {
  const painting = startLandscape('sample', 1, size);
  painting.paintRows(0, size);
  return encodePng(painting.pixels, size, size);
}

/** A short tone as a WAV file: 16 bits, one channel, 8,000 samples a second. */
function writeTone(samples: number): Buffer {
  const wav = Buffer.alloc(44 + samples * 2);
  wav.write('RIFF', 0, 'latin1');
  wav.writeUInt32LE(36 + samples * 2, 4);
  wav.write('WAVEfmt ', 8, 'latin1');
  wav.writeUInt32LE(16, 16);
  wav.writeUInt16LE(1, 20);
  wav.writeUInt16LE(1, 22);
  wav.writeUInt32LE(8000, 24);
  wav.writeUInt32LE(16000, 28);
  wav.writeUInt16LE(2, 32);
  wav.writeUInt16LE(16, 34);
  wav.write('data', 36, 'latin1');
  wav.writeUInt32LE(samples * 2, 40);
  for (let index = 0; index < samples; index += 1) {
    wav.writeInt16LE(Math.round(8000 * Math.sin((2 * Math.PI * 440 * index) / 8000)), 44 + index * 2);
  }
  return wav;
}
