// The charts know no colours; these are the page's own, which follow the reader's choice of light or dark.
const style = getComputedStyle(document.documentElement);
const colour = (name) => style.getPropertyValue(`--${name}`).trim();

function look() {
  const width = document.body.clientWidth;
  const [ink, quiet, line, wrong, hue] = ["ink", "quiet", "line", "wrong", "hue-1"].map(colour);
  return {
    background: "transparent",
    font: "system-ui, sans-serif",
    mark: { color: hue },
    axis: { domainColor: line, tickColor: line, gridColor: line, labelColor: quiet, titleColor: quiet,
      titleFontWeight: "normal", labelFontSize: 12, titleFontSize: 12, labelLimit: 130, labelOverlap: true, labelSeparation: 8 },
    axisX: { grid: false },
    legend: { orient: "bottom", direction: "horizontal", labelColor: ink, titleColor: quiet, labelFontSize: 12,
      titleFontSize: 12, titleFontWeight: "normal", labelLimit: Math.min(330, width - 170), columns: width < 600 ? 2 : 7 },
    view: { stroke: null },
    style: {
      gap: { color: wrong, stroke: wrong, strokeWidth: 1, opacity: 0.3 },
      bin: { color: hue, stroke: colour("card"), strokeWidth: 1 },
      band: { color: colour("band") },
      middle: { color: hue, strokeWidth: 1.5 },
      wrong: { color: wrong, filled: true, opacity: 1, shape: "triangle-up" },
    },
    range: {
      category: [1, 2, 3, 4, 5, 6, 7, 8].map((number) => colour(`hue-${number}`)),
      ramp: [colour("band"), colour("high")],
      heatmap: [colour("low"), colour("high")],
    },
  };
}

document.getElementById("undrawn").remove();

let drawn = [];
async function draw() {
  drawn.splice(0).forEach((chart) => chart.finalize());
  const config = look();
  const theme = dark.matches ? "dark" : "light";
  for (const place of document.querySelectorAll(".chart")) {
    const spec = JSON.parse(place.nextElementSibling.textContent);
    drawn.push(await vegaEmbed(place, spec, { actions: false, renderer: "svg", ast: true, config, tooltip: { theme } }));
  }
  document.documentElement.dataset.drawn = theme;
}

const dark = matchMedia("(prefers-color-scheme: dark)");
dark.addEventListener("change", draw);
draw();
