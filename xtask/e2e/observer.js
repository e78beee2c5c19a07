// Looks over the expert's shoulder: runs in the page before its own scripts, and only reads. It serves our page and
// noVNC's alike, so that both are measured with the same ruler.

(() => {
  // The clock that the painter of the testkit draws: 24 cells in two rows, the lower one inverted.
  const CELL = 16;
  const BITS = 24;

  const observer = {
    /** Pictures that were shown. */
    frames: 0,
    /** When the first one was, in milliseconds of the epoch. */
    firstFrame: 0,
    /** Ages of the clock, in milliseconds, one for each new reading. */
    ages: [],
    peers: [],
    socketBytes: 0,
    surface: null,
    watch,
    received,
    brightness,
    pointOf,
  };
  window.observer = observer;

  const now = () => performance.timeOrigin + performance.now();

  /** Notices what the page makes of a class, and leaves it what it is: noVNC looks at the prototype. */
  const notice = (name, made) => {
    window[name] = new Proxy(window[name], {
      construct(target, parameters) {
        const object = new target(...parameters);
        made(object);
        return object;
      },
    });
  };
  notice('RTCPeerConnection', (peer) => observer.peers.push(peer));
  notice('WebSocket', (socket) => {
    socket.addEventListener('message', ({ data }) => {
      observer.socketBytes += data.byteLength ?? data.size ?? data.length;
    });
  });

  /** Bytes that came over the network, on all ways. */
  async function received() {
    let bytes = observer.socketBytes;
    for (const peer of observer.peers) {
      for (const entry of (await peer.getStats()).values()) {
        if (entry.type === 'transport') bytes += entry.bytesReceived;
      }
    }
    return bytes;
  }

  /** Begins to count and read pictures: of a video, at each one shown; of a canvas, whenever the browser paints. */
  function watch(selector) {
    const surface = document.querySelector(selector);
    if (surface === observer.surface) return;
    observer.surface = surface;
    const canvas = document.createElement('canvas');
    canvas.width = CELL * BITS;
    canvas.height = CELL * 2;
    const paper = canvas.getContext('2d', { willReadFrequently: true });
    let last = -1;
    const look = () => {
      observer.frames += 1;
      observer.firstFrame ||= now();
      const reading = read(surface, paper);
      if (reading >= 0 && reading !== last) {
        observer.ages.push(((Math.floor(now()) & 0xffffff) - reading) & 0xffffff);
        last = reading;
      }
      next();
    };
    const next =
      surface instanceof HTMLVideoElement
        ? () => surface.requestVideoFrameCallback(look)
        : () => requestAnimationFrame(look);
    next();
  }

  /** The clock in the upper left corner, or -1 when it cannot be read. */
  function read(surface, paper) {
    const [width, height] = [CELL * BITS, CELL * 2];
    paper.drawImage(surface, 0, 0, width, height, 0, 0, width, height);
    const { data } = paper.getImageData(0, 0, width, height);
    const green = (bit, row) => data[((row * CELL + CELL / 2) * width + bit * CELL + CELL / 2) * 4 + 1];
    let reading = 0;
    for (let bit = 0; bit < BITS; bit += 1) {
      const [upper, lower] = [green(bit, 0), green(bit, 1)];
      if (Math.abs(upper - lower) < 60) return -1;
      if (upper > lower) reading |= 1 << bit;
    }
    return reading;
  }

  /** The picture's brightness in a grid, as `Picture::brightness` of the testkit computes it. */
  function brightness(columns, rows) {
    const { surface } = observer;
    const canvas = document.createElement('canvas');
    canvas.width = surface.videoWidth;
    canvas.height = surface.videoHeight;
    const paper = canvas.getContext('2d');
    paper.drawImage(surface, 0, 0);
    const { data } = paper.getImageData(0, 0, canvas.width, canvas.height);
    const cells = [];
    for (let row = 0; row < rows; row += 1) {
      for (let column = 0; column < columns; column += 1) {
        cells.push(mean(data, canvas, column / columns, row / rows, (column + 1) / columns, (row + 1) / rows));
      }
    }
    return cells;
  }

  function mean(data, { width, height }, left, top, right, bottom) {
    let [sum, count] = [0, 0];
    for (let y = Math.floor(top * height); y < Math.floor(bottom * height); y += 1) {
      for (let x = Math.floor(left * width); x < Math.floor(right * width); x += 1) {
        const at = (y * width + x) * 4;
        sum += data[at] * 0.299 + data[at + 1] * 0.587 + data[at + 2] * 0.114;
        count += 1;
      }
    }
    return Math.round(sum / count);
  }

  /** Where a pixel of the shared screen is on the page. The picture keeps its proportions inside its element. */
  function pointOf(x, y) {
    const { surface } = observer;
    const box = surface.getBoundingClientRect();
    const scale = Math.min(box.width / surface.videoWidth, box.height / surface.videoHeight);
    const left = box.left + (box.width - surface.videoWidth * scale) / 2;
    const top = box.top + (box.height - surface.videoHeight * scale) / 2;
    return { x: left + (x + 0.5) * scale, y: top + (y + 0.5) * scale };
  }
})();
