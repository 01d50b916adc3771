import type { JSX } from "preact";

import { Icon } from "./icon.tsx";

const radius = 96;
const circumference = 2 * Math.PI * radius;

/**
 * How much of the hold is used: solid what the meter signed, hollow what the charger says beyond. Its middle is one large
 * figure, and a touch changes which.
 *
 * @param properties.signedShare Between 0 and 1.
 * @param properties.saidShare Up to where the charger says it is, at least `signedShare`.
 */
export function Ring(properties: {
  readonly signedShare: number;
  readonly saidShare: number;
  readonly unit: string;
  readonly figure: string;
  readonly also: string;
  readonly caption: string;
  /** What the ring shows, for those who do not see it. */
  readonly label: string;
  readonly changeLabel: string;
  readonly onChange: () => void;
}): JSX.Element {
  const { unit, figure, also, caption, label, changeLabel, onChange } = properties;
  const signed = within(properties.signedShare);
  const said = Math.max(within(properties.saidShare), signed);
  return (
    <div class="ring">
      <svg viewBox="0 0 220 220" role="img" aria-label={label}>
        <circle class="track" cx="110" cy="110" r={radius} />
        {said > signed && <Arc name="said" share={said} />}
        {said > signed && <Arc name="hollow" share={said} />}
        {signed > 0 && <Arc name="signed" share={signed} />}
      </svg>
      <button onClick={onChange} aria-description={changeLabel}>
        <span class="unit">{unit}</span>
        <span class={figure.length > 6 ? "figure long" : "figure"}>{figure}</span>
        <span class="also">
          {also} <Icon name="swap" />
        </span>
        <span class="soft">{caption}</span>
      </button>
    </div>
  );
}

function Arc({ name, share }: { readonly name: string; readonly share: number }): JSX.Element {
  const length = circumference * share;
  return <circle class={name} cx="110" cy="110" r={radius} stroke-dasharray={`${length} ${circumference}`} />;
}

function within(share: number): number {
  return Number.isFinite(share) ? Math.min(Math.max(share, 0), 1) : 0;
}
