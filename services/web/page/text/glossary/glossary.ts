/** One term for one thing in a language, and words that do not stand in its texts. A test holds the texts to it. */
export interface Glossary {
  /** What is meant, in English, and how this language says it. */
  readonly terms: readonly { readonly meaning: string; readonly term: string }[];
  /** Words that are clumsy, or say what a driver need not know; with what is said instead. */
  readonly never: readonly { readonly word: RegExp; readonly instead: string }[];
}
