import { createHash, createHmac } from 'node:crypto'

/**
 * ECDSA whose signature of a message is the same every time (RFC 6979), which Node's is not: the committed vectors can be
 * made again byte by byte, and signatures with chosen faults can be made at all. Only for keys that everybody may know:
 * nothing here takes care that times do not betray the key.
 */
export interface Curve {
  readonly name: 'P-256' | 'P-384' | 'P-521'
  readonly hash: 'sha256' | 'sha384' | 'sha512'
  /** Octets of a coordinate and of each half of a signature. */
  readonly size: number
  readonly p: bigint
  readonly n: bigint
  readonly g: Point
}

export interface Point {
  readonly x: bigint
  readonly y: bigint
}

export interface EcdsaSignature {
  readonly r: bigint
  readonly s: bigint
}

// FIPS 186-4, D.1.2.
export const p256: Curve = {
  name: 'P-256',
  hash: 'sha256',
  size: 32,
  p: 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn,
  n: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
  g: {
    x: 0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296n,
    y: 0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5n,
  },
}

export const p384: Curve = {
  name: 'P-384',
  hash: 'sha384',
  size: 48,
  p: 0xfffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffffff0000000000000000ffffffffn,
  n: 0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
  g: {
    x: 0xaa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a385502f25dbf55296c3a545e3872760ab7n,
    y: 0x3617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c00a60b1ce1d7e819d7a431d7c90ea0e5fn,
  },
}

export const p521: Curve = {
  name: 'P-521',
  hash: 'sha512',
  size: 66,
  p: (1n << 521n) - 1n,
  n: 0x01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409n,
  g: {
    x: 0x00c6858e06b70404e9cd9e3ecb662395b4429c648139053fb521f828af606b4d3dbaa14b5e77efe75928fe1dc127a2ffa8de3348b3c1856a429bf97e7e31c2e5bd66n,
    y: 0x011839296a789a3bc0045c8a5fb42c7d1bd998f54449579b446817afbd17273e662c97ee72995ef42640c550b9013fad0761353c7086a272c24088be94769fd16650n,
  },
}

/** Signs as RFC 6979 §3.2 says, with the curve's own hash. */
export function ecdsaSign(curve: Curve, d: bigint, message: Uint8Array): EcdsaSignature {
  const { n } = curve
  const digest = createHash(curve.hash).update(message).digest()
  const e = leftmostBits(digest, n)
  for (const k of nonces(curve, d, e)) {
    const r = mod(multiply(curve, k, curve.g).x, n)
    const s = mod(inverse(k, n) * (e + r * d), n)
    if (r !== 0n && s !== 0n) return { r, s }
  }
  throw new Error('RFC 6979 has no end of nonces')
}

/** The form of a JWS signature (RFC 7518 §3.4): both halves in full length, one after the other. */
export const joseSignature = ({ r, s }: EcdsaSignature, size: number): Buffer =>
  Buffer.concat([octets(r, size), octets(s, size)])

/** The form of certificates (RFC 3279 §2.2.3), which JWS does not have. */
export function derSignature({ r, s }: EcdsaSignature): Buffer {
  const content = Buffer.concat([derInteger(r), derInteger(s)])
  return Buffer.concat([Buffer.from([0x30]), derLength(content.length), content])
}

export const octets = (value: bigint, size: number): Buffer =>
  Buffer.from(value.toString(16).padStart(size * 2, '0'), 'hex')
export const toBigInt = (bytes: Uint8Array): bigint => BigInt(`0x${Buffer.from(bytes).toString('hex') || '0'}`)

function derInteger(value: bigint): Buffer {
  const hex = value.toString(16)
  const bytes = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex')
  const content = (bytes[0] ?? 0) > 0x7f ? Buffer.concat([Buffer.from([0]), bytes]) : bytes
  return Buffer.concat([Buffer.from([2]), derLength(content.length), content])
}

const derLength = (length: number): Buffer => Buffer.from(length < 0x80 ? [length] : [0x81, length])

function* nonces(curve: Curve, d: bigint, e: bigint): Generator<bigint> {
  const { n, hash } = curve
  const size = Math.ceil(n.toString(2).length / 8)
  const hmac = (key: Uint8Array, ...parts: Uint8Array[]) =>
    parts.reduce((mac, part) => mac.update(part), createHmac(hash, key)).digest()
  const seed = Buffer.concat([octets(d, size), octets(mod(e, n), size)])
  const length = createHash(hash).digest().length
  let v: Buffer = Buffer.alloc(length, 1)
  let key: Buffer = Buffer.alloc(length, 0)
  for (const step of [0, 1]) {
    key = hmac(key, v, Buffer.from([step]), seed)
    v = hmac(key, v)
  }
  for (;;) {
    let bytes = Buffer.alloc(0)
    while (bytes.length < size) {
      v = hmac(key, v)
      bytes = Buffer.concat([bytes, v])
    }
    const k = leftmostBits(bytes.subarray(0, size), n)
    if (k > 0n && k < n) yield k
    key = hmac(key, v, Buffer.from([0]))
    v = hmac(key, v)
  }
}

function leftmostBits(bytes: Uint8Array, n: bigint): bigint {
  const surplus = bytes.length * 8 - n.toString(2).length
  return surplus > 0 ? toBigInt(bytes) >> BigInt(surplus) : toBigInt(bytes)
}

const mod = (value: bigint, modulus: bigint): bigint => ((value % modulus) + modulus) % modulus

function inverse(value: bigint, modulus: bigint): bigint {
  let [r, newR, t, newT] = [modulus, mod(value, modulus), 0n, 1n]
  while (newR !== 0n) {
    const quotient = r / newR
    ;[r, newR, t, newT] = [newR, r - quotient * newR, newT, t - quotient * newT]
  }
  return mod(t, modulus)
}

/** Jacobian coordinates, so that only the end needs an inversion; z = 0 is the point at infinity. */
type Jacobian = readonly [x: bigint, y: bigint, z: bigint]

function multiply(curve: Curve, k: bigint, point: Point): Point {
  const { p } = curve
  let sum: Jacobian = [1n, 1n, 0n]
  for (const bit of k.toString(2)) {
    sum = double(sum, p)
    if (bit === '1') sum = add(sum, [point.x, point.y, 1n], p)
  }
  const inverted = inverse(sum[2], p)
  const squared = mod(inverted * inverted, p)
  return { x: mod(sum[0] * squared, p), y: mod(sum[1] * squared * inverted, p) }
}

function double([x, y, z]: Jacobian, p: bigint): Jacobian {
  if (z === 0n) return [x, y, z]
  const yy = mod(y * y, p)
  const s = mod(4n * x * yy, p)
  const zz = mod(z * z, p)
  const m = mod(3n * (x - zz) * (x + zz), p)
  const newX = mod(m * m - 2n * s, p)
  return [newX, mod(m * (s - newX) - 8n * yy * yy, p), mod(2n * y * z, p)]
}

function add(left: Jacobian, right: Jacobian, p: bigint): Jacobian {
  if (left[2] === 0n) return right
  const [x, y, z] = left
  const zz = mod(z * z, p)
  const h = mod(right[0] * zz - x, p)
  const r = mod(right[1] * zz * z - y, p)
  if (h === 0n) return r === 0n ? double(left, p) : [1n, 1n, 0n]
  const hh = mod(h * h, p)
  const v = mod(x * hh, p)
  const newX = mod(r * r - h * hh - 2n * v, p)
  return [newX, mod(r * (v - newX) - y * h * hh, p), mod(z * h, p)]
}
