declare module 'virtual:symbols' {
  /** Paths on a square of 200 whose middle is (100, 100). */
  export const SYMBOL_PIECES: Record<
    'missile' | 'drone' | 'interceptor' | 'radar',
    { d: string; is_icon: boolean; is_filled: boolean }[]
  >;
}
