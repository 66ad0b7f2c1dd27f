/** The categories that the Hub's own model sorts Spaces into, by the slug that the semantic search takes. */
const categories: Record<string, string> = {
  'image-generation': 'Image Generation',
  'video-generation': 'Video Generation',
  'text-generation': 'Text Generation',
  'language-translation': 'Language Translation',
  'speech-synthesis': 'Speech Synthesis',
  'voice-cloning': 'Voice Cloning',
  'face-recognition': 'Face Recognition',
  'object-detection': 'Object Detection',
  'pose-estimation': 'Pose Estimation',
  'text-analysis': 'Text Analysis',
  'sentiment-analysis': 'Sentiment Analysis',
  'question-answering': 'Question Answering',
  'code-generation': 'Code Generation',
  'data-visualization': 'Data Visualization',
  '3d-modeling': '3D Modeling',
  'image-editing': 'Image Editing',
  'background-removal': 'Background Removal',
  'image-upscaling': 'Image Upscaling',
  ocr: 'OCR',
  'document-analysis': 'Document Analysis',
  'visual-qa': 'Visual QA',
  'image-captioning': 'Image Captioning',
  chatbots: 'Chatbots',
  'text-summarization': 'Text Summarization',
  'music-generation': 'Music Generation',
  'medical-imaging': 'Medical Imaging',
  'financial-analysis': 'Financial Analysis',
  'game-ai': 'Game AI',
  'model-benchmarking': 'Model Benchmarking',
  'fine-tuning-tools': 'Fine Tuning Tools',
  'dataset-creation': 'Dataset Creation',
  'anomaly-detection': 'Anomaly Detection',
  'recommendation-systems': 'Recommendation Systems',
  'character-animation': 'Character Animation',
  'style-transfer': 'Style Transfer',
  'agent-environment': 'Agent Environment',
  image: 'Image',
  other: 'Other',
};

/** All slugs. */
export const categorySlugs = Object.keys(categories);

/** What a row shows for a slug. */
export const categoryLabel = (slug: string) => categories[slug] ?? slug;
