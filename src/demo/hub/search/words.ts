/** Words that say nothing of what a Space does. */
const STOP = new Set(
  'a an and any app application apps are as at be can demo demos do for from get give how i in into is it make me model models my of on online or please server some space spaces text that the them this to tool tools use using want with you your'.split(
    ' ',
  ),
);

/** Words that mean the same here; an embedding would put them side by side. */
const SYNONYMS = [
  'image picture photo photograph illustration drawing art artwork visual',
  'generate generation generator create creation draw render synthesis synthesise synthesize produce',
  'video clip film movie',
  'animate animation motion',
  'speech voice spoken speaker speak audio',
  'transcribe transcription transcript asr whisper dictation subtitle caption recognition',
  'tts narrate narration reading aloud',
  'music song melody tune',
  '3d mesh sculpture',
  'background backdrop matting cutout rembg',
  'remove removal erase delete',
  'edit editing retouch modify change inpaint',
  'upscale upscaling enhance resolution sharp sharpen blurry blurred restore',
  'translate translation translator language multilingual',
  'ocr document pdf scan page receipt',
  'chat chatbot assistant conversation talk dialogue llm',
  'code programming coding developer python execution',
  'leaderboard benchmark ranking compare evaluation arena',
  'embedding embeddings similarity vector retrieval',
  'quantize quantization gguf convert conversion',
  'mcp agent agents tool-calling',
  'clone cloning imitate',
  'detect detection find locate segment segmentation',
  'describe captioning question answer vqa understand',
  'cartoon anime comic',
  'fast quick turbo realtime schnell',
].map((line) => line.split(' ').map(stem));

const groups = new Map<string, number>(SYNONYMS.flatMap((words, index) => words.map((word) => [word, index] as const)));

/** Words that carry meaning, cut to their stems. */
export function meaningful(text: string): string[] {
  return [
    ...new Set(
      words(text)
        .filter((word) => !STOP.has(word))
        .map(stem),
    ),
  ];
}

/** All words, in lower case; compounds give their parts as well. */
export function words(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
}

/** How near two stems are: 1 the same, less for one that begins like the other or means the same, 0 for strangers. */
export function nearness(a: string, b: string): number {
  if (a === b) return 1;
  const group = groups.get(a);
  if (group !== undefined && group === groups.get(b)) return 0.8;
  return a.length >= 4 && b.length >= 4 && (a.startsWith(b) || b.startsWith(a)) ? 0.6 : 0;
}

/** Cuts English endings: enough for `images`, `generating` and `generation` to meet. */
export function stem(word: string): string {
  if (word.length <= 4) return word.replace(/(?<=\w{3})s$/, '');
  return word.replace(/(?:ations?|ators?|ating|ated|ates?|ions?|ings?|ers?|ed|es|s|e)$/, '');
}
