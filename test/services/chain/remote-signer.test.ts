import { createSign, createPrivateKey, generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";

import { secp256k1 } from "@noble/curves/secp256k1.js";
import { expect } from "chai";
import { getBytes, id, recoverAddress, Wallet } from "ethers";

import { signAwsRequest } from "../../../services/chain/aws-signature.ts";
import type { DigestSigner } from "../../../services/chain/digest-signer.ts";
import { createHttpSigner, createKmsSigner } from "../../../services/chain/remote-signer.ts";
import { WattproofError } from "../../../services/errors.ts";

const wallet = new Wallet(`0x${"17".repeat(32)}`);
const other = new Wallet(`0x${"18".repeat(32)}`);
const digest = id("what is to be signed");
const order = secp256k1.Point.Fn.ORDER;
const credentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret of the test", sessionToken: "session" };
const keyId = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd";
const atMs = Date.UTC(2027, 0, 1, 12);

/** What a signer on this machine was asked. */
interface Asked {
  readonly headers: IncomingMessage["headers"];
  readonly body: Readonly<Record<string, unknown>>;
}

describe("A key that signs elsewhere", function () {
  let server: Server;
  let url: string;
  let asked: Asked[];
  /** What it answers; `null`: nothing. */
  let answer: (body: Asked["body"]) => { readonly status?: number; readonly text: string } | null;

  beforeEach(async function () {
    asked = [];
    server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const body = JSON.parse(Buffer.concat(chunks).toString("utf8")) as Asked["body"];
        asked.push({ headers: request.headers, body });
        const answered = answer(body);
        if (answered !== null) response.writeHead(answered.status ?? 200).end(answered.text);
      });
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/sign`;
  });
  afterEach(async function () {
    await stop();
  });

  async function stop(): Promise<void> {
    if (!server.listening) return;
    const closed = once(server, "close");
    server.close();
    server.closeAllConnections();
    await closed;
  }

  const shared = () => ({ url, address: wallet.address, timeoutMs: 300, signal: new AbortController().signal });
  const plain = (): DigestSigner => createHttpSigner({ ...shared(), token: "token of the test" });
  const kms = (): DigestSigner =>
    createKmsSigner({ ...shared(), keyId, region: "eu-central-1", credentials, now: () => atMs });

  async function codeOf(work: Promise<unknown>): Promise<string> {
    return work.then(
      () => "nothing was thrown",
      (error: unknown) => (error instanceof WattproofError ? error.code : String(error)),
    );
  }

  /** r and s of a key, s the greater or the smaller of its two values. */
  function numbers(key: Wallet, isHigh: boolean): { readonly r: bigint; readonly s: bigint } {
    const { r, s } = key.signingKey.sign(digest);
    return { r: BigInt(r), s: isHigh ? order - BigInt(s) : BigInt(s) };
  }
  const word = (value: bigint): string => value.toString(16).padStart(64, "0");
  const plainText = (key: Wallet, isHigh = false): string => {
    const { r, s } = numbers(key, isHigh);
    return JSON.stringify({ signature: `0x${word(r)}${word(s)}` });
  };
  const kmsText = (key: Wallet, isHigh = false): string => {
    const { r, s } = numbers(key, isHigh);
    const der = new secp256k1.Signature(r, s).toBytes("der");
    return JSON.stringify({
      KeyId: keyId,
      Signature: Buffer.from(der).toString("base64"),
      SigningAlgorithm: "ECDSA_SHA_256",
    });
  };

  const signers = [
    ["plain", plain, plainText],
    ["of AWS KMS", kms, kmsText],
  ] as const;
  for (const [name, open, text] of signers) {
    describe(`A signer ${name}`, function () {
      for (const isHigh of [false, true]) {
        it(`gives the signature that the chain takes, also of one with ${isHigh ? "high" : "low"} s`, async function () {
          answer = () => ({ text: text(wallet, isHigh) });
          const signature = await open().sign(digest);
          expect(recoverAddress(digest, signature)).to.equal(wallet.address);
          expect(BigInt(signature.s) <= order / 2n).to.equal(true);
          expect(signature.serialized).to.equal(wallet.signingKey.sign(digest).serialized);
        });
      }

      it("is not believed if it has another key", async function () {
        answer = () => ({ text: text(other) });
        expect(await codeOf(open().sign(digest))).to.equal("SIGNER_WRONG");
      });

      it("is asked again later if it is away, late, broken, or says nonsense", async function () {
        const answers = [
          () => null,
          () => ({ status: 500, text: text(wallet) }),
          () => ({ status: 400, text: '{"__type":"ValidationException"}' }),
          () => ({ text: "no JSON" }),
          () => ({ text: "{}" }),
          () => ({ text: '{"signature":"0x12","Signature":"AAAA"}' }),
          () => ({ text: `{"signature":"0x${"00".repeat(9_000)}","Signature":"${"A".repeat(20_000)}"}` }),
        ];
        for (const given of answers) {
          answer = given;
          expect(await codeOf(open().sign(digest)), String(given)).to.equal("SIGNER_UNAVAILABLE");
        }
        await stop();
        expect(await codeOf(open().sign(digest))).to.equal("SIGNER_UNAVAILABLE");
      });

      it("is refused where r or s is no number of the curve", async function () {
        const wrong = [
          ["0".repeat(64), word(1n)],
          [word(1n), "0".repeat(64)],
          ["f".repeat(64), word(1n)],
          [word(1n), "f".repeat(64)],
          [word(1n), word(order)],
        ];
        for (const [r = "", s = ""] of wrong) {
          const der = Buffer.from(`30460221 00${r}022100${s}`.replaceAll(" ", ""), "hex").toString("base64");
          answer = () => ({ text: JSON.stringify({ signature: `0x${r}${s}`, Signature: der }) });
          expect(await codeOf(open().sign(digest))).to.equal("SIGNER_UNAVAILABLE");
        }
      });
    });
  }

  it("gets the digest and the token, where it is plain", async function () {
    answer = () => ({ text: plainText(wallet) });
    await plain().sign(digest);
    expect(asked).to.have.length(1);
    expect(asked[0]?.body).to.deep.equal({ digest });
    expect(asked[0]?.headers).to.include({ authorization: "Bearer token of the test" });
  });

  it("gets a request of KMS that is signed over what arrives", async function () {
    answer = () => ({ text: kmsText(wallet) });
    await kms().sign(digest);
    const [{ headers, body } = { headers: {}, body: {} }] = asked;
    expect(body).to.deep.equal({
      KeyId: keyId,
      Message: Buffer.from(getBytes(digest)).toString("base64"),
      MessageType: "DIGEST",
      SigningAlgorithm: "ECDSA_SHA_256",
    });
    const named = ["content-type", "x-amz-target"].map((name) => [name, String(headers[name])]);
    const expected = signAwsRequest(
      {
        ...{ method: "POST", url, headers: Object.fromEntries(named) as Record<string, string> },
        ...{ body: JSON.stringify(body), region: "eu-central-1", service: "kms", atMs },
      },
      credentials,
    );
    expect(headers).to.include({ ...expected, "x-amz-target": "TrentService.Sign", host: new URL(url).host });
    expect(headers["content-type"]).to.equal("application/x-amz-json-1.1");
  });

  it("signs requests as AWS' own examples do", function () {
    const example = {
      ...{ url: "https://example.amazonaws.com/", headers: {}, body: "", region: "us-east-1", service: "service" },
      atMs: Date.UTC(2015, 7, 30, 12, 36),
    };
    const key = { ...credentials, secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", sessionToken: null };
    // get-vanilla and post-vanilla of the test suite of Signature Version 4.
    const signatures = {
      GET: "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
      POST: "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
    };
    for (const [method, signature] of Object.entries(signatures)) {
      expect(signAwsRequest({ ...example, method }, key)).to.deep.equal({
        "x-amz-date": "20150830T123600Z",
        authorization:
          "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, " +
          `SignedHeaders=host;x-amz-date, Signature=${signature}`,
      });
    }
  });

  it("takes what OpenSSL writes in DER", async function () {
    // A key of the kind that KMS keeps; OpenSSL hashes what it signs, as KMS does not, so that the digest is the hash.
    const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "secp256k1" });
    const scalar =
      createPrivateKey(privateKey.export({ format: "pem", type: "pkcs8" })).export({ format: "jwk" }).d ?? "";
    const account = new Wallet(`0x${Buffer.from(scalar, "base64url").toString("hex")}`);
    expect(publicKey.asymmetricKeyDetails?.namedCurve).to.equal("secp256k1");
    const message = Buffer.from("hashed by SHA-256");
    const { createHash } = await import("node:crypto");
    const hashed = `0x${createHash("sha256").update(message).digest("hex")}`;
    answer = () => {
      const der = createSign("sha256").update(message).sign(privateKey);
      return { text: JSON.stringify({ Signature: der.toString("base64") }) };
    };
    const signer = createKmsSigner({
      ...{ ...shared(), address: account.address, keyId, region: "eu-central-1", credentials, now: () => atMs },
    });
    for (let times = 0; times < 20; times += 1) {
      expect(recoverAddress(hashed, await signer.sign(hashed))).to.equal(account.address);
    }
  });
});
