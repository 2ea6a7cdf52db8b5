/** Severity of an OPC UA status code: 0 good, 1 uncertain, 2 bad. */
export function severity(code: number): 0 | 1 | 2 {
  const top = code >>> 30;
  return top === 0 ? 0 : top === 1 ? 1 : 2;
}
