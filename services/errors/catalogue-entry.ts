/** What the service knows of an error. */
export interface CatalogueEntry {
  /** What the HTTP door answers. */
  readonly httpStatus: number;
  /** Whether the same request can succeed later. */
  readonly isRetryable: boolean;
  /** A sentence that says what is wrong, for people. */
  readonly title: string;
}

export type CatalogueEntries = Readonly<Record<string, CatalogueEntry>>;
