import type { DemoDocsProduct } from './types.js';

export const transformers: DemoDocsProduct = {
  id: 'transformers',
  title: 'Transformers',
  category: 'Core ML Libraries',
  pages: [
    {
      path: 'quicktour',
      title: 'Quickstart',
      markdown: `# Quickstart[[quickstart]]

Load a model and its tokenizer by name, or let a pipeline do both.

## Pipeline[[pipeline]]

\`\`\`python
from transformers import pipeline

transcriber = pipeline("automatic-speech-recognition", model="openai/whisper-large-v3")
transcriber("speech.flac")
\`\`\`

## Trainer[[trainer]]

The [Trainer](./main_classes/trainer) runs the training loop: give it a model, arguments and data.
`,
    },
    {
      path: 'main_classes/trainer',
      title: 'Trainer',
      markdown: `# Trainer[[trainer]]

\`Trainer\` is a training loop for PyTorch with everything that is usually wanted: mixed precision, several GPUs, checkpoints and logging.

## Trainer[[transformers.Trainer]]

#### transformers.Trainer[[transformers.Trainer]]

\`\`\`python
Trainer(model=None, args=None, data_collator=None, train_dataset=None, eval_dataset=None)
\`\`\`

- **model**: the model to train.
- **args**: a \`TrainingArguments\`.
- **train_dataset**: what to train on.

#### train[[transformers.Trainer.train]]

Starts training. \`resume_from_checkpoint\` continues from a checkpoint.

#### evaluate[[transformers.Trainer.evaluate]]

Runs the evaluation and returns the metrics.

## TrainingArguments[[transformers.TrainingArguments]]

Holds the settings of a run: \`output_dir\`, \`learning_rate\`, \`num_train_epochs\`, \`per_device_train_batch_size\`, \`bf16\`.
`,
    },
    {
      path: 'generation_strategies',
      title: 'Generation strategies',
      markdown: `# Generation strategies[[generation-strategies]]

A decoding strategy decides which token comes next.

## Greedy search[[greedy-search]]

Takes the most likely token each time. It is the default and suits short answers.

## Sampling[[sampling]]

Draws the next token at random by its probability: \`do_sample=True\`. \`temperature\` and \`top_p\` shape the distribution.

## Beam search[[beam-search]]

Keeps several sequences and returns the one that is most likely as a whole: \`num_beams=4\`.
`,
    },
    {
      path: 'model_doc/whisper',
      title: 'Whisper',
      markdown: `# Whisper[[whisper]]

Whisper is an encoder-decoder for speech, trained on 680,000 hours of audio. It transcribes many languages and translates them into English.

## WhisperForConditionalGeneration[[transformers.WhisperForConditionalGeneration]]

The model with a language modelling head. \`generate(input_features, language="fr", task="transcribe", return_timestamps=True)\`.
`,
    },
  ],
};
