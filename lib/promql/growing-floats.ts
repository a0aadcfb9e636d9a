/** Numbers by slot, whose arrays are used again by the next query: what is made for each is soon collected, and costs more than to fill it. */
export interface GrowingFloats {
  /** At least as long as was reserved. A call of `reserve` may replace it. */
  values: Float64Array;
  /** Makes room for slots below `count`; new ones have the initial value. */
  reserve(count: number): void;
  /** Gives the array back: nothing may be read any more. */
  release(): void;
}

const MOST_IDLE = 8;
const MAX_IDLE_LENGTH = 32_768;
const MIN_LENGTH = 128;
const NONE = new Float64Array(0);

const idle: Float64Array[] = [];

function takeArray(length: number): Float64Array {
  const at = idle.findIndex((array) => array.length >= length);
  const found = at === -1 ? undefined : idle.splice(at, 1)[0];
  return found ?? new Float64Array(Math.max(length, MIN_LENGTH));
}

function giveBack(array: Float64Array): void {
  if (array.length === 0 || array.length > MAX_IDLE_LENGTH) return;
  // The longest stay, whatever came first.
  idle.push(array);
  idle.sort((a, b) => a.length - b.length);
  if (idle.length > MOST_IDLE) idle.shift();
}

export function growingFloats(initial: number): GrowingFloats {
  let filled = 0;
  const floats: GrowingFloats = {
    values: NONE,
    reserve(count) {
      if (count <= filled) return;
      if (count > floats.values.length) {
        const longer = takeArray(Math.max(count, floats.values.length * 2));
        longer.set(floats.values.subarray(0, filled));
        giveBack(floats.values);
        floats.values = longer;
      }
      floats.values.fill(initial, filled, count);
      filled = count;
    },
    release() {
      giveBack(floats.values);
      floats.values = NONE;
      filled = 0;
    },
  };
  return floats;
}
