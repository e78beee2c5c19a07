// Looks over the expert's shoulder: runs in the page before its own scripts, and only reads. It serves our page and
// noVNC's alike, so that both are measured with the same ruler.

(() => {
  // The codes of the testkit's `code`: 24 cells in two rows, the lower one inverted. The first tells when the picture
  // was painted, the second, below it, how many keys were pressed there.
  const CELL = 16;
  const BITS = 24;
  const [WIDTH, HEIGHT] = [CELL * BITS, CELL * 2];
  const LIMIT = 2 ** BITS;

  const observer = {
    /** Pictures that were shown. */
    frames: 0,
    /** When the first one was, in milliseconds of the epoch. */
    firstFrame: 0,
    /** For each new reading of the clock: when it was seen, and how old it was, in milliseconds. */
    readings: [],
    /** Keys that are shown as pressed, or -1. */
    keys: -1,
    /** For each key that was pressed here: when, and when that was seen, or 0. */
    presses: [],
    /** Time that was spent on looking, in milliseconds. */
    looking: 0,
    peers: [],
    /** What the page did on its way to the first picture: a name, and when that was first. */
    steps: {},
    surface: null,
    begin,
    watch,
    press,
    picture,
    video,
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
  const step = (name) => (observer.steps[name] ??= now());
  notice('RTCPeerConnection', (peer) => {
    observer.peers.push(peer);
    peer.addEventListener('iceconnectionstatechange', () => step(`way ${peer.iceConnectionState}`));
    peer.addEventListener('connectionstatechange', () => step(peer.connectionState));
  });
  notice('WebSocket', (socket) => {
    const typeOf = (text) => /"type":"([a-z]+)"/.exec(String(text))?.[1] ?? 'noise';
    socket.addEventListener('message', ({ data }) => {
      const type = typeOf(data);
      if (type === 'connect' || type === 'answer') step(`hears ${type}`);
    });
    const send = socket.send.bind(socket);
    socket.send = (text) => {
      step(`says ${typeOf(text)}`);
      send(text);
    };
  });

  /** What came in as video: how it is encoded, and in how many packets it came. */
  async function video() {
    const found = { codec: '', packets: 0, frames: 0, decode: 0, jitter: 0, processing: 0, dropped: 0 };
    // One that is closed has nothing to say, and in Firefox is none to be asked.
    for (const peer of observer.peers.filter(({ signalingState }) => signalingState !== 'closed')) {
      const reports = await peer.getStats();
      for (const entry of reports.values()) {
        if (entry.type !== 'inbound-rtp' || entry.kind !== 'video') continue;
        found.codec = reports.get(entry.codecId)?.mimeType ?? found.codec;
        found.packets += entry.packetsReceived;
        found.frames += entry.framesDecoded;
        found.decode += entry.totalDecodeTime;
        found.jitter += entry.jitterBufferDelay;
        found.processing += entry.totalProcessingDelay;
        found.dropped += entry.framesDropped;
      }
    }
    return found;
  }

  /** Forgets what was seen so far. */
  function begin() {
    observer.readings.length = observer.presses.length = observer.looking = 0;
  }

  /** Begins to count and read pictures: of a video, at each one shown; of a canvas, whenever the browser paints. */
  function watch(selector) {
    const surface = document.querySelector(selector);
    if (surface === observer.surface) return;
    observer.surface = surface;
    const canvas = document.createElement('canvas');
    canvas.width = WIDTH;
    canvas.height = HEIGHT * 2;
    const paper = canvas.getContext('2d', { willReadFrequently: true });
    let last = -1;
    const look = () => {
      if (observer.surface !== surface) return;
      const seen = now();
      observer.frames += 1;
      observer.firstFrame ||= seen;
      paper.drawImage(surface, 0, 0, WIDTH, HEIGHT * 2, 0, 0, WIDTH, HEIGHT * 2);
      const { data } = paper.getImageData(0, 0, WIDTH, HEIGHT * 2);
      const reading = read(data, WIDTH, 0);
      if (reading >= 0 && reading !== last) {
        observer.readings.push([seen, (Math.floor(seen) - reading + LIMIT) % LIMIT]);
        last = reading;
      }
      const keys = read(data, WIDTH, HEIGHT);
      if (keys >= 0) {
        observer.keys = keys;
        for (const press of observer.presses) if (press.number <= keys) press.seen ||= seen;
      }
      observer.looking += now() - seen;
      next();
    };
    const next =
      surface instanceof HTMLVideoElement
        ? () => surface.requestVideoFrameCallback(look)
        : () => requestAnimationFrame(look);
    next();
  }

  /** The code whose upper edge is this many pixels down, or -1 when it cannot be read. */
  function read(data, width, top) {
    const green = (bit, row) => data[((top + row * CELL + CELL / 2) * width + bit * CELL + CELL / 2) * 4 + 1];
    let number = 0;
    for (let bit = 0; bit < BITS; bit += 1) {
      const [upper, lower] = [green(bit, 0), green(bit, 1)];
      if (Math.abs(upper - lower) < 60) return -1;
      if (upper > lower) number |= 1 << bit;
    }
    return number;
  }

  /** Presses a key in the picture and lets it go, as the browser would tell the page; what it makes of it is its own. */
  function press() {
    const last = observer.presses.at(-1)?.number ?? observer.keys;
    observer.presses.push({ number: (last + 1) % LIMIT, at: now(), seen: 0 });
    const key = { code: 'KeyK', key: 'k', keyCode: 75, which: 75, bubbles: true, cancelable: true };
    observer.surface.dispatchEvent(new KeyboardEvent('keydown', key));
    observer.surface.dispatchEvent(new KeyboardEvent('keyup', key));
  }

  /** The picture as it is now: what its clock says, and its brightness, a byte for each pixel, in base64. */
  function picture(width, height) {
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [width, height];
    const paper = canvas.getContext('2d', { willReadFrequently: true });
    paper.drawImage(observer.surface, 0, 0);
    const { data } = paper.getImageData(0, 0, width, height);
    const luma = new Uint8Array(width * height);
    for (let i = 0; i < luma.length; i += 1) {
      luma[i] = (data[i * 4] * 299 + data[i * 4 + 1] * 587 + data[i * 4 + 2] * 114) / 1000;
    }
    let text = '';
    for (let at = 0; at < luma.length; at += 32768) text += String.fromCharCode(...luma.subarray(at, at + 32768));
    return { reading: read(data, width, 0), luma: btoa(text) };
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
