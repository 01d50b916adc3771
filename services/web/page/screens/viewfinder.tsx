import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";

import { useApp } from "../shell/app-context.ts";

/** Between two looks at the picture; a phone needs some of that to read one. */
const lookMs = 150;

/**
 * Shows what the camera sees, and reads the first code that comes into the picture. The camera is let go with the component.
 */
export function Viewfinder(properties: {
  readonly onCode: (code: string) => void;
  readonly onRefused: () => void;
  readonly onClose: () => void;
}): JSX.Element {
  const { onCode, onRefused, onClose } = properties;
  const { text } = useApp();
  const video = useRef<HTMLVideoElement>(null);

  useEffect(() => {
    const shown = video.current;
    if (shown === null) return undefined;
    let stream: MediaStream | null = null;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isWanted = true;
    async function begin(element: HTMLVideoElement): Promise<void> {
      const { readCode } = await import("./read-code.ts");
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
      if (!isWanted) {
        for (const track of stream.getTracks()) track.stop();
        return;
      }
      element.srcObject = stream;
      await element.play();
      const look = (): void => {
        if (!isWanted) return;
        const code = readCode(element, element.videoWidth, element.videoHeight);
        if (code === null) timer = setTimeout(look, lookMs);
        else onCode(code);
      };
      look();
    }
    begin(shown).catch(() => {
      if (isWanted) onRefused();
    });
    return () => {
      isWanted = false;
      clearTimeout(timer);
      for (const track of stream?.getTracks() ?? []) track.stop();
    };
  }, []);

  return (
    <div class="stack">
      <div class="scan">
        <video ref={video} muted playsInline aria-label={text("scanPicture")} />
      </div>
      <button class="wide" onClick={onClose}>
        {text("scanClose")}
      </button>
    </div>
  );
}
