import { readXml, type XmlElement } from "../../carriage/xml.ts";
import { verifyMeterValueXml } from "../edl/meter-value-xml.ts";
import { verifyMennekes } from "../mennekes/mennekes.ts";
import { unknownValue, type Around, type FoundValue, type TextFinder, type ValueRole } from "./found-value.ts";

/** Some files hold the values of a year. */
const limits = { characters: 4_194_304, elements: 65_536 };
const dataNames: ReadonlySet<string> = new Set(["signedData", "encodedData"]);

/** The values of a document: S.A.F.E. XML, Mennekes, or the XML of a single value. `null`: it is none of them. */
export function findInXml(
  document: string,
  around: Around,
  depth: number,
  findInText: TextFinder,
): readonly FoundValue[] | null {
  const elements = readXml(document, limits);
  return elements === null ? null : findInElements(elements, around, depth, findInText);
}

function findInElements(
  elements: readonly XmlElement[],
  around: Around,
  depth: number,
  findInText: TextFinder,
): readonly FoundValue[] | null {
  const names = new Set(elements.map(({ name }) => name));
  if (elements.some(({ name }) => dataNames.has(name))) return containerValues(elements, around, depth, findInText);
  if (names.has("ChargingProcess")) return mennekesValues(elements, around);
  return names.has("encodedMeterValue") ? meterValues(elements, around) : null;
}

/** `<value context transactionId><signedData format encoding>…</signedData><publicKey>…</publicKey></value>` of S.A.F.E. */
function containerValues(
  elements: readonly XmlElement[],
  outer: Around,
  depth: number,
  findInText: TextFinder,
): readonly FoundValue[] {
  const found: FoundValue[] = [];
  let inside: XmlElement[] = [];
  for (const element of elements) {
    if (element.name !== "value") {
      inside.push(element);
      continue;
    }
    const key = inside.find(({ name, text }) => name === "publicKey" && text.trim() !== "");
    for (const part of inside.filter(({ name }) => dataNames.has(name))) {
      const around: Around = {
        enclosedKey: key?.text.trim() ?? outer.enclosedKey,
        role: roleOf(element.attributes.get("context") ?? "") ?? outer.role,
        session: element.attributes.get("transactionId") ?? outer.session,
        claimedFormat: part.attributes.get("format")?.toUpperCase() ?? null,
      };
      // Most write a document inside of the document as text, some as elements.
      const nested = inside.filter(({ parents }) => parents.some((name) => dataNames.has(name)));
      const values =
        part.text.trim() === ""
          ? findInElements(nested, around, depth, findInText)
          : findInText(part.text, around, depth);
      found.push(...(values ?? [unknownValue(around)]));
    }
    inside = [];
  }
  return found;
}

/** `Transaction.Begin`, `Transaction.End`, and how others write them. */
export function roleOf(context: string): ValueRole {
  if (/begin|start/iu.test(context)) return "begin";
  return /end|stop/iu.test(context) ? "end" : null;
}

function mennekesValues(elements: readonly XmlElement[], around: Around): readonly FoundValue[] {
  const found: FoundValue[] = [];
  let inside: XmlElement[] = [];
  let processes = 0;
  for (const element of elements) {
    if (element.name !== "ChargingProcess") {
      inside.push(element);
      continue;
    }
    processes += 1;
    const process = textsUnder(inside, "ChargingProcess");
    for (const [name, role] of [
      ["MeasurementStart", "begin"],
      ["MeasurementEnd", "end"],
    ] as const) {
      if (!inside.some((part) => part.name === name)) continue;
      const measurement = textsUnder(inside, name);
      const repeated = process.repeated ?? measurement.repeated;
      found.push({
        enclosedKey: process.texts.get("PublicKey")?.trim() ?? around.enclosedKey,
        role,
        session: `${around.session ?? ""}/${processes}`,
        format: "Mennekes",
        judge: (key, cryptography) =>
          repeated === null
            ? verifyMennekes({ process: process.texts, measurement: measurement.texts }, key, cryptography)
            : { verdict: "refused", reason: "SIGNED_VALUE_FIELD_REPEATED", detail: repeated },
      });
    }
    inside = [];
  }
  return found;
}

/** `<signedMeterValue><publicKey/><meterValueSignature/><encodedMeterValue/></signedMeterValue>`, one or several. */
function meterValues(elements: readonly XmlElement[], around: Around): readonly FoundValue[] {
  const found: FoundValue[] = [];
  let inside: XmlElement[] = [];
  for (const element of elements) {
    if (element.name !== "signedMeterValue") {
      inside.push(element);
      continue;
    }
    const part = (name: string): XmlElement | undefined => inside.find((one) => one.name === name);
    const repeated = textsUnder(inside, "signedMeterValue").repeated;
    const value = { block: part("encodedMeterValue"), signature: part("meterValueSignature"), repeated };
    found.push({
      enclosedKey: part("publicKey")?.text.trim() ?? around.enclosedKey,
      role: around.role,
      session: around.session,
      format: "EDL40",
      judge: (key, cryptography) => verifyMeterValueXml(value, key, cryptography),
    });
    inside = [];
  }
  return found;
}

/** The texts of the elements right below one of this name, and the name of one that is there twice. */
function textsUnder(
  elements: readonly XmlElement[],
  parent: string,
): { readonly texts: ReadonlyMap<string, string>; readonly repeated: string | null } {
  const texts = new Map<string, string>();
  let repeated: string | null = null;
  for (const { name, parents, text } of elements) {
    if (parents.at(-1) !== parent) continue;
    if (texts.has(name)) repeated = name;
    texts.set(name, text);
  }
  return { texts, repeated };
}
