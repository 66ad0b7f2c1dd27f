/** A long question taken apart into what the Hub can match: words of ids, a task, a language. */
export interface Terms {
  words: string[];
  task?: string;
  language?: string;
}

// Words that people put into a question and nobody into the id of a repository.
const EMPTY_WORDS = new Set(
  `a about all an and any are as at based be best by can could do does every fast find for from get give good great have
  help how i in into is it its know latest like list locally looking made make me model models most my need new of on open or
  our please popular run running show small smallest some source suitable than that the their then these this to top trained
  train training try under use used useful user using very want we well what where which who with would you your
  dataset datasets data set collection corpus space spaces app apps demo demos huggingface hub`.split(/\s+/),
);
// Words that stand in many ids, so that they alone say little.
const PLAIN_WORDS = new Set(
  `audio base calling chat classification classifier classify comments detection detector document documents file files
  generation generator image images instruct language large medium old photo photos picture pictures problems recognition
  single sound sounds speech style text tiny turbo version video videos voice word words`.split(/\s+/),
);
/** A size or a version: 8b, 1.5b, v3, 0.5. */
const NUMBER = /^v?\d+(?:\.\d+)?[bmk]?$/;

/**
 * The attempts worth making for a question that no id contains, best first: all its telling words, then the most
 * distinctive one, then only its task and language, then only its task.
 * @param question a natural-language query
 * @param kind datasets have tasks of their own names
 * @returns at most four, none of them equal to the question itself
 */
export function readTerms(question: string, kind: 'model' | 'dataset'): Terms[] {
  const lower = question.toLowerCase();
  const [task, rest] = takeTask(lower.replace(/hugging ?face/g, ' '), kind);
  const all = (rest.match(/[\p{L}\p{N}][\p{L}\p{N}._+-]*/gu) ?? []).flatMap(splitLanguages);
  const language = chooseLanguage(all);
  const words = all.filter((word) => !EMPTY_WORDS.has(word) && !Object.hasOwn(LANGUAGES, word) && word.length > 1);
  const found = { task, language };
  const telling = [...words].sort((a, b) => weight(b) - weight(a))[0];
  const attempts: Terms[] = [];
  if (words.length > 0) attempts.push({ words, ...found });
  if (telling && words.length > 1) attempts.push({ words: [telling], ...found });
  if (task || language) attempts.push({ words: [], ...found });
  if (task && language) attempts.push({ words: [], task });
  const asked = lower.trim().split(/\s+/).join(' ');
  return attempts.filter((terms) => terms.task || terms.language || terms.words.join(' ') !== asked).slice(0, 4);
}

/**
 * The terms in words, for the note that says what was searched instead.
 * @param terms one attempt
 */
export function describeTerms({ words, task, language }: Terms): string {
  const parts = [
    words.length > 0 && `"${words.join(' ')}"`,
    task && `task ${task}`,
    language && `language ${language}`,
  ];
  return parts.filter(Boolean).join(', ');
}

/**
 * The task that a name means.
 * @param name such as `asr`
 * @param kind datasets have tasks of their own names
 */
export function readTask(name: string, kind: 'model' | 'dataset'): string | undefined {
  return takeTask(name.toLowerCase().replaceAll('_', ' '), kind)[0];
}

/** The first task that the question names, and the question without it. */
function takeTask(question: string, kind: 'model' | 'dataset'): [task: string | undefined, rest: string] {
  for (const [pattern, forModels, forDatasets = forModels] of TASK_WORDS) {
    const rest = question.replace(new RegExp(pattern, 'g'), ' ');
    if (rest !== question) return [kind === 'model' ? forModels : forDatasets, rest];
  }
  return [undefined, question];
}

/** "english-german" is two languages; "multi-head" is one word. */
function splitLanguages(word: string): string[] {
  const parts = word.split('-');
  return parts.every((part) => Object.hasOwn(LANGUAGES, part)) ? parts : [word];
}

/**
 * Nearly all that handles some other language handles English as well, so the other one tells more; of several it is the
 * one that is translated into, which is mostly named last.
 */
function chooseLanguage(words: readonly string[]): string | undefined {
  const named = words.flatMap((word, index) => {
    const code = Object.hasOwn(LANGUAGES, word) ? LANGUAGES[word] : undefined;
    return code ? [{ code, target: /^(?:in)?to$/.test(words[index - 1] ?? '') }] : [];
  });
  const others = named.filter(({ code }) => code !== 'en');
  const telling = others.length > 0 ? others : named;
  return (telling.findLast(({ target }) => target) ?? telling.at(-1))?.code;
}

/** How much a word tells: names with a number in them (qwen3, phi-4) most, then the longer ones. */
function weight(word: string): number {
  if (NUMBER.test(word)) return 0;
  if (PLAIN_WORDS.has(word)) return 1;
  return word.length + (/\d/.test(word) ? 6 : 0);
}

/** Words for tasks, and the task as models and as datasets name it; the more special come first. */
export const TASK_WORDS: [pattern: RegExp, forModels: string, forDatasets?: string][] = [
  [/\bunconditional[- ]image[- ]generation\b/, 'unconditional-image-generation'],
  [/\bimage[- ]text[- ]to[- ]image\b/, 'image-text-to-image'],
  [/\bimage[- ]text[- ]to[- ]video\b/, 'image-text-to-video'],
  [/\bzero[- ]shot[- ]object[- ]detection\b/, 'zero-shot-object-detection'],
  [/\bimage[- ]feature[- ]extraction\b/, 'image-feature-extraction'],
  [
    /\b(?:automatic )?speech[- ](?:recognition|to[- ]text)|\btranscri(?:be|ption|bing)\b(?: audio)?|\bspeech2text\b|\basr\b/,
    'automatic-speech-recognition',
  ],
  [
    /\btext[- ]to[- ](?:speech|voice)\b|\bspeech synthesis\b|\btts\b|\bvoice (?:cloning|generation)\b/,
    'text-to-speech',
  ],
  [/\btext[- ]to[- ](?:audio|music)\b|\b(?:music|sound) (?:generation|effects?)\b|\bgenerate music\b/, 'text-to-audio'],
  [/\btext[- ]to[- ]video|\bvideo generation\b|\bgenerate videos?\b/, 'text-to-video'],
  [/\bimage[- ]to[- ]video\b/, 'image-to-video'],
  [/\btext[- ]to[- ]3d\b/, 'text-to-3d'],
  [/\bimage[- ]to[- ]3d\b/, 'image-to-3d'],
  [/\btext[- ]to[- ]image|\bimage generation\b|\bgenerate (?:images?|pictures?)\b/, 'text-to-image'],
  [/\bimage (?:editing|to image)|\bimage[- ]to[- ]image|\bupscal(?:e|ing)\b|\bsuper[- ]resolution\b/, 'image-to-image'],
  [
    /\bbackground removal\b|\bremov(?:e|ing) (?:the )?backgrounds?\b|\bimage segmentation\b|\bsegment(?:ation|ing)?\b/,
    'image-segmentation',
  ],
  [/\bimage[- ]to[- ]text|(?<!audio |video )\bcaption(?:ing|s)?\b|\bimage captions?\b|\bocr\b/, 'image-to-text'],
  [/\bvisual question answering\b|\bvqa\b/, 'visual-question-answering'],
  [/\bimage[- ]text[- ]to[- ]text|\bvision[- ]language\b|\bvlms?\b|\bmultimodal\b/, 'image-text-to-text'],
  [/\bdocument question answering\b/, 'document-question-answering'],
  [/\bobject detection\b|\bdetect objects?\b/, 'object-detection'],
  [/\bdepth estimation\b/, 'depth-estimation'],
  [/\bpose estimation\b|\bkeypoints?\b/, 'keypoint-detection'],
  [/\bzero[- ]shot image classification\b/, 'zero-shot-image-classification'],
  [/\bimage classification\b|\bclassify (?:images?|pictures?)\b/, 'image-classification'],
  [/\bvideo classification\b/, 'video-classification'],
  [/\baudio classification\b|\bclassify (?:audio|sounds?)\b/, 'audio-classification'],
  [/\bvoice activity detection\b/, 'voice-activity-detection'],
  [/\bzero[- ]shot classification\b/, 'zero-shot-classification'],
  [/\bnamed entity recognition\b|\bner\b|\btoken classification\b/, 'token-classification'],
  [
    /\bsentiment(?: analysis| classification)?\b|\btext classification\b|\bclassify text\b|\btoxicity(?: classifier| detection)?\b/,
    'text-classification',
  ],
  [/\bsummari[sz](?:e|ation|ing)\b/, 'summarization'],
  [/\btranslat(?:es?|ion|ing|ors?)\b/, 'translation'],
  [/\btable question answering\b/, 'table-question-answering'],
  [/\bquestion answering\b|\bqa\b/, 'question-answering'],
  [/\bre-?rank(?:er|ing)?\b/, 'text-ranking'],
  [/\b(?:sentence|text) (?:similarity|embeddings?)\b|\bsemantic search\b/, 'sentence-similarity'],
  [/\bembeddings?\b|\bfeature extraction\b/, 'feature-extraction'],
  [/\bfill[- ]mask\b|\bmasked language\b/, 'fill-mask', 'fill-mask'],
  [
    /\btext generation\b|\blanguage models?\b|\bllms?\b|\bchat(?:bot)?s?\b|\binstruction following\b|\bcod(?:e generation|ing)\b/,
    'text-generation',
  ],
  [/\btime[- ]series(?: forecasting)?\b|\bforecasting\b/, 'time-series-forecasting'],
  [/\btabular classification\b/, 'tabular-classification'],
  [/\breinforcement learning\b/, 'reinforcement-learning'],
  [/\brobotics?\b/, 'robotics'],
];

/** English names of languages, and the codes of ISO 639 that the Hub's tags use. */
export const LANGUAGES: Record<string, string> = {
  arabic: 'ar',
  bengali: 'bn',
  bulgarian: 'bg',
  catalan: 'ca',
  chinese: 'zh',
  mandarin: 'zh',
  croatian: 'hr',
  czech: 'cs',
  danish: 'da',
  dutch: 'nl',
  english: 'en',
  estonian: 'et',
  finnish: 'fi',
  french: 'fr',
  german: 'de',
  greek: 'el',
  hebrew: 'he',
  hindi: 'hi',
  hungarian: 'hu',
  icelandic: 'is',
  indonesian: 'id',
  irish: 'ga',
  italian: 'it',
  japanese: 'ja',
  korean: 'ko',
  latvian: 'lv',
  lithuanian: 'lt',
  malay: 'ms',
  norwegian: 'no',
  persian: 'fa',
  farsi: 'fa',
  polish: 'pl',
  portuguese: 'pt',
  romanian: 'ro',
  russian: 'ru',
  serbian: 'sr',
  slovak: 'sk',
  slovenian: 'sl',
  spanish: 'es',
  swahili: 'sw',
  swedish: 'sv',
  tamil: 'ta',
  telugu: 'te',
  thai: 'th',
  turkish: 'tr',
  ukrainian: 'uk',
  urdu: 'ur',
  vietnamese: 'vi',
  welsh: 'cy',
  yoruba: 'yo',
};
