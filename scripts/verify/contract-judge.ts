import { hexlify, toBeHex } from "ethers";
import hre from "hardhat";

import { WattproofError } from "../../services/errors.ts";
import { formatDecimal } from "../../services/domain/decimal.ts";
import { openEnvelope, type SignedEnvelope } from "../../services/evidence/formats/ocmf/envelope.ts";
import { encodePoint } from "../../services/evidence/formats/ocmf/public-key.ts";
import { judgeSession } from "../../services/evidence/formats/ocmf/session.ts";
import type {
  RecordInput,
  RecordVerdict,
  Refusal,
  SessionVerdict,
  Unsupported,
} from "../../services/evidence/formats/ocmf/types.ts";
import type { Judge, Judgement } from "../../services/evidence/judge.ts";
import type { OcmfLens } from "../../types/index.ts";
import { prepareContracts } from "./prepare-contracts.ts";
import { curveNumbers, finding, judgement, reasonOf } from "./contract-answers.ts";
import { toVerifiedRecord } from "./contract-record.ts";

/**
 * The judge that is the contract: signature and content are judged by the lens, on a chain inside this process. The
 * service's code only takes the record apart (framing, signature section, forms of key and signature), which is no
 * business of the contract, and applies the rules of sessions, which are the same.
 *
 * @param onRemark Told what is done first, where that takes long.
 * @throws WattproofError OCMF_ON_CHAIN_UNAVAILABLE
 */
export async function createContractJudge(onRemark: (text: string) => void): Promise<Judge> {
  await prepareContracts(["OcmfScanner", "OcmfLens"], onRemark);
  const connection = await hre.network.create();
  const lens = await deployLens(connection.ethers);

  const judge = async ({ record, publicKey }: RecordInput): Promise<RecordVerdict> => {
    const envelope = openEnvelope(record, publicKey);
    return envelope.verdict === "opened" ? inspect(lens, envelope) : envelope;
  };

  return {
    async judgeRecord(input) {
      return toJudgement(await judge(input));
    },
    async judgeSession(inputs) {
      const verdicts: RecordVerdict[] = [];
      for (const input of inputs) verdicts.push(requireBeginOrEnd(await judge(input)));
      return toJudgement(judgeSession(verdicts));
    },
    close: () => connection.close(),
  };
}

async function deployLens(ethers: Awaited<ReturnType<typeof hre.network.create>>["ethers"]): Promise<OcmfLens> {
  try {
    const scanner = await ethers.deployContract("OcmfScanner");
    return await ethers.deployContract("OcmfLens", [await scanner.getAddress()]);
  } catch (cause) {
    throw new WattproofError("OCMF_ON_CHAIN_UNAVAILABLE", "the contracts cannot be deployed", { cause });
  }
}

async function inspect(lens: OcmfLens, envelope: SignedEnvelope): Promise<RecordVerdict> {
  const { key, payload, signature } = envelope;
  // The first byte says that the point is not compressed. Scalars of a longer curve do not fit, nor are they looked at.
  const point = encodePoint(key).subarray(1);
  const fits = point.length <= 64;
  const [r, s] = fits ? [signature.r, signature.s] : [0n, 0n];
  const answer = await lens.inspect(
    curveNumbers[key.curve],
    hexlify(point),
    hexlify(payload),
    toBeHex(r, 32),
    toBeHex(s, 32),
  );
  if (answer.judgement === judgement.accepted) return toVerifiedRecord(envelope, answer);

  const verdict = answer.judgement === judgement.unsupported ? "unsupported" : "refused";
  const where = answer.finding === finding.contentRefused ? ` at byte ${answer.position}` : "";
  return { verdict, ...reasonOf(answer, where) };
}

/** What lies between begin and end the contract reads but does not tell, so that nothing can be said about its order. */
function requireBeginOrEnd(verdict: RecordVerdict): RecordVerdict {
  if (verdict.verdict !== "accepted" || verdict.begin !== null || verdict.end !== null) return verdict;
  return { verdict: "unsupported", reason: "OCMF_ON_CHAIN_LIMIT", detail: "a record without begin and end" };
}

function toJudgement(verdict: RecordVerdict | SessionVerdict | Refusal | Unsupported): Judgement {
  if (verdict.verdict !== "accepted") return { verdict: verdict.verdict, reason: verdict.reason, energyWh: null };
  const { energyWh } = verdict;
  return { verdict: "accepted", reason: null, energyWh: energyWh === null ? null : formatDecimal(energyWh) };
}
