const keepMs = 10_000;

/** Hands content to the browser as a file. */
export function saveFile(name: string, mediaType: string, content: string | Blob): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([content], { type: mediaType }));
  link.download = name;
  link.click();
  setTimeout(() => {
    URL.revokeObjectURL(link.href);
  }, keepMs);
}
