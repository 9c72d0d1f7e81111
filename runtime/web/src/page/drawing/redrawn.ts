/** When a picture must be drawn again: another size, another theme. */

/** Draw again, at most once a frame, whenever a canvas changes its size or the page its theme. */
export function redrawn(canvas: HTMLCanvasElement, draw: () => void): void {
  let waits = false;
  const soon = () => {
    if (waits) return;
    waits = true;
    requestAnimationFrame(() => {
      waits = false;
      draw();
    });
  };
  new ResizeObserver(soon).observe(canvas);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", soon);
}
