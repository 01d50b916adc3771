import type { JSX } from "preact";
import { useState } from "preact/hooks";

import type { Tariff } from "../../../domain/tariff.ts";
import { assumedPowerW, energyWithin, presetHolds, type HoldPreset, type PresetHold } from "../chain/hold-presets.ts";
import { Choice, Field } from "../components/fields.tsx";
import { useApp } from "../shell/app-context.ts";
import { keepSetting, readSetting } from "../shell/kept-settings.ts";
import { formatKw, formatWholeKwh, parseMicro } from "../text/amounts.ts";

type Kind = HoldPreset | "other";

/** The most that a charge may cost, as the driver chooses it. */
export interface Hold {
  readonly kind: Kind;
  readonly setKind: (kind: Kind) => void;
  readonly presets: readonly PresetHold[];
  readonly other: string;
  readonly setOther: (typed: string) => void;
  readonly battery: string;
  readonly setBattery: (typed: string) => void;
  readonly isBatteryValid: boolean;
  /** In 10⁻⁶ token; `null` while nothing valid is typed. */
  readonly holdMicro: bigint | null;
}

/** A middle-sized car of these years. */
const usualBatteryKwh = "60";

export function useHold(tariff: Tariff): Hold {
  const [battery, setBattery] = useState(readSetting("batteryKwh") ?? usualBatteryKwh);
  const [kind, setKind] = useState<Kind>("half");
  const [other, setOther] = useState("");
  const batteryKwh = batteryOf(battery);
  const presets = presetHolds(tariff, batteryKwh ?? Number(usualBatteryKwh));
  return {
    ...{ kind, setKind, presets, other, setOther, battery },
    setBattery(typed) {
      setBattery(typed);
      if (batteryOf(typed) !== null) keepSetting("batteryKwh", typed);
    },
    isBatteryValid: batteryKwh !== null,
    holdMicro:
      kind === "other" ? parseMicro(other) : (presets.find(({ preset }) => preset === kind)?.holdMicro ?? null),
  };
}

/** The most to pay, in four touches, with what it is enough for. */
export function HoldChoice({ hold, tariff }: { readonly hold: Hold; readonly tariff: Tariff }): JSX.Element {
  const { text, money, coin, locale } = useApp();
  const { presets, kind, holdMicro } = hold;
  const within = holdMicro === null ? null : energyWithin(tariff, holdMicro);
  const enough = within === null ? "" : `${text("holdEnough", { energy: formatWholeKwh(within, locale) })} `;
  return (
    <div class="close">
      <Choice
        legend={text("holdTitle")}
        name="hold"
        value={kind}
        onChange={hold.setKind}
        options={[
          ...presets.map(({ preset, holdMicro: presetMicro }) => ({
            value: preset,
            label: money(presetMicro),
            detail: text(`hold.${preset}`),
          })),
          { value: "other", label: text("holdOther") },
        ]}
      />
      {kind === "other" && (
        <Field
          label={text("holdOtherLabel", { symbol: coin.symbol })}
          value={hold.other}
          inputMode="decimal"
          onInput={hold.setOther}
          problem={hold.other !== "" && holdMicro === null ? text("amountInvalid") : null}
        />
      )}
      <p class="soft">{`${enough}${text("holdText")}`}</p>
    </div>
  );
}

/** The size of the battery, from which the amounts are reckoned; it stays on the device. */
export function BatteryField({ hold }: { readonly hold: Hold }): JSX.Element {
  const { text, locale } = useApp();
  return (
    <Field
      label={text("holdBattery")}
      value={hold.battery}
      inputMode="numeric"
      onInput={hold.setBattery}
      hint={text("holdAssumption", { power: formatKw(assumedPowerW, locale, 0) })}
      problem={hold.isBatteryValid ? null : text("holdBatteryInvalid")}
    />
  );
}

function batteryOf(text: string): number | null {
  const kwh = Number(/^[0-9]{1,3}$/u.exec(text.trim())?.[0] ?? "0");
  return kwh >= 5 && kwh <= 300 ? kwh : null;
}
