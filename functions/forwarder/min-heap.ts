/** A binary heap: the smallest by `order` is on top. */
export interface MinHeap<T> {
  push(item: T): void;
  pop(): T | undefined;
  peek(): T | undefined;
  size(): number;
}

export function minHeap<T>(order: (a: T, b: T) => number): MinHeap<T> {
  const items: T[] = [];
  const before = (a: number, b: number) => order(items[a] as T, items[b] as T) < 0;
  const swap = (a: number, b: number) => {
    const item = items[a] as T;
    items[a] = items[b] as T;
    items[b] = item;
  };

  function siftDown(): void {
    for (let at = 0; ; ) {
      const left = 2 * at + 1;
      const right = left + 1;
      let least = at;
      if (left < items.length && before(left, least)) least = left;
      if (right < items.length && before(right, least)) least = right;
      if (least === at) return;
      swap(at, least);
      at = least;
    }
  }

  return {
    push(item) {
      items.push(item);
      for (let at = items.length - 1; at > 0; ) {
        const parent = (at - 1) >> 1;
        if (!before(at, parent)) return;
        swap(at, parent);
        at = parent;
      }
    },
    pop() {
      const top = items[0];
      const last = items.pop();
      if (items.length > 0) {
        items[0] = last as T;
        siftDown();
      }
      return top;
    },
    peek: () => items[0],
    size: () => items.length,
  };
}
