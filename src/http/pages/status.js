
"use strict";
// Shows the snapshot that came with the page, then asks for a new one every second. Everything is
// set as text: what a peer sends is never taken for markup.
const history_max = 120, period_ms = 1000;
const history = [];
const find = id => document.getElementById(id);

function element(name, props = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(props))
    if (key.startsWith("data-")) made.setAttribute(key, value);
    else made[key] = value;
  made.append(...children);
  return made;
}

function drawn(name, attributes) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });
const number = value => value < 1e7 ? whole.format(value) : short.format(value);
const rate = value => value === 0 ? "0" : value < 10 ? value.toFixed(1) : number(value);
const bytes = value => value < 1048576 ? `${whole.format(value / 1024)} KiB`
  : `${(value / 1048576).toFixed(1)} MiB`;
const time_of = text => text.slice(11, 19);

function lasting(seconds) {
  const days = Math.floor(seconds / 86400), hours = Math.floor(seconds / 3600) % 24;
  const minutes = Math.floor(seconds / 60) % 60;
  if (days) return `${days} d ${hours} h`;
  if (hours) return `${hours} h ${minutes} min`;
  return minutes ? `${minutes} min ${Math.floor(seconds) % 60} s` : `${Math.floor(seconds)} s`;
}

function duration(seconds) {
  if (seconds === null) return "–";
  return seconds < 1 ? `${Number((seconds * 1000).toPrecision(3))} ms`
    : `${Number(seconds.toPrecision(3))} s`;
}

function sparkline(values) {
  const top = Math.max(1, ...values) * 1.15, last = Math.max(1, values.length - 1);
  const picture = drawn("svg", { viewBox: "0 0 100 30", preserveAspectRatio: "none",
    "aria-hidden": "true" });
  if (values.length < 2) return picture;
  const width = 100 * last / (history_max - 1);
  const points = values.map((value, i) =>
    `${(100 - width + width * i / last).toFixed(2)},${(30 - 29 * value / top).toFixed(2)}`);
  const line = "M" + points.join("L");
  const ground = `L100,30L${(100 - width).toFixed(2)},30Z`;
  picture.append(drawn("path", { class: "area", d: line + ground }),
    drawn("path", { class: "curve", d: line }));
  return picture;
}

// The bound under which `share` of the acknowledgements of the last minute lie.
function quantile(share) {
  const latest = history.at(-1).ack_latency;
  const before = history.length > 60 ? history.at(-60).ack_latency : history[0].ack_latency;
  const same = history.length > 1 && before.count < latest.count;
  const since = i => latest.counts[i] - (same ? before.counts[i] : 0);
  const all = latest.count - (same ? before.count : 0);
  if (!all) return null;
  const place = latest.bounds.findIndex((_, i) => since(i) >= share * all);
  return place < 0 ? Infinity : latest.bounds[place];
}

function mean_latency(before, after) {
  const count = after.ack_latency.count - before.ack_latency.count;
  return count > 0 ? 1000 * (after.ack_latency.sum_seconds - before.ack_latency.sum_seconds) / count
    : 0;
}

function tile(label, value, unit, below, values) {
  return element("div", { className: "tile" }, element("span", { textContent: label }),
    element("b", {}, value, element("small", { textContent: unit })),
    element("span", { textContent: below }), sparkline(values));
}

function show_tiles(now) {
  const flows = [["received", "Received"], ["acked", "Acknowledged"], ["billed", "Billed"],
    ["replied", "Replied"], ["delivered", "Delivered"]];
  const tiles = flows.map(([key, label]) => tile(label, rate(now.flow[key].per_second), " /s",
    `${number(now.flow[key].total)} in all`, history.map(one => one.flow[key].per_second)));
  const slow = quantile(0.99), half = quantile(0.5);
  const bound = value => value === Infinity ? "over the scale" : `≤ ${duration(value)}`;
  tiles.push(tile("Acknowledged within", slow === null ? "–" : bound(slow),
    slow === null ? "" : " p99", half === null ? "no message yet" : `half ${bound(half)}`,
    history.slice(1).map((one, i) => mean_latency(history[i], one))));
  find("tiles").replaceChildren(...tiles);
}

function show_binds(now) {
  const names = [...document.querySelectorAll("#binds th")].map(one => one.textContent.trim());
  const rows = now.binds.map(bind => {
    const tone = bind.throttled ? "warn" : bind.up ? "good"
      : bind.state === "stopped" ? "idle" : "bad";
    const since = (Date.parse(now.now) - Date.parse(bind.since)) / 1000;
    const cell = (at, text, props = {}) =>
      element("td", { "data-name": names[at], textContent: text, ...props });
    const figure = (at, text) => cell(at, text, { className: "n" });
    const state = cell(1, "");
    state.append(element("span", { className: `pill ${tone}`,
      textContent: bind.throttled ? `${bind.state}, throttled` : bind.state }),
    element("small", { textContent: ` ${lasting(Math.max(0, since))}` }));
    const name = cell(0, "");
    name.append(element("b", { textContent: `${bind.operator}/${bind.bind}` }),
      element("small", { textContent: ` ${bind.role}` }));
    return element("tr", {}, name, state, cell(2, bind.peer, { className: "dim" }),
      figure(3, `${bind.window.used} / ${bind.window.size}`), figure(4, rate(bind.in_per_second)),
      figure(5, rate(bind.out_per_second)), figure(6, number(bind.totals.messages)),
      figure(7, number(bind.totals.submits)), figure(8, number(bind.totals.refusals)),
      cell(9, bind.last_error, { className: "error" }));
  });
  if (!rows.length)
    rows.push(element("tr", {}, element("td", { colSpan: names.length, className: "empty",
      textContent: "No bind is configured." })));
  document.querySelector("#binds tbody").replaceChildren(...rows);
}

function queue(label, waiting, limit) {
  const part = limit ? Math.min(1, waiting / limit) : 0;
  const fill = element("i");
  fill.style.width = `${Math.max(waiting ? 1 : 0, part * 100)}%`;
  return element("div", { className: `queue ${part > 0.8 ? "bad" : part > 0.4 ? "warn" : "good"}` },
    element("p", {}, element("span", { textContent: label }),
      element("span", { textContent: limit ? `${number(waiting)} of ${number(limit)}`
        : number(waiting) })), element("div", { className: "bar" }, fill));
}

function show_queues(now) {
  find("queues").replaceChildren(
    queue("Writer", now.queues.writer.waiting, now.queues.writer.limit),
    ...now.queues.outboxes.map(box => queue(`Outbox of ${box.operator}`, box.waiting, box.limit)));
}

function show_store(now) {
  const facts = [["Write-ahead log", bytes(now.store.wal_bytes)],
    ["Commits", number(now.store.commits)],
    ["Last commit", duration(now.store.last_commit_us / 1e6)],
    ["Last batch", `${number(now.store.last_batch_events)} events`]];
  find("store").replaceChildren(...facts.flatMap(([name, value]) =>
    [element("dt", { textContent: name }), element("dd", { textContent: value })]));
}

function show_alarms(now) {
  const rows = now.alarms.map(alarm => element("li", {},
    element("time", { dateTime: alarm.at, textContent:
      (alarm.at.slice(0, 10) === now.now.slice(0, 10) ? "" : alarm.at.slice(5, 10) + " ")
      + time_of(alarm.at) }), element("span", { textContent: alarm.what })));
  if (!rows.length) rows.push(element("li", { className: "empty", textContent: "None." }));
  find("alarms").replaceChildren(...rows);
}

function show(now) {
  history.push(now);
  if (history.length > history_max) history.shift();
  const text = now.ready ? "Ready" : `Not ready: ${now.not_ready_reason}`;
  const state = find("state");
  if (state.textContent !== text) state.textContent = text; // said aloud only when it changes
  state.className = `pill ${now.ready ? "good" : "bad"}`;
  find("facts").textContent =
    `${now.version} · up ${lasting(now.uptime_seconds)} · ${time_of(now.now)} UTC`;
  show_tiles(now);
  show_binds(now);
  show_queues(now);
  show_store(now);
  show_alarms(now);
}

async function refresh() {
  try {
    const answer = await fetch(location.pathname, { headers: { Accept: "application/json" },
      cache: "no-store", signal: AbortSignal.timeout(5000) });
    if (!answer.ok) throw new Error(`answer ${answer.status}`);
    show(await answer.json());
    find("lost").hidden = true;
  } catch (error) {
    find("lost").textContent =
      `Farebox does not answer (${error.message}). The figures are those of ${
        time_of(history.at(-1).now)} UTC; asking again every second.`;
    find("lost").hidden = false;
  }
  setTimeout(refresh, document.hidden ? 10 * period_ms : period_ms);
}

show(JSON.parse(find("snapshot").textContent));
setTimeout(refresh, period_ms);
