import type { ComponentChildren, JSX } from "preact";
import { useState } from "preact/hooks";

import { useApp } from "../shell/app-context.ts";
import { Waiting } from "../shell/parts.tsx";
import { Screen } from "../shell/screen.tsx";
import { BarChart } from "./bar-chart.tsx";
import { Choice, Field, Toggle } from "./fields.tsx";
import { Icon, Mark } from "./icon.tsx";
import { LineChart } from "./line-chart.tsx";
import { Notice } from "./note.tsx";
import { Plate, Price } from "./plate.tsx";
import { Ring } from "./ring.tsx";
import { Fold, Stats, Sums } from "./rows.tsx";
import { BrokenSeal, Reasons, Seal } from "./seal.tsx";
import { Sheet } from "./sheet.tsx";

/** Every component in every state, for tests and for whoever adds one. Its words are examples, in English alone. */
export function Gallery(): JSX.Element {
  return (
    <Screen
      title="Components"
      subtitle="Every component, in every state"
      act={<button class="main">The next step</button>}
    >
      <h1>Components</h1>
      <Part title="1 Bars">
        <p class="soft">This page has a top bar and an action bar; the start page has the tabs.</p>
      </Part>
      <Buttons />
      <Part title="3 Plate and traits">
        <Plate>CH*ABC*E0042*1</Plate>
        <ul class="traits">
          <li>
            <span class="dot" /> <b>Free</b>
          </li>
          <li>
            <span class="dot hollow" /> <b>In use</b>
          </li>
          <li class="careful">
            <span class="dot hollow" /> <b>Offline</b>
          </li>
          <li>
            <Icon name="power" /> 150 kW
          </li>
        </ul>
      </Part>
      <Part title="4 Price">
        <Price amount="CHF 0.52" per="per kWh" example="30 kWh ≈ CHF 15.60" rest="Tax included." />
      </Part>
      <Fields />
      <Rings />
      <Charts />
      <Seals />
      <Part title="9 Rows, sums, folds">
        <Stats
          stats={[
            { name: "Power now", value: "103 kW" },
            { name: "Hold lasts until", value: "≈ 14:27", detail: "then CHF 20.00" },
          ]}
        />
        <Sums
          sums={[
            { name: "Energy", value: "17.03" },
            { name: "Staying", value: "0.00" },
            { name: "Paid", value: "CHF 17.03", kind: "total" },
            { name: "of which tax", value: "1.28", kind: "detail" },
          ]}
        />
        <div class="paper">
          <p>Paper</p>
        </div>
        <div>
          <Fold title="Folded away">Content</Fold>
          <Fold title="Open" isOpen>
            Content
          </Fold>
        </div>
      </Part>
      <Notes />
    </Screen>
  );
}

function Part(properties: { readonly title: string; readonly children: ComponentChildren }): JSX.Element {
  return (
    <section class="stack">
      <h2>{properties.title}</h2>
      {properties.children}
    </section>
  );
}

function Buttons(): JSX.Element {
  return (
    <Part title="2 Buttons">
      <button class="main wide">
        <Icon name="lock" /> Main, one per screen
      </button>
      <button class="main wide" disabled>
        Not now, and why
      </button>
      <div class="two">
        <button>Second</button>
        <button class="end">Ends something</button>
      </div>
      <button class="quiet">Quiet</button>
    </Part>
  );
}

function Fields(): JSX.Element {
  const [choice, setChoice] = useState<"ten" | "twenty" | "other">("twenty");
  const [typed, setTyped] = useState("CH*ABC*E42");
  const [isOn, setOn] = useState(true);
  return (
    <Part title="5 Choice, field, toggle">
      <Choice
        legend="The most you want to pay"
        name="gallery"
        value={choice}
        onChange={setChoice}
        options={[
          { value: "ten", label: "CHF 10", detail: "¼ battery" },
          { value: "twenty", label: "CHF 20", detail: "½ battery" },
          { value: "other", label: "Other" },
        ]}
      />
      <Field label="Number on the charger" value={typed} onInput={setTyped} hint="It stands beside the code." />
      <Field label="With a problem" value={typed} onInput={setTyped} problem="There is no such charger.">
        <button>Go</button>
      </Field>
      <Toggle label="On or off" isOn={isOn} onChange={setOn} />
      <Toggle label="Off" isOn={false} onChange={() => undefined} />
    </Part>
  );
}

const rings = [
  ["nothing yet", 0, 0],
  ["signed and said", 0.52, 0.6],
  ["said only", 0, 0.35],
  ["used up", 1, 1],
] as const;

function Rings(): JSX.Element {
  const { text } = useApp();
  const [isEnergyLarge, setEnergyLarge] = useState(false);
  return (
    <Part title="6 Ring: solid is signed, hollow is only said">
      {rings.map(([name, signedShare, saidShare]) => (
        <Ring
          key={name}
          {...{ signedShare, saidShare }}
          unit={isEnergyLarge ? "kWh" : "CHF"}
          figure={isEnergyLarge ? "22.75" : "11.83"}
          also={isEnergyLarge ? "CHF 11.83" : "22.75 kWh"}
          caption={name}
          label={`Ring: ${name}`}
          changeLabel={text("liveChange")}
          onChange={() => {
            setEnergyLarge((before) => !before);
          }}
        />
      ))}
      <ul class="proofs">
        <li>
          <Mark isSigned />
          <b>CHF 10.40</b>
          <span class="soft">{text("liveSigned")}</span>
        </li>
        <li>
          <Mark isSigned={false} />
          <b>CHF 1.43</b>
          <span class="soft">{text("liveSaid")}</span>
        </li>
      </ul>
    </Part>
  );
}

function Charts(): JSX.Element {
  const { locale } = useApp();
  const signed = [0, 4, 9, 14, 20].map((value, index) => ({ at: index * 180, value }));
  return (
    <Part title="7 Charts">
      <LineChart
        label="20 kWh signed, 22.75 kWh said after 14 minutes."
        unit="kWh"
        locale={locale}
        signed={signed}
        said={[{ at: 860, value: 22.75 }]}
        limit={{ value: 38, label: "Hold: CHF 20" }}
        timeOf={(at) => `14:${String(Math.floor(at / 60)).padStart(2, "0")}`}
      />
      <BarChart
        label="Paid per month."
        unit="CHF"
        locale={locale}
        bars={[
          { name: "Sep", value: 31.72, printed: "31.72" },
          { name: "Oct", value: 45.89, printed: "45.89" },
          { name: "Nov", value: 39.26, printed: "39.26" },
        ]}
      />
    </Part>
  );
}

function Seals(): JSX.Element {
  const reasons = [
    { text: "The meter signed 18’204.310 kWh at the begin.", holds: true },
    { text: "The price follows from the energy.", holds: false },
  ];
  return (
    <Part title="8 Seal">
      <Seal title="Verified by your phone" subtitle="Five reasons in plain words">
        <Reasons reasons={reasons.slice(0, 1)} failsWord="fails" />
      </Seal>
      <BrokenSeal title="This receipt is not genuine">2 checks failed.</BrokenSeal>
      <Reasons reasons={reasons} failsWord="fails" />
    </Part>
  );
}

function Notes(): JSX.Element {
  const [isOpen, setOpen] = useState(false);
  return (
    <Part title="10 Note and sheet">
      <Notice kind="info">Good to know.</Notice>
      <Notice kind="good">Done.</Notice>
      <Notice kind="warning" title="Needs care" action={<button>What to do</button>}>
        What happened, then what to do.
      </Notice>
      <Notice kind="bad" title="No">
        Only where money or safety is at risk.
      </Notice>
      <Waiting>Something is waited for …</Waiting>
      <button
        onClick={() => {
          setOpen(true);
        }}
      >
        Open a sheet
      </button>
      {isOpen && (
        <Sheet
          title="A sheet"
          onClose={() => {
            setOpen(false);
          }}
        >
          <p>What lies under it cannot be used.</p>
          <button class="main wide">Confirm</button>
        </Sheet>
      )}
    </Part>
  );
}
