import { createPrivateKey, generateKeyPairSync, type KeyObject, sign } from "node:crypto";

export interface TestCertificate {
  readonly cert: string;
  readonly key: string;
}

/** Two certificates of one issuer must not share a number. */
let serial = 0;

/**
 * A certificate authority, or a server's certificate signed by one, made on the spot: no key lies in the repository, nothing expires.
 * Hand-written DER (RFC 5280), just enough for Node's TLS.
 */
export function makeCertificate(options: {
  readonly name: string;
  readonly issuer?: TestCertificate & { readonly name: string };
  readonly addresses?: readonly string[];
  readonly notAfter?: Date;
}): TestCertificate & { readonly name: string } {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const signer: KeyObject = options.issuer === undefined ? privateKey : createPrivateKey(options.issuer.key);
  const algorithm = sequence(oid([1, 2, 840, 10045, 4, 3, 2]));
  const body = sequence(
    tagged(0, tlv(0x02, Buffer.from([2]))),
    tlv(0x02, Buffer.from([++serial])),
    algorithm,
    nameOf(options.issuer?.name ?? options.name),
    sequence(time(new Date("2020-01-01T00:00:00Z")), time(options.notAfter ?? new Date("2049-01-01T00:00:00Z"))),
    nameOf(options.name),
    publicKey.export({ type: "spki", format: "der" }),
    tagged(3, sequence(...extensions(options))),
  );
  const signature = sign("sha256", body, signer);
  const der = sequence(body, algorithm, tlv(0x03, Buffer.concat([Buffer.from([0]), signature])));
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  return {
    name: options.name,
    cert: `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  };
}

function extensions(options: { readonly issuer?: object; readonly addresses?: readonly string[] }): Buffer[] {
  const basic = sequence(...(options.issuer === undefined ? [tlv(0x01, Buffer.from([0xff]))] : []));
  const constraints = sequence(oid([2, 5, 29, 19]), tlv(0x01, Buffer.from([0xff])), tlv(0x04, basic));
  if (options.addresses === undefined) return [constraints];
  const names = options.addresses.map((each) =>
    /^[\d.]+$/.test(each) ? tlv(0x87, Buffer.from(each.split(".").map(Number))) : tlv(0x82, Buffer.from(each)),
  );
  return [constraints, sequence(oid([2, 5, 29, 17]), tlv(0x04, sequence(...names)))];
}

function tlv(tag: number, content: Buffer): Buffer {
  const { length } = content;
  const head = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, Math.floor(length / 256), length % 256];
  return Buffer.concat([Buffer.from([tag, ...head]), content]);
}

const sequence = (...parts: Buffer[]): Buffer => tlv(0x30, Buffer.concat(parts));
const tagged = (number: number, content: Buffer): Buffer => tlv(0xa0 + number, content);

function oid(numbers: readonly number[]): Buffer {
  const [first = 0, second = 0, ...rest] = numbers;
  const encode = (each: number): number[] => {
    const digits = [each % 128];
    for (let left = Math.floor(each / 128); left > 0; left = Math.floor(left / 128)) digits.unshift((left % 128) + 128);
    return digits;
  };
  return tlv(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(encode)]));
}

const nameOf = (text: string): Buffer => sequence(tlv(0x31, sequence(oid([2, 5, 4, 3]), tlv(0x0c, Buffer.from(text)))));

const time = (at: Date): Buffer => tlv(0x17, Buffer.from(`${at.toISOString().replace(/[-:T]/g, "").slice(2, 14)}Z`));
