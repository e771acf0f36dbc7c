/** What the picture tells tests and curious readers of itself. */
interface Window {
  opendome?: {
    readonly drawMs: number;
    readonly labels: { key: string; x: number; y: number; width: number; height: number }[];
    time(n: number): number;
  };
}
