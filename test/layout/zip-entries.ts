/** Names of the files in a zip, from its central directory (APPNOTE 4.3.12). */
export function zipEntries(zip: Buffer): readonly string[] {
  const names: string[] = [];
  let at = zip.indexOf(centralHeader);
  while (at !== -1 && zip.readUInt32BE(at) === centralHeader.readUInt32BE()) {
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((offset) => zip.readUInt16LE(at + offset));
    names.push(zip.toString("utf8", at + 46, at + 46 + (nameLength ?? 0)));
    at += 46 + (nameLength ?? 0) + (extraLength ?? 0) + (commentLength ?? 0);
  }
  return names;
}

const centralHeader = Buffer.from("PK\u0001\u0002");
