// Fills the sheet that the address asks for, with words and pictures that are the same every time.

(() => {
  const WORDS =
    'compiling linked warning optimised module cache objects read wrote session invitation screen pointer answer words ' +
    'contact network server picture window button change nothing everything slowly quickly again before after because';
  const words = WORDS.split(' ');

  let state = 1;
  /** A linear congruence (Numerical Recipes) is random enough for something to look at. */
  const below = (limit) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state >>> 16) % limit;
  };
  const some = (count) => Array.from({ length: count }, () => words[below(words.length)]).join(' ');
  const add = (tag, text, into = document.body) => {
    const element = document.createElement(tag);
    element.textContent = text;
    into.append(element);
    return element;
  };

  /** A picture with soft and hard edges, as photographs have both. */
  const photograph = (width, height) => {
    const hue = below(360);
    let shapes = `<rect width="100%" height="100%" fill="hsl(${hue} 50% 70%)"/>`;
    for (let i = 0; i < 40; i += 1) {
      const [x, y, r] = [below(width), below(height), 10 + below(90)];
      shapes += `<circle cx="${x}" cy="${y}" r="${r}" fill="hsl(${hue + below(90)} ${below(80)}% ${below(90)}% / 0.6)"/>`;
    }
    const grain =
      '<filter id="grain"><feTurbulence baseFrequency="0.7" numOctaves="2" seed="7"/>' +
      '<feComponentTransfer><feFuncA type="linear" slope="0.25"/></feComponentTransfer></filter>';
    const size = `width="${width}" height="${height}"`;
    document.body.insertAdjacentHTML(
      'beforeend',
      `<svg ${size}>${grain}${shapes}<rect ${size} filter="url(#grain)"/></svg>`,
    );
  };

  const sheets = {
    terminal() {
      for (let line = 0; line < 400; line += 1) {
        add('div', `${String(line).padStart(4, '0')} ${some(4 + below(18))}`.slice(0, 180));
      }
    },
    page() {
      for (let part = 0; part < 16; part += 1) {
        add('h2', some(5));
        for (let paragraph = 0; paragraph < 3; paragraph += 1) add('p', some(60));
        if (part % 2 === 0) photograph(960, 260);
      }
    },
    editor() {
      for (let line = 0; line < 33; line += 1) add('div', some(20).slice(0, 99));
    },
    window() {
      add('header', some(6));
      for (let paragraph = 0; paragraph < 6; paragraph += 1) add('p', some(45));
    },
    wallpaper() {
      photograph(1920, 1080);
    },
  };
  const name = location.hash.slice(1);
  document.body.className = name;
  sheets[name]();
})();
