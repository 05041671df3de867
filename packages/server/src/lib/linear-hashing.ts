/**
 * Which entries of a table meet by their hash: chains of places, one for each bucket, of which there are as many as entries. One
 * more entry divides one bucket in two (linear hashing), so that the table grows without ever being made anew.
 */
export type Buckets = {
  /** The first place of the chain where those with that hash are, and others; {@link nowhere} if there are none. */
  readonly first: (hash: number) => number
  readonly add: (hash: number, place: number) => void
  readonly remove: (hash: number, place: number) => void
  /** Nothing may be added or removed meanwhile. */
  readonly places: () => IteratorObject<number>
  readonly clear: () => void
}

/** What the entries know of themselves. */
export type Entries = {
  readonly hashAt: (place: number) => number
  readonly nextOf: (place: number) => number
  readonly setNext: (place: number, next: number) => void
}

/** No entry is there, and every chain ends with it. */
export const nowhere = 0

/** A power of two, and no more than a piece has. */
const fewestBuckets = 16
/** Heads of chains that are asked for at a time. */
const pieceLength = 4096

export const createBuckets = ({ hashAt, nextOf, setNext }: Entries): Buckets => {
  let pieces = [new Uint32Array(pieceLength)]
  let count = fewestBuckets
  /** The largest power of two that is not above the count: so many buckets as the count is beyond it are divided already. */
  let half = fewestBuckets
  let entries = 0

  const pieceOf = (bucket: number): Uint32Array => pieces[Math.floor(bucket / pieceLength)] as Uint32Array
  const headOf = (bucket: number): number => pieceOf(bucket)[bucket % pieceLength] as number
  const setHead = (bucket: number, place: number): void => {
    pieceOf(bucket)[bucket % pieceLength] = place
  }

  const bucketOf = (hash: number): number => {
    const bucket = hash & (2 * half - 1)
    return bucket < count ? bucket : bucket - half
  }

  const putFirst = (bucket: number, place: number): void => {
    setNext(place, headOf(bucket))
    setHead(bucket, place)
  }

  /** Those of one bucket whose hash has the next bit go to a new one. */
  const divide = (): void => {
    const divided = count - half
    if (count % pieceLength === 0) pieces.push(new Uint32Array(pieceLength))
    count += 1
    let place = headOf(divided)
    setHead(divided, nowhere)
    while (place !== nowhere) {
      const next = nextOf(place)
      putFirst(bucketOf(hashAt(place)), place)
      place = next
    }
    if (count === 2 * half) half = count
  }

  const placesOf = function* (bucket: number): Generator<number, undefined> {
    for (let place = headOf(bucket); place !== nowhere; place = nextOf(place)) yield place
  }

  return {
    first: (hash) => headOf(bucketOf(hash)),
    add: (hash, place) => {
      putFirst(bucketOf(hash), place)
      entries += 1
      if (entries > count) divide()
    },
    remove: (hash, place) => {
      const bucket = bucketOf(hash)
      const next = nextOf(place)
      if (headOf(bucket) === place) setHead(bucket, next)
      else {
        let before = headOf(bucket)
        while (nextOf(before) !== place) before = nextOf(before)
        setNext(before, next)
      }
      entries -= 1
    },
    places: function* () {
      for (let bucket = 0; bucket < count; bucket += 1) yield* placesOf(bucket)
    },
    clear: () => {
      pieces = [new Uint32Array(pieceLength)]
      count = fewestBuckets
      half = fewestBuckets
      entries = 0
    },
  }
}
