/** Samples a second. */
const RATE = 8000;

/**
 * A short tone.
 * @param hertz its pitch
 * @param seconds its length
 * @returns a WAV file: one channel of 8-bit PCM
 */
export function playTone(hertz: number, seconds: number): Buffer {
  const count = Math.round(RATE * seconds);
  const samples = Buffer.alloc(count);
  for (let at = 0; at < count; at += 1)
    samples[at] = Math.round(128 + 100 * Math.sin((2 * Math.PI * hertz * at) / RATE));
  const head = Buffer.alloc(44);
  head.write('RIFF', 0);
  head.writeUInt32LE(36 + count, 4);
  head.write('WAVEfmt ', 8);
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(RATE, 24);
  head.writeUInt32LE(RATE, 28);
  head.writeUInt16LE(1, 32);
  head.writeUInt16LE(8, 34);
  head.write('data', 36);
  head.writeUInt32LE(count, 40);
  return Buffer.concat([head, samples]);
}
