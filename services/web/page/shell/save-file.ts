const keepMs = 10_000;

/** Hands a text to the browser as a file; it is made here and asked of nobody. */
export function saveFile(name: string, mediaType: string, text: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: mediaType }));
  link.download = name;
  link.click();
  setTimeout(() => {
    URL.revokeObjectURL(link.href);
  }, keepMs);
}
