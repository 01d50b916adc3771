import decodeQR from "qr/decode.js";

/** A code fills a good part of the picture, and one of a whole record has up to 177 lines; more pixels only take longer. */
const mostPixels = 1_024;

const canvas = document.createElement("canvas");

/** What the code in a picture of this size says; `null` where there is none to be read. */
export function readCode(picture: CanvasImageSource, widthPixels: number, heightPixels: number): string | null {
  if (widthPixels === 0) return null;
  const scale = Math.min(1, mostPixels / Math.max(widthPixels, heightPixels));
  canvas.width = Math.round(widthPixels * scale);
  canvas.height = Math.round(heightPixels * scale);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (context === null) return null;
  context.drawImage(picture, 0, 0, canvas.width, canvas.height);
  try {
    return decodeQR(context.getImageData(0, 0, canvas.width, canvas.height));
  } catch {
    // Most pictures show no code, and a blurred one is followed by the next.
    return null;
  }
}

/** The same of a file with a picture; `null`, too, where the browser cannot show it. */
export async function readCodeOfFile(file: Blob): Promise<string | null> {
  try {
    const picture = await createImageBitmap(file);
    try {
      return readCode(picture, picture.width, picture.height);
    } finally {
      picture.close();
    }
  } catch {
    return null;
  }
}
