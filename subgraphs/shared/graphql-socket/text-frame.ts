const finalText = 0x81;

/**
 * A text message in one unmasked WebSocket frame (RFC 6455, section 5.2), in two parts: what all who get it share is
 * encoded once, and each frame is one write.
 */
export function textFrame(own: Buffer, shared: Buffer): Buffer {
  const length = own.length + shared.length;
  const header = length < 126 ? 2 : length < 65_536 ? 4 : 10;
  const frame = Buffer.allocUnsafe(header + length);
  frame[0] = finalText;
  if (header === 2) {
    frame[1] = length;
  } else if (header === 4) {
    frame[1] = 126;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = 127;
    frame.writeBigUInt64BE(BigInt(length), 2);
  }
  own.copy(frame, header);
  shared.copy(frame, header + own.length);
  return frame;
}
