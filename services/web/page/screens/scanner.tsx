import type { JSX } from "preact";
import { useState } from "preact/hooks";

import { Icon } from "../components/icon.tsx";
import { Notice } from "../components/note.tsx";
import { useApp } from "../shell/app-context.ts";
import { hrefOf, routeOfCode } from "../shell/router.ts";
import { Viewfinder } from "./viewfinder.tsx";

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
