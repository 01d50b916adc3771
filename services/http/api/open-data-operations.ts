import { z } from "zod";

import { ocpiVersions } from "../../domain/ocpi/tariff-document.ts";
import { listQuery } from "../public/open-data/envelope.ts";
import { connectorSchema } from "../public/sites.ts";
import { answering, type ApiOperation } from "./operation.ts";

const timestamp = z.iso.datetime();
const version = z.enum(ocpiVersions);
const party = { country_code: z.string().length(2), party_id: z.string().length(3) };
const { plug, format, powerType } = connectorSchema.shape;

const connector = z.object({
  id: z.string().max(36),
  standard: plug,
  format,
  power_type: powerType,
  max_voltage: z.int(),
  max_amperage: z.int(),
  max_electric_power: z.int(),
  tariff_ids: z.array(z.string().max(36)).optional(),
  last_updated: timestamp,
});
const evse = z.object({
  uid: z.string().max(36),
  evse_id: z.string().max(48).optional(),
  status: z.enum(["AVAILABLE", "BLOCKED", "CHARGING", "INOPERATIVE", "OUTOFORDER", "RESERVED", "UNKNOWN"]),
  connectors: z.array(connector).min(1),
  last_updated: timestamp,
});
const location = z.object({
  ...party,
  id: z.string().max(36),
  publish: z.literal(true),
  name: z.string().max(255),
  address: z.string().max(45),
  city: z.string().max(45),
  country: z.string().length(3),
  coordinates: z.object({
    latitude: z.string().regex(/^-?[0-9]{1,2}\.[0-9]{5,7}$/),
    longitude: z.string().regex(/^-?[0-9]{1,3}\.[0-9]{5,7}$/),
  }),
  evses: z.array(evse).min(1).optional(),
  operator: z.object({ name: z.string().max(100) }),
  time_zone: z.string().max(255),
  last_updated: timestamp,
});
const limit = z.union([
  z.object({ excl_vat: z.number(), incl_vat: z.number() }),
  z.object({ before_taxes: z.number(), after_taxes: z.number() }),
]);
const tariff = z.object({
  ...party,
  id: z.string().max(36),
  currency: z.string().length(3),
  type: z.literal("AD_HOC_PAYMENT"),
  tariff_alt_text: z.array(z.object({ language: z.string(), text: z.string().max(512) })).optional(),
  min_price: limit.optional(),
  max_price: limit.optional(),
  elements: z
    .array(
      z.object({
        price_components: z
          .array(
            z.object({
              type: z.enum(["ENERGY", "FLAT", "PARKING_TIME", "TIME"]),
              price: z.number(),
              vat: z.number().optional(),
              step_size: z.int(),
            }),
          )
          .min(1),
        restrictions: z
          .object({
            min_kwh: z.number().optional(),
            max_kwh: z.number().optional(),
            min_duration: z.int().optional(),
          })
          .optional(),
      }),
    )
    .min(1),
  tax_included: z.enum(["NO", "N/A"]).optional(),
  last_updated: timestamp,
});

const refusal = z.object({ status_code: z.int(), status_message: z.string(), timestamp }).meta({ id: "OcpiRefusal" });

function enveloped(data: z.ZodType): z.ZodType {
  return z.object({ data, status_code: z.literal(1_000), timestamp });
}

const reading = { method: "GET", access: "anybody", refusal } as const;
const versioned = { ...reading, parameters: { version } };
const locations = "/ocpi/cpo/:version/locations";

/** What anybody reads in OCPI's words where `WATTPROOF_OPEN_DATA` is on. */
export const openDataOperations: readonly ApiOperation[] = [
  {
    ...reading,
    id: "listOcpiVersions",
    path: "/ocpi/versions",
    summary: "Lists the versions of OCPI in which places and prices can be read.",
    answers: answering(enveloped(z.array(z.object({ version, url: z.url() }))), "The versions."),
  },
  {
    ...versioned,
    id: "readOcpiVersion",
    path: "/ocpi/cpo/:version",
    summary: "Lists the modules of a version.",
    answers: answering(
      enveloped(
        z.object({
          version,
          endpoints: z.array(
            z.object({ identifier: z.enum(["locations", "tariffs"]), role: z.literal("SENDER"), url: z.url() }),
          ),
        }),
      ),
      "The modules.",
    ),
  },
  {
    ...versioned,
    id: "listOcpiLocations",
    path: locations,
    summary: "Lists sites with their EVSEs, connectors and states.",
    query: listQuery,
    answers: answering(enveloped(z.array(location)), "A page; the header `Link` has the next one."),
  },
  {
    ...versioned,
    id: "readOcpiLocation",
    path: `${locations}/:locationId`,
    summary: "Shows one site.",
    answers: answering(enveloped(location), "The site."),
  },
  {
    ...versioned,
    id: "readOcpiEvse",
    path: `${locations}/:locationId/:evseUid`,
    summary: "Shows one EVSE.",
    answers: answering(enveloped(evse), "The EVSE."),
  },
  {
    ...versioned,
    id: "readOcpiConnector",
    path: `${locations}/:locationId/:evseUid/:connectorId`,
    summary: "Shows one connector.",
    answers: answering(enveloped(connector), "The connector."),
  },
  {
    ...versioned,
    id: "listOcpiTariffs",
    path: "/ocpi/cpo/:version/tariffs",
    summary: "Lists the tariffs that the connectors shown offer now to everybody.",
    query: listQuery,
    answers: answering(enveloped(z.array(tariff)), "A page; the header `Link` has the next one."),
  },
];
