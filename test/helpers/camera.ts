import { create } from "qrcode";

/** A script that puts a picture of the code in the place of the camera; `null`: one that is refused. */
export function cameraOf(code: string | null): string {
  const refused = `navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("", "NotAllowedError"));`;
  if (code === null) return refused;
  const { modules } = create(code);
  const dark = Array.from({ length: modules.size * modules.size }, (_, index) =>
    modules.get(Math.floor(index / modules.size), index % modules.size),
  );
  return `
    const dark = ${JSON.stringify(dark)}, size = ${modules.size}, modulePx = 10, marginPx = 40;
    navigator.mediaDevices.getUserMedia = async () => {
      const canvas = document.createElement("canvas");
      canvas.width = canvas.height = size * modulePx + 2 * marginPx;
      const context = canvas.getContext("2d");
      const draw = () => {
        context.fillStyle = "#fff";
        context.fillRect(0, 0, canvas.width, canvas.height);
        context.fillStyle = "#000";
        dark.forEach((isDark, index) => {
          if (isDark) context.fillRect(marginPx + (index % size) * modulePx, marginPx + Math.floor(index / size) * modulePx, modulePx, modulePx);
        });
      };
      setInterval(draw, 100);
      draw();
      return canvas.captureStream(10);
    };`;
}
