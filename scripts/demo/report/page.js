/* global document */
(() => {
  const { from, to, lines } = JSON.parse(document.getElementById("readout").textContent);
  const output = document.querySelector(".readout");
  const charts = [...document.querySelectorAll(".timed svg[data-left]")].map((svg) => {
    const cursor = document.createElementNS("http://www.w3.org/2000/svg", "path");
    cursor.setAttribute("class", "cursor");
    svg.append(cursor);
    const { height } = svg.viewBox.baseVal;
    return { svg, cursor, height, left: Number(svg.dataset.left), right: Number(svg.dataset.right) };
  });

  const lineAt = (at) => {
    let low = 0;
    let high = lines.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (lines[middle][0] <= at) low = middle;
      else high = middle - 1;
    }
    return lines[low];
  };

  const show = (chart, clientX) => {
    const box = chart.svg.getBoundingClientRect();
    const x = ((clientX - box.left) / box.width) * chart.svg.viewBox.baseVal.width;
    const share = (x - chart.left) / (chart.right - chart.left);
    if (share < 0 || share > 1 || lines.length === 0) return hide();
    const [at, text] = lineAt(from + share * (to - from));
    output.textContent = text;
    output.hidden = false;
    for (const { cursor, height, left, right } of charts) {
      const position = left + ((at - from) / (to - from)) * (right - left);
      cursor.setAttribute("d", `M${position.toFixed(1)} 8V${height - 32}`);
    }
  };

  const hide = () => {
    output.hidden = true;
    for (const { cursor } of charts) cursor.removeAttribute("d");
  };

  for (const chart of charts) {
    chart.svg.addEventListener("pointermove", ({ clientX }) => show(chart, clientX));
    chart.svg.addEventListener("pointerdown", ({ clientX }) => show(chart, clientX));
    chart.svg.addEventListener("pointerleave", hide);
  }
})();
