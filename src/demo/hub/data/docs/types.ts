/** One page of the documentation, in Markdown as the Hub serves it: headings end in `[[anchor]]`. */
export interface DemoDocsPage {
  /** Path below the product, without extension. */
  path: string;
  title: string;
  markdown: string;
}

export interface DemoDocsProduct {
  id: string;
  title: string;
  /** What `/api/docs` groups it under. */
  category: string;
  pages: DemoDocsPage[];
}
