/** Everything at once; a bundler leaves out what is not used. Each part is also there by itself, such as `wattproof-client/terms`. */
export * from "./dossier.ts";
export * from "./metered.ts";
export * from "./receipt.ts";
export * from "./service.ts";
export * from "./terms.ts";
