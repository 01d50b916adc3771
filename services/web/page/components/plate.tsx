import type { ComponentChildren, JSX } from "preact";

/** What is printed on the charger, to compare. */
export function Plate({ children }: { readonly children: ComponentChildren }): JSX.Element {
  return <span class="plate">{children}</span>;
}

/** The price of a kilowatt-hour with tax, and what a usual charge would cost. */
export function Price(properties: {
  readonly amount: string;
  readonly per: string;
  readonly example: string;
  readonly rest: string;
}): JSX.Element {
  return (
    <div class="price">
      <p class="amount">
        {properties.amount} <small>{properties.per}</small>
      </p>
      <p class="like">{properties.example}</p>
      <p class="soft">{properties.rest}</p>
    </div>
  );
}
