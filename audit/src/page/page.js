"use strict";
const read = id => JSON.parse(document.getElementById(id).textContent);
const summary = read("summary-data");
const { texts } = summary;
const findings = summary.findings.map(finding => {
  const [rule, outcome, severity, path, actual, expected, message, fix] = finding.map(text => texts[text] ?? null);
  return { rule, outcome, severity, path, actual, expected, message, fix };
});
const launches = read("launches-data").map(([id, time, verdict, operation, name, caller, project, account, region, found, actions]) => ({
  id, time: time ?? "", verdict, launch: `${texts[operation]} ${name ?? ""}`,
  caller: texts[caller] ?? "", project: texts[project], account: texts[account] ?? "", region: texts[region] ?? "",
  findings: found.map(finding => findings[finding]), actions: actions.map(action => texts[action]),
}));
const byId = id => document.getElementById(id);
const grouped = number => number.toLocaleString("en");

// All text from events goes through `textContent`.
function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

function drawn(name, attributes, text) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text;
  return made;
}

function head() {
  const { input, launches: verdicts } = summary;
  const total = verdicts.violation + verdicts.unknown + verdicts.compliant;
  if (!summary.complete) byId("head").append(element("p", { class: "incomplete" }, "Incomplete: the audit was interrupted. This covers only what was read until then."));
  const lines = [
    summary.first_launch ? `Launches from ${summary.first_launch} to ${summary.last_launch}` : "No launches were judged",
    `${grouped(input.records)} records in ${grouped(input.files)} files; accounts: ${input.accounts.join(", ")}`,
  ];
  if (summary.since || summary.until) lines.push(`Period: from ${summary.since ?? "…"} until before ${summary.until ?? "…"}`);
  if (input.problems) lines.push(`Problems: ${grouped(input.problems)}, reported when the audit ran; what could not be read is missing from the numbers.`);
  for (const line of lines) byId("head").append(element("p", { class: "dim" }, line));
  const number = (name, count, style = "") =>
    byId("numbers").append(element("div", {}, element("dt", {}, name), element("dd", { class: style }, grouped(count))));
  number("launches", total);
  for (const verdict of ["violation", "unknown", "compliant"]) number(verdict, verdicts[verdict], verdict);
  number("stopped or deleted", summary.stopped);
  number("tagged", summary.actions["add-tags"] ?? 0);
  number("alerts", summary.actions["publish-alert"] ?? 0);
  number("denied by IAM", summary.denied.reduce((sum, denied) => sum + denied.calls, 0));
}

function projects() {
  const [title, counts] = ["Violating launches by the caller's project", Object.entries(summary.violations_by_project)];
  if (counts.length !== 1 || counts[0][0] !== "(unknown)") return chart(title, svg => bars(svg, counts));
  const advice = "No project is known. An audit reads the tags of roles and users from the output of `aws iam get-account-authorization-details` (`--iam FILE`), and session tags from the AssumeRole records of the same period.";
  byId("charts").append(element("figure", {}, element("figcaption", {}, title), element("p", {}, advice)));
}

function chart(title, draw) {
  const svg = drawn("svg", { role: "img", "aria-label": title });
  draw(svg);
  byId("charts").append(element("figure", {}, element("figcaption", {}, title), svg));
}

/** All hours or days from the first launch to the last one, with their launches. */
function periods() {
  const hours = Object.keys(summary.hours).length > 0;
  const counts = hours ? summary.hours : summary.days;
  const names = Object.keys(counts);
  const [seconds, length, rest] = hours ? [3600, 13, ":00Z"] : [86400, 10, "T00:00Z"];
  const [first, last] = [names[0], names.at(-1)].map(name => Date.parse(name + rest));
  const all = [];
  for (let time = first; time <= last; time += seconds * 1000) {
    const name = new Date(time).toISOString().slice(0, length);
    all.push([hours ? `${name.replace("T", " ")}:00` : name, counts[name] ?? { violation: 0, unknown: 0, compliant: 0 }]);
  }
  return all;
}

/** Launches by hour, day, week or month, depending on how long the period is: one stacked bar each. */
function overTime(svg) {
  const all = periods();
  const key = all.length > 366 ? day => day.slice(0, 7) : all.length > 100 ? monday : name => name;
  const bars = new Map();
  for (const [name, verdicts] of all) {
    const bar = bars.get(key(name)) ?? { violation: 0, unknown: 0, compliant: 0 };
    for (const verdict of Object.keys(bar)) bar[verdict] += verdicts[verdict];
    bars.set(key(name), bar);
  }
  const [width, height, left, bottom] = [480, 220, 44, 24];
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  const highest = Math.max(1, ...[...bars.values()].map(bar => bar.violation + bar.unknown + bar.compliant));
  const step = (width - left) / Math.max(1, bars.size);
  svg.append(drawn("text", { x: left - 6, y: 14, "text-anchor": "end", class: "dim" }, grouped(highest)));
  svg.append(drawn("text", { x: left - 6, y: height - bottom, "text-anchor": "end", class: "dim" }, "0"));
  svg.append(drawn("line", { x1: left, x2: width, y1: height - bottom, y2: height - bottom, class: "axis" }));
  let x = left;
  for (const [name, bar] of bars) {
    let y = height - bottom;
    for (const verdict of ["violation", "unknown", "compliant"]) {
      const size = (bar[verdict] / highest) * (height - bottom - 8);
      y -= size;
      const box = drawn("rect", { x: x + step * 0.1, y, width: step * 0.8, height: size, class: `fill-${verdict}` });
      box.append(drawn("title", {}, `${name}: ${grouped(bar[verdict])} ${verdict}`));
      svg.append(box);
    }
    x += step;
  }
  const names = [...bars.keys()];
  if (names.length) {
    svg.append(drawn("text", { x: left, y: height - 6, class: "dim" }, names[0]));
    if (names.length > 1) svg.append(drawn("text", { x: width, y: height - 6, "text-anchor": "end", class: "dim" }, names.at(-1)));
  }
}

function monday(day) {
  const date = new Date(`${day}T00:00:00Z`);
  date.setUTCDate(date.getUTCDate() - ((date.getUTCDay() + 6) % 7));
  return date.toISOString().slice(0, 10);
}

/** The largest counts, one bar each with its name above. */
function bars(svg, counts) {
  const largest = counts.sort(([, one], [, other]) => other - one).slice(0, 12);
  const [width, row] = [480, 34];
  svg.setAttribute("viewBox", `0 0 ${width} ${Math.max(1, largest.length) * row}`);
  const highest = Math.max(1, ...largest.map(([, count]) => count));
  largest.forEach(([name, count], index) => {
    const y = index * row;
    svg.append(drawn("text", { x: 0, y: y + 13 }, name.length > 60 ? `…${name.slice(-59)}` : name));
    svg.append(drawn("text", { x: width, y: y + 13, "text-anchor": "end" }, grouped(count)));
    svg.append(drawn("rect", { x: 0, y: y + 18, width: (count / highest) * width, height: 8, rx: 2, class: "fill-violation" }));
  });
}

const FIRST = 15;

/** A table of counts under a heading, the first of them until a reader asks for all. Nothing if there is nothing to count. */
function table(title, columns, rows, section = "tables") {
  if (!rows.length) return;
  const cell = (name, value) => element(name, typeof value === "number" ? { class: "number" } : {}, typeof value === "number" ? grouped(value) : value);
  const top = element("tr", {}, ...columns.map((column, index) => element("th", typeof rows[0][index] === "number" ? { class: "number", scope: "col" } : { scope: "col" }, column)));
  const body = element("tbody");
  const fill = shown => body.replaceChildren(...rows.slice(0, shown).map(row => element("tr", {}, ...row.map(value => cell("td", value)))));
  byId(section).append(element("h2", {}, title), element("div", { class: "scroll" }, element("table", {}, element("thead", {}, top), body)));
  fill(FIRST);
  if (rows.length <= FIRST) return;
  const all = element("button", { type: "button", class: "all" }, `Show all ${grouped(rows.length)}`);
  const showAll = () => { fill(rows.length); all.remove(); };
  all.addEventListener("click", showAll);
  window.addEventListener("beforeprint", showAll);
  byId(section).append(element("p", {}, all));
}

const dollars = usd => usd.toLocaleString("en", { style: "currency", currency: "USD" });

/** What violating jobs cost at most, if list prices were given. */
function costs() {
  if (!summary.costs) return;
  const { at_most_usd, by_project, by_rule, unknown, unbounded, stopped } = summary.costs;
  const largest = (counts, name) => Object.entries(counts).sort(([, one], [, other]) => other - one).map(([key, usd]) => [dollars(usd), `${name} ${key}`]);
  const rows = [[dollars(at_most_usd), "all"], ...largest(by_project, "project"), ...largest(by_rule, "rule")];
  if (unknown) rows.push([grouped(unknown), "launches of unknown cost"]);
  if (unbounded) rows.push([grouped(unbounded), "launches of jobs that may run for any time"]);
  if (stopped.jobs) rows.push([dollars(stopped.used_usd), `used at most by ${grouped(stopped.jobs)} stopped jobs until then: after ${grouped(stopped.median_seconds)} s (median), ${grouped(stopped.longest_seconds)} s (longest)`]);
  table("What violating jobs cost at most, at list prices", ["cost", "of"], rows);
}

function tables() {
  const largest = counts => Object.entries(counts).sort(([, one], [, other]) => other - one);
  table("Violating launches by caller", ["launches", "caller"], largest(summary.violations_by_principal).map(([name, count]) => [count, name]));
  table("Unknown, and in how many launches", ["launches", "reason", "about"], summary.unknown.map(({ launches, reason, about }) => [launches, reason, about.length > 5 ? `${about.slice(0, 5).join(", ")} and ${grouped(about.length - 5)} more` : about.join(", ")]));
  table("Calls that IAM denied: the preventive layer at work", ["calls", "call", "account", "caller"], summary.denied.map(({ calls, event_name, account, principal }) => [calls, event_name, account ?? "", principal ?? ""]));
  costs();
  const { by_rule: coached, unexplained } = summary.coaching;
  const coaching = Object.entries(coached).sort(([, one], [, other]) => other.calls - one.calls);
  table(`Denied calls by the rules whose statements deny them (${grouped(unexplained)} not explained)`, ["calls", "rule", "fix", "callers"], coaching.map(([rule, { calls, fix, principals }]) => [calls, rule, fix, largest(principals).slice(0, 5).map(([name, count]) => `${name} × ${grouped(count)}`).join(", ")]));
  if (summary.comparison) {
    const { policy, changes, changed } = summary.comparison;
    table(`Verdicts that change with ${policy}`, ["launches", "change"], largest(changes).map(([name, count]) => [count, name]));
    table("Launches that get another verdict", ["time", "launch", "caller", "change", "because of"], changed.map(one => [one.event_time ?? "", `${one.event_name} ${one.resource?.name ?? ""}`, one.principal ?? "", `${one.before} → ${one.after}`, one.because.join(", ")]));
  }
  table("Records that are not launches", ["records", "reason"], largest(summary.input.skipped).map(([name, count]) => [count, name]), "rest");
}

const COLUMNS = [
  ...["time", "verdict", "launch", "caller", "project", "account", "region"].map(name => [name, launch => launch[name]]),
  ["evidence", launch => launch.findings.map(finding => finding.rule).join(", ")],
];
const PAGE = 200;
let sorted = { column: 0, ascending: true };
let shown = PAGE;
const haystack = new WeakMap();

function matching() {
  const words = byId("filter").value.toLowerCase().split(/\s+/).filter(Boolean);
  const [verdict, rule] = [byId("verdict").value, byId("rule").value];
  return launches.filter(launch => {
    if (verdict && launch.verdict !== verdict) return false;
    if (rule && !launch.findings.some(finding => finding.rule === rule)) return false;
    if (!haystack.has(launch)) haystack.set(launch, JSON.stringify(launch).toLowerCase());
    return words.every(word => haystack.get(launch).includes(word));
  });
}

function evidence(launch) {
  if (!launch.findings.length) return "";
  const rules = [...new Set(launch.findings.map(finding => finding.rule))];
  const details = launch.findings.map(finding => {
    const actual = finding.actual === null ? "" : ` Found: ${finding.actual}.`;
    const outcome = finding.outcome === "fail" ? finding.severity : finding.outcome;
    return element("p", {}, element("strong", {}, `${finding.rule} (${outcome}): `), `${finding.message}. At ${finding.path}.${actual} Expected: ${finding.expected}. Fix: ${finding.fix}.`);
  });
  if (launch.actions.length) details.push(element("p", { class: "dim" }, `Tagwarden would have done: ${launch.actions.join(", ")}`));
  return element("details", {}, element("summary", {}, rules.join(", ")), ...details);
}

function render() {
  const found = matching();
  const value = COLUMNS[sorted.column][1];
  const direction = sorted.ascending ? 1 : -1;
  found.sort((one, other) => (value(one) < value(other) ? -direction : value(one) > value(other) ? direction : 0));
  const rows = found.slice(0, shown).map(launch => {
    const cells = COLUMNS.map(([name, text]) => {
      if (name === "evidence") return element("td", {}, evidence(launch));
      const isShort = name !== "launch" && name !== "caller";
      return element("td", { class: name === "verdict" ? `short ${launch.verdict}` : isShort ? "short" : "" }, text(launch));
    });
    return element("tr", {}, ...cells);
  });
  byId("launches").tBodies[0].replaceChildren(...rows);
  byId("count").textContent = `${grouped(found.length)} of ${grouped(launches.length)} launches${summary.left_out ? `; ${grouped(summary.left_out)} more are not on this page: see --findings` : ""}`;
  byId("more").hidden = found.length <= shown;
}

function launchTable() {
  const top = element("tr");
  COLUMNS.forEach(([name], index) => {
    const button = element("button", { type: "button" }, name);
    button.addEventListener("click", () => {
      sorted = { column: index, ascending: sorted.column === index ? !sorted.ascending : true };
      [...top.cells].forEach((cell, at) => at === index ? cell.setAttribute("aria-sort", sorted.ascending ? "ascending" : "descending") : cell.removeAttribute("aria-sort"));
      render();
    });
    top.append(element("th", { scope: "col" }, button));
  });
  top.cells[0].setAttribute("aria-sort", "ascending");
  byId("launches").tHead.append(top);
  for (const rule of [...new Set(launches.flatMap(launch => launch.findings.map(finding => finding.rule)))].sort()) byId("rule").append(element("option", {}, rule));
  for (const id of ["filter", "verdict", "rule"]) byId(id).addEventListener("input", () => { shown = PAGE; render(); });
  byId("more").addEventListener("click", () => { shown += PAGE; render(); });
  // A printed page shows everything.
  window.addEventListener("beforeprint", () => { shown = Infinity; render(); });
  render();
}

head();
chart("Launches over time: violation, unknown, compliant", overTime);
chart("Violating launches by rule", svg => bars(svg, Object.entries(summary.rules).map(([name, count]) => [name, count.launches]).filter(([, count]) => count)));
projects();
for (const [key, counts] of Object.entries(summary.violations_by_tag ?? {})) chart(`Violating launches by the caller's ${key}`, svg => bars(svg, Object.entries(counts)));
chart("Violating launches by account", svg => bars(svg, Object.entries(summary.violations_by_account)));
tables();
launchTable();
byId("policy-name").textContent = summary.policy_name;
byId("policy").textContent = summary.policy_text;
