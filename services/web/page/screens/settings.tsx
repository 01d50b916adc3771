import type { JSX } from "preact";
import { useEffect, useId, useState } from "preact/hooks";

import { Toggle } from "../components/fields.tsx";
import { Icon } from "../components/icon.tsx";
import { Notice } from "../components/note.tsx";
import { appearances, useApp } from "../shell/app-context.ts";
import { notificationsState, setNotifications } from "../shell/notifications.ts";
import { hrefOf } from "../shell/router.ts";
import { Screen } from "../shell/screen.tsx";
import { languageNames, languages } from "../text/languages.ts";

/** Language, look, what the device may say, and the check of somebody's receipt. */
export function SettingsScreen(): JSX.Element {
  const { text } = useApp();
  return (
    <Screen tab="settings">
      <h1>{text("settingsTitle")}</h1>
      <Choices />
      <Notifications />
      <Install />
      <a class="row" href={hrefOf({ kind: "receipt" })}>
        <Icon name="shield" />
        <span class="grow">
          <b>{text("receiptCheckTitle")}</b>
          <span class="soft">{text("receiptCheckShort")}</span>
        </span>
        <Icon name="go" />
      </a>
      <p class="soft">{text("settingsText")}</p>
    </Screen>
  );
}

function Choices(): JSX.Element {
  const { text, language, setLanguage, appearance, setAppearance } = useApp();
  const id = useId();
  const appearanceTexts = {
    system: text("appearanceSystem"),
    light: text("appearanceLight"),
    dark: text("appearanceDark"),
  };
  return (
    <>
      <div class="field">
        <label for={`${id}-language`}>{text("language")}</label>
        <select
          id={`${id}-language`}
          value={language}
          onChange={(event) => {
            const chosen = languages.find((candidate) => candidate === event.currentTarget.value);
            if (chosen !== undefined) setLanguage(chosen);
          }}
        >
          {languages.map((candidate) => (
            <option key={candidate} value={candidate} lang={candidate}>
              {languageNames[candidate]}
            </option>
          ))}
        </select>
      </div>
      <div class="field">
        <label for={`${id}-appearance`}>{text("appearance")}</label>
        <select
          id={`${id}-appearance`}
          value={appearance}
          onChange={(event) => {
            const chosen = appearances.find((candidate) => candidate === event.currentTarget.value);
            if (chosen !== undefined) setAppearance(chosen);
          }}
        >
          {appearances.map((candidate) => (
            <option key={candidate} value={candidate}>
              {appearanceTexts[candidate]}
            </option>
          ))}
        </select>
      </div>
    </>
  );
}

function Notifications(): JSX.Element {
  const { text } = useApp();
  const [state, setState] = useState(notificationsState);
  const [isRefused, setRefused] = useState(false);
  if (state === "unavailable") return <p class="soft">{text("notifyUnavailable")}</p>;
  return (
    <div>
      <Toggle
        label={text("notifyTitle")}
        isOn={state === "on"}
        onChange={(isWanted) => {
          void setNotifications(isWanted).then((isOn) => {
            setState(isOn ? "on" : "off");
            setRefused(isWanted && !isOn);
          });
        }}
      />
      <p class="soft">{text("notifyText")}</p>
      {isRefused && <Notice kind="info">{text("notifyRefused")}</Notice>}
    </div>
  );
}

/** What browsers that can install the page hand over; TypeScript's library does not know it. */
interface InstallEvent extends Event {
  prompt(): Promise<void>;
}

function isInstallEvent(event: Event): event is InstallEvent {
  return "prompt" in event;
}

let installEvent: InstallEvent | null = null;
window.addEventListener("beforeinstallprompt", (event) => {
  event.preventDefault();
  if (isInstallEvent(event)) installEvent = event;
});

function Install(): JSX.Element {
  const { text } = useApp();
  const [offered, setOffered] = useState(installEvent);
  useEffect(() => {
    const follow = (): void => {
      setOffered(installEvent);
    };
    window.addEventListener("beforeinstallprompt", follow);
    return () => {
      window.removeEventListener("beforeinstallprompt", follow);
    };
  }, []);
  if (offered === null) return <p class="soft">{text("installText")}</p>;
  return (
    <button
      class="wide"
      onClick={() => {
        void offered.prompt();
      }}
    >
      <Icon name="save" />
      {text("installButton")}
    </button>
  );
}
