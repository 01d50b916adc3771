import type { JSX } from "preact";
import { useId, useState } from "preact/hooks";

import { Icon } from "../components/icon.tsx";
import { Notice } from "../components/note.tsx";
import { useApp } from "../shell/app-context.ts";
import { Viewfinder } from "./viewfinder.tsx";

type Camera = "closed" | "open" | "refused";

/**
 * Takes what somebody wants checked: a file that is chosen or dropped, a text that is pasted, or a code, by the camera or in
 * a picture. Whatever it was, it is handed on as a file, and nothing of it leaves the device.
 */
export function RecordSource(properties: { readonly onFile: (file: File) => void }): JSX.Element {
  const { onFile } = properties;
  const { text } = useApp();
  const fileId = useId();
  const pasteId = useId();
  const [pasted, setPasted] = useState("");
  const [isOver, setOver] = useState(false);
  const [camera, setCamera] = useState<Camera>("closed");
  const [isWithoutCode, setWithoutCode] = useState(false);

  function take(content: string, name: string): void {
    onFile(new File([content], name));
  }

  async function takeFile(file: File | undefined): Promise<void> {
    setWithoutCode(false);
    if (file === undefined) return;
    if (!file.type.startsWith("image/")) {
      onFile(file);
      return;
    }
    const { readCodeOfFile } = await import("./read-code.ts");
    const code = await readCodeOfFile(file);
    if (code === null) setWithoutCode(true);
    else take(code, file.name);
  }

  return (
    <div class="stack">
      <div
        class={isOver ? "field drop over" : "field drop"}
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => {
          setOver(false);
        }}
        onDrop={(event) => {
          event.preventDefault();
          setOver(false);
          void takeFile(event.dataTransfer?.files[0]);
        }}
      >
        <label for={fileId}>{text("receiptFile")}</label>
        <input id={fileId} type="file" onChange={(event) => void takeFile(event.currentTarget.files?.[0])} />
        <p class="hint">{text("recordDrop")}</p>
      </div>
      {isWithoutCode && <Notice kind="warning">{text("recordWithoutCode")}</Notice>}
      <div class="field">
        <label for={pasteId}>{text("recordPaste")}</label>
        <textarea
          id={pasteId}
          rows={4}
          spellcheck={false}
          value={pasted}
          onInput={(event) => {
            setPasted(event.currentTarget.value);
          }}
        />
        <button
          disabled={pasted.trim() === ""}
          onClick={() => {
            take(pasted, "text");
          }}
        >
          {text("recordCheck")}
        </button>
      </div>
      {camera === "open" ? (
        <Viewfinder
          onCode={(code) => {
            setCamera("closed");
            take(code, "code");
          }}
          onRefused={() => {
            setCamera("refused");
          }}
          onClose={() => {
            setCamera("closed");
          }}
        />
      ) : (
        "mediaDevices" in navigator && (
          <button
            class="wide"
            onClick={() => {
              setCamera("open");
            }}
          >
            <Icon name="scan" />
            {text("recordScan")}
          </button>
        )
      )}
      {camera === "refused" && <Notice kind="warning">{text("recordScanRefused")}</Notice>}
    </div>
  );
}
