/**
 * One message of AWS's event stream encoding, as Bedrock's ConverseStream answers: two lengths and their checksum, the
 * headers, the payload, and a checksum of all (AWS SDK reference, "application/vnd.amazon.eventstream").
 */
export function awsEvent(type: string, payload: unknown): Buffer {
  const headers = Buffer.concat([
    stringHeader(':event-type', type),
    stringHeader(':content-type', 'application/json'),
    stringHeader(':message-type', 'event'),
  ]);
  const body = Buffer.from(JSON.stringify(payload));
  const prelude = Buffer.alloc(8);
  prelude.writeUInt32BE(16 + headers.length + body.length, 0);
  prelude.writeUInt32BE(headers.length, 4);
  const checked = Buffer.concat([prelude, crc32(prelude), headers, body]);
  return Buffer.concat([checked, crc32(checked)]);
}

const stringType = 7;

function stringHeader(name: string, value: string): Buffer {
  const head = Buffer.concat([
    Buffer.from([name.length]),
    Buffer.from(name),
    Buffer.from([stringType, 0, value.length]),
  ]);
  return Buffer.concat([head, Buffer.from(value)]);
}

/** ISO 3309; `node:zlib` has it from Node 22 on. */
function crc32(bytes: Buffer): Buffer {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  const encoded = Buffer.alloc(4);
  encoded.writeUInt32BE(~crc >>> 0);
  return encoded;
}
