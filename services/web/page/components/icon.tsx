import type { JSX } from "preact";

/** Lines on a square of 24. */
const drawings = {
  back: "M15 5 8 12l7 7",
  close: "M6 6l12 12M18 6 6 18",
  go: "M9 5l7 7-7 7",
  down: "M5 9l7 7 7-7",
  tick: "M5 13l4.5 4.5L19 7",
  cross: "M7 7l10 10M17 7 7 17",
  brand: "M2 9l5 9 5-10 4 8 6-12",
  plug: "M8.5 3v5M15.5 3v5M6 8h12v2.5a6 6 0 0 1-12 0zM12 16.5V21",
  power: "M13 3 5.5 13.5H11L10.5 21l8-11H13z",
  lock: "M7 11V8a5 5 0 0 1 10 0v3M6 11h12v9H6z",
  price: "M4 4h8l8.5 8.5-8 8L4 12zM8 8h.01",
  ceiling: "M4 5h16M12 20V10M7.5 14 12 9.5l4.5 4.5",
  clock: "M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17zM12 7v5l3.5 2",
  swap: "M7 19V4M3.5 7.5 7 4l3.5 3.5M17 5v15M13.5 16.5 17 20l3.5-3.5",
  warning: "M12 4 2.8 19.5h18.4zM12 10v4M12 17h.01",
  info: "M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17zM12 11v5M12 8h.01",
  scan: "M4 8V4h4M16 4h4v4M20 16v4h-4M8 20H4v-4M8 8h3v3H8zM14 8h2M16 11v2M8 14v2h2.5M14 16h2",
  place: "M12 21s7-6 7-11.5a7 7 0 0 0-14 0C5 15 12 21 12 21zM12 7a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5z",
  list: "M6 3.5h12v17l-2-1.5-2 1.5-2-1.5-2 1.5-2-1.5-2 1.5zM9.5 8.5h5M9.5 12.5h5",
  money: "M3.5 6.5h17v11h-17zM12 9.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5zM6.5 12h.01M17.5 12h.01",
  settings:
    "M4 7h9M19 7h1M4 17h1M11 17h9M16 4.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5zM8 14.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5z",
  save: "M12 4v11M7.5 10.5 12 15l4.5-4.5M4.5 19.5h15",
  plus: "M12 5v14M5 12h14",
  minus: "M5 12h14",
  stop: "M7 7h10v10H7z",
  wallet: "M4 7.5A2.5 2.5 0 0 1 6.5 5H18v3.5M4 7.5V17a3 3 0 0 0 3 3h13V8.5H5.5A1.5 1.5 0 0 1 4 7.5zM16 14.2h.01",
  shield: "M12 3.5 5 6v5.5c0 4.3 3 7.4 7 9 4-1.6 7-4.7 7-9V6zM9 12l2.2 2.2L15 10",
  offline:
    "M5 12.5A10 10 0 0 1 9 10M19 12.5a10 10 0 0 0-2.6-1.9M2 9a14.5 14.5 0 0 1 4.6-3M22 9A14.6 14.6 0 0 0 11 5M12 19h.01M4 3l16 18",
  bell: "M6 16.5V11a6 6 0 0 1 12 0v5.5l1.5 1.5h-15zM10 20.5a2.2 2.2 0 0 0 4 0",
} as const;
export type IconName = keyof typeof drawings;

/** A drawing beside words; it says nothing that the words do not say. */
export function Icon({ name, turns = false }: { readonly name: IconName; readonly turns?: boolean }): JSX.Element {
  return (
    <svg class={turns ? "icon turn" : "icon"} viewBox="0 0 24 24" aria-hidden="true">
      <path d={drawings[name]} />
    </svg>
  );
}

/** Solid: a meter signed it. Hollow: the charger says it. The pair means the same everywhere. */
export function Mark({ isSigned }: { readonly isSigned: boolean }): JSX.Element {
  return (
    <svg class="mark" viewBox="0 0 20 20" aria-hidden="true">
      {isSigned ? (
        <>
          <circle cx="10" cy="10" r="8" fill="currentColor" />
          <path
            d="m6.3 10.3 2.5 2.5 4.9-5.3"
            fill="none"
            stroke="var(--ground)"
            stroke-width="2"
            stroke-linecap="round"
          />
        </>
      ) : (
        <circle cx="10" cy="10" r="7" fill="none" stroke="currentColor" stroke-width="2" stroke-dasharray="3.2 2.3" />
      )}
    </svg>
  );
}

const petals = Array.from({ length: 12 }, (_, index) => index * 15);

/** The rosette of a banknote; a torn one is void. */
export function Rosette({ isTorn = false }: { readonly isTorn?: boolean }): JSX.Element {
  return (
    <svg class="rosette" viewBox="0 0 100 100" aria-hidden="true">
      <circle cx="50" cy="50" r="44" fill="currentColor" />
      <g fill="none" stroke="var(--ground)" stroke-width="1.2" opacity="0.5">
        {petals.map((degrees) => (
          <ellipse key={degrees} cx="50" cy="50" rx="40" ry="16" transform={`rotate(${degrees} 50 50)`} />
        ))}
      </g>
      {isTorn ? (
        <path d="M56 0 44 32l13 16-16 20 8 32" fill="none" stroke="var(--ground)" stroke-width="7" />
      ) : (
        <>
          <circle cx="50" cy="50" r="20" fill="currentColor" />
          <path d="m41 51 7 7 13-15" fill="none" stroke="var(--ground)" stroke-width="5" stroke-linecap="round" />
        </>
      )}
    </svg>
  );
}
