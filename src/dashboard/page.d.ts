/** The page as it was built, by the names of its files; made by build/dashboard.ts. */
declare module 'hugwire:page' {
  const files: Record<string, string>;
  export default files;
}
