/* What is wrong with a page, as a list of sentences. */
(() => {
  const wrong = [];
  const text = (element) => (element.textContent || '').trim().slice(0, 40);
  const root = document.documentElement;

  if (root.scrollWidth > root.clientWidth)
    wrong.push(`the page is ${root.scrollWidth} wide in a window of ${root.clientWidth}`);

  for (const tile of document.querySelectorAll('.tiles div'))
    for (const part of tile.children)
      if (part.scrollWidth > part.clientWidth) wrong.push(`'${text(part)}' is wider than its tile`);

  for (const image of document.images)
    if (!image.alt) wrong.push(`an image has no text: ${image.src}`);

  const apart = (a, b) => a.right <= b.left + 0.5 || b.right <= a.left + 0.5 || a.bottom <= b.top + 1 || b.bottom <= a.top + 1;
  for (const svg of document.querySelectorAll('svg')) {
    const title = svg.querySelector('title');
    if (svg.getAttribute('role') !== 'img' || !title || !title.textContent.trim()) wrong.push('a picture has no text');
    const frame = svg.getBoundingClientRect();
    const labels = [...svg.querySelectorAll('text')];
    const boxes = labels.map((label) => label.getBoundingClientRect());
    boxes.forEach((box, i) => {
      if (box.left < frame.left - 1 || box.right > frame.right + 1 || box.top < frame.top - 1 || box.bottom > frame.bottom + 1)
        wrong.push(`the label '${text(labels[i])}' is outside of its picture`);
      for (let k = 0; k < i; k++)
        if (!apart(box, boxes[k])) wrong.push(`the labels '${text(labels[k])}' and '${text(labels[i])}' overlap`);
    });
  }

  /* WCAG 2: relative luminance, and 4.5 to 1 for text. */
  const light = (colour) => {
    const [r, g, b] = colour.match(/[\d.]+/g).slice(0, 3).map((v) => {
      const c = v / 255;
      return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor;
      if (!/, 0\)$|transparent/.test(colour)) return colour;
    }
    return 'rgb(255, 255, 255)';
  };
  const seen = new Set();
  for (const element of document.querySelectorAll('body *')) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!own || element.closest('title')) continue;
    const style = getComputedStyle(element);
    const ink = element.tagName === 'text' ? style.fill : style.color;
    const pair = ink + behind(element);
    if (seen.has(pair)) continue;
    seen.add(pair);
    const a = light(ink), b = light(behind(element));
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (contrast < 4.5) wrong.push(`'${text(element)}' has a contrast of ${contrast.toFixed(1)}`);
  }

  for (const link of document.querySelectorAll('a[href^="#"]'))
    if (!document.getElementById(link.hash.slice(1))) wrong.push(`the link '${text(link)}' leads nowhere`);
  for (const link of document.querySelectorAll('a:not([href^="#"]), link, script, iframe, object'))
    wrong.push(`a ${link.tagName.toLowerCase()} leads out of the page`);
  return wrong;
})()
