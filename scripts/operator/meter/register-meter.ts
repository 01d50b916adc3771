import { readFileSync } from "node:fs";

import { toBeHex } from "ethers";
import { z } from "zod";

import { formatOfRecord } from "../../../services/evidence/formats/all-formats.ts";
import { factsOf } from "../../../services/evidence/formats/maker-facts.ts";
import { curveParameters } from "../../../services/evidence/formats/ocmf/curves.ts";
import type { Curve, VerifiedRecord } from "../../../services/evidence/formats/ocmf/types.ts";
import { curveNumbers } from "../../verify/contract-answers.ts";
import type { ChainAccess } from "../../command-line/chain-access.ts";
import { exitCode, type ExitCode } from "../../command-line/exit-codes.ts";
import { registryNumberInput, timeInput } from "../../command-line/inputs.ts";
import { readLogs } from "../../command-line/logs.ts";
import { registryOf, requireEvse } from "../../command-line/registry.ts";
import type { Transaction, Writer } from "../../command-line/transact.ts";
import type { ArgumentSpec, OptionSpec, Run } from "../../command-line/verb.ts";
import { WattproofError } from "../../../services/errors.ts";
import { readMeterKey, registryKeyOf } from "./meter-key.ts";
import { curvesOfContract, possessionTagOf, requirePossessionRecord, sortAttestations } from "./possession.ts";

const curveNames = Object.keys(curveParameters) as [Curve, ...Curve[]];
/** The registry's uint40: no end. */
const endOfTime = 2 ** 40 - 1;
/** docs/gas.md. What follows the registration cannot be simulated before it is mined. */
const usualActivationGas = 130_684n;

export const keyOptions: readonly OptionSpec[] = [
  {
    flags: "--key <text>",
    description:
      "the meter's public key as printed, scanned or exported: SPKI, SEC1 point or x‖y; hex, base64, base32 or PEM",
  },
  { flags: "--key-file <file>", description: "the same from a file; DER is taken, too" },
  { flags: "--curve <name>", description: `for a bare point that is not of secp256r1: ${curveNames.join(", ")}` },
];
export const registrationOptions: readonly OptionSpec[] = [
  ...keyOptions,
  { flags: "--record <file>", description: "a record that this meter signed, with the possession tag as its ID" },
  { flags: "--calibrated-until <day>", description: "from when on the meter's calibration has run out" },
  { flags: "--valid-from <time>", description: "records count from here; default: now" },
  { flags: "--valid-until <time>", description: "records count to here; default: no end" },
  {
    flags: "--attestation <signature>",
    description: "an oracle's, where the contract cannot verify the curve; once for each oracle (see oracle attest)",
    isRepeated: true,
  },
];
export const registrationArguments: readonly ArgumentSpec[] = [
  { syntax: "<evse>", description: "number of the EVSE at which the meter measures" },
];

export const keyInput = z.object({
  key: z.string().optional(),
  keyFile: z.string().optional(),
  curve: z.enum(curveNames).optional(),
});
export const registrationInput = keyInput.extend({
  evse: registryNumberInput,
  record: z.string().optional(),
  calibratedUntil: timeInput,
  validFrom: timeInput.optional(),
  validUntil: timeInput.default(endOfTime),
  attestation: z.array(z.string()).default([]),
});

/** Registers and activates a meter; what an interrupted run left undone is done. */
export async function registerMeter(
  input: z.output<typeof registrationInput>,
  run: Run,
  isReplacing: boolean,
): Promise<ExitCode> {
  const { evse } = input;
  const key = readMeterKey(input);
  const writer = await run.openWriter("OPERATOR");
  const { chain } = writer;
  const { operator, activeMeter } = await requireEvse(chain, evse);
  if (isReplacing && activeMeter === 0) {
    throw new WattproofError("EVSE_WITHOUT_METER", `EVSE ${evse} has no meter to be replaced; use meter add.`);
  }
  if (!isReplacing && activeMeter !== 0) {
    throw new WattproofError("EVSE_HAS_METER", `EVSE ${evse} has meter ${activeMeter}; meter rotate replaces it.`);
  }
  const tag = await possessionTagOf(chain, operator, evse, key);
  const record = requirePossessionRecord(input.record, key, tag);
  const facts = factsOf(record, formatOfRecord(readFileSync(input.record ?? "")));
  const transactions: Transaction[] = [];
  const pending = await findPending(run, chain, evse, key.curve, registryKeyOf(key));
  let meter = pending;
  if (meter === null) {
    const validFrom = input.validFrom ?? (await chain.provider.getBlock("latest"))?.timestamp ?? 0;
    const { result, transaction } = await writer.call({
      contract: "meterRegistry",
      method: "registerMeter",
      parameters: [
        evse,
        curveNumbers[key.curve],
        registryKeyOf(key),
        validFrom,
        input.validUntil,
        input.calibratedUntil,
      ],
    });
    meter = z.bigint().transform(Number).parse(result);
    transactions.push(transaction);
  }

  const isSimulatedOnly = run.isDryRun && pending === null;
  const activation = isSimulatedOnly ? null : await activationOf(writer, meter, record, input.attestation);
  if (activation !== null && activation !== "attestations-missing") transactions.push(activation);
  const status = activation === "attestations-missing" ? "pending" : run.isDryRun ? "planned" : "active";
  const digest =
    activation === "attestations-missing" ? await chain.contracts.meterRegistry.attestationDigestOf(meter) : null;
  const { output, isDryRun } = run;
  output.json({
    isDryRun,
    evse,
    meter,
    curve: key.curve,
    status,
    possessionTag: tag,
    replaces: activeMeter === 0 ? null : activeMeter,
    attestationDigest: digest,
    facts,
    transactions,
    notSimulated: isSimulatedOnly ? [{ method: "activateMeter", usualGas: usualActivationGas }] : [],
  });
  for (const { name, consequence, source } of facts) output.line(`${name}: ${consequence} (${source})`);
  if (isSimulatedOnly) output.line(`then would activate it, usually ${usualActivationGas} gas`);
  if (digest === null) {
    output.line(`meter ${meter} on ${key.curve} at EVSE ${evse}: ${status}`);

    return exitCode.done;
  }
  output.line(`meter ${meter} is pending: the contract cannot verify ${key.curve}. Have a quorum of oracles run`);
  output.line(`  wattproof oracle attest ${meter} --record <file>`);
  output.line("and run this again with --attestation for each signature.");

  return exitCode.differs;
}

/** The pending meter with this key at this EVSE, which an earlier run left. */
async function findPending(
  run: Run,
  chain: ChainAccess,
  evse: number,
  curve: Curve,
  publicKey: string,
): Promise<number | null> {
  const { meterRegistry } = chain.contracts;
  const keyId = await meterRegistry.keyIdOf(curveNumbers[curve], publicKey);
  const logs = await readLogs(run, chain, {
    address: chain.deployment.contracts.meterRegistry,
    topics: chain.interfaces.meterRegistry.encodeFilterTopics("MeterRegistered", [null, evse, keyId]),
  });
  const latest = logs.at(-1)?.topics[1];
  if (latest === undefined) return null;
  const meter = Number(latest);

  return (await registryOf(chain).readMeter(meter))?.status === "pending" ? meter : null;
}

async function activationOf(
  writer: Writer,
  meter: number,
  { payload, signature, key }: VerifiedRecord,
  attestations: readonly string[],
): Promise<Transaction | "attestations-missing"> {
  const contract = "meterRegistry";
  if (curvesOfContract.has(key.curve)) {
    const parameters = [meter, payload, toBeHex(signature.r, 32), toBeHex(signature.s, 32)];
    return (await writer.call({ contract, method: "activateMeter", parameters })).transaction;
  }
  if (attestations.length === 0) return "attestations-missing";
  const digest = await writer.chain.contracts.meterRegistry.attestationDigestOf(meter);
  const parameters = [meter, sortAttestations(attestations, digest)];

  return (await writer.call({ contract, method: "activateAttestedMeter", parameters })).transaction;
}
