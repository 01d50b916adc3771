import "./shell/no-code-from-text.ts";

import { render } from "preact";

import { readConfiguration } from "./configuration.ts";
import { Page } from "./shell/page.tsx";
import { catalogues, chooseLanguage } from "./text/translation.ts";
import { keepServiceWorker } from "./shell/keep-service-worker.ts";

const root = document.querySelector("#page");
if (root === null) throw new Error("The page has no place to stand.");

try {
  render(<Page configuration={await readConfiguration()} />, root);
} catch {
  const texts = catalogues[chooseLanguage(navigator.languages)];
  render(
    <main>
      <div class="notice notice-bad" role="alert">
        <p>{texts.offlineNotice}</p>
        <button
          onClick={() => {
            location.reload();
          }}
        >
          {texts.retry}
        </button>
      </div>
    </main>,
    root,
  );
}
keepServiceWorker();
