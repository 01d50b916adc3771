import "../shell/no-code-from-text.ts";

import { render } from "preact";

import { OperatorPage } from "./operator-page.tsx";

const root = document.querySelector("#page");
if (root === null) throw new Error("The page has no place to stand.");
render(<OperatorPage />, root);
