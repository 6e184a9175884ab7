// A short fingerprint of a text, to see whether it is still the same. It keeps no secret.

/**
 * @param {string} text
 * @returns {string} 16 hexadecimal digits
 */
export function digest(text) {
  let first = 0x811c9dc5;
  let second = 0x9e3779b9;
  for (const byte of new TextEncoder().encode(text)) {
    first = Math.imul(first ^ byte, 0x01000193);
    second = Math.imul(second ^ byte, 0x85ebca6b);
    second ^= second >>> 15;
  }
  return hexadecimal(first) + hexadecimal(second);
}

/** @param {number} number */
function hexadecimal(number) {
  return (number >>> 0).toString(16).padStart(8, "0");
}
