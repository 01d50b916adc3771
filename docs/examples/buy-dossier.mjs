// Buys a dossier over HTTP with x402, and keeps it only if it is what was paid for.
//   node docs/examples/buy-dossier.mjs <url of the dossier> <chain endpoint> <file>
// The buyer's key is in BUYER_PRIVATE_KEY. Needs ethers, and verify:dossier of this repository.
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { AbiCoder, hexlify, keccak256, randomBytes, Wallet } from "ethers";

const [url, rpc, file] = process.argv.slice(2);
const decode = (header) => JSON.parse(Buffer.from(header, "base64").toString());

const asked = await fetch(url);
if (asked.status !== 402) throw new Error(`Nothing to pay: status ${asked.status}`);
const { accepts } = decode(asked.headers.get("PAYMENT-REQUIRED"));
const accepted = accepts.find(({ scheme }) => scheme === "exact");
const { offerId, offer, name, version } = accepted.extra;
console.log(`The price is ${accepted.amount} of ${accepted.asset} on ${accepted.network}.`);

// The nonce names the offer, so that the payment buys this dossier and nothing else.
const salt = hexlify(randomBytes(32));
const nonce = keccak256(AbiCoder.defaultAbiCoder().encode(["bytes32", "bytes32"], [offerId, salt]));
const buyer = new Wallet(process.env.BUYER_PRIVATE_KEY);
const authorization = {
  ...{ from: buyer.address, to: accepted.payTo, value: accepted.amount },
  ...{ validAfter: "0", validBefore: String(offer.expiresAt), nonce },
};
const chainId = Number(accepted.network.split(":")[1]);
const members = "address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce";
const fields = members.split(",").map((member) => ({ type: member.split(" ")[0], name: member.split(" ")[1] }));
const domain = { name, version, chainId, verifyingContract: accepted.asset };
const signature = await buyer.signTypedData(domain, { TransferWithAuthorization: fields }, authorization);

const payment = { x402Version: 2, accepted, payload: { signature, authorization, salt } };
const header = Buffer.from(JSON.stringify(payment)).toString("base64");
const answer = await fetch(url, { headers: { "PAYMENT-SIGNATURE": header } });
if (!answer.ok) throw new Error(`Not sold: ${await answer.text()}`);
console.log(`Paid in transaction ${decode(answer.headers.get("PAYMENT-RESPONSE")).transaction}.`);
writeFileSync(file, Buffer.from(await answer.arrayBuffer()), { mode: 0o600 });
execFileSync("npm", ["run", "-s", "verify:dossier", "--", file, "--rpc", rpc], { stdio: "inherit" });
