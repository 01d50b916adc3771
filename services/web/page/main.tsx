import "./shell/no-code-from-text.ts";

import { render } from "preact";

import { readConfiguration } from "./configuration.ts";
import { loadWords, Page } from "./shell/page.tsx";
import { keepServiceWorker } from "./shell/keep-service-worker.ts";

const root = document.querySelector("#page");
if (root === null) throw new Error("The page has no place to stand.");

const words = await loadWords();
try {
  render(<Page configuration={await readConfiguration()} words={words} />, root);
} catch {
  const texts = words.catalogue;
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
