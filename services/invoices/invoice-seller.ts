import type { Invoice } from "./invoice.ts";
import type { InvoiceWords } from "./invoice-words.ts";

/** The lines that say who sells: name and address, or the account where nobody told more. */
export function receiptSeller(
  { seller, operator }: Invoice,
  words: Pick<InvoiceWords, "vatNumber" | "account">,
): readonly (string | null)[] {
  const account = `${words.account} ${operator}`;
  if (seller === null) return [account];
  const { name, street, postcode, town, country, vatNumber, email, phone, website } = seller;
  const ways = [email, phone, website].filter((way) => way !== undefined);
  return [
    name,
    street,
    `${country}-${postcode} ${town}`,
    vatNumber === undefined ? null : `${words.vatNumber} ${vatNumber}`,
    ways.length === 0 ? null : ways.join(", "),
    account,
  ];
}
