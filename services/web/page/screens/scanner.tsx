import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

import { Icon } from "../components/icon.tsx";
import { Notice } from "../components/note.tsx";
import { useApp } from "../shell/app-context.ts";
import { hrefOf, routeOfCode } from "../shell/router.ts";

type State = "closed" | "open" | "refused" | "foreign";

/** Reads the code on a charger with the camera, in the page; the pictures leave the device no more than the page does. */
export function Scanner(): JSX.Element {
  const { text } = useApp();
  const [state, setState] = useState<State>("closed");
  // Without https a browser gives no camera, and the device's own camera app opens the code as an address.
  const hasCamera = "mediaDevices" in navigator;

  return (
    <>
      {state === "open" ? (
        <Viewfinder
          onCode={(code) => {
            const route = routeOfCode(code);
            if (route === null) setState("foreign");
            else location.hash = hrefOf(route);
          }}
          onRefused={() => {
            setState("refused");
          }}
          onClose={() => {
            setState("closed");
          }}
        />
      ) : (
        hasCamera && (
          <button
            class="scan"
            onClick={() => {
              setState("open");
            }}
          >
            <Icon name="scan" />
            {text("scanButton")}
          </button>
        )
      )}
      {state === "refused" && <Notice kind="warning">{text("scanRefused")}</Notice>}
      {state === "foreign" && <Notice kind="warning">{text("scanForeign")}</Notice>}
      {!hasCamera && <p class="soft">{text("scanNone")}</p>}
    </>
  );
}

/** Between two looks at the picture; a phone needs some of that to read one. */
const lookMs = 150;

function Viewfinder(properties: {
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
        const code = readCode(element);
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
