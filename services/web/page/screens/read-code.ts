import decodeQR from "qr/decode.js";

/** A code fills a good part of the picture; more pixels only take longer. */
const mostPixels = 640;

const canvas = document.createElement("canvas");

/** What the code in the picture says; `null` where there is none to be read. */
export function readCode(video: HTMLVideoElement): string | null {
  const { videoWidth, videoHeight } = video;
  if (videoWidth === 0) return null;
  const scale = Math.min(1, mostPixels / Math.max(videoWidth, videoHeight));
  canvas.width = Math.round(videoWidth * scale);
  canvas.height = Math.round(videoHeight * scale);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (context === null) return null;
  context.drawImage(video, 0, 0, canvas.width, canvas.height);
  try {
    return decodeQR(context.getImageData(0, 0, canvas.width, canvas.height));
  } catch {
    // Most pictures show no code, and a blurred one is followed by the next.
    return null;
  }
}
