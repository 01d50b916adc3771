import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";

import { Icon, Mark } from "../components/icon.tsx";
import { LineChart, type ChartPoint } from "../components/line-chart.tsx";
import { Notice } from "../components/note.tsx";
import { Ring } from "../components/ring.tsx";
import { Stats } from "../components/rows.tsx";
import { chargeOf, type Charge } from "../service/charge.ts";
import type { LiveReading, SessionView } from "../service/session-view.ts";
import { useApp } from "../shell/app-context.ts";
import { formatKw, formatKwh } from "../text/amounts.ts";
import { formatFigure, formatSum, moneyUnit } from "../text/money.ts";
import { formatClock, formatDuration } from "../text/times.ts";
import type { KnownSession } from "./session.tsx";

/** A charge with the readings that its curve is drawn from. */
export type ShownCharge = Charge & { readonly view: SessionView };

/** What the charge has come to, again every second while it goes on. */
export function useCharge({ onChain, tariff }: KnownSession, view: SessionView): ShownCharge {
  const isCharging = onChain.ending.kind === "live" && view.session?.state === "charging";
  const nowMs = useNow(isCharging);
  return { ...chargeOf(onChain, tariff, view, nowMs), view };
}

/** One large figure in the ring of the hold, who says so, what comes next, and the curve. */
export function ChargingFigures({ charge }: { readonly charge: ShownCharge }): JSX.Element {
  const { text, money, coin, locale } = useApp();
  const [isEnergyLarge, setEnergyLarge] = useState(false);
  const { source, costMicro, holdMicro, signedMicro, energyMicroWh } = charge;
  if (source === "none") {
    return (
      <section aria-label={text("stateCharging")} class="stack">
        <Waiting />
        <p>{text("liveHeld", { amount: money(holdMicro) })}</p>
      </section>
    );
  }
  const cost = formatFigure(costMicro, locale);
  const energy = formatKwh(energyMicroWh, locale);
  const [energyFigure = "", energyUnit = "kWh"] = energy.split(/\s(?=kWh)/u);
  const shareOf = (micro: bigint): number => (holdMicro === 0n ? 0 : Number((micro * 1000n) / holdMicro) / 1000);

  return (
    <section aria-label={text("stateCharging")} class="stack live">
      <Ring
        signedShare={shareOf(signedMicro)}
        saidShare={shareOf(costMicro)}
        unit={isEnergyLarge ? energyUnit : moneyUnit(coin, locale)}
        figure={isEnergyLarge ? energyFigure : cost}
        also={isEnergyLarge ? money(costMicro) : energy}
        caption={text("liveOfHold", { amount: money(holdMicro) })}
        label={text("liveRing", { cost: money(costMicro), hold: money(holdMicro), signed: money(signedMicro) })}
        changeLabel={text("liveChange")}
        onChange={() => {
          setEnergyLarge((before) => !before);
        }}
      />
      <Proofs charge={charge} />
      {charge.isUsedUp && <Notice kind="bad">{text("liveHoldUsed")}</Notice>}
      {charge.isLow && !charge.isUsedUp && <Notice kind="warning">{text("liveHoldLow")}</Notice>}
      <NextFigures charge={charge} />
      <Curve charge={charge} />
      {charge.stayingFrom !== null && charge.isCharging && (
        <p class="traits">
          <Icon name="clock" />
          {text("liveStaying", { time: formatClock(charge.stayingFrom, locale) })}
        </p>
      )}
    </section>
  );
}

function Waiting(): JSX.Element {
  const { text } = useApp();
  return (
    <p class="waiting" role="status">
      {text("liveNothingSaid")}
    </p>
  );
}

/** Signed and merely said look different, and both are shown. */
function Proofs({ charge }: { readonly charge: ShownCharge }): JSX.Element {
  const { text, coin, locale } = useApp();
  const { source, costMicro, signedMicro } = charge;
  const { parts } = formatSum([signedMicro, costMicro - signedMicro], coin, locale);
  const isSaid = source === "unsigned" || costMicro > signedMicro;
  const isSigned = source !== "unsigned";
  return (
    <>
      <ul class="proofs">
        {isSigned && (
          <li>
            <Mark isSigned />
            <b>{parts[0]}</b>
            <span class="soft">{text("liveSigned")}</span>
          </li>
        )}
        {isSaid && (
          <li>
            <Mark isSigned={false} />
            <b>{parts[1]}</b>
            <span class="soft">{text("liveSaid")}</span>
          </li>
        )}
      </ul>
      {source === "unsigned" && (
        <p class="soft">{text(charge.view.readings.length === 0 ? "liveSignsOnce" : "liveBeganSigned")}</p>
      )}
    </>
  );
}

/** Power, time, when the hold is used up, and what comes back as it stands. */
function NextFigures({ charge }: { readonly charge: ShownCharge }): JSX.Element {
  const { text, money, coin, locale } = useApp();
  const { powerW, seconds, holdUsedAt, costMicro, holdMicro } = charge;
  const back = formatSum([costMicro, holdMicro - costMicro], coin, locale).parts[1] ?? "";
  return (
    <Stats
      stats={[
        ...(powerW === null ? [] : [{ name: text("livePower"), value: formatKw(powerW, locale) }]),
        { name: text("liveTime"), value: formatDuration(seconds, locale) },
        ...(holdUsedAt === null
          ? [{ name: text("liveRemaining"), value: back }]
          : [
              {
                name: text("liveHoldUntil"),
                value: `≈ ${formatClock(holdUsedAt, locale)}`,
                detail: text("liveThen", { amount: money(holdMicro) }),
              },
              { name: text("liveRemaining"), value: back },
            ]),
      ]}
    />
  );
}

/** Energy over time. What it shows is said in words, too, for those who do not see it. */
function Curve({ charge }: { readonly charge: ShownCharge }): JSX.Element | null {
  const { text, money, locale } = useApp();
  const { view, holdMicroWh, holdMicro, energyMicroWh, seconds, source } = charge;
  const signed = view.readings.map(pointOf);
  // A charger's clock may be hours away from the meter's, whose points stand beside.
  const shift = view.readings.length > 0 ? 0 : (view.unsigned[0]?.sinceMs ?? 0) - (view.unsigned[0]?.atMs ?? 0);
  const said = view.unsigned.map(({ atMs, energyMicroWh: energy }) =>
    pointOf({ atMs: atMs + shift, energyMicroWh: energy }),
  );
  if (signed.length + said.length < 2) return null;
  return (
    <LineChart
      label={text("liveCurveText", { energy: formatKwh(energyMicroWh, locale), time: formatDuration(seconds, locale) })}
      unit="kWh"
      locale={locale}
      signed={signed}
      said={source === "final" ? [] : said}
      limit={
        holdMicroWh === null
          ? null
          : { value: kwhOf(holdMicroWh), label: text("liveLimit", { amount: money(holdMicro) }) }
      }
      timeOf={(at) => formatClock(at, locale)}
    />
  );
}

function pointOf({ atMs, energyMicroWh }: Pick<LiveReading, "atMs" | "energyMicroWh">): ChartPoint {
  return { at: atMs / 1_000, value: kwhOf(energyMicroWh) };
}

/** A picture needs no more digits than a number has. */
function kwhOf(microWh: bigint): number {
  return Number(microWh / 1_000_000n) / 1_000;
}

/** The time, again every second while it runs. */
function useNow(isRunning: boolean): number {
  const [nowMs, setNowMs] = useState(Date.now);
  useEffect(() => {
    if (!isRunning) return undefined;
    const timer = setInterval(() => {
      setNowMs(Date.now());
    }, 1_000);
    return () => {
      clearInterval(timer);
    };
  }, [isRunning]);
  return nowMs;
}
